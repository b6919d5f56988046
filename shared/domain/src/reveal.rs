//! Looks at personal data in full (查看完整个人信息): asked for with a purpose, for minors granted by a responsible person
//! who is not the asker, good for a day. K3, promise P13.

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PersonId, RevealId, SchoolCode};
use crate::time::Moment;

/// For how long after it was granted the data may be looked at.
pub const LOOK_HOURS: i64 = 24;

/// For how long a responsible person may think about it.
pub const ANSWER_DAYS: i64 = 7;

/// Characters of a purpose.
pub const PURPOSE_CHARACTERS: std::ops::RangeInclusive<usize> = 4..=200;

/// Whose data.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString, strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SubjectKind {
    /// A pupil: a minor.
    Student,
    /// A guardian.
    Guardian,
    /// A person with an account.
    User,
}

impl SubjectKind {
    /// Whether it is a minor's data: nobody looks at it by their own word alone.
    pub const fn minor(self) -> bool {
        match self {
            Self::Student => true,
            Self::Guardian | Self::User => false,
        }
    }
}

/// Whose data is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What the person is.
    pub kind: SubjectKind,
    /// The person.
    pub id: PersonId,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RevealState {
    /// Waits for a responsible person (待审批).
    Asked,
    /// The data may be looked at (已同意).
    Granted,
    /// Refused (已驳回).
    Rejected,
    /// Its time is over (已过期).
    Expired,
}

/// A request to see a person's data in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// Its identifier.
    pub id: RevealId,
    /// The hash of the request it came with.
    pub request: String,
    /// Whose data.
    pub subject: Subject,
    /// The school at which it is decided; none: above schools.
    #[serde(default)]
    pub school: Option<SchoolCode>,
    /// What for.
    pub purpose: String,
    /// Who asks.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Moment,
    /// What became of it; that its time is over is no change of it.
    became: RevealState,
    /// Since when.
    since: Moment,
    /// Who decided it; none: nobody had to.
    #[serde(default)]
    pub decided_by: Option<PersonId>,
}

/// Why data is not shown in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "reveal/")]
pub enum RevealError {
    /// No purpose, or a long one.
    #[error("请填写查看目的,4 至 200 个字")]
    PurposeUnusable,
    /// It was decided, or its time is over.
    #[error("该申请已处理或已过期,请刷新后查看结果")]
    NotWaiting,
    /// Who asks does not approve.
    #[error("查看未成年人信息须由申请人以外的负责人审批")]
    SecondPersonNeeded,
}

impl Fault for RevealError {
    fn kind(&self) -> Kind {
        match self {
            Self::PurposeUnusable => Kind::Invalid,
            Self::NotWaiting | Self::SecondPersonNeeded => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let at_fault = Pointed { pointer: "/purpose".to_owned(), detail: self.to_string() };
        if *self == Self::PurposeUnusable { vec![at_fault] } else { Vec::new() }
    }
}

impl Owned for Reveal {
    fn owner(&self) -> Owner<'_> {
        Owner { school: self.school.as_ref(), ..Owner::default() }
    }
}

/// What is asked, before it is judged.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its identifier.
    pub id: RevealId,
    /// The hash of the request.
    pub request: String,
    /// Whose data.
    pub subject: Subject,
    /// The school at which it is decided.
    pub school: Option<SchoolCode>,
    /// What for.
    pub purpose: String,
    /// Who asks.
    pub by: PersonId,
}

impl Reveal {
    /// Asks. An adult's data is granted at once, a minor's waits.
    pub fn ask(asked: Asked, now: Moment) -> Result<Self, RevealError> {
        let Asked { id, request, subject, school, purpose, by } = asked;
        let purpose = purpose.trim().to_owned();
        if !PURPOSE_CHARACTERS.contains(&purpose.chars().count()) {
            return Err(RevealError::PurposeUnusable);
        }
        let became = if subject.kind.minor() { RevealState::Asked } else { RevealState::Granted };
        Ok(Self {
            id,
            request,
            subject,
            school,
            purpose,
            asked_by: by,
            asked_at: now,
            became,
            since: now,
            decided_by: None,
        })
    }

    /// Until when it stays as it is; none: for good.
    pub const fn until(&self) -> Option<Moment> {
        match self.became {
            RevealState::Asked => Some(self.since.plus_minutes(ANSWER_DAYS.saturating_mul(24 * 60))),
            RevealState::Granted => Some(self.since.plus_minutes(LOOK_HOURS.saturating_mul(60))),
            RevealState::Rejected | RevealState::Expired => None,
        }
    }

    /// Where it stands.
    pub fn state(&self, now: Moment) -> RevealState {
        if self.until().is_some_and(|until| until <= now) { RevealState::Expired } else { self.became }
    }

    /// A responsible person decides.
    pub fn decide(&mut self, by: &PersonId, approved: bool, now: Moment) -> Result<(), RevealError> {
        if *by == self.asked_by {
            return Err(RevealError::SecondPersonNeeded);
        }
        if self.state(now) != RevealState::Asked {
            return Err(RevealError::NotWaiting);
        }
        self.became = if approved { RevealState::Granted } else { RevealState::Rejected };
        self.since = now;
        self.decided_by = Some(by.clone());
        Ok(())
    }

    /// Whether this person may look at the data now: who asked, and nobody else.
    pub fn shows(&self, to: &PersonId, now: Moment) -> bool {
        *to == self.asked_by && self.state(now) == RevealState::Granted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);
    const DAY: i64 = 24 * 3600;

    fn person(id: &str) -> PersonId {
        id.parse().unwrap()
    }

    fn asked(kind: SubjectKind, purpose: &str) -> Result<Reveal, RevealError> {
        let asked = Asked {
            id: "3144200101.0f3b6c1d2e4a59788f10".parse().unwrap(),
            request: String::new(),
            subject: Subject { kind, id: person("S000000000") },
            school: Some("3144200101".parse().unwrap()),
            purpose: purpose.to_owned(),
            by: person("A000000001"),
        };
        Reveal::ask(asked, NOW)
    }

    #[test]
    fn k3_an_adults_data_is_shown_for_a_day_to_who_asked() {
        for kind in [SubjectKind::Guardian, SubjectKind::User] {
            let reveal = asked(kind, "核对退费账户").unwrap();
            assert!(reveal.shows(&person("A000000001"), NOW));
            assert!(!reveal.shows(&person("A000000002"), NOW), "to nobody else");
            assert!(reveal.shows(&person("A000000001"), NOW.plus_seconds(DAY - 1)));
            assert_eq!(reveal.state(NOW.plus_seconds(DAY)), RevealState::Expired);
            assert!(!reveal.shows(&person("A000000001"), NOW.plus_seconds(DAY)));
        }
    }

    #[test]
    fn k3_a_minors_data_waits_for_a_responsible_person_who_is_not_the_asker() {
        let mut reveal = asked(SubjectKind::Student, "核对退费账户").unwrap();
        assert_eq!(reveal.state(NOW), RevealState::Asked);
        assert!(!reveal.shows(&person("A000000001"), NOW));
        assert_eq!(reveal.decide(&person("A000000001"), true, NOW), Err(RevealError::SecondPersonNeeded));
        let later = NOW.plus_seconds(DAY);
        assert_eq!(reveal.decide(&person("A000000002"), true, later), Ok(()));
        assert!(reveal.shows(&person("A000000001"), later.plus_seconds(DAY - 1)), "a day from the approval on");
        assert_eq!(reveal.decide(&person("A000000002"), false, later), Err(RevealError::NotWaiting));
    }

    #[test]
    fn k3_what_was_rejected_or_forgotten_is_not_shown() {
        let mut rejected = asked(SubjectKind::Student, "核对退费账户").unwrap();
        rejected.decide(&person("A000000002"), false, NOW).unwrap();
        assert_eq!(rejected.state(NOW.plus_seconds(999 * DAY)), RevealState::Rejected);
        let mut forgotten = asked(SubjectKind::Student, "核对退费账户").unwrap();
        let late = NOW.plus_seconds(ANSWER_DAYS * DAY);
        assert_eq!(forgotten.state(late), RevealState::Expired);
        assert_eq!(forgotten.decide(&person("A000000002"), true, late), Err(RevealError::NotWaiting));
    }

    #[test]
    fn k3_a_purpose_is_stated() {
        for purpose in ["", "核对", "   核对   ", &"长".repeat(201)] {
            assert_eq!(asked(SubjectKind::User, purpose), Err(RevealError::PurposeUnusable));
        }
        assert_eq!(RevealError::PurposeUnusable.pointed().len(), 1);
    }

    proptest! {
        #[test]
        fn k3_a_minors_data_is_never_shown_without_another_persons_word(
            steps in proptest::collection::vec((0usize..3, any::<bool>(), 0i64..3 * DAY), 0..6),
        ) {
            let people = ["A000000001", "A000000002", "A000000003"].map(person);
            let mut reveal = asked(SubjectKind::Student, "核对退费账户").unwrap();
            let (mut now, mut granted) = (NOW, None);
            for (who, approved, seconds) in steps {
                now = now.plus_seconds(seconds);
                if reveal.decide(&people[who], approved, now).is_ok() && approved {
                    prop_assert!(who != 0);
                    granted = Some(now);
                }
                let open = granted.is_some_and(|at: Moment| now.seconds_since(at) < DAY);
                prop_assert_eq!(reveal.shows(&people[0], now), open);
                prop_assert!(!reveal.shows(&people[1], now) && !reveal.shows(&people[2], now));
            }
        }
    }
}

//! Parked calls (待处理点名): roll calls that could not be entered — the lesson is locked, or they name pupils the class
//! does not have on that day — kept until somebody discards them, or enters them once that is put right. S25.5 T4.

use serde::{Deserialize, Serialize};

use super::roll::Call;
use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{LessonId, PersonId, SchoolCode, StudentId, TeachingRequestId};
use crate::time::Moment;

/// Characters of a reason.
const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=100;

/// Why a call could not be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ParkedFor {
    /// The lesson is locked (考勤已锁定).
    Locked,
    /// It names pupils who are not in the class on that day (名单外学生).
    NotMembers,
}

/// What became of a parked call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case", tag = "is")]
#[strum(serialize_all = "snake_case")]
pub enum ParkedState {
    /// Nobody has decided it.
    Waiting,
    /// It was entered into the roll after all.
    Applied {
        /// By whom.
        by: PersonId,
        /// When.
        at: Moment,
    },
    /// It shall not count.
    Discarded {
        /// By whom.
        by: PersonId,
        /// When.
        at: Moment,
        /// Why.
        reason: String,
    },
}

/// A roll call that could not be entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedCall {
    /// Its name: the same call of the same person has the same.
    pub id: TeachingRequestId,
    /// The lesson.
    pub lesson: LessonId,
    /// The school.
    pub school: SchoolCode,
    /// The call.
    pub call: Call,
    /// Who has made it.
    pub by: PersonId,
    /// Why it could not be entered.
    pub parked_for: ParkedFor,
    /// When it came.
    pub at: Moment,
    /// What became of it.
    pub state: ParkedState,
}

impl Owned for ParkedCall {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), teachers: std::slice::from_ref(&self.by), ..Owner::default() }
    }
}

/// Why a parked call is not decided so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "parked-call/")]
pub enum ParkedError {
    /// Somebody has decided it.
    #[error("该点名已处理,请刷新后查看")]
    Decided,
    /// The pupils it names are still not in the class.
    #[error("点名中的学生当天仍不在该教学班,请先调整教学班学生,或作废该点名")]
    NotMembers,
    /// The lesson is no more.
    #[error("该节课已不在课表中,请作废该点名")]
    NoLesson,
    /// Not a reason.
    #[error("请填写作废的原因,2 至 100 个字")]
    ReasonUnusable,
}

impl Fault for ParkedError {
    fn kind(&self) -> Kind {
        match self {
            Self::ReasonUnusable => Kind::Invalid,
            Self::Decided | Self::NotMembers | Self::NoLesson => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::ReasonUnusable => vec![Pointed { pointer: "/reason".to_owned(), detail: self.to_string() }],
            Self::Decided | Self::NotMembers | Self::NoLesson => Vec::new(),
        }
    }
}

impl ParkedCall {
    /// Gives out what can be entered now that these are the pupils of the day. What it says about others stays parked.
    pub fn take(&mut self, roster: &[StudentId], by: &PersonId, now: Moment) -> Result<Call, ParkedError> {
        self.check_waiting()?;
        let (known, strangers) = self.call.parted(roster);
        if known.only_named && known.named.is_empty() {
            return Err(ParkedError::NotMembers);
        }
        match strangers {
            Some(rest) => {
                self.call = rest;
                self.parked_for = ParkedFor::NotMembers;
            }
            None => self.state = ParkedState::Applied { by: by.clone(), at: now },
        }
        Ok(known)
    }

    /// Decides that it shall not count.
    pub fn discard(&mut self, reason: &str, by: &PersonId, now: Moment) -> Result<(), ParkedError> {
        self.check_waiting()?;
        let reason = reason.trim();
        if !REASON_CHARACTERS.contains(&reason.chars().count()) {
            return Err(ParkedError::ReasonUnusable);
        }
        self.state = ParkedState::Discarded { by: by.clone(), at: now, reason: reason.to_owned() };
        Ok(())
    }

    /// Whether nobody has decided it.
    pub fn is_waiting(&self) -> bool {
        self.state == ParkedState::Waiting
    }

    const fn check_waiting(&self) -> Result<(), ParkedError> {
        match self.state {
            ParkedState::Waiting => Ok(()),
            ParkedState::Applied { .. } | ParkedState::Discarded { .. } => Err(ParkedError::Decided),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teaching::roll::Presence;

    fn now() -> Moment {
        Moment::parse("2026-10-09T08:00:00+08:00").unwrap()
    }

    fn person() -> PersonId {
        "A000000001".parse().unwrap()
    }

    fn pupil(n: u8) -> StudentId {
        format!("S00000000{n}").parse().unwrap()
    }

    fn parked(only_named: bool, named: &[u8]) -> ParkedCall {
        let named = named.iter().map(|n| (pupil(*n), Presence::Absent)).collect();
        ParkedCall {
            id: "3144200101.2026-2027-1.00000000000000000001".parse().unwrap(),
            lesson: "3144200101.2026-2027-1.K1.01.001".parse().unwrap(),
            school: "3144200101".parse().unwrap(),
            call: Call { at: now(), named, only_named },
            by: "T000000001".parse().unwrap(),
            parked_for: ParkedFor::Locked,
            at: now(),
            state: ParkedState::Waiting,
        }
    }

    #[test]
    fn s25_5_a_parked_call_is_entered_once() {
        let mut parked = parked(false, &[1]);
        let call = parked.call.clone();
        assert_eq!(parked.take(&[pupil(0), pupil(1)], &person(), now()), Ok(call));
        assert!(!parked.is_waiting());
        assert_eq!(parked.take(&[pupil(0), pupil(1)], &person(), now()), Err(ParkedError::Decided));
        assert_eq!(parked.discard("重复", &person(), now()), Err(ParkedError::Decided));
    }

    #[test]
    fn t4_1_what_a_parked_call_says_about_strangers_stays_parked() {
        let mut parked = parked(false, &[1, 7]);
        let call = parked.take(&[pupil(0), pupil(1)], &person(), now()).unwrap();
        assert_eq!(call.named.keys().collect::<Vec<_>>(), [&pupil(1)]);
        assert!(parked.is_waiting() && parked.parked_for == ParkedFor::NotMembers);
        assert_eq!(parked.take(&[pupil(0), pupil(1)], &person(), now()), Err(ParkedError::NotMembers));
        let call = parked.take(&[pupil(7)], &person(), now()).unwrap();
        assert!(call.only_named && !parked.is_waiting());
    }

    #[test]
    fn s25_5_who_discards_a_call_says_why() {
        let mut parked = parked(true, &[1]);
        assert_eq!(parked.discard(" 一 ", &person(), now()), Err(ParkedError::ReasonUnusable));
        assert_eq!(parked.discard(" 误点 ", &person(), now()), Ok(()));
        let reason = "误点".to_owned();
        assert_eq!(parked.state, ParkedState::Discarded { by: person(), at: now(), reason });
        let text = serde_json::to_string(&parked).unwrap();
        assert_eq!(serde_json::from_str::<ParkedCall>(&text).unwrap(), parked);
    }
}

//! Corrections (考勤更正、补打卡): what was wrong about a pupil in a lesson, or that a teacher forgot to check in; asked for
//! with a reason, decided by somebody else, within the month and the days after it. S21.4 S25.4 T2.2 P9.4.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bell;
use super::class::TeachingClass;
use super::lesson::Lesson;
use super::request::{Handling, HandlingError};
use super::roll::{CheckIn, Presence, Roll, RollError, Said};
use super::rules::TeachingRules;
use super::timetable::{LockError, Timetable};
use crate::access::{Owned, Owner};
use crate::catalog::Period;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{LessonId, PersonId, SchoolCode, StudentId, TeachingRequestId};
use crate::time::Moment;

/// What is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// That something else became of a pupil.
    Presence(StudentId, Presence),
    /// That a teacher was there from a moment on (补打卡).
    CheckIn(PersonId, Moment),
}

/// What is corrected: what the roll said, and what it says instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// What became of a pupil.
    Presence {
        /// The pupil.
        student: StudentId,
        /// Until now; none: nothing was known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Presence>,
        /// From now on.
        after: Presence,
    },
    /// When a teacher checked in.
    CheckIn {
        /// The teacher.
        person: PersonId,
        /// Until now; none: there was no check-in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Moment>,
        /// From now on.
        after: Moment,
        /// Minutes after the beginning, if that is late.
        late_minutes: u16,
    },
}

/// A request for a correction (考勤异常申请).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Its identifier.
    pub id: TeachingRequestId,
    /// The school: as the identifier says.
    pub school: SchoolCode,
    /// The lesson.
    pub lesson: LessonId,
    /// Its day.
    pub date: Date,
    /// Its period.
    pub period: u8,
    /// What changes.
    pub change: Change,
    /// Why.
    pub reason: String,
    /// To whom it opens besides the school and the family.
    pub staff: Vec<PersonId>,
    /// How it is handled.
    pub handling: Handling,
}

impl Owned for Correction {
    fn owner(&self) -> Owner<'_> {
        let student = match &self.change {
            Change::Presence { student, .. } => Some(student.clone()),
            Change::CheckIn { .. } => None,
        };
        Owner { school: Some(&self.school), student, teachers: &self.staff, ..Owner::default() }
    }
}

/// What a correction is judged by.
#[derive(Debug, Clone, Copy)]
pub struct CorrectionFacts<'a> {
    /// The class of the lesson.
    pub class: &'a TeachingClass,
    /// The periods of a day.
    pub periods: &'a [Period],
    /// What is locked.
    pub timetable: &'a Timetable,
    /// The school's rules.
    pub rules: &'a TeachingRules,
    /// The lesson's roll, if there is one.
    pub roll: Option<&'a Roll>,
    /// When it is judged.
    pub now: Moment,
}

/// Why nothing is corrected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "correction/")]
pub enum CorrectionError {
    /// Leave is asked for, and what is wrong has to become right.
    #[error("更正后的考勤应为正常、迟到或缺勤;请假请提交请假申请,已上过的课请联系学校补办")]
    PresenceUnusable,
    /// The lesson is not given.
    #[error("该节课不存在或已停课,请从课表中选择")]
    LessonUnknown,
    /// The pupil was not in the class on that day.
    #[error("该学生当天不在这个教学班中,请核对课次")]
    NotAMember,
    /// The teacher does not teach that lesson.
    #[error("该教师不是这节课的任课教师,不能补打卡")]
    NotTheTeacher,
    /// It has not begun.
    #[error("该节课还未开始,上课后才能申请更正")]
    NotBegun,
    /// The month of its day is over, and the days for corrections too.
    #[error("{date} 的考勤已过更正期限,不能再申请更正")]
    TooLate {
        /// The day.
        date: Date,
    },
    /// It is so already.
    #[error("考勤已是所申请的结果,不需要更正")]
    NothingChanges,
    /// Nobody checks in then.
    #[error("补打卡时间应在签到开放后、下课之前,且不晚于现在")]
    TimeUnusable,
    /// The request cannot be handled so.
    #[error(transparent)]
    Handling(#[from] HandlingError),
    /// The day is locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The roll is locked.
    #[error(transparent)]
    Roll(#[from] RollError),
}

impl CorrectionError {
    /// The error of another decision that it passes on.
    fn inner(&self) -> Option<&dyn Fault> {
        match self {
            Self::Handling(error) => Some(error),
            Self::Lock(error) => Some(error),
            Self::Roll(error) => Some(error),
            Self::PresenceUnusable
            | Self::LessonUnknown
            | Self::NotAMember
            | Self::NotTheTeacher
            | Self::NotBegun
            | Self::TooLate { .. }
            | Self::NothingChanges
            | Self::TimeUnusable => None,
        }
    }
}

impl Fault for CorrectionError {
    fn kind(&self) -> Kind {
        match self {
            Self::PresenceUnusable | Self::TimeUnusable => Kind::Invalid,
            Self::Handling(error) => error.kind(),
            Self::Lock(error) => error.kind(),
            Self::Roll(error) => error.kind(),
            Self::LessonUnknown
            | Self::NotAMember
            | Self::NotTheTeacher
            | Self::NotBegun
            | Self::TooLate { .. }
            | Self::NothingChanges => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.inner().map_or_else(|| self.into(), Fault::slug)
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::PresenceUnusable => "presence",
            Self::TimeUnusable => "at",
            Self::Handling(_)
            | Self::Lock(_)
            | Self::Roll(_)
            | Self::LessonUnknown
            | Self::NotAMember
            | Self::NotTheTeacher
            | Self::NotBegun
            | Self::TooLate { .. }
            | Self::NothingChanges => return self.inner().map(Fault::pointed).unwrap_or_default(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl Correction {
    /// A request for a correction of a lesson.
    pub fn ask(
        (id, lesson): (TeachingRequestId, &LessonId),
        wish: Wish,
        reason: &str,
        handling: Handling,
        facts: CorrectionFacts<'_>,
    ) -> Result<Self, CorrectionError> {
        let (school, class) = (id.school(), facts.class);
        let given = lesson_of(class, lesson)?;
        check(given, facts)?;
        let change = judge(wish, given, facts)?;
        let reason = super::request::reason(reason)?;
        let staff = match &change {
            Change::Presence { .. } => class.staff.clone(),
            Change::CheckIn { person, .. } => vec![person.clone()],
        };
        let (date, period) = given.at();
        Ok(Self { id, school, lesson: lesson.clone(), date, period, change, reason, staff, handling })
    }

    /// The pupil or the teacher it is about.
    pub fn subject(&self) -> &str {
        match &self.change {
            Change::Presence { student, .. } => student.as_str(),
            Change::CheckIn { person, .. } => person.as_str(),
        }
    }

    /// Grants it, if it still can be made; what it replaces is what the roll says now. The roll is
    /// [corrected](Self::enter) in the same transaction.
    pub fn grant(&mut self, by: Option<&PersonId>, facts: CorrectionFacts<'_>) -> Result<(), CorrectionError> {
        self.handling.grant(by, facts.now)?;
        let given = lesson_of(facts.class, &self.lesson)?;
        check(given, facts)?;
        (self.date, self.period) = given.at();
        match &mut self.change {
            Change::Presence { student, before, .. } => *before = facts.roll.and_then(|roll| roll.presence(student)),
            Change::CheckIn { person, before, .. } => *before = checked_in(facts.roll, person),
        }
        Ok(())
    }

    /// Enters it into the lesson's roll. Returns whether that changes it.
    pub fn enter(&self, roll: &mut Roll, now: Moment) -> Result<bool, RollError> {
        match &self.change {
            Change::Presence { student, after, .. } => roll.correct(student, Said { at: now, presence: *after }, now),
            Change::CheckIn { person, after, late_minutes, .. } => {
                let correction = Some(self.id.clone());
                roll.check_in(person, CheckIn { at: *after, late_minutes: *late_minutes, metres: None, correction })
            }
        }
    }
}

fn lesson_of<'a>(class: &'a TeachingClass, id: &LessonId) -> Result<&'a Lesson, CorrectionError> {
    let found = class.lesson(id.number()).filter(|lesson| lesson.is_given());
    found.ok_or(CorrectionError::LessonUnknown)
}

/// Whether anything about a lesson can be corrected.
fn check(lesson: &Lesson, facts: CorrectionFacts<'_>) -> Result<(), CorrectionError> {
    if facts.now < bell::begins(lesson.at(), facts.periods) {
        return Err(CorrectionError::NotBegun);
    }
    facts.timetable.allows([lesson.date])?;
    if facts.roll.is_some_and(|roll| roll.sealed) {
        return Err(RollError::Sealed.into());
    }
    if facts.rules.corrects(lesson.date, facts.now) {
        Ok(())
    } else {
        Err(CorrectionError::TooLate { date: lesson.date })
    }
}

/// What a wish changes.
fn judge(wish: Wish, lesson: &Lesson, facts: CorrectionFacts<'_>) -> Result<Change, CorrectionError> {
    match wish {
        Wish::Presence(_, Presence::OnLeave | Presence::Abnormal) => Err(CorrectionError::PresenceUnusable),
        Wish::Presence(student, after) => {
            if !facts.class.has(&student, lesson.date) {
                return Err(CorrectionError::NotAMember);
            }
            let before = facts.roll.and_then(|roll| roll.presence(&student));
            let change = Change::Presence { student, before, after };
            if before == Some(after) { Err(CorrectionError::NothingChanges) } else { Ok(change) }
        }
        Wish::CheckIn(person, after) => {
            let teachers: BTreeSet<&PersonId> =
                facts.class.teachers_of(lesson).into_iter().map(|teacher| &teacher.person).collect();
            if !teachers.contains(&person) {
                return Err(CorrectionError::NotTheTeacher);
            }
            let (begins, ends) = (bell::begins(lesson.at(), facts.periods), bell::ends(lesson.at(), facts.periods));
            let opens = begins.plus_minutes(i64::from(facts.rules.early_minutes).saturating_neg());
            if after < opens || after >= ends || after > facts.now {
                return Err(CorrectionError::TimeUnusable);
            }
            let before = checked_in(facts.roll, &person);
            if before == Some(after) {
                return Err(CorrectionError::NothingChanges);
            }
            let late_minutes = bell::late_minutes(after, lesson.at(), facts.periods, facts.rules);
            Ok(Change::CheckIn { person, before, after, late_minutes })
        }
    }
}

fn checked_in(roll: Option<&Roll>, person: &PersonId) -> Option<Moment> {
    roll.and_then(|roll| roll.check_ins.get(person)).map(|check_in| check_in.at)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::teaching::fixture::{self, periods};
    use crate::teaching::request::Party;
    use crate::teaching::timetable::LockedBy;

    const DAY: Date = date(2026, 9, 7);

    fn id<T: std::str::FromStr>(text: &str) -> T {
        text.parse().ok().unwrap()
    }

    fn at(text: &str) -> Moment {
        Moment::parse(&format!("2026-09-{text}:00+08:00")).unwrap()
    }

    fn class() -> TeachingClass {
        fixture::class("K1", &["T000000001"], &["S000000001"], &[(DAY, 1), (date(2026, 9, 14), 1)])
    }

    fn asked_with(
        wish: Wish,
        roll: Option<&Roll>,
        (now, timetable): (Moment, &Timetable),
    ) -> Result<Correction, CorrectionError> {
        let (class, periods, rules) = (class(), periods(), TeachingRules::built_in());
        let facts = CorrectionFacts { class: &class, periods: &periods, timetable, rules: &rules, roll, now };
        let handling = Handling::asked(String::new(), (id("G000000001"), Party::Guardian), now);
        let names = (request(1), &id("3144200101.2026-2027-1.K1.01.001"));
        Correction::ask(names, wish, "孩子当天在校", handling, facts)
    }

    fn request(n: u8) -> TeachingRequestId {
        id(&format!("3144200101.2026-2027-1.0000000000000000000{n}"))
    }

    fn timetable() -> Timetable {
        Timetable::new(id("3144200101"), id("2026-2027-1"))
    }

    fn asked(wish: Wish, roll: Option<&Roll>, now: Moment) -> Result<Correction, CorrectionError> {
        asked_with(wish, roll, (now, &timetable()))
    }

    fn present() -> Wish {
        Wish::Presence(id("S000000001"), Presence::Present)
    }

    fn roll() -> Roll {
        Roll::new(&class().id, 1, (DAY, 1))
    }

    #[test]
    fn s25_4_a_correction_keeps_what_was_and_what_is() {
        let mut roll = roll();
        let said = Said { at: at("07T16:40"), presence: Presence::Absent };
        roll.said.insert(id("S000000001"), said);
        let mut correction = asked(present(), Some(&roll), at("08T09:00")).unwrap();
        let student: StudentId = id("S000000001");
        let (before, after) = (Some(Presence::Absent), Presence::Present);
        assert_eq!(correction.change, Change::Presence { student: student.clone(), before, after });
        // Until it is decided, the teacher names the pupil as late.
        roll.said.insert(student.clone(), Said { at: at("08T10:00"), presence: Presence::Late });
        let (class, periods, rules, timetable) = (class(), periods(), TeachingRules::built_in(), timetable());
        let (now, locks) = (at("09T09:00"), &timetable);
        let facts = CorrectionFacts {
            class: &class,
            periods: &periods,
            timetable: locks,
            rules: &rules,
            roll: Some(&roll),
            now,
        };
        correction.grant(Some(&id("A000000001")), facts).unwrap();
        assert_eq!(
            correction.change,
            Change::Presence { student: student.clone(), before: Some(Presence::Late), after }
        );
        assert_eq!(correction.clone().grant(None, facts), Err(HandlingError::AlreadyDecided.into()));
        assert_eq!(correction.enter(&mut roll, now), Ok(true));
        assert_eq!(roll.presence(&student), Some(Presence::Present));
    }

    #[test]
    fn t2_2_a_forgotten_check_in_is_entered_with_its_lateness() {
        let check_in = |time: &str| Wish::CheckIn(id("T000000001"), at(time));
        let late = asked(check_in("07T16:42"), None, at("08T09:00")).unwrap();
        assert!(matches!(late.change, Change::CheckIn { before: None, late_minutes: 12, .. }));
        let mut roll = roll();
        assert_eq!(late.enter(&mut roll, at("08T09:00")), Ok(true));
        assert_eq!(roll.check_ins[&id::<PersonId>("T000000001")].correction, Some(request(1)));
        let in_time = asked(check_in("07T16:35"), None, at("08T09:00")).unwrap();
        assert!(matches!(in_time.change, Change::CheckIn { late_minutes: 0, .. }), "within the grace");
        let early = asked(check_in("07T16:01"), None, at("08T09:00")).unwrap();
        assert!(matches!(early.change, Change::CheckIn { late_minutes: 0, .. }));
        for time in ["07T15:59", "07T17:15", "06T16:30"] {
            assert_eq!(asked(check_in(time), None, at("08T09:00")), Err(CorrectionError::TimeUnusable), "{time}");
        }
        assert_eq!(asked(check_in("07T16:50"), None, at("07T16:49")), Err(CorrectionError::TimeUnusable));
        let stranger = Wish::CheckIn(id("T000000009"), at("07T16:30"));
        assert_eq!(asked(stranger, None, at("08T09:00")), Err(CorrectionError::NotTheTeacher));
        let again = asked(check_in("07T16:42"), Some(&roll), at("08T09:00"));
        assert_eq!(again, Err(CorrectionError::NothingChanges));
    }

    #[test]
    fn p9_4_what_cannot_be_corrected_says_why() {
        let (now, pupil) = (at("08T09:00"), || id("S000000001"));
        let on_leave = Wish::Presence(pupil(), Presence::OnLeave);
        assert_eq!(asked(on_leave, None, now), Err(CorrectionError::PresenceUnusable));
        let stranger = Wish::Presence(id("S000000009"), Presence::Present);
        assert_eq!(asked(stranger, None, now), Err(CorrectionError::NotAMember));
        assert_eq!(asked(present(), None, at("07T16:29")), Err(CorrectionError::NotBegun));
        let late = Moment::parse("2026-10-06T00:00:00+08:00").unwrap();
        assert_eq!(asked(present(), None, late), Err(CorrectionError::TooLate { date: DAY }));
        let mut right = roll();
        right.corrected.insert(pupil(), Said { at: now, presence: Presence::Present });
        assert_eq!(asked(present(), Some(&right), now), Err(CorrectionError::NothingChanges));
        let mut sealed = roll();
        sealed.seal();
        assert_eq!(asked(present(), Some(&sealed), now), Err(RollError::Sealed.into()));
        let mut locked = timetable();
        let term = (date(2026, 9, 1), date(2027, 1, 20));
        locked.begin_lock((DAY, DAY), (LockedBy::School, &id("A000000001")), term, now).unwrap();
        let refused = asked_with(present(), None, (now, &locked));
        assert_eq!(refused, Err(LockError::DayLocked { date: DAY }.into()));
    }

    #[test]
    fn p9_4_a_lesson_that_is_not_given_is_not_corrected() {
        let (mut class, periods, rules, timetable) = (class(), periods(), TeachingRules::built_in(), timetable());
        class.lessons[0].off = Some("台风".to_owned());
        let now = at("08T09:00");
        let facts =
            CorrectionFacts { class: &class, periods: &periods, timetable: &timetable, rules: &rules, roll: None, now };
        for lesson in ["3144200101.2026-2027-1.K1.01.001", "3144200101.2026-2027-1.K1.01.077"] {
            let handling = Handling::asked(String::new(), (id("G000000001"), Party::Guardian), now);
            let asked = Correction::ask((request(1), &id(lesson)), present(), "孩子当天在校", handling, facts);
            assert_eq!(asked, Err(CorrectionError::LessonUnknown));
        }
    }

    proptest! {
        #[test]
        fn s25_4_corrections_come_to_the_same_in_whatever_order_they_are_entered(
            granted in prop::collection::vec((0i64..20, 0usize..3), 1..6), turn in any::<prop::sample::Index>(),
        ) {
            let to = [Presence::Present, Presence::Late, Presence::Absent];
            let enter = |roll: &mut Roll, (minute, after): (i64, usize)| {
                let said = Said { at: at("08T09:00").plus_minutes(minute), presence: to[after] };
                roll.correct(&id("S000000001"), said, at("09T09:00")).unwrap()
            };
            let (mut straight, mut turned) = (roll(), roll());
            let mut other = granted.clone();
            other.rotate_left(turn.index(granted.len()));
            other.reverse();
            for one in granted {
                enter(&mut straight, one);
            }
            for one in other {
                enter(&mut turned, one);
            }
            prop_assert_eq!(straight, turned);
        }
    }
}

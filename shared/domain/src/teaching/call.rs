//! Roll call (点名): whose call counts for a lesson, and whom of those it names the lesson knows. T4 P9.

use super::class::TeachingClass;
use super::lesson::Lesson;
use super::roll::{Call, Roll, RollError};
use crate::id::{PersonId, StudentId};
use crate::time::Moment;

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Whether it says anything new.
    pub changed: bool,
    /// What it says about pupils who do not belong to the class on that day.
    pub strangers: Option<Call>,
}

/// Enters a call into the roll of a lesson. What it says about whoever is no pupil of the day is told back, not entered.
pub fn call_roll(
    roll: &mut Roll,
    (class, lesson): (&TeachingClass, &Lesson),
    call: &Call,
    by: &PersonId,
    now: Moment,
) -> Result<Called, RollError> {
    if !lesson.is_given() {
        return Err(RollError::NotGiven);
    }
    call.check(lesson.date, now)?;
    if roll.sealed {
        return Err(RollError::Sealed);
    }
    roll.settle_at(lesson.at());
    let roster = class.roster(lesson.date);
    let (known, strangers) = call.parted(&roster);
    // A call about the named alone that names nobody is none.
    let says = !known.only_named || !known.named.is_empty();
    let changed = says && roll.enter(&known, roster, by, now)?;
    Ok(Called { changed, strangers })
}

impl Call {
    /// What it says about these pupils, and what about others, if it names any.
    pub fn parted(&self, roster: &[StudentId]) -> (Self, Option<Self>) {
        let (known, others) =
            self.named.clone().into_iter().partition(|(student, _)| roster.binary_search(student).is_ok());
        let known = Self { named: known, ..*self };
        let others = Self { at: self.at, named: others, only_named: true };
        (known, Some(others).filter(|others| !others.named.is_empty()))
    }
}

impl TeachingClass {
    /// Whether a person calls the roll of a lesson by being there for it: as a teacher or steward of the class, or in
    /// somebody's place in this lesson.
    pub fn is_called_by(&self, lesson: &Lesson, person: &PersonId) -> bool {
        self.teachers_on(lesson.date).iter().any(|teacher| teacher.person == *person)
            || self.stewards.iter().any(|steward| steward.person == *person)
            || lesson.stand_ins.iter().any(|one| one.present.person == *person)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::teaching::class::tests::{class, teacher};
    use crate::teaching::class::{Steward, TeacherRole};
    use crate::teaching::lesson::StandIn;
    use crate::teaching::roll::Presence;

    const CLASS: &str = "3144200101.2026-2027-1.K1.01";

    fn at(time: &str) -> Moment {
        Moment::parse(&format!("2026-09-02T{time}+08:00")).unwrap()
    }

    fn pupil(n: u8) -> StudentId {
        format!("S00000000{n}").parse().unwrap()
    }

    /// A class with two pupils, its lesson and the lesson's roll.
    fn given() -> (TeachingClass, Lesson, Roll) {
        let mut class = class(CLASS);
        for n in [0, 1] {
            class.admit(&pupil(n), date(2026, 9, 1)).unwrap();
        }
        let lesson = Lesson::planned(1, date(2026, 9, 2), 1);
        let roll = Roll::new(&class.id, 1, lesson.at());
        (class, lesson, roll)
    }

    fn call(named: &[(u8, Presence)], only_named: bool) -> Call {
        let named: BTreeMap<_, _> = named.iter().map(|(n, presence)| (pupil(*n), *presence)).collect();
        Call { at: at("16:35:00"), named, only_named }
    }

    fn teacher_one() -> PersonId {
        "T000000001".parse().unwrap()
    }

    #[test]
    fn t4_1_whoever_is_named_and_no_pupil_of_the_day_is_told_back() {
        let (class, lesson, mut roll) = given();
        let sent = call(&[(1, Presence::Absent), (7, Presence::Late)], false);
        let called = call_roll(&mut roll, (&class, &lesson), &sent, &teacher_one(), at("16:36:00")).unwrap();
        assert!(called.changed);
        assert_eq!(called.strangers, Some(call(&[(7, Presence::Late)], true)));
        assert_eq!(roll.presence(&pupil(0)), Some(Presence::Present));
        assert_eq!(roll.presence(&pupil(1)), Some(Presence::Absent));
        assert!(!roll.said.contains_key(&pupil(7)));
    }

    #[test]
    fn t4_1_a_call_about_strangers_alone_calls_nobody() {
        let (class, lesson, mut roll) = given();
        let before = roll.clone();
        let sent = call(&[(7, Presence::Late)], true);
        let called = call_roll(&mut roll, (&class, &lesson), &sent, &teacher_one(), at("16:36:00")).unwrap();
        assert_eq!((called.changed, called.strangers), (false, Some(sent)));
        assert_eq!(roll, before);
    }

    #[test]
    fn t4_1_the_roll_follows_a_lesson_that_was_moved() {
        let (class, lesson, mut roll) = given();
        let moved = Lesson { date: date(2026, 9, 4), moved_from: Some(lesson.at()), ..lesson };
        let now = Moment::parse("2026-09-04T17:00:00+08:00").unwrap();
        let sent = Call { at: now, ..call(&[], false) };
        call_roll(&mut roll, (&class, &moved), &sent, &teacher_one(), now).unwrap();
        assert_eq!(roll.date, date(2026, 9, 4));
        let early = Call { at: at("16:35:00"), ..sent };
        let refused = call_roll(&mut roll, (&class, &moved), &early, &teacher_one(), now);
        assert_eq!(refused, Err(RollError::TimeUnusable));
    }

    #[test]
    fn s25_5_a_call_that_cannot_be_is_refused_before_the_lock_is_looked_at() {
        let (class, lesson, mut roll) = given();
        roll.seal();
        let mut refused = |lesson: &Lesson, sent: &Call| {
            call_roll(&mut roll, (&class, lesson), sent, &teacher_one(), at("16:36:00")).unwrap_err()
        };
        assert_eq!(refused(&lesson, &call(&[], false)), RollError::Sealed);
        assert_eq!(refused(&lesson, &call(&[(0, Presence::OnLeave)], false)), RollError::LeaveIsAskedFor);
        let off = Lesson { off: Some("停电".to_owned()), ..lesson.clone() };
        assert_eq!(refused(&off, &call(&[], false)), RollError::NotGiven);
    }

    #[test]
    fn s17_4_teachers_stewards_and_who_stands_in_call_the_roll() {
        let (mut class, lesson, _) = given();
        class.stewards = vec![Steward { person: "T000000005".parse().unwrap(), called: "王主任".to_owned() }];
        let present = teacher("T000000002", TeacherRole::Main);
        let with_stand_in = Lesson { stand_ins: vec![StandIn { absent: teacher_one(), present }], ..lesson.clone() };
        let calls = |lesson: &Lesson, person: &str| class.is_called_by(lesson, &person.parse().unwrap());
        assert!(calls(&lesson, "T000000001") && calls(&lesson, "T000000005"));
        assert!(calls(&with_stand_in, "T000000002") && !calls(&lesson, "T000000002"), "in that lesson alone");
    }
}

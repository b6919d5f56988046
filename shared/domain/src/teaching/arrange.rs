//! Arranging (排课): a class's lessons laid out over the days of its term, where no lock holds them and nobody is needed
//! twice. S10 S17.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::clash::{ClashError, Occupied};
use super::class::{ClassError, TeachingClass};
use super::lesson::{Lesson, plan};
use super::timetable::{LockError, Timetable};
use crate::calendar::Day;
use crate::fault::{Fault, Kind, Pointed};

/// What a class is arranged on.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The days of the term.
    pub days: &'a [Day],
    /// What all classes of the term share.
    pub timetable: &'a Timetable,
    /// The other classes of the term.
    pub others: &'a [&'a TeachingClass],
}

/// Why a class is not arranged so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArrangeError {
    /// The class cannot be so.
    #[error(transparent)]
    Class(#[from] ClassError),
    /// A lesson would come into locked days or leave them.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Somebody or something would be needed twice.
    #[error(transparent)]
    Clash(#[from] ClashError),
}

impl Fault for ArrangeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Class(error) => error.kind(),
            Self::Lock(error) => error.kind(),
            Self::Clash(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Class(error) => error.slug(),
            Self::Lock(error) => error.slug(),
            Self::Clash(error) => error.slug(),
        }
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::Class(error) => error.pointed(),
            Self::Lock(error) => error.pointed(),
            Self::Clash(error) => error.pointed(),
        }
    }
}

/// Plans a class's lessons anew from a day on; what lies before, what is settled and what `is_kept` stays. The class is
/// usable only if that succeeds.
pub fn arrange(
    class: &mut TeachingClass,
    ground: Ground<'_>,
    from: Date,
    is_kept: impl Fn(&Lesson) -> bool,
) -> Result<(), ArrangeError> {
    let Ground { days, timetable, others } = ground;
    if class.closed.is_some() {
        return Err(ClassError::Closed.into());
    }
    let planned = plan((&class.pattern, days), class.lessons_wanted, &class.lessons, from, is_kept);
    let (count, wanted) = (u16::try_from(planned.len()).unwrap_or(u16::MAX), class.lessons_wanted);
    if count < wanted {
        return Err(ClassError::TooFewDays { planned: count, wanted }.into());
    }
    timetable.allows(changed_days(&class.lessons, &planned))?;
    class.lessons = planned;
    class.admit_staff();
    Occupied::by(others.iter().copied(), from).admits(class, from)?;
    Ok(())
}

/// The days that lose a lesson, get one, or get another one.
fn changed_days(before: &[Lesson], after: &[Lesson]) -> BTreeSet<Date> {
    let gone = before.iter().filter(|lesson| !after.contains(lesson));
    let new = after.iter().filter(|lesson| !before.contains(lesson));
    gone.chain(new).map(|lesson| lesson.date).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::calendar::days;
    use crate::catalog::{Slot, Weekday, Weeks};
    use crate::teaching::class::tests::class;
    use crate::teaching::fixture::term;
    use crate::teaching::timetable::LockedBy;
    use crate::time::Moment;

    const FIRST: Date = date(2026, 9, 1);

    fn all_days() -> Vec<Day> {
        days(&term(), &[], &BTreeMap::new())
    }

    fn open() -> Timetable {
        Timetable::new("3144200101".parse().unwrap(), "2026-2027-1".parse().unwrap())
    }

    fn on(
        class: &mut TeachingClass,
        others: &[&TeachingClass],
        timetable: &Timetable,
        from: Date,
    ) -> Result<(), ArrangeError> {
        arrange(class, Ground { days: &all_days(), timetable, others }, from, |_| false)
    }

    fn on_fridays(class: &mut TeachingClass) {
        class.pattern.slots = vec![Slot { weekday: Weekday::Friday, period: 1, weeks: Weeks::Every }];
    }

    #[test]
    fn s17_1_a_class_gets_all_its_lessons_or_is_refused() {
        let mut weekly = class("3144200101.2026-2027-1.K1.01");
        on(&mut weekly, &[], &open(), FIRST).unwrap();
        assert_eq!((weekly.lessons.len(), weekly.lessons[0].date), (16, date(2026, 9, 2)));
        let mut fortnightly = class("3144200101.2026-2027-1.K1.02");
        fortnightly.pattern.slots[0].weeks = Weeks::Odd;
        let refused = on(&mut fortnightly, &[], &open(), FIRST).unwrap_err();
        assert_eq!(refused, ClassError::TooFewDays { planned: 11, wanted: 16 }.into());
        assert_eq!(refused.slug(), "class/too-few-days");
    }

    #[test]
    fn s9_2_two_classes_of_one_teacher_are_not_arranged_at_one_time() {
        let (mut one, mut other) = (class("3144200101.2026-2027-1.K1.01"), class("3144200101.2026-2027-1.K2.01"));
        on(&mut one, &[], &open(), FIRST).unwrap();
        assert!(matches!(on(&mut other, &[&one], &open(), FIRST), Err(ArrangeError::Clash(_))));
        let mut on_friday = class("3144200101.2026-2027-1.K2.01");
        on_fridays(&mut on_friday);
        assert_eq!(on(&mut on_friday, &[&one], &open(), FIRST), Ok(()));
    }

    #[test]
    fn s25_5_no_lesson_leaves_locked_days_or_comes_into_them() {
        let mut locked = open();
        let now = Moment::parse("2026-10-09T08:00:00+08:00").unwrap();
        let september = (FIRST, date(2026, 9, 30));
        let by = (LockedBy::School, &"A000000001".parse().unwrap());
        locked.begin_lock(september, by, (FIRST, date(2027, 1, 22)), now).unwrap();
        let mut new = class("3144200101.2026-2027-1.K1.01");
        assert!(matches!(on(&mut new, &[], &locked, FIRST), Err(ArrangeError::Lock(LockError::DayLocked { .. }))));
        on(&mut new, &[], &open(), FIRST).unwrap();
        let given = new.lessons.clone();
        on_fridays(&mut new);
        assert!(matches!(on(&mut new.clone(), &[], &locked, FIRST), Err(ArrangeError::Lock(_))));
        on(&mut new, &[], &locked, date(2026, 10, 9)).unwrap();
        assert_eq!(new.lessons[..6], given[..6], "what was given stays");
        assert_eq!(new.lessons[6].date, date(2026, 10, 9));
    }

    #[test]
    fn s20_1_a_class_that_is_over_is_not_arranged_anew() {
        let mut over = class("3144200101.2026-2027-1.K1.01");
        let at = Moment::parse("2027-01-20T18:00:00+08:00").unwrap();
        let by = "A000000001".parse().unwrap();
        over.closed = Some(crate::teaching::class::Closed { at, by, reason: None });
        assert_eq!(on(&mut over, &[], &open(), FIRST), Err(ClassError::Closed.into()));
    }
}

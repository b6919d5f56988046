//! Sealing (封存): what a lock still has to do to the rolls of its days, and what its lifting. S25.5, promise P11.

use jiff::civil::Date;

use super::class::TeachingClass;
use super::lesson::Lesson;
use super::roll::Roll;
use super::timetable::{Lock, LockError, LockState, Timetable};
use crate::settlement::Month;

/// The lessons of a lock's days, given or not: one that is taken up again must find its roll sealed.
pub fn lessons_of<'a>(
    lock: &Lock,
    classes: impl IntoIterator<Item = &'a TeachingClass>,
) -> Vec<(&'a TeachingClass, &'a Lesson)> {
    let of = |class: &'a TeachingClass| class.lessons_in(lock.from, lock.until).map(move |lesson| (class, lesson));
    classes.into_iter().flat_map(of).collect()
}

/// The roll of a lesson as a lock wants it next; none when it is so already. What is sealed keeps the pupils of the day
/// beside it, so that who joins or leaves the class later changes nothing of it. A day opens when no other lock holds
/// it.
pub fn turned(
    timetable: &Timetable,
    no: u16,
    (class, lesson): (&TeachingClass, &Lesson),
    roll: Option<&Roll>,
) -> Option<Roll> {
    let is_sealed = roll.is_some_and(|roll| roll.sealed);
    match timetable.lock(no)?.state {
        LockState::Locking if !is_sealed => {
            let mut next = roll.cloned().unwrap_or_else(|| Roll::new(&class.id, lesson.no, lesson.at()));
            next.settle_at(lesson.at());
            next.roster = class.roster(lesson.date);
            next.seal();
            Some(next)
        }
        LockState::Lifting if is_sealed && timetable.opens(no, lesson.date) => {
            let mut next = roll.cloned()?;
            next.unseal();
            Some(next)
        }
        LockState::Locking | LockState::Locked | LockState::Lifting => None,
    }
}

/// The days a lock is to have: from one day until another, or those of a month within the term.
pub fn days_of(
    (from, until, month): (Option<Date>, Option<Date>, Option<Month>),
    term: (Date, Date),
) -> Result<(Date, Date), LockError> {
    match (from, until, month) {
        (Some(from), Some(until), None) => Ok((from, until)),
        (None, None, Some(month)) => Ok((month.first().max(term.0), month.last().min(term.1))),
        _ => Err(LockError::RangeUnusable),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::teaching::class::tests::class;
    use crate::teaching::timetable::LockedBy;
    use crate::time::Moment;

    const TERM: (Date, Date) = (date(2026, 9, 1), date(2027, 1, 22));

    fn taught() -> TeachingClass {
        let mut class = class("3144200101.2026-2027-1.K1.01");
        class.lessons = [(1, 2), (2, 9), (3, 16)].map(|(no, day)| Lesson::planned(no, date(2026, 9, day), 1)).into();
        class.admit(&"S000000001".parse().unwrap(), date(2026, 9, 5)).unwrap();
        class
    }

    fn locking(days: (i8, i8), by: LockedBy, timetable: &mut Timetable) -> u16 {
        let now = Moment::parse("2026-10-09T08:00:00+08:00").unwrap();
        let days = (date(2026, 9, days.0), date(2026, 9, days.1));
        timetable.begin_lock(days, (by, &"A000000001".parse().unwrap()), TERM, now).unwrap()
    }

    fn empty() -> Timetable {
        Timetable::new("3144200101".parse().unwrap(), "2026-2027-1".parse().unwrap())
    }

    #[test]
    fn s25_5_rolls_of_the_days_are_sealed_with_their_pupils_existing_or_not() {
        let (class, mut timetable) = (taught(), empty());
        let no = locking((1, 9), LockedBy::School, &mut timetable);
        let lock = timetable.lock(no).unwrap().clone();
        let lessons = lessons_of(&lock, [&class]);
        assert_eq!(lessons.iter().map(|(_, lesson)| lesson.no).collect::<Vec<_>>(), [1, 2]);
        let first = turned(&timetable, no, lessons[0], None).unwrap();
        assert!(first.sealed && first.roster.is_empty(), "who joined later was not there");
        let second = turned(&timetable, no, lessons[1], None).unwrap();
        assert_eq!(second.roster.len(), 1);
        assert_eq!(turned(&timetable, no, lessons[1], Some(&second)), None, "sealed once");
        timetable.finish_lock(no);
        assert_eq!(turned(&timetable, no, lessons[1], None), None, "nothing is left to do");
    }

    #[test]
    fn s25_5_a_day_opens_when_no_other_lock_holds_it() {
        let (class, mut timetable) = (taught(), empty());
        let (own, above) =
            (locking((1, 16), LockedBy::School, &mut timetable), locking((9, 9), LockedBy::Township, &mut timetable));
        let lessons = lessons_of(&timetable.lock(own).unwrap().clone(), [&class]);
        let rolls: Vec<Roll> = lessons.iter().map(|one| turned(&timetable, own, *one, None).unwrap()).collect();
        timetable.finish_lock(own);
        timetable.finish_lock(above);
        timetable.begin_lifting(own, LockedBy::School, "更正点名").unwrap();
        let opened: Vec<bool> = lessons
            .iter()
            .zip(&rolls)
            .map(|(one, roll)| turned(&timetable, own, *one, Some(roll)).is_some_and(|roll| !roll.sealed))
            .collect();
        assert_eq!(opened, [true, false, true]);
        timetable.begin_lifting(above, LockedBy::Township, "更正点名").unwrap();
        assert_eq!(turned(&timetable, above, lessons[1], Some(&rolls[1])), None, "the other one is not lifted yet");
        timetable.finish_lifting(own);
        assert!(turned(&timetable, above, lessons[1], Some(&rolls[1])).is_some());
    }

    #[test]
    fn s25_5_a_month_is_locked_within_the_term() {
        let month = |text: &str| (None, None, Some(text.parse().unwrap()));
        assert_eq!(days_of(month("2026-09"), TERM), Ok((date(2026, 9, 1), date(2026, 9, 30))));
        assert_eq!(days_of(month("2027-01"), TERM), Ok((date(2027, 1, 1), date(2027, 1, 22))));
        let (from, until) = (date(2026, 9, 7), date(2026, 9, 11));
        assert_eq!(days_of((Some(from), Some(until), None), TERM), Ok((from, until)));
        assert_eq!(days_of((Some(from), None, None), TERM), Err(LockError::RangeUnusable));
        assert_eq!(days_of((Some(from), Some(until), Some(Month::of(from))), TERM), Err(LockError::RangeUnusable));
    }
}

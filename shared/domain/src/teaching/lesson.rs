//! Lessons (一节课): a class's pattern laid over the calendar, kept stable under edits. S10 S17 B4.1.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::class::Teacher;
use crate::calendar::Day;
use crate::catalog::Slot;
use crate::id::{PersonId, RoomId};

/// Most lessons of a class in a term: three a day on every school day.
pub const LESSONS: u16 = 400;

/// A lesson of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// Its number within the class, from 1. It stays whatever becomes of the lesson.
    #[serde(rename = "n")]
    pub no: u16,
    /// The day.
    #[serde(rename = "d")]
    pub date: Date,
    /// The period of the day.
    #[serde(rename = "p")]
    pub period: u8,
    /// The room, if it is another one than the class's.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// Who teaches in whose place (代课).
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub stand_ins: Vec<StandIn>,
    /// Where it was planned, if it was moved (调课).
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<(Date, u8)>,
    /// Why it is not given (停课).
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
    /// How many [changes](super::change::LessonChange) of it are in effect: the last one is revoked first.
    #[serde(rename = "c", default, skip_serializing_if = "is_zero")]
    pub changes: u16,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_zero(count: &u16) -> bool {
    *count == 0
}

/// A teacher in another one's place for one lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandIn {
    /// Who does not teach.
    #[serde(rename = "a")]
    pub absent: PersonId,
    /// Who does.
    #[serde(rename = "b")]
    pub present: Teacher,
}

impl Lesson {
    /// A lesson as it is planned.
    pub const fn planned(no: u16, date: Date, period: u8) -> Self {
        Self { no, date, period, room: None, stand_ins: Vec::new(), moved_from: None, off: None, changes: 0 }
    }

    /// When it is given.
    pub const fn at(&self) -> (Date, u8) {
        (self.date, self.period)
    }

    /// Whether somebody has decided about this one lesson: planning anew leaves it where it is.
    pub const fn is_settled(&self) -> bool {
        self.changes > 0
            || self.room.is_some()
            || !self.stand_ins.is_empty()
            || self.moved_from.is_some()
            || self.off.is_some()
    }

    /// Whether it is given.
    pub const fn is_given(&self) -> bool {
        self.off.is_none()
    }
}

/// When a class is taught: weekly slots, and single days beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// Weekly, or in odd or even weeks.
    pub slots: Vec<Slot>,
    /// Single days with their periods.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub singles: BTreeSet<(Date, u8)>,
}

impl Pattern {
    /// The days and periods it falls on, in order. A single day is taught whatever the calendar says; one on which the
    /// pattern falls twice is taught once.
    pub fn falls_on(&self, days: &[Day]) -> BTreeSet<(Date, u8)> {
        let weekly = days.iter().flat_map(|day| {
            let taught = self.slots.iter().filter(|slot| day.teaches(slot.weekday, slot.weeks));
            taught.map(|slot| (day.date, slot.period))
        });
        let within = |date: &Date| {
            days.first().is_some_and(|first| *date >= first.date) && days.last().is_some_and(|last| *date <= last.date)
        };
        let single = self.singles.iter().copied().filter(|(date, _)| within(date));
        weekly.chain(single).collect()
    }
}

/// Plans `wanted` lessons. Of those there are, what lies before `from`, and what `is_kept` or settled, stays as it is,
/// number and all; one that is planned for the same day and period keeps its number; the others go, and new ones get
/// numbers that were never used.
pub fn plan(
    (pattern, days): (&Pattern, &[Day]),
    wanted: u16,
    existing: &[Lesson],
    from: Date,
    is_kept: impl Fn(&Lesson) -> bool,
) -> Vec<Lesson> {
    let stays = |lesson: &&Lesson| lesson.date < from || lesson.is_settled() || is_kept(lesson);
    let mut lessons: Vec<Lesson> = existing.iter().filter(stays).cloned().collect();
    // A lesson that was moved has used up the place where it was planned.
    let taken: BTreeSet<(Date, u8)> =
        lessons.iter().flat_map(|one| [Some(one.at()), one.moved_from]).flatten().collect();
    let mut last_no = existing.iter().map(|lesson| lesson.no).max().unwrap_or_default();
    let missing = usize::from(wanted.min(LESSONS)).saturating_sub(lessons.len());
    let places = pattern.falls_on(days).into_iter().filter(|place| place.0 >= from && !taken.contains(place));
    for (date, period) in places.take(missing) {
        let same = existing.iter().find(|lesson| lesson.at() == (date, period));
        let no = same.map_or_else(
            || {
                last_no = last_no.saturating_add(1);
                last_no
            },
            |lesson| lesson.no,
        );
        lessons.push(Lesson::planned(no, date, period));
    }
    lessons.sort_by_key(|lesson| (lesson.at(), lesson.no));
    lessons
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::{Exception, Holidays, days};
    use crate::catalog::{Weekday, Weeks};
    use crate::teaching::fixture::term;

    /// Autumn 2026 as it is taught: the National Day week is off, and a Saturday is taught as a Wednesday.
    fn autumn() -> Vec<Day> {
        let off = |day: i8| (date(2026, 10, day), Exception { follows: None, reason: "国庆节".to_owned() });
        let mut special: BTreeMap<Date, Exception> = (1..=7).map(off).collect();
        let worked = Exception { follows: Some(Weekday::Wednesday), reason: "国庆调休".to_owned() };
        special.insert(date(2026, 10, 10), worked);
        days(&term(), &[Holidays::of(2026, special).unwrap()], &BTreeMap::new())
    }

    fn slot(weekday: Weekday, period: u8, weeks: Weeks) -> Slot {
        Slot { weekday, period, weeks }
    }

    fn weekly(weekday: Weekday) -> Pattern {
        Pattern { slots: vec![slot(weekday, 1, Weeks::Every)], singles: BTreeSet::new() }
    }

    fn planned(pattern: &Pattern, wanted: u16, existing: &[Lesson], from: Date) -> Vec<Lesson> {
        plan((pattern, &autumn()), wanted, existing, from, |_| false)
    }

    #[test]
    fn s10_1_lessons_follow_holidays_and_days_worked_instead() {
        let lessons = planned(&weekly(Weekday::Wednesday), 18, &[], date(2026, 9, 1));
        let october: Vec<Date> = lessons.iter().map(|lesson| lesson.date).filter(|day| day.month() == 10).collect();
        let expected = [10, 14, 21, 28].map(|day| date(2026, 10, day));
        assert_eq!(october, expected, "none on the 7th, and the Saturday is a Wednesday");
        assert_eq!(lessons.iter().map(|lesson| lesson.no).collect::<Vec<_>>(), (1..=18).collect::<Vec<u16>>());
    }

    #[test]
    fn s10_2_odd_weeks_and_single_days_are_taught() {
        let pattern = Pattern {
            slots: vec![slot(Weekday::Thursday, 2, Weeks::Odd)],
            singles: [(date(2026, 9, 12), 1), (date(2026, 9, 3), 2)].into(),
        };
        let lessons = planned(&pattern, 3, &[], date(2026, 9, 1));
        let at: Vec<_> = lessons.iter().map(Lesson::at).collect();
        assert_eq!(at, [(date(2026, 9, 3), 2), (date(2026, 9, 12), 1), (date(2026, 9, 17), 2)]);
    }

    #[test]
    fn s10_2_what_was_given_or_decided_stays_when_the_pattern_changes() {
        let before = planned(&weekly(Weekday::Wednesday), 10, &[], date(2026, 9, 1));
        let mut moved = before.clone();
        moved[5].moved_from = Some(moved[5].at());
        moved[5].date = date(2026, 10, 23);
        let after = planned(&weekly(Weekday::Friday), 10, &moved, date(2026, 9, 20));
        assert_eq!(after.len(), 10);
        assert_eq!(after[..3], before[..3], "the past is the past");
        assert!(after.contains(&moved[5]), "a lesson that was moved stays where it was moved to");
        let friday = |lesson: &&Lesson| lesson.date == date(2026, 9, 25);
        assert!(after.iter().find(friday).is_some_and(|lesson| lesson.no > 10), "a new lesson has a new number");
        let twice = after.iter().filter(|lesson| lesson.at() == (date(2026, 10, 23), 1)).count();
        assert_eq!(twice, 1, "no second lesson where one was moved to");
    }

    proptest! {
        #[test]
        fn s10_2_planning_again_changes_nothing_and_numbers_are_never_used_twice(
            first in 0usize..5, second in 0usize..5, wanted in 1u16..60, day in 1i8..28, more in 0u16..20,
        ) {
            let weekday = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
            let start = date(2026, 9, 1);
            let one = planned(&weekly(weekday[first]), wanted, &[], start);
            prop_assert_eq!(&planned(&weekly(weekday[first]), wanted, &one, start), &one);
            let today = date(2026, 10, day);
            let other = planned(&weekly(weekday[second]), wanted.saturating_add(more), &one, today);
            prop_assert_eq!(&planned(&weekly(weekday[second]), wanted.saturating_add(more), &other, today), &other);
            let numbers: BTreeSet<u16> = other.iter().map(|lesson| lesson.no).collect();
            prop_assert_eq!(numbers.len(), other.len());
            let places: BTreeSet<(Date, u8)> = other.iter().map(Lesson::at).collect();
            prop_assert_eq!(places.len(), other.len(), "a class is taught once at a time");
            for lesson in &one {
                let kept = other.iter().find(|two| two.no == lesson.no);
                prop_assert!(kept.is_none_or(|kept| kept == lesson), "a number never means another lesson");
                prop_assert!(lesson.date >= today || kept.is_some(), "what was given is never dropped");
            }
        }
    }
}

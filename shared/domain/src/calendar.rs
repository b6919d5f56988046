//! Calendar (学期日历): on which days of a term lessons are given, and by which weekday's timetable. B4.1.
//!
//! The State's arrangement of a year's holidays is data that holds for all; a school adds its own days. What neither
//! names is taught on its own weekday, Monday to Friday.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::civil::Weekday as CivilWeekday;
use serde::{Deserialize, Serialize};

use crate::catalog::{Offering, Term, Weekday, Weeks};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{SchoolCode, TermCode};

/// Most days a calendar names.
pub const DAYS: usize = 200;

/// Years for which holidays may be arranged.
pub const YEARS: std::ops::RangeInclusive<i16> = 2020..=2100;

/// What is special about a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// By which weekday's timetable the day is taught (调休、补课); none: no lessons (放假).
    pub follows: Option<Weekday>,
    /// Why, as 国庆节.
    pub reason: String,
}

/// The holidays of a year, as the State arranges them (节假日安排).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holidays {
    /// The year.
    pub year: i16,
    /// The days that differ from the week.
    pub days: BTreeMap<Date, Exception>,
}

/// A school's own days of a term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The school.
    pub school: SchoolCode,
    /// The term.
    pub term: TermCode,
    /// The days on which the school differs from week and holidays.
    pub days: BTreeMap<Date, Exception>,
}

/// What a day of a term is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// The week of the term it lies in, from 1.
    pub week: u16,
    /// By which weekday's timetable it is taught; none: no lessons.
    pub follows: Option<Weekday>,
    /// What is special about it.
    pub reason: Option<String>,
}

/// Why a calendar cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "calendar/")]
pub enum CalendarError {
    /// More days than a calendar names.
    #[error("日历中特殊日期最多 {DAYS} 天")]
    TooManyDays,
    /// A day outside of the term, or of the year.
    #[error("日期 {date} 不在该学期或该年度内")]
    OutOfRange {
        /// The day.
        date: Date,
    },
    /// A day without a reason, or with a long one.
    #[error("日期 {date} 请填写说明,1 至 40 个字")]
    ReasonUnusable {
        /// The day.
        date: Date,
    },
    /// No such year.
    #[error("年度应为 2020 至 2100")]
    YearOutOfRange,
}

impl Fault for CalendarError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        vec![Pointed { pointer: "/days".to_owned(), detail: self.to_string() }]
    }
}

/// Whether days can be named so, all of them within `first` to `last`.
fn check(days: &BTreeMap<Date, Exception>, first: Date, last: Date) -> Result<(), CalendarError> {
    if days.len() > DAYS {
        return Err(CalendarError::TooManyDays);
    }
    for (date, day) in days {
        if !(first..=last).contains(date) {
            return Err(CalendarError::OutOfRange { date: *date });
        }
        if !(1..=40).contains(&day.reason.trim().chars().count()) {
            return Err(CalendarError::ReasonUnusable { date: *date });
        }
    }
    Ok(())
}

impl Holidays {
    /// A year's holidays.
    pub fn of(year: i16, days: BTreeMap<Date, Exception>) -> Result<Self, CalendarError> {
        let in_range =
            YEARS.contains(&year).then(|| Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)));
        let (first, last) = in_range.flatten().ok_or(CalendarError::YearOutOfRange)?;
        check(&days, first, last)?;
        Ok(Self { year, days })
    }
}

impl Calendar {
    /// A school's own days of a term.
    pub fn of(term: &Term, days: BTreeMap<Date, Exception>) -> Result<Self, CalendarError> {
        check(&days, term.starts_on, term.ends_on)?;
        Ok(Self { school: term.school.clone(), term: term.code.clone(), days })
    }
}

/// The days of a term, from the first to the last. The school's word goes before the State's.
pub fn days(term: &Term, holidays: &[Holidays], own: &BTreeMap<Date, Exception>) -> Vec<Day> {
    let first_monday = monday_of(term.starts_on);
    let all = term.starts_on.series(jiff::Span::new().days(1)).take_while(|date| *date <= term.ends_on);
    all.map(|date| {
        let special = own.get(&date).or_else(|| holidays.iter().find_map(|year| year.days.get(&date)));
        let follows = special.map_or_else(|| school_day(date), |day| day.follows);
        Day { date, week: week(first_monday, date), follows, reason: special.map(|day| day.reason.clone()) }
    })
    .collect()
}

impl Day {
    /// Whether a slot of this weekday and these weeks is taught on the day.
    pub fn teaches(&self, weekday: Weekday, weeks: Weeks) -> bool {
        let in_week = match weeks {
            Weeks::Every => true,
            Weeks::Odd => self.week % 2 == 1,
            Weeks::Even => self.week.is_multiple_of(2),
        };
        in_week && self.follows == Some(weekday)
    }
}

/// The days on which the lessons of an offering are planned, one day for each lesson, in order.
pub fn lessons(days: &[Day], offering: &Offering) -> Vec<Date> {
    let taught = |day: &Day| offering.slots.iter().filter(|slot| day.teaches(slot.weekday, slot.weeks)).count();
    let all = days.iter().flat_map(|day| std::iter::repeat_n(day.date, taught(day)));
    all.take(usize::from(offering.lessons)).collect()
}

fn monday_of(date: Date) -> Date {
    let back = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(jiff::Span::new().days(back)).unwrap_or(date)
}

fn week(first_monday: Date, date: Date) -> u16 {
    let days = first_monday.until(date).map_or(0, |span| span.get_days());
    u16::try_from(days / 7).unwrap_or_default().saturating_add(1)
}

/// The weekday, if it is one on which schools teach.
fn school_day(date: Date) -> Option<Weekday> {
    match date.weekday() {
        CivilWeekday::Monday => Some(Weekday::Monday),
        CivilWeekday::Tuesday => Some(Weekday::Tuesday),
        CivilWeekday::Wednesday => Some(Weekday::Wednesday),
        CivilWeekday::Thursday => Some(Weekday::Thursday),
        CivilWeekday::Friday => Some(Weekday::Friday),
        CivilWeekday::Saturday | CivilWeekday::Sunday => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::teaching::fixture::term;

    fn off(reason: &str) -> Exception {
        Exception { follows: None, reason: reason.to_owned() }
    }

    fn autumn() -> Holidays {
        let mut days: BTreeMap<Date, Exception> = (1..=7).map(|day| (date(2026, 10, day), off("国庆节"))).collect();
        days.insert(date(2026, 10, 10), Exception { follows: Some(Weekday::Wednesday), reason: "国庆调休".to_owned() });
        Holidays::of(2026, days).unwrap()
    }

    fn on(all: &[Day], wanted: Date) -> &Day {
        all.iter().find(|day| day.date == wanted).unwrap()
    }

    #[test]
    fn b4_1_days_are_taught_by_the_week_unless_the_calendar_says_otherwise() {
        let all = days(&term(), &[autumn()], &BTreeMap::new());
        assert_eq!(all.len(), 144);
        assert_eq!(on(&all, date(2026, 9, 1)).follows, Some(Weekday::Tuesday));
        assert_eq!(on(&all, date(2026, 9, 5)).follows, None, "a Saturday");
        assert_eq!(on(&all, date(2026, 10, 1)).follows, None);
        assert_eq!(on(&all, date(2026, 10, 10)).follows, Some(Weekday::Wednesday), "a Saturday taught as a Wednesday");
        assert_eq!(on(&all, date(2026, 10, 10)).reason.as_deref(), Some("国庆调休"));
    }

    #[test]
    fn b4_1_the_schools_word_goes_before_the_states() {
        let own = [(date(2026, 10, 10), off("运动会")), (date(2026, 9, 2), off("停电"))].into();
        let all = days(&term(), &[autumn()], &own);
        assert_eq!(on(&all, date(2026, 10, 10)).follows, None);
        assert_eq!(on(&all, date(2026, 9, 2)).reason.as_deref(), Some("停电"));
    }

    #[test]
    fn b4_1_weeks_begin_on_monday_and_the_first_holds_the_first_day() {
        let all = days(&term(), &[], &BTreeMap::new());
        for (day, week) in [(date(2026, 9, 1), 1), (date(2026, 9, 6), 1), (date(2026, 9, 7), 2), (date(2026, 9, 14), 3)]
        {
            assert_eq!(on(&all, day).week, week, "{day}");
        }
        let tuesday = on(&all, date(2026, 9, 1));
        assert!(tuesday.teaches(Weekday::Tuesday, Weeks::Odd) && !tuesday.teaches(Weekday::Tuesday, Weeks::Even));
        assert!(!tuesday.teaches(Weekday::Monday, Weeks::Every));
    }

    #[test]
    fn b4_1_a_calendar_that_cannot_be_is_refused() {
        let one = |day: Date, reason: &str| [(day, off(reason))].into();
        let outside = Calendar::of(&term(), one(date(2026, 8, 31), "早"));
        assert!(matches!(outside, Err(CalendarError::OutOfRange { .. })));
        assert!(matches!(Calendar::of(&term(), one(date(2026, 9, 1), " ")), Err(CalendarError::ReasonUnusable { .. })));
        assert_eq!(Holidays::of(1999, BTreeMap::new()), Err(CalendarError::YearOutOfRange));
        assert!(matches!(Holidays::of(2026, one(date(2027, 1, 1), "元旦")), Err(CalendarError::OutOfRange { .. })));
        let many =
            (0..201).map(|n| (date(2026, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap(), off("休"))).collect();
        assert_eq!(Holidays::of(2026, many), Err(CalendarError::TooManyDays));
    }
}

//! The first term of 2026–2027 as it is taught: National Day and Mid-Autumn off, a Sunday and a Saturday worked instead,
//! each by another weekday's timetable. S10 S22 S26 B4.1.

use std::collections::BTreeMap;

use domain::Moment;
use domain::calendar::{Day, Exception, Holidays, days};
use domain::catalog::{Mode, Slot, Term, Weekday, Weeks, Windows};
use domain::instalment::PaymentMode;
use domain::teaching::class::TeachingClass;
use domain::teaching::counted::{CountFacts, Of, Wanted, parts};
use domain::teaching::grouped::{By, Group, Homerooms};
use domain::teaching::hours::{Hours, hours};
use domain::teaching::lesson::{Lesson, Pattern, plan};
use jiff::civil::{Date, date};

use crate::place::{offering, outline, periods, pupil, teacher};

const WEEK: [Weekday; 5] = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
/// Sunday before Mid-Autumn, worked for the Tuesday of the National Day week.
const SUNDAY: Date = date(2026, 9, 20);
/// Saturday after National Day, worked for the Wednesday of its week.
const SATURDAY: Date = date(2026, 10, 10);

fn term() -> Term {
    Term {
        school: "3144200101".parse().unwrap(),
        code: "2026-2027-1".parse().unwrap(),
        starts_on: date(2026, 9, 1),
        ends_on: date(2027, 1, 22),
        mode: Mode::Immediate,
        windows: Windows::default(),
        limit: 5,
        hold_minutes: 15,
        remind_hours: None,
        payment: PaymentMode::Whole,
        periods: periods().into(),
    }
}

fn off(reason: &str) -> Exception {
    Exception { follows: None, reason: reason.to_owned() }
}

fn worked_as(weekday: Weekday) -> Exception {
    Exception { follows: Some(weekday), reason: "国庆节调休".to_owned() }
}

/// What the State has arranged: holidays of both years that touch the term.
fn holidays() -> Vec<Holidays> {
    let mut autumn: BTreeMap<Date, Exception> = (25..=27).map(|day| (date(2026, 9, day), off("中秋节"))).collect();
    autumn.extend((1..=7).map(|day| (date(2026, 10, day), off("国庆节"))));
    autumn.insert(SUNDAY, worked_as(Weekday::Tuesday));
    autumn.insert(SATURDAY, worked_as(Weekday::Wednesday));
    let winter = (1..=3).map(|day| (date(2027, 1, day), off("元旦"))).collect();
    vec![Holidays::of(2026, autumn).unwrap(), Holidays::of(2027, winter).unwrap()]
}

/// The days of the term at a school that has its sports on a Thursday.
fn taught_days() -> Vec<Day> {
    let own = BTreeMap::from([(date(2026, 11, 12), off("校运会"))]);
    days(&term(), &holidays(), &own)
}

fn weekly(slots: &[(Weekday, Weeks)]) -> Pattern {
    let slot = |(weekday, weeks): &(Weekday, Weeks)| Slot { weekday: *weekday, period: 1, weeks: *weeks };
    Pattern { slots: slots.iter().map(slot).collect(), ..Pattern::default() }
}

fn planned(pattern: &Pattern) -> Vec<Lesson> {
    plan((pattern, &taught_days()), 400, &[], date(2026, 9, 1), |_| false)
}

/// Care on every day, with one pupil from the first day until Mid-Autumn and one from the day after National Day on.
fn care() -> TeachingClass {
    let mut class = TeachingClass::of(&offering(1), 1, outline(vec![teacher(0)]));
    class.lessons = planned(&weekly(&WEEK.map(|weekday| (weekday, Weeks::Every))));
    class.admit(&pupil(1), date(2026, 9, 1)).unwrap();
    class.release(&pupil(1), date(2026, 9, 25)).unwrap();
    class.admit(&pupil(2), date(2026, 10, 8)).unwrap();
    class
}

fn counted(of: Of, by: By, (from, until): (Date, Date), now: &str) -> BTreeMap<Group, Hours> {
    let (class, wanted, rolls) = (care(), Wanted::of_days(from, until).unwrap(), BTreeMap::new());
    let (lessons, periods) = (wanted.lessons([&class]).unwrap(), periods());
    let facts = CountFacts { rolls: &rolls, periods: &periods, now: Moment::parse(now).unwrap() };
    hours(parts(of, &wanted, &lessons, facts), by, &Homerooms::new())
}

const TERM: (Date, Date) = (date(2026, 9, 1), date(2027, 1, 22));

#[test]
fn s10_1_b4_1_each_weekday_is_taught_as_often_as_the_calendar_says() {
    let count = |weekday: Weekday| planned(&weekly(&[(weekday, Weeks::Every)])).len();
    // 20, 21, 21, 21 and 21 of them in the term; less the holidays, the sports day, and with the days worked instead.
    assert_eq!(WEEK.map(count), [19, 21, 21, 19, 18]);
    let tuesdays = planned(&weekly(&[(Weekday::Tuesday, Weeks::Every)]));
    let autumn: Vec<Date> = tuesdays.iter().map(|lesson| lesson.date).skip(2).take(5).collect();
    let expected = [(9, 15), (9, 20), (9, 22), (9, 29), (10, 13)].map(|(month, day)| date(2026, month, day));
    assert_eq!(autumn, expected, "a Sunday is a Tuesday, and the week of National Day has none");
}

#[test]
fn s10_1_a_day_worked_instead_lies_in_the_week_in_which_it_is_worked() {
    let of = |weekday, weeks| {
        let lessons = planned(&weekly(&[(weekday, weeks)]));
        lessons.into_iter().map(|lesson| lesson.date).collect::<Vec<_>>()
    };
    let even = of(Weekday::Wednesday, Weeks::Even);
    assert!(even.contains(&SATURDAY) && !even.contains(&date(2026, 10, 7)), "the sixth week");
    assert!(!of(Weekday::Wednesday, Weeks::Odd).contains(&SATURDAY));
    assert!(of(Weekday::Tuesday, Weeks::Odd).contains(&SUNDAY), "the third week, whose last day it is");
}

#[test]
fn s10_1_nothing_is_taught_on_holidays_and_ordinary_weekends() {
    let lessons = care().lessons;
    assert_eq!(lessons.len(), 98);
    let on = |day: Date| lessons.iter().filter(|lesson| lesson.date == day).count();
    assert_eq!([SUNDAY, SATURDAY].map(on), [1, 1]);
    let closed =
        [(2026, 9, 25), (2026, 9, 26), (2026, 10, 1), (2026, 10, 5), (2026, 10, 11), (2026, 11, 12), (2027, 1, 1)];
    assert_eq!(closed.map(|(year, month, day)| on(date(year, month, day))), [0; 7]);
    assert!(lessons.iter().map(|lesson| lesson.no).eq(1..=98), "in order, without a gap");
}

#[test]
fn s22_1_hours_of_a_term_by_month_and_by_week_follow_the_days_worked_instead() {
    let months = counted(Of::Lessons, By::Month, TERM, "2026-10-10T18:00:00+08:00");
    let planned: Vec<(String, u32, u32)> =
        months.iter().map(|(month, hours)| (month.to_string(), hours.planned, hours.held)).collect();
    let expected =
        [("2026-09", 22, 22), ("2026-10", 18, 3), ("2026-11", 20, 0), ("2026-12", 23, 0), ("2027-01", 15, 0)];
    assert_eq!(planned, expected.map(|(month, planned, held)| (month.to_owned(), planned, held)));
    let weeks = counted(Of::Lessons, By::Week, (date(2026, 9, 14), date(2026, 10, 18)), "2026-10-10T17:00:00+08:00");
    let of_week: Vec<(String, u32, u32)> =
        weeks.iter().map(|(monday, hours)| (monday.to_string(), hours.planned, hours.held)).collect();
    let expected = [
        ("2026-09-14", 6, 6),
        ("2026-09-21", 4, 4),
        ("2026-09-28", 3, 3),
        // On the Saturday the lesson is not over before a quarter past five.
        ("2026-10-05", 3, 2),
        ("2026-10-12", 5, 0),
    ];
    assert_eq!(of_week, expected.map(|(monday, planned, held)| (monday.to_owned(), planned, held)));
}

#[test]
fn s26_1_p10_1_a_pupils_hours_are_those_of_the_own_days() {
    let pupils = counted(Of::Pupils, By::Person, TERM, "2027-01-23T00:00:00+08:00");
    let of = |number| pupils[&Group::Pupil(pupil(number))];
    assert_eq!((of(1).planned, of(1).held), (19, 19), "from 1 to 24 September, the Sunday among them");
    assert_eq!((of(2).planned, of(2).held), (76, 76), "from 8 October to the end, the Saturday among them");
    assert_eq!((of(2).done, of(2).tally.unknown), (0, 76), "no roll was called");
    let teachers = counted(Of::Teachers, By::All, TERM, "2027-01-23T00:00:00+08:00");
    let all = teachers[&Group::All];
    assert_eq!((all.planned, all.held, all.done, all.tally.absent), (98, 98, 0, 98), "nobody has checked in");
}

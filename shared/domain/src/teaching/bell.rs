//! Bell (上课与下课): when a lesson begins and ends, by the periods of the term, and who comes late to it.

use jiff::civil::Date;

use super::rules::TeachingRules;
use crate::catalog::Period;
use crate::time::{Moment, Span};

/// Minutes of a day: a period that the bell schedule does not know any more lasts from its beginning to its end.
const DAY_MINUTES: u16 = 24 * 60;

/// When a lesson of a day and period begins.
pub fn begins((date, number): (Date, u8), periods: &[Period]) -> Moment {
    let minute = periods.iter().find(|period| period.number == number).map_or(0, |period| period.from_minute);
    Span::of(date).from.plus_minutes(i64::from(minute))
}

/// When it ends.
pub fn ends((date, number): (Date, u8), periods: &[Period]) -> Moment {
    let minute =
        periods.iter().find(|period| period.number == number).map_or(DAY_MINUTES, |period| period.until_minute);
    Span::of(date).from.plus_minutes(i64::from(minute))
}

/// Minutes by which somebody who came at a moment is late, begun ones among them: 0 within the grace that the school
/// allows. To a period that the bell schedule does not know any more nobody is late.
pub fn late_minutes(at: Moment, place: (Date, u8), periods: &[Period], rules: &TeachingRules) -> u16 {
    let is_known = periods.iter().any(|period| period.number == place.1);
    let seconds = at.seconds_since(begins(place, periods));
    let is_late = is_known && seconds > i64::from(rules.late_minutes).saturating_mul(60);
    if is_late { u16::try_from(seconds.saturating_add(59).div_euclid(60)).unwrap_or(u16::MAX) } else { 0 }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn s7_2_a_lesson_begins_and_ends_with_its_period() {
        let first = Period { number: 1, name: "课后第一节".to_owned(), from_minute: 990, until_minute: 1035 };
        let (place, periods) = ((date(2026, 9, 7), 1), [first]);
        assert_eq!(begins(place, &periods).to_string(), "2026-09-07T16:30:00+08:00");
        assert_eq!(ends(place, &periods).to_string(), "2026-09-07T17:15:00+08:00");
        assert_eq!(begins((place.0, 2), &periods).to_string(), "2026-09-07T00:00:00+08:00", "an unknown period");
        assert_eq!(ends((place.0, 2), &periods).to_string(), "2026-09-08T00:00:00+08:00");
    }

    #[test]
    fn t1_1_late_is_who_comes_after_the_grace_and_begun_minutes_count() {
        let first = Period { number: 1, name: "课后第一节".to_owned(), from_minute: 990, until_minute: 1035 };
        let (place, periods, rules) = ((date(2026, 9, 7), 1), [first], TeachingRules::built_in());
        let late = |time: &str| {
            late_minutes(Moment::parse(&format!("2026-09-07T{time}+08:00")).unwrap(), place, &periods, &rules)
        };
        assert_eq!(["16:10:00", "16:30:00", "16:35:00"].map(late), [0; 3], "within five minutes");
        assert_eq!(["16:35:01", "16:36:00", "16:42:01"].map(late), [6, 6, 13]);
        let now = Moment::parse("2026-09-07T16:42:00+08:00").unwrap();
        assert_eq!(late_minutes(now, (place.0, 9), &periods, &rules), 0, "an unknown period");
    }
}

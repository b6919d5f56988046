//! Bell (上课与下课): when a lesson begins and ends, by the periods of the term.

use jiff::civil::Date;

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
}

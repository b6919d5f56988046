//! Time (时间): moments in whole seconds, days in the zone of China (UTC+8, no summer time).

use std::fmt;

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The zone of every day, deadline and bill of the platform.
pub const CHINA: Offset = Offset::constant(8);

/// A moment, in whole seconds since 1970 UTC. Stored and compared as a number; shown with `+08:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// The moment `seconds` after 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The moment so many seconds later (earlier when negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The moment so many minutes later (earlier when negative).
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_seconds(minutes.saturating_mul(60))
    }

    /// Seconds from `earlier` to this moment; negative when it lies before.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The civil day in China: the day of a bill, a statement, a lesson.
    pub fn day(self) -> Date {
        TimeZone::fixed(CHINA).to_datetime(self.timestamp()).date()
    }

    /// The same moment for the time library.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(self.0)).unwrap_or(Timestamp::MAX)
    }

    /// Reads RFC 3339 with any offset: `2026-09-01T16:30:00+08:00`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(Self::from)
    }
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_second())
    }
}

/// RFC 3339 in the zone of China: `2026-09-01T16:30:00+08:00`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp().display_with_offset(CHINA))
    }
}

/// A stretch of time, closed at its start and open at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first moment inside.
    pub from: Moment,
    /// The first moment after it.
    pub until: Moment,
}

impl Span {
    /// A day in China.
    pub fn of(day: Date) -> Self {
        let midnight = |day: Date| {
            let utc = Offset::UTC.to_timestamp(day.to_datetime(Time::midnight()));
            utc.map_or(Moment(i64::MAX), Moment::from).plus_seconds(i64::from(CHINA.seconds()).saturating_neg())
        };
        Self { from: midnight(day), until: midnight(day.tomorrow().unwrap_or(Date::MAX)) }
    }

    /// Whether `now` lies inside.
    pub fn contains(&self, now: Moment) -> bool {
        self.from <= now && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_shows_the_zone_of_china() {
        let moment = Moment::parse("2026-08-31T16:30:00Z").unwrap();
        assert_eq!(moment.to_string(), "2026-09-01T00:30:00+08:00");
        assert_eq!(moment.day().to_string(), "2026-09-01");
    }

    #[test]
    fn a_day_is_a_day_of_china() {
        let day = Span::of(jiff::civil::date(2026, 9, 1));
        assert_eq!(day.from.to_string(), "2026-09-01T00:00:00+08:00");
        assert_eq!(day.until.to_string(), "2026-09-02T00:00:00+08:00");
        assert!(day.contains(day.from) && !day.contains(day.until));
    }
}

//! Gate (上报闸门): whether the city can be told anything now. Out of reach, too busy or closed for the day, it is waited
//! for; nothing is parked for it. B6.1, promise P8.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::time::{Moment, Span};

/// Seconds to wait after the first failure, then twice as long each time.
const FIRST_SECONDS: i64 = 30;
/// Seconds to wait at most.
const MOST_SECONDS: i64 = 600;
/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// Most windows of a day.
const WINDOWS: usize = 8;

/// A stretch of each day in which the city takes records (上报时段), by minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first minute.
    pub from_minute: u16,
    /// The first minute no longer; at most 1440.
    pub until_minute: u16,
}

/// Why windows cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "supervision/")]
pub enum GateError {
    /// Too many, empty, or one that reaches beyond its day.
    #[error("上报时段最多 {WINDOWS} 个,起止分钟应在 0 至 1440 之间且先起后止,请核对")]
    WindowsUnusable,
}

impl Fault for GateError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        vec![Pointed { pointer: "/windows".to_owned(), detail: self.to_string() }]
    }
}

/// What is known of the city's readiness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// When the city takes records; none: at any time.
    #[serde(default)]
    pub windows: Vec<Window>,
    /// Until when it is not asked again.
    #[serde(default)]
    pub shut_until: Option<Moment>,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
}

impl Gate {
    /// When the city may be told something: now, or later.
    pub fn opens_at(&self, now: Moment) -> Moment {
        let ready = self.shut_until.filter(|until| *until > now).unwrap_or(now);
        if self.windows.is_empty() || self.windows.iter().any(|window| window.contains(ready)) {
            return ready;
        }
        let next = self.windows.iter().map(|window| window.next(ready)).min();
        next.unwrap_or(ready)
    }

    /// Whether it may be told something now.
    pub fn is_open(&self, now: Moment) -> bool {
        self.opens_at(now) <= now
    }

    /// The city could not take anything, and asked to be left alone for so long or did not say.
    pub fn shut(&mut self, retry_after_seconds: Option<i64>, now: Moment) {
        let doubled = FIRST_SECONDS.saturating_mul(1i64.checked_shl(self.failures.min(16)).unwrap_or(i64::MAX));
        let seconds = retry_after_seconds.unwrap_or_else(|| doubled.min(MOST_SECONDS));
        self.failures = self.failures.saturating_add(1);
        self.shut_until = Some(now.plus_seconds(seconds.max(1)));
    }

    /// The city has answered; whether that is news.
    pub const fn open(&mut self) -> bool {
        let is_news = self.failures > 0 || self.shut_until.is_some();
        self.failures = 0;
        self.shut_until = None;
        is_news
    }

    /// The windows as somebody wants them.
    pub fn keep_windows(&mut self, windows: Vec<Window>) -> Result<(), GateError> {
        let usable = |window: &Window| window.from_minute < window.until_minute && window.until_minute <= DAY_MINUTES;
        if windows.len() > WINDOWS || !windows.iter().all(usable) {
            return Err(GateError::WindowsUnusable);
        }
        self.windows = windows;
        Ok(())
    }
}

/// Seconds since midnight.
fn second_of_day(moment: Moment) -> i64 {
    moment.seconds_since(Span::of(moment.day()).from)
}

impl Window {
    fn contains(self, moment: Moment) -> bool {
        let second = second_of_day(moment);
        (i64::from(self.from_minute) * 60..i64::from(self.until_minute) * 60).contains(&second)
    }

    /// The next moment it opens.
    fn next(self, after: Moment) -> Moment {
        let today = after.plus_seconds(i64::from(self.from_minute) * 60 - second_of_day(after));
        if today > after { today } else { today.plus_minutes(i64::from(DAY_MINUTES)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(&format!("2026-09-01T{text}+08:00")).unwrap()
    }

    #[test]
    fn b6_1_the_city_is_told_within_its_windows() {
        let mut gate = Gate::default();
        assert!(gate.is_open(at("03:00:00")), "without windows at any time");
        let windows = vec![
            Window { from_minute: 22 * 60, until_minute: 24 * 60 },
            Window { from_minute: 60, until_minute: 5 * 60 },
        ];
        gate.keep_windows(windows).unwrap();
        assert!(gate.is_open(at("01:00:00")) && gate.is_open(at("04:59:59")) && gate.is_open(at("23:59:59")));
        assert_eq!(gate.opens_at(at("05:00:00")), at("22:00:00"));
        assert_eq!(gate.opens_at(at("00:30:00")), at("01:00:00"));
        for (from_minute, until_minute) in [(10, 10), (20, 10), (0, 1441)] {
            let refused = gate.keep_windows(vec![Window { from_minute, until_minute }]);
            assert_eq!(refused, Err(GateError::WindowsUnusable));
        }
        gate.keep_windows(vec![Window { from_minute: 60, until_minute: 120 }]).unwrap();
        assert_eq!(gate.opens_at(at("03:00:00")), at("01:00:00").plus_minutes(24 * 60), "tomorrow");
        gate.shut(Some(3_600), at("01:30:00"));
        assert_eq!(gate.opens_at(at("01:30:00")), at("01:00:00").plus_minutes(24 * 60), "beyond today's window");
    }

    #[test]
    fn p8_who_is_out_of_reach_is_asked_ever_more_rarely_and_as_it_wishes() {
        let (mut gate, now) = (Gate::default(), at("08:00:00"));
        let mut waits = Vec::new();
        for _ in 0..7 {
            gate.shut(None, now);
            waits.push(gate.opens_at(now).seconds_since(now));
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600]);
        gate.shut(Some(900), now);
        assert_eq!(gate.opens_at(now).seconds_since(now), 900);
        assert!(gate.is_open(now.plus_seconds(900)));
        assert!(gate.open() && !gate.open() && gate.is_open(now));
        gate.shut(None, now);
        assert_eq!(gate.opens_at(now).seconds_since(now), 30);
    }
}

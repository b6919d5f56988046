//! Calendar month (自然月): what settlement counts by.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::IdError;

/// A calendar month (自然月).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Its first day.
    pub fn first(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or(Date::ZERO)
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.first().last_of_month()
    }

    /// The month after it.
    #[must_use]
    pub const fn following(self) -> Self {
        if self.month >= 12 {
            Self { year: self.year.saturating_add(1), month: 1 }
        } else {
            Self { year: self.year, month: self.month.saturating_add(1) }
        }
    }

    /// The months from that of one day to that of another.
    pub fn between(first: Date, last: Date) -> Vec<Self> {
        let last = Self::of(last);
        std::iter::successors(Some(Self::of(first)), |month| Some(month.following()))
            .take_while(|month| *month <= last)
            .collect()
    }
}

/// `2026-09`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let day: Option<Date> = format!("{text}-01").parse().ok();
        day.map(Self::of).filter(|month| month.to_string() == text).ok_or(IdError)
    }
}

impl TryFrom<String> for Month {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn s36_5_months_are_named_and_follow_each_other() {
        let months = Month::between(date(2026, 11, 30), date(2027, 1, 1));
        let named: Vec<String> = months.iter().map(Month::to_string).collect();
        assert_eq!(named, ["2026-11", "2026-12", "2027-01"]);
        assert_eq!("2026-11".parse(), Ok(months[0]));
        for text in ["2026-13", "2026-9", "2026-09-01", "", "自然月"] {
            assert_eq!(text.parse::<Month>(), Err(IdError), "{text}");
        }
        assert!(Month::between(date(2027, 1, 1), date(2026, 12, 31)).is_empty());
        assert_eq!((months[0].first(), months[0].last()), (date(2026, 11, 1), date(2026, 11, 30)));
    }
}

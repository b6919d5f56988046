//! School years (学年): which one runs, and which grade a homeroom is in by its year of entry. S3.1.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::directory::{Grade, School};
use crate::id::IdError;

/// The month in which a school year begins.
const BEGINS: i8 = 9;

/// The month from which on the coming year may be prepared, when the lessons of the old one are over.
const PREPARED_FROM: i8 = 7;

/// A school year, by the year in which it begins: `2026-2027`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchoolYear(u16);

impl SchoolYear {
    /// The one that runs on a day.
    pub fn at(day: Date) -> Self {
        let year = u16::try_from(day.year()).unwrap_or_default();
        Self(if day.month() >= BEGINS { year } else { year.saturating_sub(1) })
    }

    /// The year in which it begins.
    pub const fn first(self) -> u16 {
        self.0
    }

    /// Whether homerooms are kept and promoted for it on a day: it runs, or it comes and the old one is over.
    pub fn is_open(self, day: Date) -> bool {
        let running = Self::at(day);
        self == running || day.month() >= PREPARED_FROM && self.0 == running.0.saturating_add(1) && day.month() < BEGINS
    }

    /// The grade of those who entered `school` in `entry_year`; beyond the last one: they have left. None: not
    /// entered yet.
    pub fn grade_of(self, entry_year: u16, school: &School) -> Option<Grade> {
        let lowest = *school.grade_span().start();
        let years = self.0.checked_sub(entry_year)?;
        Some(u8::try_from(years).unwrap_or(u8::MAX).saturating_add(lowest))
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:04}", self.0, self.0.saturating_add(1))
    }
}

impl FromStr for SchoolYear {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (from, to) = text.split_once('-').ok_or(IdError)?;
        let year = |text: &str| text.parse::<u16>().ok().filter(|year| text.len() == 4 && (2000..2100).contains(year));
        let (from, to) = (year(from).ok_or(IdError)?, year(to).ok_or(IdError)?);
        if from.checked_add(1) == Some(to) { Ok(Self(from)) } else { Err(IdError) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::directory::{Merchants, Stage};

    fn school(stages: &[Stage]) -> School {
        School {
            code: "2144200601".parse().unwrap(),
            name: "示例小学".to_owned(),
            township: "442000006".parse().unwrap(),
            stages: stages.to_vec(),
            merchants: Merchants::default(),
            premises: crate::school::Premises::default(),
        }
    }

    #[test]
    fn s3_1_a_school_year_begins_in_september() {
        assert_eq!(SchoolYear::at(date(2026, 9, 1)).to_string(), "2026-2027");
        assert_eq!(SchoolYear::at(date(2027, 8, 31)).to_string(), "2026-2027");
        let coming: SchoolYear = "2027-2028".parse().unwrap();
        assert!(!coming.is_open(date(2027, 6, 30)) && coming.is_open(date(2027, 7, 1)));
        assert!(coming.is_open(date(2027, 8, 31)) && coming.is_open(date(2028, 8, 31)));
        assert!(!coming.is_open(date(2026, 9, 1)) && !coming.is_open(date(2026, 12, 31)));
        assert!(!coming.is_open(date(2028, 9, 1)));
        for unreadable in ["2026", "2026-2028", "26-27", "2027-2026", "2026-2027-1", "1026-1027"] {
            assert!(unreadable.parse::<SchoolYear>().is_err(), "{unreadable}");
        }
    }

    #[test]
    fn s3_1_the_grade_follows_from_the_year_of_entry() {
        let year: SchoolYear = "2026-2027".parse().unwrap();
        let (primary, junior) = (school(&[Stage::Primary]), school(&[Stage::Junior]));
        assert_eq!(year.grade_of(2024, &primary), Some(3));
        assert_eq!(year.grade_of(2026, &junior), Some(7));
        assert_eq!(year.grade_of(2020, &primary), Some(7), "beyond the last grade");
        assert_eq!(year.grade_of(2027, &primary), None);
        assert_eq!(school(&[Stage::Primary, Stage::Junior]).grade_span(), 1..=9);
    }
}

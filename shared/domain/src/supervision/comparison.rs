//! Comparison (核对中): that a school is being compared with the city, so that nobody else begins it meanwhile. K7.2.
//!
//! Two runs over one school would harm nothing: what they write rests on what they read, and a version says one thing
//! only. They would ask the city twice for the same, and count a repair of one as a difference of the other.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind};
use crate::time::Moment;

/// Minutes after which a comparison has died: more than any run is given.
pub const LONGEST_MINUTES: i64 = 15;

/// Why a comparison is not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "supervision/")]
pub enum ComparisonError {
    /// Somebody else is at it.
    #[error("该校正在与监管系统核对,请稍后查看核对结果")]
    UnderWay,
}

impl Fault for ComparisonError {
    fn kind(&self) -> Kind {
        Kind::Unavailable
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Who compares a school now, if anybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// When it was begun last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Moment>,
    /// Until when nobody else begins it; none: nobody is at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl Comparison {
    /// Begins one, unless another is under way. One that has died is not waited for.
    pub fn begin(&mut self, now: Moment) -> Result<(), ComparisonError> {
        if self.is_under_way(now) {
            return Err(ComparisonError::UnderWay);
        }
        *self = Self { began: Some(now), until: Some(now.plus_minutes(LONGEST_MINUTES)) };
        Ok(())
    }

    /// It has come to its end.
    pub const fn end(&mut self) {
        self.until = None;
    }

    /// Whether somebody is at it.
    pub fn is_under_way(&self, now: Moment) -> bool {
        self.until.is_some_and(|until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k7_2_a_school_is_not_compared_twice_at_once_and_one_that_died_is_not_waited_for() {
        let (mut comparison, now) = (Comparison::default(), Moment::from_seconds(1_788_220_800));
        assert_eq!(comparison.begin(now), Ok(()));
        assert_eq!(comparison.begin(now.plus_minutes(1)), Err(ComparisonError::UnderWay));
        assert_eq!(comparison.began, Some(now), "who is refused changes nothing");
        assert_eq!(comparison.clone().begin(now.plus_minutes(LONGEST_MINUTES)), Ok(()));
        comparison.end();
        assert!(!comparison.is_under_way(now) && comparison.begin(now).is_ok());
    }
}

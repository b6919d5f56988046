//! Teaching rules (考勤规则): when a teacher may check in, what counts as late, who has to approve, until when something
//! can be corrected. One set for each school. S21 S23 S25 T1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::id::SchoolCode;
use crate::time::Moment;

/// Where teachers check in: within so many metres of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Latitude in millionths of a degree (GCJ-02).
    pub latitude: i32,
    /// Longitude in millionths of a degree.
    pub longitude: i32,
    /// Metres around it.
    pub metres: u16,
}

/// Which requests somebody has to approve; the others are granted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Approvals {
    /// A pupil's leave.
    pub student_leave: bool,
    /// A teacher's leave.
    pub teacher_leave: bool,
    /// A correction of attendance.
    pub correction: bool,
    /// Moving a lesson.
    pub reschedule: bool,
    /// Teaching in another one's place.
    pub substitute: bool,
    /// Another course for a pupil (学生调课).
    #[serde(default = "wanted")]
    pub exchange: bool,
    /// Another class of the course for a pupil (学生调班).
    #[serde(default = "wanted")]
    pub transfer: bool,
}

/// What a school has not decided about is approved.
const fn wanted() -> bool {
    true
}

/// How a school takes attendance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeachingRules {
    /// Minutes before the lesson from which a teacher may check in.
    pub early_minutes: u16,
    /// Minutes after its beginning from which that is late.
    pub late_minutes: u16,
    /// Where; none: anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who has to approve what.
    pub approvals: Approvals,
    /// The last day of the next month on which a month's attendance can be corrected.
    pub correction_day: u8,
}

impl TeachingRules {
    /// What holds until a school decides otherwise.
    pub const fn built_in() -> Self {
        Self {
            early_minutes: 30,
            late_minutes: 5,
            place: None,
            approvals: Approvals {
                student_leave: true,
                teacher_leave: true,
                correction: true,
                reschedule: true,
                substitute: true,
                exchange: true,
                transfer: true,
            },
            correction_day: 5,
        }
    }

    /// The same, if they can be so.
    pub fn checked(self) -> Result<Self, TeachingRulesError> {
        if self.early_minutes > 180 || self.late_minutes > 60 {
            return Err(TeachingRulesError::MinutesOutOfRange);
        }
        if !(1..=28).contains(&self.correction_day) {
            return Err(TeachingRulesError::CorrectionDayOutOfRange);
        }
        let on_earth = |place: Place| {
            place.latitude.unsigned_abs() <= 90_000_000
                && place.longitude.unsigned_abs() <= 180_000_000
                && (20..=5000).contains(&place.metres)
        };
        if self.place.is_some_and(|place| !on_earth(place)) {
            return Err(TeachingRulesError::PlaceUnusable);
        }
        Ok(self)
    }

    /// Whether the attendance of a day can still be corrected: until the correction day of the month after it.
    pub fn corrects(&self, date: Date, now: Moment) -> bool {
        let first_of_next = date.last_of_month().tomorrow().ok();
        let last =
            first_of_next.and_then(|first| first.with().day(i8::try_from(self.correction_day).ok()?).build().ok());
        date <= now.day() && last.is_some_and(|last| now.day() <= last)
    }
}

/// The rules of a school, as they are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolRules {
    /// The school.
    pub school: SchoolCode,
    /// What it has decided.
    pub rules: TeachingRules,
}

/// Why rules cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "teaching-rules/")]
pub enum TeachingRulesError {
    /// Too early, or too late.
    #[error("提前签到应为 0 至 180 分钟,迟到宽限应为 0 至 60 分钟")]
    MinutesOutOfRange,
    /// No day that each month has.
    #[error("考勤更正截止日应为次月 1 至 28 日")]
    CorrectionDayOutOfRange,
    /// Not a place.
    #[error("签到地点的经纬度或范围不正确,范围应为 20 至 5000 米")]
    PlaceUnusable,
}

impl Fault for TeachingRulesError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::MinutesOutOfRange => "early_minutes",
            Self::CorrectionDayOutOfRange => "correction_day",
            Self::PlaceUnusable => "place",
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn s25_4_a_month_can_be_corrected_until_the_fifth_of_the_next() {
        let rules = TeachingRules::built_in();
        let now = |text: &str| Moment::parse(text).unwrap();
        assert!(rules.corrects(date(2026, 9, 30), now("2026-10-05T23:59:59+08:00")));
        assert!(!rules.corrects(date(2026, 9, 1), now("2026-10-06T00:00:00+08:00")));
        assert!(rules.corrects(date(2026, 12, 31), now("2027-01-05T12:00:00+08:00")));
        assert!(!rules.corrects(date(2026, 9, 2), now("2026-09-01T12:00:00+08:00")), "not before it was given");
    }

    #[test]
    fn t1_1_rules_that_cannot_be_are_refused() {
        let rules = TeachingRules::built_in;
        assert!(rules().checked().is_ok());
        let refused = |rules: TeachingRules| rules.checked().unwrap_err();
        assert_eq!(refused(TeachingRules { early_minutes: 181, ..rules() }), TeachingRulesError::MinutesOutOfRange);
        assert_eq!(
            refused(TeachingRules { correction_day: 0, ..rules() }),
            TeachingRulesError::CorrectionDayOutOfRange
        );
        let nowhere = Place { latitude: 91_000_000, longitude: 0, metres: 100 };
        assert_eq!(refused(TeachingRules { place: Some(nowhere), ..rules() }), TeachingRulesError::PlaceUnusable);
    }
}

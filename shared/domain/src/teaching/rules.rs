//! Teaching rules (考勤规则): when a teacher may check in, what counts as late, who has to approve, until when something
//! can be corrected. One set for each school. S21 S23 S25 T1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::id::SchoolCode;
use crate::time::{Moment, Span};

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

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

/// Hours in which families are not disturbed (免打扰时段); what comes up meanwhile is told when they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// Minutes after midnight from which it is quiet.
    pub from_minute: u16,
    /// Minutes after midnight until which it is, the next day if that is earlier.
    pub until_minute: u16,
}

impl QuietHours {
    /// When families may be told of something: at once, or when it is quiet no more.
    pub fn speak_at(self, now: Moment) -> Moment {
        let midnight = Span::of(now.day()).from;
        let minute = now.seconds_since(midnight).div_euclid(60);
        let (from, until) = (i64::from(self.from_minute), i64::from(self.until_minute));
        let ends_today = midnight.plus_minutes(until);
        if from <= until {
            return if (from..until).contains(&minute) { ends_today } else { now };
        }
        if minute < until {
            ends_today
        } else if minute >= from {
            ends_today.plus_minutes(DAY_MINUTES.into())
        } else {
            now
        }
    }
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
    /// When families are not disturbed; none: they are told at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
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
            quiet_hours: None,
        }
    }

    /// When families may be told of something.
    pub fn speak_at(&self, now: Moment) -> Moment {
        self.quiet_hours.map_or(now, |quiet| quiet.speak_at(now))
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
        let within_a_day = |quiet: QuietHours| {
            quiet.from_minute != quiet.until_minute && quiet.from_minute.max(quiet.until_minute) < DAY_MINUTES
        };
        if self.quiet_hours.is_some_and(|quiet| !within_a_day(quiet)) {
            return Err(TeachingRulesError::QuietHoursOutOfRange);
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
    /// No hours of a day.
    #[error("免打扰时段的起止时间应在一天之内且不能相同")]
    QuietHoursOutOfRange,
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
            Self::QuietHoursOutOfRange => "quiet_hours",
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
        for (from_minute, until_minute) in [(60, 60), (1_440, 60), (60, 1_440)] {
            let quiet_hours = Some(QuietHours { from_minute, until_minute });
            let error = refused(TeachingRules { quiet_hours, ..rules() });
            assert_eq!(error, TeachingRulesError::QuietHoursOutOfRange);
            assert_eq!(error.pointed()[0].pointer, "/quiet_hours");
        }
    }

    #[test]
    fn p9_1_families_are_not_disturbed_in_quiet_hours() {
        let at = |time: &str| Moment::parse(&format!("{time}+08:00")).unwrap();
        let told = |(from_minute, until_minute), time: &str| {
            let quiet_hours = Some(QuietHours { from_minute, until_minute });
            TeachingRules { quiet_hours, ..TeachingRules::built_in() }.checked().unwrap().speak_at(at(time))
        };
        let night = (22 * 60, 7 * 60);
        assert_eq!(told(night, "2026-09-02T21:59:59"), at("2026-09-02T21:59:59"));
        assert_eq!(told(night, "2026-09-02T22:00:00"), at("2026-09-03T07:00:00"));
        assert_eq!(told(night, "2026-09-03T06:59:59"), at("2026-09-03T07:00:00"));
        assert_eq!(told(night, "2026-09-03T07:00:00"), at("2026-09-03T07:00:00"));
        let noon = (12 * 60, 14 * 60);
        assert_eq!(told(noon, "2026-09-02T13:00:00"), at("2026-09-02T14:00:00"));
        assert_eq!(told(noon, "2026-09-02T14:00:00"), at("2026-09-02T14:00:00"));
        assert_eq!(TeachingRules::built_in().speak_at(at("2026-09-02T23:00:00")), at("2026-09-02T23:00:00"));
    }
}

//! Hours and sheets as they are shown.

use domain::teaching::counted::Wanted;
use domain::teaching::grouped::Group;
use domain::teaching::hours::Hours;
use domain::teaching::sheet::Tally;
use serde::Serialize;
use utoipa::ToSchema;

use crate::labels::Label;

/// Hours.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HoursView {
    /// Lessons of the days, whatever becomes of them (计划课时).
    #[schema(example = 22)]
    pub planned: u32,
    /// Not given (停课).
    #[schema(example = 1)]
    pub off: u32,
    /// Still to come (未开课时).
    #[schema(example = 5)]
    pub to_come: u32,
    /// Held (已开课时).
    #[schema(example = 16)]
    pub held: u32,
    /// Taught by the teacher, or taken by the pupil (授课课时、上课课时).
    #[schema(example = 14)]
    pub done: u32,
    /// Away with leave.
    pub on_leave: u32,
    /// Away without leave.
    pub absent: u32,
    /// Something is wrong with the attendance.
    pub abnormal: u32,
    /// Taught by somebody else.
    pub replaced: u32,
    /// Of those held, how many in somebody else's place.
    pub stood_in: u32,
    /// Nobody has said anything yet: the roll is not called.
    pub unknown: u32,
}

impl From<&Hours> for HoursView {
    fn from(hours: &Hours) -> Self {
        let Tally { on_leave, absent, abnormal, replaced, stood_in, unknown, .. } = hours.tally;
        let Hours { planned, off, held, done, .. } = *hours;
        let to_come = hours.to_come();
        Self { planned, off, to_come, held, done, on_leave, absent, abnormal, replaced, stood_in, unknown }
    }
}

/// What attendance comes to. `due` is the sum of `normal`, `late`, `on_leave`, `absent`, `abnormal`, `replaced` and
/// `unknown`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttendanceTallyView {
    /// Lessons held in which somebody was to be there (应出勤).
    #[schema(example = 16)]
    pub due: u32,
    /// There in time (正常出勤).
    #[schema(example = 13)]
    pub normal: u32,
    /// There, but late (迟到).
    #[schema(example = 1)]
    pub late: u32,
    /// Away with leave (请假).
    #[schema(example = 1)]
    pub on_leave: u32,
    /// Away without leave (缺勤).
    #[schema(example = 1)]
    pub absent: u32,
    /// Something is wrong (异常).
    pub abnormal: u32,
    /// Taught by somebody else (被代课).
    pub replaced: u32,
    /// Nobody has said anything yet (未记录).
    pub unknown: u32,
    /// Of those due, moved there from another time (调课).
    pub moved: u32,
    /// Of those due, in somebody else's place (代课).
    pub stood_in: u32,
    /// `normal` and `late` of what is known, in percent with one decimal, rounded half up; none while nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "87.5")]
    pub rate: Option<String>,
}

impl From<&Tally> for AttendanceTallyView {
    fn from(tally: &Tally) -> Self {
        let Tally { due, normal, late, on_leave, absent, abnormal, replaced, unknown, moved, stood_in } = *tally;
        let rate = tally.rate().map(|rate| rate.to_string());
        Self { due, normal, late, on_leave, absent, abnormal, replaced, unknown, moved, stood_in, rate }
    }
}

/// The hours of a group.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HoursRow {
    /// The group: an identifier, a day, a week by its Monday, a month; `all`; `none` for pupils without a homeroom.
    #[schema(example = "7K3M9Q2XAB")]
    pub key: String,
    /// What it is called; a pupil's name is masked.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(example = "李**")]
    pub name: String,
    /// A pupil's homeroom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3144200101.2024.01")]
    pub homeroom_id: Option<String>,
    /// Its hours.
    #[serde(flatten)]
    pub hours: HoursView,
}

impl HoursRow {
    /// Of a group and what it is called.
    pub(crate) fn of((group, hours): (&Group, &Hours), label: Label) -> Self {
        Self { key: group.to_string(), name: label.name, homeroom_id: label.homeroom, hours: hours.into() }
    }
}

/// Lesson hours.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonHours {
    /// The first day.
    #[schema(format = Date)]
    pub from: String,
    /// The last day.
    #[schema(format = Date)]
    pub until: String,
    /// By key.
    pub items: Vec<HoursRow>,
    /// All groups together, those of other pages among them.
    pub total: HoursView,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl LessonHours {
    /// All of it at once.
    pub(crate) fn whole(wanted: &Wanted, total: &Hours, items: Vec<HoursRow>) -> Self {
        let (from, until) = (wanted.from.to_string(), wanted.until.to_string());
        Self { from, until, items, total: total.into(), cursor: None }
    }
}

/// The attendance of a group.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SheetRow {
    /// The group: an identifier, a day, a week by its Monday, a month; `all`; `none` for pupils without a homeroom.
    #[schema(example = "7K3M9Q2XAB")]
    pub key: String,
    /// What it is called; a pupil's name is masked.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(example = "李**")]
    pub name: String,
    /// A pupil's homeroom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3144200101.2024.01")]
    pub homeroom_id: Option<String>,
    /// Its attendance.
    #[serde(flatten)]
    pub tally: AttendanceTallyView,
}

impl SheetRow {
    /// Of a group and what it is called.
    pub(crate) fn of((group, hours): (&Group, &Hours), label: Label) -> Self {
        let tally = (&hours.tally).into();
        Self { key: group.to_string(), name: label.name, homeroom_id: label.homeroom, tally }
    }
}

/// An attendance sheet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttendanceSheet {
    /// The first day.
    #[schema(format = Date)]
    pub from: String,
    /// The last day.
    #[schema(format = Date)]
    pub until: String,
    /// By key.
    pub items: Vec<SheetRow>,
    /// All groups together, those of other pages among them.
    pub total: AttendanceTallyView,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl AttendanceSheet {
    /// All of it at once.
    pub(crate) fn whole(wanted: &Wanted, total: &Hours, items: Vec<SheetRow>) -> Self {
        let (from, until) = (wanted.from.to_string(), wanted.until.to_string());
        Self { from, until, items, total: (&total.tally).into(), cursor: None }
    }
}

//! Attendance (考勤): what became of a pupil's lesson, as refunds count it: told by a file or a suspension, or
//! [`known`] from the rolls of classes. S34.2.

pub mod known;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{CourseCode, SchoolCode, StudentId, TermCode};
use crate::refund::facts::LessonState;

pub use known::Known;

/// What became of one lesson of a pupil.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// The pupil.
    pub student: StudentId,
    /// The school that says so.
    pub school: SchoolCode,
    /// The term.
    pub term: TermCode,
    /// The course.
    pub course: CourseCode,
    /// The day.
    pub date: Date,
    /// Which lesson of that day, from 1.
    pub period: u8,
    /// What became of it.
    pub state: LessonState,
    /// Whether the pupil has the materials since (已领教材).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub materials_received: bool,
    /// Whether what the sundry fee is for was used (已用杂费项目).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sundry_used: bool,
}

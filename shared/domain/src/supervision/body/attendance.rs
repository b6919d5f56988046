//! Presence in lessons (教学班教师考勤、教学班学生考勤) as it is reported. B6.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::pii::Pii;
use crate::supervision::code::{ClassRole, StudentPresence, TeacherPresence};
use crate::supervision::source::SourceId;
use crate::time::Moment;

/// A teacher in a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeacherAttendanceBody {
    /// The class.
    pub class: SourceId,
    /// A teacher of the school itself; none: the provider's.
    pub teacher: Option<SourceId>,
    /// The name of a provider's teacher.
    pub external_name: Option<Pii<String>>,
    /// What families call the teacher.
    pub called: String,
    /// What for.
    pub role: ClassRole,
    /// The lesson's number within the class.
    pub lesson_no: u16,
    /// The day.
    pub date: Date,
    /// The period.
    pub period: u8,
    /// What became of the teacher.
    pub presence: TeacherPresence,
    /// Whether the teacher stood in for somebody (代课).
    pub stands_in: bool,
    /// When the teacher checked in (签到).
    pub checked_in_at: Option<Moment>,
    /// Minutes after the beginning.
    pub late_minutes: u16,
    /// Whether it was corrected afterwards (补打卡).
    pub corrected: bool,
}

/// A pupil in a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudentAttendanceBody {
    /// The class.
    pub class: SourceId,
    /// The pupil.
    pub student: SourceId,
    /// The lesson's number within the class.
    pub lesson_no: u16,
    /// The day.
    pub date: Date,
    /// The period.
    pub period: u8,
    /// What became of the pupil.
    pub presence: StudentPresence,
    /// When the roll was called.
    pub called_at: Option<Moment>,
    /// Whether it was corrected afterwards (考勤更正).
    pub corrected: bool,
}

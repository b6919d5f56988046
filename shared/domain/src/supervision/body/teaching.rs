//! Teaching classes, their teachers and pupils (教学班、教学班教师、教学班学生) as they are reported. B6.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalog::{Category, Origin, Weekday, Weeks};
use crate::id::{CourseCode, OfferingId, OrganizationId, SpecificationCode};
use crate::pii::Pii;
use crate::supervision::code::{ClassRole, StayEnd, TeachingState};
use crate::supervision::source::SourceId;

/// A teaching class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeachingClassBody {
    /// The course it teaches.
    pub course: CourseCode,
    /// The course in this term.
    pub offering: OfferingId,
    /// Its number within the course.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Who provides the course.
    pub origin: Origin,
    /// What the course is for.
    pub category: Category,
    /// Its specification.
    pub specification: SpecificationCode,
    /// The provider of an external course.
    pub provider: Option<OrganizationId>,
    /// Most pupils (班额).
    pub capacity: u16,
    /// Lessons of the term (课时).
    pub lessons: u16,
    /// The first day of teaching, once lessons are planned.
    pub starts_on: Option<Date>,
    /// The last one.
    pub ends_on: Option<Date>,
    /// The room's number.
    pub room: Option<String>,
    /// Weekly periods.
    pub slots: Vec<SlotPart>,
    /// Single days beside them.
    pub singles: Vec<SinglePart>,
    /// Whether it goes on.
    pub state: TeachingState,
}

/// A weekly period of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotPart {
    /// The day of the week.
    pub weekday: Weekday,
    /// The period (节次).
    pub period: u8,
    /// The weeks (单双周).
    pub weeks: Weeks,
}

/// A single day of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinglePart {
    /// The day.
    pub date: Date,
    /// The period.
    pub period: u8,
}

/// Somebody in a role of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassTeacherBody {
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
    /// Whether the teacher still is.
    pub current: bool,
    /// The first day on which the teacher is not any more.
    pub until: Option<Date>,
}

/// A pupil's stay in a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassStudentBody {
    /// The class.
    pub class: SourceId,
    /// The pupil.
    pub student: SourceId,
    /// The order by which the pupil takes the course, where it is known.
    pub order: Option<SourceId>,
    /// The first day.
    pub from: Date,
    /// The first day no longer; none: to the end.
    pub until: Option<Date>,
    /// Why it ended, where it is known.
    pub end: Option<StayEnd>,
    /// When the pupil was handed the materials (教材领取).
    pub materials_on: Option<Date>,
}

//! Lessons and pupils of a class as they are read.

use domain::id::{PersonId, StudentId};
use domain::teaching::class::Member;
use domain::teaching::lesson::{Lesson, StandIn};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::outline::ClassTeacher;

/// A lesson of a class.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassLesson {
    /// Its number: it stays whatever becomes of the lesson.
    #[schema(example = 1)]
    pub number: u16,
    /// The day.
    #[schema(value_type = String, format = Date, example = "2026-09-02")]
    pub date: Date,
    /// The period.
    #[schema(example = 1)]
    pub period: u8,
    /// The room, if it is another one than the class's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
    /// The day for which it was planned, if it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub moved_from: Option<Date>,
    /// Who teaches in whose place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stand_ins: Vec<ClassStandIn>,
    /// Why it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
}

/// A teacher in another one's place.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassStandIn {
    /// Who does not teach.
    #[schema(value_type = String)]
    pub absent: PersonId,
    /// Who does.
    pub present: ClassTeacher,
}

/// A pupil of a class, for some days.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassMember {
    /// The pupil.
    #[schema(value_type = String, example = "7K3M9Q2XAB")]
    pub student_id: StudentId,
    /// The name, masked, for who may see people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "李**")]
    pub name: Option<String>,
    /// The first day.
    #[schema(value_type = String, format = Date, example = "2026-09-01")]
    pub from: Date,
    /// The first day no longer; none: to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Since when the pupil has the materials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub materials: Option<Date>,
}

impl From<&Lesson> for ClassLesson {
    fn from(lesson: &Lesson) -> Self {
        let stand_in =
            |one: &StandIn| ClassStandIn { absent: one.absent.clone(), present: ClassTeacher::from(&one.present) };
        Self {
            number: lesson.no,
            date: lesson.date,
            period: lesson.period,
            room_id: lesson.room.as_ref().map(ToString::to_string),
            moved_from: lesson.moved_from.map(|(date, _)| date),
            stand_ins: lesson.stand_ins.iter().map(stand_in).collect(),
            off: lesson.off.clone(),
        }
    }
}

impl From<&Member> for ClassMember {
    fn from(member: &Member) -> Self {
        let Member { student, from, until, materials } = member;
        Self { student_id: student.clone(), name: None, from: *from, until: *until, materials: *materials }
    }
}

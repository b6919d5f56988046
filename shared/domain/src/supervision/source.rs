//! Source number (业务编号): how a record is called on both sides, made from our own numbers, so that the same thing is
//! always called the same. B6.1.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::code::ClassRole;
use crate::id::{
    ClassId, HomeroomId, IdError, LessonId, OrderNo, PaymentNo, PersonId, RefundNo, SchoolCode, StudentId,
};

/// Longest source number.
pub const LONGEST: usize = 96;

/// What a record is called within its data set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceId(String);

impl SourceId {
    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A homeroom.
    pub fn class(id: &HomeroomId) -> Self {
        Self(id.to_string())
    }

    /// A pupil.
    pub fn student(id: &StudentId) -> Self {
        Self(id.to_string())
    }

    /// A teacher at a school: the same person may teach at several.
    pub fn teacher(school: &SchoolCode, person: &PersonId) -> Self {
        Self(format!("{school}:{person}"))
    }

    /// An order.
    pub fn order(no: &OrderNo) -> Self {
        Self(no.to_string())
    }

    /// A payment.
    pub fn payment(no: &PaymentNo) -> Self {
        Self(no.to_string())
    }

    /// A refund.
    pub fn refund(no: &RefundNo) -> Self {
        Self(no.to_string())
    }

    /// A teaching class.
    pub fn teaching_class(id: &ClassId) -> Self {
        Self(id.to_string())
    }

    /// A teacher in one role of a class, whose days may change.
    pub fn class_teacher(class: &ClassId, person: &PersonId, role: ClassRole) -> Self {
        Self(format!("{class}:{person}:{role}"))
    }

    /// A pupil's stay in a class; one who comes back begins another.
    pub fn class_student(class: &ClassId, student: &StudentId, from: Date) -> Self {
        Self(format!("{class}:{student}:{from}"))
    }

    /// A teacher in a lesson.
    pub fn teacher_attendance(lesson: &LessonId, person: &PersonId) -> Self {
        Self(format!("{lesson}:{person}"))
    }

    /// A pupil in a lesson.
    pub fn student_attendance(lesson: &LessonId, student: &StudentId) -> Self {
        Self(format!("{lesson}:{student}"))
    }
}

impl FromStr for SourceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=LONGEST).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b':' | b'_'));
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError) }
    }
}

impl TryFrom<String> for SourceId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<SourceId> for String {
    fn from(id: SourceId) -> Self {
        id.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b6_1_the_longest_numbers_of_ours_are_source_numbers() {
        let offering = format!("3144200101.2026-2027-1.{}", "K".repeat(24));
        let class: ClassId = format!("{offering}.01").parse().unwrap();
        let lesson: LessonId = format!("{class}.007").parse().unwrap();
        let (person, student) = ("7K3M9Q2XAB".parse().unwrap(), "7K3M9Q2XAB".parse().unwrap());
        let day = jiff::civil::date(2026, 9, 1);
        for id in [
            SourceId::class(&"3144200101.2026.02".parse().unwrap()),
            SourceId::teacher(&"3144200101".parse().unwrap(), &person),
            SourceId::refund(&"20261-7K3M9Q2XAB-01-1-R1".parse().unwrap()),
            SourceId::class_teacher(&class, &person, ClassRole::Assistant),
            SourceId::class_student(&class, &student, day),
            SourceId::teacher_attendance(&lesson, &person),
            SourceId::student_attendance(&lesson, &student),
        ] {
            assert_eq!(id.as_str().parse::<SourceId>().as_ref(), Ok(&id));
        }
        for wrong in ["", "张三", "a b", &"x".repeat(LONGEST + 1)] {
            assert_eq!(wrong.parse::<SourceId>(), Err(IdError), "{wrong}");
        }
    }
}

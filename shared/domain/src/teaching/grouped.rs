//! Groups (汇总方式) by which lessons are counted: by person, class, course, homeroom, day, week, month. S22.1 S26.1 P10.1.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::{Date, Weekday};

use super::counted::{CountError, Of, Part, Whose};
use crate::id::{ClassId, CourseCode, HomeroomId, LessonId, PersonId, StudentId};
use crate::settlement::Month;

/// By what lessons are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum By {
    /// All in one.
    All,
    /// Each teacher, or each pupil.
    Person,
    /// Each teaching class.
    Class,
    /// Each course.
    Course,
    /// Each homeroom of pupils, as they are in it now.
    Homeroom,
    /// Each lesson.
    Lesson,
    /// Each day.
    Day,
    /// Each week, from its Monday.
    Week,
    /// Each month.
    Month,
}

impl By {
    /// The same, if whoever is counted can be grouped so.
    pub fn checked(self, of: Of) -> Result<Self, CountError> {
        let usable = match self {
            Self::Person => of != Of::Lessons,
            Self::Homeroom => of == Of::Pupils,
            Self::All | Self::Class | Self::Course | Self::Lesson | Self::Day | Self::Week | Self::Month => true,
        };
        if usable { Ok(self) } else { Err(CountError::GroupUnusable) }
    }
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Everything.
    All,
    /// A teacher.
    Teacher(PersonId),
    /// A pupil.
    Pupil(StudentId),
    /// A class.
    Class(ClassId),
    /// A course.
    Course(CourseCode),
    /// A homeroom.
    Homeroom(HomeroomId),
    /// Pupils who are in no homeroom any more.
    NoHomeroom,
    /// A lesson.
    Lesson(LessonId),
    /// A day.
    Day(Date),
    /// A week, by its Monday.
    Week(Date),
    /// A month.
    Month(Month),
}

/// The homerooms of pupils.
pub type Homerooms = BTreeMap<StudentId, HomeroomId>;

impl Group {
    /// The group a part of a lesson belongs to.
    pub fn of(part: &Part<'_>, by: By, homerooms: &Homerooms) -> Self {
        let date = part.lesson.date;
        match by {
            By::All => Self::All,
            By::Class => Self::Class(part.class.id.clone()),
            By::Course => Self::Course(part.class.id.course()),
            By::Lesson => Self::Lesson(part.class.lesson_id(part.lesson)),
            By::Day => Self::Day(date),
            By::Week => Self::Week(monday_of(date)),
            By::Month => Self::Month(Month::of(date)),
            By::Person | By::Homeroom => Self::of_person(part, by, homerooms),
        }
    }

    fn of_person(part: &Part<'_>, by: By, homerooms: &Homerooms) -> Self {
        match &part.whose {
            Whose::Nobody => Self::All,
            Whose::Teacher { teacher, .. } => Self::Teacher(teacher.person.clone()),
            Whose::Pupil(student) if by == By::Person => Self::Pupil(student.clone()),
            Whose::Pupil(student) => homerooms.get(student).cloned().map_or(Self::NoHomeroom, Self::Homeroom),
        }
    }
}

/// Its identifier, day or month; `all` and `none` where there is none.
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::NoHomeroom => f.write_str("none"),
            Self::Teacher(id) => id.fmt(f),
            Self::Pupil(id) => id.fmt(f),
            Self::Class(id) => id.fmt(f),
            Self::Course(code) => code.fmt(f),
            Self::Homeroom(id) => id.fmt(f),
            Self::Lesson(id) => id.fmt(f),
            Self::Day(date) | Self::Week(date) => date.fmt(f),
            Self::Month(month) => month.fmt(f),
        }
    }
}

/// The Monday of a day's week.
fn monday_of(date: Date) -> Date {
    let back = i64::from(date.weekday().since(Weekday::Monday));
    date.saturating_sub(jiff::Span::new().days(back))
}

//! Attendance (考勤): what became of a pupil's lesson, as refunds count it. S34.2.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{CourseCode, SchoolCode, StudentId, TermCode};
use crate::refund::facts::{Lesson, LessonState};

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

/// All that is known of a pupil's lessons in a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attended {
    /// The lessons, by day.
    pub lessons: Vec<Lesson>,
    /// Whether the pupil has the materials.
    pub materials_received: bool,
    /// Whether what the sundry fee is for was used.
    pub sundry_used: bool,
}

impl Attended {
    /// What single lessons come to.
    pub fn of(lessons: impl IntoIterator<Item = Attendance>) -> Self {
        let mut all: Vec<Attendance> = lessons.into_iter().collect();
        all.sort_by_key(|one| (one.date, one.period));
        Self {
            materials_received: all.iter().any(|one| one.materials_received),
            sundry_used: all.iter().any(|one| one.sundry_used),
            lessons: all.iter().map(|one| Lesson { date: one.date, state: one.state }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s34_2_lessons_are_told_by_day_and_what_was_received_once_is_received() {
        let one = |day: i8, period, state, materials_received| Attendance {
            student: "7K3M9Q2XAB".parse().unwrap(),
            school: "3144200101".parse().unwrap(),
            term: "2026-2027-1".parse().unwrap(),
            course: "K1".parse().unwrap(),
            date: jiff::civil::date(2026, 9, day),
            period,
            state,
            materials_received,
            sundry_used: false,
        };
        let attended = Attended::of([
            one(9, 1, LessonState::OnLeave, false),
            one(2, 2, LessonState::Absent, false),
            one(2, 1, LessonState::Attended, true),
        ]);
        let states: Vec<LessonState> = attended.lessons.iter().map(|lesson| lesson.state).collect();
        assert_eq!(states, [LessonState::Attended, LessonState::Absent, LessonState::OnLeave]);
        assert_eq!((attended.materials_received, attended.sundry_used), (true, false));
    }
}

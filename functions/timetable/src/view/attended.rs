//! What came of a lesson that was changed (调代课后考勤). S23.4.

use domain::teaching::class::TeachingClass;
use domain::teaching::lesson::Lesson;
use domain::teaching::roll::Roll;
use serde::Serialize;
use utoipa::ToSchema;

use super::change::PlaceView;

/// A teacher who was to give a lesson, and whether that one came.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeacherCheckInView {
    /// The account.
    pub teacher_id: String,
    /// What families read.
    #[schema(example = "李老师")]
    pub called: String,
    /// When the teacher checked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub checked_in_at: Option<String>,
    /// Minutes after the beginning, once that counts as late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_minutes: Option<u16>,
}

/// What came of the lesson of a change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeAttendanceView {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.003")]
    pub lesson_id: String,
    /// The lesson as it stands now.
    pub lesson: PlaceView,
    /// Who was to give it.
    pub teachers: Vec<TeacherCheckInView>,
    /// Pupils who were to be there; none before the roll was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<usize>,
    /// Pupils who were there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<usize>,
}

impl ChangeAttendanceView {
    /// Of a lesson of a class, by its roll.
    pub(crate) fn of(class: &TeachingClass, lesson: &Lesson, roll: Option<&Roll>) -> Self {
        let check_in = |person| roll.and_then(|roll| roll.check_ins.get(person));
        let teachers = class.teachers_of(lesson).into_iter().map(|teacher| TeacherCheckInView {
            teacher_id: teacher.person.to_string(),
            called: teacher.called.clone(),
            checked_in_at: check_in(&teacher.person).map(|made| made.at.to_string()),
            late_minutes: check_in(&teacher.person).map(|made| made.late_minutes).filter(|minutes| *minutes > 0),
        });
        let called = roll.filter(|roll| roll.called_at.is_some());
        let is_there = |roll: &&Roll| {
            let presences = roll.roster.iter().filter_map(|student| roll.presence(student));
            presences.filter(|presence| presence.is_there()).count()
        };
        Self {
            lesson_id: class.lesson_id(lesson).to_string(),
            lesson: PlaceView::from(lesson),
            teachers: teachers.collect(),
            expected: called.map(|roll| roll.roster.len()),
            present: called.as_ref().map(is_there),
        }
    }
}

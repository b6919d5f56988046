//! Locks (考勤锁定) and a pupil's lessons as they are shown.

use domain::catalog::Period;
use domain::id::StudentId;
use domain::teaching::class::{Teacher, TeachingClass};
use domain::teaching::lesson::Lesson;
use domain::teaching::roll::Roll;
use domain::teaching::timetable::Lock;
use serde::Serialize;
use utoipa::ToSchema;

/// A lock.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LockView {
    /// Its number within the term.
    #[schema(example = 1)]
    pub no: u16,
    /// The first day.
    #[schema(format = Date, example = "2026-09-01")]
    pub from: String,
    /// The last day.
    #[schema(format = Date, example = "2026-09-30")]
    pub until: String,
    /// `school` or `township`: who may lift it.
    #[schema(example = "school")]
    pub locked_by: String,
    /// When it was begun.
    #[schema(format = DateTime)]
    pub at: String,
    /// `locking`, `locked` or `lifting`.
    #[schema(example = "locked")]
    pub state: String,
    /// Why it is being lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&Lock> for LockView {
    fn from(lock: &Lock) -> Self {
        Self {
            no: lock.no,
            from: lock.from.to_string(),
            until: lock.until.to_string(),
            locked_by: lock.by.to_string(),
            at: lock.at.to_string(),
            state: lock.state.to_string(),
            reason: lock.reason.clone(),
        }
    }
}

/// How far a lock, or its lifting, has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LockProgress {
    /// Its number within the term.
    #[schema(example = 1)]
    pub no: u16,
    /// `locked` or `lifted` when it is done; `locking` or `lifting`: the call is to be repeated.
    #[schema(example = "locked")]
    pub state: String,
    /// Lessons of its days.
    #[schema(example = 480)]
    pub lessons: usize,
    /// Of those, how many are done.
    #[schema(example = 480)]
    pub done: usize,
}

/// Who teaches a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonTeacher {
    /// A form of address.
    #[schema(example = "李老师")]
    pub called: String,
    /// `main` or `assistant`.
    #[schema(example = "main")]
    pub role: String,
}

impl From<&Teacher> for LessonTeacher {
    fn from(teacher: &Teacher) -> Self {
        Self { called: teacher.called.clone(), role: teacher.role.to_string() }
    }
}

/// A lesson of a pupil, and what became of the pupil in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PupilLesson {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// The class.
    #[schema(example = "3144200101.2026-2027-1.K012.01")]
    pub class_id: String,
    /// Its title.
    #[schema(example = "书法入门1班")]
    pub title: String,
    /// The day.
    #[schema(format = Date, example = "2026-09-02")]
    pub date: String,
    /// The period of the day.
    #[schema(example = 1)]
    pub period: u8,
    /// When it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "16:30")]
    pub from: Option<String>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "17:15")]
    pub until: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3144200101.R301")]
    pub room_id: Option<String>,
    /// Who teaches it.
    pub teachers: Vec<LessonTeacher>,
    /// Why it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "停电")]
    pub off: Option<String>,
    /// `present`, `late`, `on_leave`, `absent` or `abnormal`; none while nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "present")]
    pub presence: Option<String>,
}

impl PupilLesson {
    pub(crate) fn of(
        student: &StudentId,
        (class, lesson): (&TeachingClass, &Lesson),
        periods: &[Period],
        roll: Option<&Roll>,
    ) -> Self {
        let period = periods.iter().find(|period| period.number == lesson.period);
        let presence = roll.filter(|_| lesson.is_given()).and_then(|roll| roll.presence(student));
        Self {
            lesson_id: class.lesson_id(lesson).to_string(),
            class_id: class.id.to_string(),
            title: class.title.clone(),
            date: lesson.date.to_string(),
            period: lesson.period,
            from: period.map(|period| clock(period.from_minute)),
            until: period.map(|period| clock(period.until_minute)),
            room_id: class.room_of(lesson).map(ToString::to_string),
            teachers: class.teachers_of(lesson).into_iter().map(LessonTeacher::from).collect(),
            off: lesson.off.clone(),
            presence: presence.map(|presence| presence.to_string()),
        }
    }
}

/// Minutes after midnight as a clock shows them.
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

//! Requests as they are answered: identifiers, never a name.

use domain::id::LessonId;
use domain::teaching::correction::{Change, Correction};
use domain::teaching::leave::{Absentee, LeaveRequest, Missed};
use domain::teaching::request::{Decision, Handling};
use serde::Serialize;
use utoipa::ToSchema;

/// A lesson of a leave.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MissedView {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// Its class.
    #[schema(example = "3144200101.2026-2027-1.K012.01")]
    pub class_id: String,
    /// Its day.
    #[schema(format = Date)]
    pub date: String,
    /// Its period.
    pub period: u8,
    /// Whether it fell away: it is not given any more.
    pub off: bool,
    /// Since when the leave does not hold for it (销假).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub resumed_at: Option<String>,
}

impl From<&Missed> for MissedView {
    fn from(missed: &Missed) -> Self {
        Self {
            lesson_id: missed.lesson.to_string(),
            class_id: missed.lesson.class().to_string(),
            date: missed.date.to_string(),
            period: missed.period,
            off: missed.off,
            resumed_at: missed.resumed_at.map(|at| at.to_string()),
        }
    }
}

/// How a request is handled.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandlingView {
    /// `asked`, `granted`, `refused` or `taken_back`.
    #[schema(example = "asked")]
    pub state: String,
    /// For whom it was asked: `guardian`, `teacher` or `school`.
    #[schema(example = "guardian")]
    pub asked_for: String,
    /// When.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub decided_at: Option<String>,
    /// Whether nobody had to decide: the school wants no approval.
    pub by_rule: bool,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

impl From<&Handling> for HandlingView {
    fn from(handling: &Handling) -> Self {
        let decision: Option<&Decision> = handling.decision.as_ref();
        Self {
            state: handling.state.to_string(),
            asked_for: handling.party.to_string(),
            asked_at: handling.asked_at.to_string(),
            decided_at: decision.map(|decision| decision.at.to_string()),
            by_rule: decision.is_some_and(|decision| decision.by.is_none()),
            refusal: decision.and_then(|decision| decision.reason.clone()),
        }
    }
}

/// A request for leave.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeaveView {
    /// Its identifier.
    #[schema(example = "3144200101.2026-2027-1.0f3b6c1d2e4a59788f10")]
    pub request_id: String,
    /// The pupil.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student_id: Option<String>,
    /// The teacher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher_id: Option<String>,
    /// Why.
    pub reason: String,
    /// From which lessons, by day and period.
    pub lessons: Vec<MissedView>,
    /// Whether some of it has ended (销假).
    pub resumed: bool,
    /// Of a teacher's leave, the lessons that nobody would give (需安排代课).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_teacher: Vec<String>,
    /// How it is handled.
    #[serde(flatten)]
    pub handling: HandlingView,
}

impl From<&LeaveRequest> for LeaveView {
    fn from(leave: &LeaveRequest) -> Self {
        let (student_id, teacher_id) = match &leave.who {
            Absentee::Pupil(student) => (Some(student.to_string()), None),
            Absentee::Teacher(person) => (None, Some(person.to_string())),
        };
        Self {
            request_id: leave.id.to_string(),
            student_id,
            teacher_id,
            reason: leave.reason.clone(),
            lessons: leave.lessons.iter().map(MissedView::from).collect(),
            resumed: leave.has_resumed(),
            without_teacher: Vec::new(),
            handling: HandlingView::from(&leave.handling),
        }
    }
}

impl LeaveView {
    /// The same with the lessons that nobody would give.
    #[must_use]
    pub fn without_teacher(mut self, lessons: &[LessonId]) -> Self {
        self.without_teacher = lessons.iter().map(ToString::to_string).collect();
        self
    }
}

/// A request for a correction.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CorrectionView {
    /// Its identifier.
    #[schema(example = "3144200101.2026-2027-1.0f3b6c1d2e4a59788f10")]
    pub request_id: String,
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// Its day.
    #[schema(format = Date)]
    pub date: String,
    /// Its period.
    pub period: u8,
    /// The pupil.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student_id: Option<String>,
    /// The teacher, whose check-in it is (补打卡).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher_id: Option<String>,
    /// What the roll said: `present`, `late`, `on_leave`, `absent`, `abnormal`, or when the teacher checked in; none:
    /// nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "absent")]
    pub before: Option<String>,
    /// What it is to say instead.
    #[schema(example = "present")]
    pub after: String,
    /// Minutes by which the teacher was late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_minutes: Option<u16>,
    /// Why.
    pub reason: String,
    /// How it is handled.
    #[serde(flatten)]
    pub handling: HandlingView,
}

impl From<&Correction> for CorrectionView {
    fn from(correction: &Correction) -> Self {
        let (student_id, teacher_id, before, after, late_minutes) = match &correction.change {
            Change::Presence { student, before, after } => {
                (Some(student.to_string()), None, before.map(|before| before.to_string()), after.to_string(), None)
            }
            Change::CheckIn { person, before, after, late_minutes } => {
                let before = before.map(|before| before.to_string());
                (None, Some(person.to_string()), before, after.to_string(), Some(*late_minutes))
            }
        };
        Self {
            request_id: correction.id.to_string(),
            lesson_id: correction.lesson.to_string(),
            date: correction.date.to_string(),
            period: correction.period,
            student_id,
            teacher_id,
            before,
            after,
            late_minutes,
            reason: correction.reason.clone(),
            handling: HandlingView::from(&correction.handling),
        }
    }
}

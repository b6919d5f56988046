//! A change of a lesson (调课、代课、停课). S23 T5.

use domain::teaching::change::{Change, FeeDifference, LessonChange, Word};
use domain::teaching::lesson::Lesson;
use serde::Serialize;
use utoipa::ToSchema;

/// A lesson before or after a change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaceView {
    /// The day.
    #[schema(example = "2026-09-07")]
    pub date: String,
    /// The period.
    #[schema(example = 1)]
    pub period: u8,
    /// The room, if it is another one than the class's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
    /// Who stands in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stand_ins: Vec<String>,
    /// Why it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
}

impl From<&Lesson> for PlaceView {
    fn from(lesson: &Lesson) -> Self {
        Self {
            date: lesson.date.to_string(),
            period: lesson.period,
            room_id: lesson.room.as_ref().map(ToString::to_string),
            stand_ins: lesson.stand_ins.iter().map(|one| one.present.called.clone()).collect(),
            off: lesson.off.clone(),
        }
    }
}

/// What a change costs more or less.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeeDifferenceView {
    /// In fen; less when negative.
    #[schema(example = 6000)]
    pub amount_fen: i64,
    /// For what, and how it was worked out.
    #[schema(example = "代课补贴 60 元")]
    pub note: String,
}

impl From<&FeeDifference> for FeeDifferenceView {
    fn from(fee: &FeeDifference) -> Self {
        Self { amount_fen: fee.amount.fen(), note: fee.note.clone() }
    }
}

/// What was said at a decision or a revocation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WordView {
    /// By whom; none: by rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&Word> for WordView {
    fn from(word: &Word) -> Self {
        let by = word.by.as_ref().map(ToString::to_string);
        Self { by, at: word.at.to_string(), reason: word.reason.clone() }
    }
}

/// A change of a lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonChangeView {
    /// Its identifier.
    #[schema(example = "3144200101.2026-2027-1.0f3b6c1d2e4a59788f10")]
    pub change_id: String,
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.003")]
    pub lesson_id: String,
    /// The title of the class.
    #[schema(example = "书法入门1班")]
    pub class_title: String,
    /// `reschedule`, `substitute` or `off`.
    #[schema(example = "reschedule")]
    pub change: String,
    /// `asked`, `approved`, `refused`, `taken_back` or `revoked`.
    #[schema(example = "asked")]
    pub state: String,
    /// The day it is to be moved to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub date: Option<String>,
    /// The period it is to be moved to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<u8>,
    /// The room it is to be moved to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
    /// In whose place somebody is to teach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent_id: Option<String>,
    /// Who is to teach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present_id: Option<String>,
    /// What that one is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present_called: Option<String>,
    /// The lesson before.
    pub was: PlaceView,
    /// The lesson after, once the change has come into effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub became: Option<PlaceView>,
    /// Why.
    #[schema(example = "外出培训")]
    pub reason: String,
    /// What it costs more or less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<FeeDifferenceView>,
    /// Who asked.
    pub asked_by: String,
    /// For whom: `teacher` or `school`.
    #[schema(example = "teacher")]
    pub party: String,
    /// When.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// How it was decided or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<WordView>,
    /// How it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation: Option<WordView>,
}

impl From<&LessonChange> for LessonChangeView {
    fn from(change: &LessonChange) -> Self {
        let mut view = Self {
            change_id: change.id.to_string(),
            lesson_id: change.lesson_id().to_string(),
            class_title: change.title.clone(),
            change: change.change.kind().to_string(),
            state: change.state.to_string(),
            date: None,
            period: None,
            room_id: None,
            absent_id: None,
            present_id: None,
            present_called: None,
            was: PlaceView::from(&change.was),
            became: change.became.as_ref().map(PlaceView::from),
            reason: change.reason.clone(),
            fee: change.fee.as_ref().map(FeeDifferenceView::from),
            asked_by: change.asked_by.to_string(),
            party: change.party.to_string(),
            asked_at: change.asked_at.to_string(),
            decision: change.decision.as_ref().map(WordView::from),
            revocation: change.revocation.as_ref().map(WordView::from),
        };
        match &change.change {
            Change::Reschedule { date, period, room } => {
                (view.date, view.period) = (Some(date.to_string()), Some(*period));
                view.room_id = room.as_ref().map(ToString::to_string);
            }
            Change::Substitute { absent, present } => {
                (view.absent_id, view.present_id) = (Some(absent.to_string()), Some(present.person.to_string()));
                view.present_called = Some(present.called.clone());
            }
            Change::Off => {}
        }
        view
    }
}

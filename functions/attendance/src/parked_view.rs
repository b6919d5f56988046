//! Parked calls (待处理点名) as they are shown. S25.5.

use domain::teaching::parked::{ParkedCall, ParkedState};
use serde::Serialize;
use utoipa::ToSchema;

/// A call that could not be entered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParkedCallView {
    /// Its name.
    #[schema(example = "3144200101.2026-2027-1.0f3b6c1d2e4a59788f10")]
    pub parked_call_id: String,
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// Who called.
    #[schema(example = "T000000001")]
    pub called_by: String,
    /// When, by the clock of whoever called.
    #[schema(format = DateTime)]
    pub called_at: String,
    /// When it came.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// `locked` or `not_members`.
    #[schema(example = "locked")]
    pub parked_for: String,
    /// Whether it is about the named alone.
    pub only_named: bool,
    /// Who was not simply there.
    pub named: Vec<NamedView>,
    /// `waiting`, `applied` or `discarded`.
    #[schema(example = "waiting")]
    pub state: &'static str,
    /// Why it was discarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A pupil whom a call names.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NamedView {
    /// The pupil.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// What it says.
    #[schema(example = "absent")]
    pub presence: String,
}

impl From<&ParkedCall> for ParkedCallView {
    fn from(parked: &ParkedCall) -> Self {
        let reason = match &parked.state {
            ParkedState::Discarded { reason, .. } => Some(reason.clone()),
            ParkedState::Waiting | ParkedState::Applied { .. } => None,
        };
        let named = parked.call.named.iter();
        let named = named
            .map(|(id, presence)| NamedView { student_id: id.to_string(), presence: presence.to_string() })
            .collect();
        Self {
            parked_call_id: parked.id.to_string(),
            lesson_id: parked.lesson.to_string(),
            called_by: parked.by.to_string(),
            called_at: parked.call.at.to_string(),
            received_at: parked.at.to_string(),
            parked_for: parked.parked_for.to_string(),
            only_named: parked.call.only_named,
            named,
            state: (&parked.state).into(),
            reason,
        }
    }
}

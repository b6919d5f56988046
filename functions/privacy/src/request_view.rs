//! A guardian's request as the guardian and the school read it.

use domain::privacy::PrivacyRequest;
use serde::Serialize;
use utoipa::ToSchema;

/// A request about personal data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PrivacyRequestView {
    /// Its identifier.
    #[schema(example = "7K3M9Q2XAB.0f3b6c1d2e4a59788f10")]
    pub request_id: String,
    /// `correction` or `deletion`.
    #[schema(example = "correction")]
    pub kind: String,
    /// About which child; none: about the guardian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student_id: Option<String>,
    /// The school that decides.
    #[schema(example = "2144200601")]
    pub school: String,
    /// What was written.
    pub text: String,
    /// `asked`, `done` or `refused`.
    #[schema(example = "asked")]
    pub state: String,
    /// When it was asked.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub decided_at: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&PrivacyRequest> for PrivacyRequestView {
    fn from(request: &PrivacyRequest) -> Self {
        let decision = request.decision.as_ref();
        Self {
            request_id: request.id.to_string(),
            kind: request.kind.to_string(),
            student_id: request.student.as_ref().map(ToString::to_string),
            school: request.school.to_string(),
            text: request.text.reveal().clone(),
            state: request.state.to_string(),
            asked_at: request.asked_at.to_string(),
            decided_at: decision.map(|decision| decision.at.to_string()),
            reason: decision.map(|decision| decision.reason.clone()),
        }
    }
}

//! A request for a refund (退课退费申请), and what became of it.

use domain::refund::request::RefundRequest;
use serde::Serialize;
use utoipa::ToSchema;

use super::{QuoteView, basis};

/// A request for a refund.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundRequestView {
    /// Its identifier.
    #[schema(example = "3144200101.2026-2027-1.0f3b6c1d2e4a59788f10")]
    pub request_id: String,
    /// The order.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// Its title.
    pub title: String,
    /// The pupil.
    pub student_id: String,
    /// `withdrawal`, `transfer`, `class_cancelled`, `leave`, `suspension`, `waiver` or `agreed`.
    #[schema(example = "withdrawal")]
    pub basis: String,
    /// Whether the seat goes with it.
    pub leaves: bool,
    /// Why the guardian gives it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the school writes to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// From which day on.
    #[schema(format = Date)]
    pub on: String,
    /// `asked`, `granted`, `refused` or `taken_back`.
    #[schema(example = "asked")]
    pub state: String,
    /// Who has to agree: `school` or `guardian`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// What was quoted; once granted, what goes back.
    pub quote: QuoteView,
    /// When it was asked.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub decided_at: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why what goes back is not what was quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// The refund that carries it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_no: Option<String>,
}

impl From<&RefundRequest> for RefundRequestView {
    fn from(request: &RefundRequest) -> Self {
        let decision = request.decision.as_ref();
        Self {
            request_id: request.id.to_string(),
            order_no: request.order.to_string(),
            course: request.course.to_string(),
            title: request.title.clone(),
            student_id: request.order.student().to_string(),
            basis: basis(request.basis),
            leaves: request.leaves(),
            why: request.why.map(|why| why.to_string()),
            note: request.note.clone(),
            on: request.on.to_string(),
            state: request.state.to_string(),
            waits_for: request.waits_for.map(|party| party.to_string()),
            quote: QuoteView::from(&request.quote),
            asked_at: request.asked_at.to_string(),
            decided_at: decision.map(|decision| decision.at.to_string()),
            reason: decision.and_then(|decision| decision.reason.clone()),
            difference: decision.and_then(|decision| decision.difference.clone()),
            refund_no: request.refund.as_ref().map(ToString::to_string),
        }
    }
}

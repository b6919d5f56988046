//! Moves as families and schools read them.

mod difference;

use domain::moves::{MoveRequest, Moving, Outcome};
use serde::Serialize;
use utoipa::ToSchema;

pub use difference::{BackView, DifferenceLine, MoveDifferenceView};

/// One course for another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExchangeView {
    /// The course that is given up.
    #[schema(example = "K012")]
    pub from_course: String,
    /// Its title.
    pub from_title: String,
    /// What is taken instead.
    #[schema(example = "3144200101.2026-2027-1.K013")]
    pub offering_id: String,
    /// Its title.
    pub to_title: String,
    /// The class of it that is wished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_id: Option<String>,
    /// Lessons of it that are left.
    #[schema(example = 11)]
    pub lessons: u16,
    /// What it costs more or less.
    pub difference: MoveDifferenceView,
    /// Why that is not what was quoted, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<String>,
    /// The order that takes the seat, and asks for what is to be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "20261-7K3M9Q2XAB-02")]
    pub order_no: Option<String>,
    /// The refunds by which something goes back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<String>,
    /// Why the pupil is not in the class that was wished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unplaced: Option<String>,
}

/// One class for another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferView {
    /// The class the pupil leaves.
    #[schema(example = "3144200101.2026-2027-1.K012.01")]
    pub from_class: String,
    /// Its title.
    pub from_title: String,
    /// The class the pupil comes into.
    #[schema(example = "3144200101.2026-2027-1.K012.02")]
    pub to_class: String,
    /// Its title.
    pub to_title: String,
}

/// A move.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MoveView {
    /// Its number.
    #[schema(example = "3144200101.2026-2027-1.592dd78d80daef5a9478")]
    pub move_id: String,
    /// The pupil.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// `exchange` 调课 or `transfer` 调班.
    #[schema(example = "exchange")]
    pub kind: String,
    /// `asked`, `awaiting_payment`, `done`, `refused`, `taken_back` or `lapsed`.
    #[schema(example = "done")]
    pub state: String,
    /// From which day on.
    #[schema(format = Date)]
    pub on: String,
    /// Why.
    #[schema(example = "与校队训练时间冲突")]
    pub reason: String,
    /// Another course.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeView>,
    /// Another class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferView>,
    /// Who asked.
    pub asked_by: String,
    /// For whom: `guardian` or `school`.
    #[schema(example = "guardian")]
    pub party: String,
    /// When.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// Who decided; none: nobody's word was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub decided_at: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Until when the difference can be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub pay_until: Option<String>,
    /// Since when it is in effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub done_at: Option<String>,
}

impl From<&domain::moves::Exchange> for ExchangeView {
    fn from(exchange: &domain::moves::Exchange) -> Self {
        Self {
            from_course: exchange.course.to_string(),
            from_title: exchange.title.clone(),
            offering_id: exchange.to.to_string(),
            to_title: exchange.line.title.clone(),
            class_id: exchange.class.as_ref().map(ToString::to_string),
            lessons: exchange.line.lessons,
            difference: MoveDifferenceView::from(&exchange.difference),
            explained: exchange.explained.clone(),
            order_no: exchange.placed.as_ref().map(ToString::to_string),
            refunds: exchange.refunds.iter().map(ToString::to_string).collect(),
            unplaced: exchange.unplaced.clone(),
        }
    }
}

impl From<&MoveRequest> for MoveView {
    fn from(request: &MoveRequest) -> Self {
        let decision = request.handling.decision.as_ref();
        let (exchange, transfer) = match &request.moving {
            Moving::Exchange(exchange) => (Some(ExchangeView::from(&**exchange)), None),
            Moving::Transfer(transfer) => (None, Some(TransferView::from(transfer))),
        };
        let (pay_until, done_at) = match &request.outcome {
            Some(Outcome::Held { until, .. }) => (Some(until.to_string()), None),
            Some(Outcome::Done(at)) => (None, Some(at.to_string())),
            Some(Outcome::Lapsed(_)) | None => (None, None),
        };
        Self {
            move_id: request.id.to_string(),
            student_id: request.student.to_string(),
            kind: request.kind().to_string(),
            state: request.state().to_string(),
            on: request.on.to_string(),
            reason: request.reason.clone(),
            exchange,
            transfer,
            asked_by: request.handling.asked_by.to_string(),
            party: request.handling.party.to_string(),
            asked_at: request.handling.asked_at.to_string(),
            decided_by: decision.and_then(|decision| decision.by.as_ref()).map(ToString::to_string),
            decided_at: decision.map(|decision| decision.at.to_string()),
            refusal: decision.and_then(|decision| decision.reason.clone()),
            pay_until,
            done_at,
        }
    }
}

impl From<&domain::moves::Transfer> for TransferView {
    fn from(transfer: &domain::moves::Transfer) -> Self {
        Self {
            from_class: transfer.from.to_string(),
            from_title: transfer.title.clone(),
            to_class: transfer.to.to_string(),
            to_title: transfer.to_title.clone(),
        }
    }
}

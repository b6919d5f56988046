//! Quotes, requests and refunds as guardians and schools read them.

use domain::refund::quote::Quote;
use domain::refund::request::RefundRequest;
use domain::refund::{Refund, RefundReason};
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of a quote.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuoteLineView {
    /// `tuition`, `materials`, `sundry` or `handling`.
    #[schema(example = "tuition")]
    pub item: String,
    /// How much, in fen; what is kept is negative.
    #[schema(example = 32500)]
    pub amount_fen: i64,
    /// How it comes about, with the numbers.
    #[schema(example = "学费 400.00 元 ÷ 16 课时,每课时 25.00 元;已用 3 课时,可退 13 课时")]
    pub words: String,
}

/// What goes back of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuoteView {
    /// The rule that holds, in its words.
    #[schema(example = "按未上课时退还,无故缺勤不退")]
    pub rule: String,
    /// Its amounts.
    pub lines: Vec<QuoteLineView>,
    /// Their sum, in fen.
    #[schema(example = 32500)]
    pub total_fen: i64,
    /// Lessons that go back.
    #[schema(example = 13)]
    pub lessons: u16,
    /// `original`: by the way it was paid; `next_term`: against what is due next term.
    #[schema(example = "original")]
    pub payout: String,
    /// Whether the school has to approve it.
    pub approval: bool,
}

impl From<&Quote> for QuoteView {
    fn from(quote: &Quote) -> Self {
        let line = |line: &domain::refund::quote::QuoteLine| QuoteLineView {
            item: line.item.to_string(),
            amount_fen: line.amount.fen(),
            words: line.words.clone(),
        };
        Self {
            rule: quote.rule.clone(),
            lines: quote.lines.iter().map(line).collect(),
            total_fen: quote.total.fen(),
            lessons: quote.lessons,
            payout: quote.payout.to_string(),
            approval: quote.approval,
        }
    }
}

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

/// The name of a reason: of a rule's case, its own.
fn basis(reason: RefundReason) -> String {
    match reason {
        RefundReason::ByRule(trigger) => trigger.to_string(),
        RefundReason::SeatsGone | RefundReason::OrderEnded | RefundReason::PaidTwice | RefundReason::Agreed => {
            reason.to_string()
        }
    }
}

/// A refund.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundView {
    /// Its number, at the provider too.
    #[schema(example = "20261-7K3M9Q2XAB-01-1-R1")]
    pub refund_no: String,
    /// The payment it comes from.
    pub payment_no: String,
    /// The order.
    pub order_no: String,
    /// How much, in fen.
    #[schema(example = 32500)]
    pub amount_fen: i64,
    /// Why: as a request's basis, or `seats_gone`, `order_ended`, `paid_twice`.
    #[schema(example = "withdrawal")]
    pub reason: String,
    /// How it comes about.
    pub lines: Vec<QuoteLineView>,
    /// `reserved`, `sent`, `processing`, `abnormal`, `done`, `closed`, `rejected` or `returned`.
    #[schema(example = "processing")]
    pub state: String,
    /// What stands in the way: `balance_short`, `payer_account` or `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Since when it is set aside.
    #[schema(format = DateTime)]
    pub reserved_at: String,
    /// When the provider took it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub accepted_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// The request it carries out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The refund in whose place it goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<u8>,
    /// What the guardian says about its arrival, and the school's answers.
    pub disputes: Vec<DisputeView>,
    /// SHA-256 of its snapshot, once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_sha256: Option<String>,
}

/// A guardian's word that a refund has not arrived.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DisputeView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What the school answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub answered_at: Option<String>,
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        let line = |line: &domain::refund::quote::QuoteLine| QuoteLineView {
            item: line.item.to_string(),
            amount_fen: line.amount.fen(),
            words: line.words.clone(),
        };
        let dispute = |dispute: &domain::refund::Dispute| DisputeView {
            at: dispute.at.to_string(),
            answer: dispute.answer.as_ref().map(|(words, _)| words.clone()),
            answered_at: dispute.answer.as_ref().map(|(_, at)| at.to_string()),
        };
        Self {
            refund_no: refund.no().to_string(),
            payment_no: refund.payment.to_string(),
            order_no: refund.payment.order().to_string(),
            amount_fen: refund.amount.fen(),
            reason: basis(refund.reason),
            lines: refund.lines.iter().map(line).collect(),
            state: refund.state.to_string(),
            trouble: refund.trouble.map(|trouble| trouble.to_string()),
            reserved_at: refund.reserved_at.to_string(),
            accepted_at: refund.accepted_at.map(|at| at.to_string()),
            ended_at: refund.ended_at.map(|at| at.to_string()),
            request_id: refund.request.as_ref().map(ToString::to_string),
            retry_of: refund.retry_of,
            disputes: refund.disputes.iter().map(dispute).collect(),
            snapshot_sha256: refund.snapshot.clone(),
        }
    }
}

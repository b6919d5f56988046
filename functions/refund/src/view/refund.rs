//! A refund (退款单), and where it stands.

use domain::refund::{Dispute, Refund};
use serde::Serialize;
use utoipa::ToSchema;

use super::{QuoteLineView, basis};

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
    /// Why: as a request's basis, or `seats_gone`, `order_ended`, `paid_twice`, `outside`.
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
    /// `original`: by the way it came; `next_term`: kept against what is due next term.
    #[schema(example = "original")]
    pub payout: String,
    /// Not sent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub not_before: Option<String>,
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
    /// When the school has paid it out by hand; one that was `returned` and has none, the school still owes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub handed_out_at: Option<String>,
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
        let dispute = |dispute: &Dispute| DisputeView {
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
            lines: refund.lines.iter().map(QuoteLineView::from).collect(),
            state: refund.state.to_string(),
            trouble: refund.trouble.map(|trouble| trouble.to_string()),
            payout: refund.payout.to_string(),
            not_before: refund.not_before.map(|until| until.to_string()),
            reserved_at: refund.reserved_at.to_string(),
            accepted_at: refund.accepted_at.map(|at| at.to_string()),
            ended_at: refund.ended_at.map(|at| at.to_string()),
            handed_out_at: refund.handed_out_at.map(|at| at.to_string()),
            request_id: refund.request.as_ref().map(ToString::to_string),
            retry_of: refund.retry_of,
            disputes: refund.disputes.iter().map(dispute).collect(),
            snapshot_sha256: refund.snapshot.clone(),
        }
    }
}

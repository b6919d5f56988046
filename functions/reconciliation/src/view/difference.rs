//! A difference as it is shown.

use domain::Moment;
use domain::reconciliation::difference::{Difference, Said};
use serde::Serialize;
use utoipa::ToSchema;

/// Who said what about a difference.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SaidView {
    /// The person; none: the platform, because both sides agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "A000000003")]
    pub by: Option<String>,
    /// Why.
    #[schema(example = "已与通道核对")]
    pub reason: String,
    /// When.
    #[schema(example = "2026-09-02T10:40:00+08:00")]
    pub at: String,
}

impl From<&Said> for SaidView {
    fn from(said: &Said) -> Self {
        Self { by: said.by.as_ref().map(ToString::to_string), reason: said.why.clone(), at: said.at.to_string() }
    }
}

/// What the bill says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProofView {
    /// The provider's number of the transaction.
    #[schema(example = "4200000001202609010000000001")]
    pub transaction: String,
    /// Our number of the payment.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub payment_no: String,
    /// The provider's number of the refund.
    pub provider_refund_no: String,
    /// The merchant the money went to.
    #[schema(example = "1900000201")]
    pub sub_merchant: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `done`, `processing` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What the provider keeps, in thousandths of a fen.
    pub fee_thousandths: i64,
    /// SHA-256 of the bill, by which it is kept.
    pub bill_sha256: String,
    /// The line of it, from 1; 0: the bill has none.
    pub bill_line: u64,
}

/// A difference.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BillDifferenceView {
    /// Its name.
    #[schema(example = "3144200101.2026-09-01.missing_local.20261-7K3M9Q2XAB-01-1")]
    pub difference_id: String,
    /// The day of the bill.
    #[schema(example = "2026-09-01")]
    pub day: String,
    /// The provider.
    #[schema(example = "wechat")]
    pub channel: String,
    /// How bill and books disagree.
    #[schema(example = "missing_local")]
    pub kind: String,
    /// The same in words.
    #[schema(example = "平台漏单")]
    pub title: String,
    /// Whether it is about a `payment` or a `refund`.
    #[schema(example = "payment")]
    pub side: String,
    /// The number it is about.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub number: String,
    /// What the books say, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours_fen: Option<i64>,
    /// What the bill says, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 40000)]
    pub theirs_fen: Option<i64>,
    /// What is done about it: `ask`, `ask_then_person`, `carry`, `give_back`, `adopt`, `person`, `report`.
    #[schema(example = "ask")]
    pub remedy: String,
    /// `open`, `healed`, `confirmed` or `waived`.
    #[schema(example = "open")]
    pub state: String,
    /// When it was found.
    #[schema(example = "2026-09-02T10:30:00+08:00")]
    pub found_at: String,
    /// The row of the bill.
    pub proof: ProofView,
    /// The payment nothing of which goes out until this is settled (已冻结的支付单).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freezes_payment_no: Option<String>,
    /// Who settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<SaidView>,
    /// Who would let it go, waiting for a second person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<SaidView>,
    /// When it was found again, with other figures, after it had been settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_again_at: Option<String>,
}

impl From<&Difference> for BillDifferenceView {
    fn from(difference: &Difference) -> Self {
        let proof = &difference.proof;
        let text = |at: Option<Moment>| at.map(|at| at.to_string());
        Self {
            difference_id: difference.id.to_string(),
            day: difference.id.day().to_string(),
            channel: difference.channel.to_string(),
            kind: difference.kind.to_string(),
            title: difference.kind.chinese().to_owned(),
            side: difference.side.to_string(),
            number: difference.id.number().to_owned(),
            ours_fen: difference.ours.map(domain::Money::fen),
            theirs_fen: difference.theirs.map(domain::Money::fen),
            remedy: difference.kind.remedy().to_string(),
            state: difference.state.to_string(),
            found_at: difference.found_at.to_string(),
            proof: ProofView {
                transaction: proof.transaction.clone(),
                payment_no: proof.payment.clone(),
                provider_refund_no: proof.provider_refund_no.clone(),
                sub_merchant: proof.sub_merchant.clone(),
                at: text(proof.at),
                status: proof.status.map(|status| status.to_string()),
                fee_thousandths: proof.fee,
                bill_sha256: proof.bill.clone(),
                bill_line: proof.line,
            },
            freezes_payment_no: difference.freezes.as_ref().filter(|_| difference.is_frozen()).map(ToString::to_string),
            settled: difference.ended.as_ref().map(SaidView::from),
            waiver: difference.proposed.as_ref().map(SaidView::from),
            seen_again_at: text(difference.seen_again),
        }
    }
}

//! Differences, statements and facts as they are shown.

use domain::Moment;
use domain::journal::{Account, Entry};
use domain::reconciliation::difference::{Difference, Said};
use domain::reconciliation::statement::{Flow, Statement};
use serde::Serialize;
use store::Versioned;
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
}

/// A difference.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DifferenceView {
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

impl From<&Difference> for DifferenceView {
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
            },
            settled: difference.ended.as_ref().map(SaidView::from),
            waiver: difference.proposed.as_ref().map(SaidView::from),
            seen_again_at: text(difference.seen_again),
        }
    }
}

/// A school's day, in fen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatementView {
    /// The school.
    #[schema(example = "3144200101")]
    pub school: String,
    /// The day.
    #[schema(example = "2026-09-01")]
    pub day: String,
    /// What orders placed on the day ask for (应收).
    #[schema(example = 1_250_000)]
    pub receivable_fen: i64,
    /// At the providers when the day began (期初余额).
    pub opening_fen: i64,
    /// What came in (已收).
    #[schema(example = 1_200_000)]
    pub received_fen: i64,
    /// What reached payers again (已退).
    #[schema(example = 40_000)]
    pub refunded_fen: i64,
    /// What the providers kept, by their bills (手续费).
    #[schema(example = 7_200)]
    pub fees_fen: i64,
    /// Set aside to go back and not gone yet (退款在途).
    pub in_flight_fen: i64,
    /// Paid for lessons and not set aside (预收).
    pub prepaid_fen: i64,
    /// At the providers when the day ends, fees not taken off (期末余额).
    #[schema(example = 1_160_000)]
    pub closing_fen: i64,
    /// Money facts.
    #[schema(example = 31)]
    pub facts: u64,
    /// When it was drawn up.
    #[schema(example = "2026-09-02T10:31:00+08:00")]
    pub drawn_at: String,
}

impl From<&Versioned<Statement>> for StatementView {
    fn from(statement: &Versioned<Statement>) -> Self {
        let day = &statement.value;
        Self {
            school: day.school.to_string(),
            day: day.day.to_string(),
            receivable_fen: day.receivable.fen(),
            opening_fen: day.opening.fen(),
            received_fen: day.received.fen(),
            refunded_fen: day.refunded.fen(),
            fees_fen: day.fees.rounded().fen(),
            in_flight_fen: day.in_flight.fen(),
            prepaid_fen: day.prepaid.fen(),
            closing_fen: day.closing.fen(),
            facts: day.facts,
            drawn_at: day.drawn_at.to_string(),
        }
    }
}

/// A money fact.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FactView {
    /// The fact, unique for ever.
    #[schema(example = "pay:wechat:4200000001202609010000000001")]
    pub fact: String,
    /// `pay`, `owe`, `refund` or `release`.
    #[schema(example = "pay")]
    pub kind: String,
    /// The provider.
    #[schema(example = "wechat")]
    pub channel: String,
    /// The order.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// Our number at the provider.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub number: String,
    /// When the money moved.
    #[schema(example = "2026-09-01T09:30:05+08:00")]
    pub at: String,
    /// What it moved at the provider, in fen: in when positive, out when negative.
    #[schema(example = 40000)]
    pub amount_fen: i64,
}

impl From<&Entry> for FactView {
    fn from(entry: &Entry) -> Self {
        Self {
            fact: entry.fact.clone(),
            kind: entry.kind().map_or_else(String::new, |kind| kind.to_string()),
            channel: entry.channel.to_string(),
            order_no: entry.order.to_string(),
            number: entry.number.clone(),
            at: entry.at.to_string(),
            amount_fen: entry.on(Account::ChannelClearing).fen(),
        }
    }
}

/// A part of a day, in fen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowView {
    /// The course, homeroom, grade, item or way of paying.
    #[schema(example = "K012 书法入门")]
    pub name: String,
    /// What came in.
    #[schema(example = 400_000)]
    pub received_fen: i64,
    /// What went back.
    #[schema(example = 40_000)]
    pub refunded_fen: i64,
    /// Facts.
    #[schema(example = 11)]
    pub facts: u32,
}

impl FlowView {
    /// A part by its name.
    pub fn of((name, flow): (String, Flow)) -> Self {
        let Flow { received, refunded, facts } = flow;
        Self { name, received_fen: received.fen(), refunded_fen: refunded.fen(), facts }
    }
}

//! A school's day as it is shown: its sums, its facts, its parts.

use domain::Money;
use domain::journal::{Account, Entry};
use domain::reconciliation::statement::{Flow, Statement};
use serde::Serialize;
use utoipa::ToSchema;

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
    /// At the school from the providers, and not paid out to families yet (学校待付).
    pub owed_by_school_fen: i64,
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
    /// Whether the day's bills were held against the books (是否已核对账单); false: as the books have it so far.
    #[serde(rename = "final")]
    pub is_final: bool,
}

impl StatementView {
    /// A day, drawn up after its bills or as it stands so far.
    pub fn of(day: &Statement, is_final: bool) -> Self {
        Self {
            school: day.school.to_string(),
            day: day.day.to_string(),
            receivable_fen: day.receivable.fen(),
            opening_fen: day.opening.fen(),
            received_fen: day.received.fen(),
            refunded_fen: day.refunded.fen(),
            fees_fen: day.kept().rounded().fen(),
            in_flight_fen: day.in_flight.fen(),
            owed_by_school_fen: day.owed_by_school.fen(),
            prepaid_fen: day.prepaid.fen(),
            closing_fen: day.closing.fen(),
            facts: day.facts,
            drawn_at: day.drawn_at.to_string(),
            is_final,
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
    /// What of it is of the value that was asked for, in fen; none: no value was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 18000)]
    pub share_fen: Option<i64>,
}

impl FactView {
    /// A fact with what of it is of a value.
    pub fn with_share((entry, share): (&Entry, Money)) -> Self {
        Self { share_fen: Some(share.fen()), ..Self::from(entry) }
    }
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
            share_fen: None,
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

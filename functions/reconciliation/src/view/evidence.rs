//! The evidence of a money fact as it is shown: what is personal in it masked.

use bill::FoundRow;
use domain::reconciliation::message::told;
use serde::Serialize;
use store::money::RawEvent;
use utoipa::ToSchema;

/// A part of a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartView {
    /// The provider's name of it.
    #[schema(example = "event_type")]
    pub name: String,
    /// What it says; `***` for what is personal or sealed.
    #[schema(example = "TRANSACTION.SUCCESS")]
    pub value: String,
}

/// A provider's message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageView {
    /// The provider's number of it.
    #[schema(example = "EV-2018022511223320873")]
    pub event: String,
    /// When it came.
    #[schema(example = "2026-09-01T09:30:06+08:00")]
    pub received_at: String,
    /// SHA-256 of its body as it came, in base 64.
    pub body_sha256: String,
    /// What it says.
    pub parts: Vec<PartView>,
    /// The headers that carry its signature.
    pub headers: Vec<PartView>,
}

impl From<&RawEvent> for MessageView {
    fn from(event: &RawEvent) -> Self {
        let part = |(name, value): (String, String)| PartView { name, value };
        Self {
            event: event.event.clone(),
            received_at: event.received_at.to_string(),
            body_sha256: event.message().hash,
            parts: told(&event.body).into_iter().map(part).collect(),
            headers: event.headers.iter().cloned().map(part).collect(),
        }
    }
}

/// A row of a bill.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RowView {
    /// The day of the bill.
    #[schema(example = "2026-09-01")]
    pub day: String,
    /// SHA-256 of the file, by which it is kept; it was verified when the row was read.
    pub bill_sha256: String,
    /// The line of the file, from 1.
    #[schema(example = 4211)]
    pub line: u64,
    /// The provider's number of the transaction.
    #[schema(example = "4200000001202609010000000001")]
    pub transaction: String,
    /// Our number of the payment.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub payment_no: String,
    /// The provider's number of the refund; empty for a payment.
    pub provider_refund_no: String,
    /// The merchant the money went to; empty in a bill that is of one school.
    #[schema(example = "1900000201")]
    pub sub_merchant: String,
    /// How much, in fen.
    #[schema(example = 40000)]
    pub amount_fen: i64,
    /// What the provider keeps, in thousandths of a fen.
    pub fee_thousandths: i64,
    /// When.
    #[schema(example = "2026-09-01T09:30:05+08:00")]
    pub at: String,
    /// `done`, `processing` or `failed`, when the bill was made.
    #[schema(example = "done")]
    pub status: String,
}

impl RowView {
    /// A row of the bill of a day that is kept under a hash.
    pub fn of(row: FoundRow, day: jiff::civil::Date, bill: &str) -> Self {
        Self {
            day: day.to_string(),
            bill_sha256: bill.to_owned(),
            line: row.line,
            transaction: row.transaction,
            payment_no: row.number,
            provider_refund_no: row.provider_refund_no,
            sub_merchant: row.sub_merchant,
            amount_fen: row.amount.fen(),
            fee_thousandths: row.fee.thousandths(),
            at: row.at.to_string(),
            status: row.status.to_string(),
        }
    }
}

/// What proves a money fact.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvidenceView {
    /// The fact.
    #[schema(example = "pay:wechat:4200000001202609010000000001")]
    pub fact: String,
    /// The provider's message that told of it; none: the provider said so when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageView>,
    /// The row of the provider's bill; none: no bill that was read has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<RowView>,
}

//! Looking a fact up (账单取证): the row of a bill that tells of a number, and the line it stands at. What is personal in
//! it stays in the file. S35.1.

use std::io::{BufRead, Seek};

use domain::Money;
use domain::payment::Channel;
use domain::reconciliation::bill::{BillRow, RowKind, RowStatus, ServiceFee};
use domain::time::Moment;

use crate::{BillError, read};

/// A row as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRow {
    /// The line of the bill, from 1.
    pub line: u64,
    /// What it is about.
    pub kind: RowKind,
    /// The school's merchant number; empty in a bill that is of one school.
    pub sub_merchant: String,
    /// The provider's number of the payment's transaction.
    pub transaction: String,
    /// Our number of the payment.
    pub number: String,
    /// The provider's number of the refund; empty for a payment.
    pub provider_refund_no: String,
    /// What the payer paid or gets back.
    pub amount: Money,
    /// What the provider keeps.
    pub fee: ServiceFee,
    /// When.
    pub at: Moment,
    /// How it stood when the bill was made.
    pub status: RowStatus,
}

impl From<&BillRow<'_>> for FoundRow {
    fn from(row: &BillRow<'_>) -> Self {
        Self {
            line: row.line,
            kind: row.kind,
            sub_merchant: row.sub_merchant.to_owned(),
            transaction: row.transaction.to_owned(),
            number: row.number.to_owned(),
            provider_refund_no: row.provider_refund_no.to_owned(),
            amount: row.amount,
            fee: row.fee,
            at: row.at,
            status: row.status,
        }
    }
}

/// The row of a payment or refund by our number; none: the bill has none. The bill is read to its end, so that only a row
/// of one that adds up is evidence.
pub fn find(
    channel: Channel,
    reader: impl BufRead + Seek,
    kind: RowKind,
    number: &str,
) -> Result<Option<FoundRow>, BillError> {
    let mut found = None;
    read(channel, reader, |row| {
        if found.is_none() && row.kind == kind && row.ours() == number {
            found = Some(FoundRow::from(row));
        }
    })?;
    Ok(found)
}

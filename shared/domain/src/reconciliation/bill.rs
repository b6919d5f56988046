//! Bill (交易账单): what a provider says moved on a day, one row for each payment and refund, whoever the provider is. S35.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::Moment;

/// What a row is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RowKind {
    /// Money came in.
    Payment,
    /// Money went back, or is on its way back.
    Refund,
}

/// How the provider says it stood when the bill was made. A refund may have gone on since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RowStatus {
    /// The money has moved.
    Done,
    /// It was taken on.
    Processing,
    /// It does not reach the payer, or was given up.
    Failed,
}

/// A fee of the provider (手续费) in thousandths of a fen: providers write five decimals of a yuan. What they keep of a
/// payment is positive, what they give back with a refund negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceFee(i64);

/// Thousandths of a fen within a fen.
const THOUSANDTHS: i64 = 1_000;

impl ServiceFee {
    /// No fee.
    pub const ZERO: Self = Self(0);

    /// A fee of so many thousandths of a fen.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// The fee in thousandths of a fen.
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Whether it differs from another by no more than rounding does: providers round each fee to whole fen.
    pub const fn is_about(self, other: Self) -> bool {
        self.0.saturating_sub(other.0).saturating_abs() <= THOUSANDTHS / 2
    }

    /// Whole fen, rounded half up as providers do.
    pub const fn rounded(self) -> Money {
        Money::from_fen(self.0.saturating_add(THOUSANDTHS / 2).div_euclid(THOUSANDTHS))
    }
}

/// The share a provider keeps (费率), in millionths: `0.60%` is 6,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeeRate(u32);

impl FeeRate {
    /// A rate of so many millionths.
    pub const fn from_millionths(millionths: u32) -> Self {
        Self(millionths)
    }

    /// The rate in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The fee of an amount, not rounded.
    pub fn of(self, amount: Money) -> ServiceFee {
        ServiceFee(amount.fen().saturating_mul(i64::from(self.0)) / THOUSANDTHS)
    }
}

/// A row of a bill. It borrows from the line it was read from: a bill of a million rows needs no more memory than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillRow<'a> {
    /// The line of the bill it was read from, from 1.
    pub line: u64,
    /// What it is about.
    pub kind: RowKind,
    /// The school's merchant number, as the provider calls it; empty in a bill that is of one school.
    pub sub_merchant: &'a str,
    /// The provider's number of the payment's transaction.
    pub transaction: &'a str,
    /// Our number of the payment.
    pub number: &'a str,
    /// Our number of the refund; empty for a payment.
    pub refund_number: &'a str,
    /// The provider's number of the refund; empty for a payment.
    pub provider_refund_no: &'a str,
    /// What the payer paid or gets back; never negative.
    pub amount: Money,
    /// What of it counts for the school after the provider's own coupons; never negative. The fee is taken of it.
    pub settled: Money,
    /// What the provider keeps.
    pub fee: ServiceFee,
    /// The rate it says it keeps.
    pub fee_rate: Option<FeeRate>,
    /// When it was paid; of a refund, when it was asked for.
    pub at: Moment,
    /// How it stood.
    pub status: RowStatus,
}

impl<'a> BillRow<'a> {
    /// The number by which we know it; of a refund made in the provider's console, which has none of ours, the
    /// provider's.
    pub fn ours(&self) -> &'a str {
        match (self.kind, self.refund_number) {
            (RowKind::Payment, _) => self.number,
            (RowKind::Refund, "" | "0") => self.provider_refund_no,
            (RowKind::Refund, number) => number,
        }
    }
}

/// What the rows of a bill add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillTotals {
    /// Payments.
    pub payments: u64,
    /// Refunds.
    pub refunds: u64,
    /// What payers paid.
    pub paid: Money,
    /// What they get back.
    pub refunded: Money,
    /// What the provider keeps, less what it gives back with refunds.
    pub fees: ServiceFee,
}

impl BillTotals {
    /// The totals with one row more.
    pub fn add(&mut self, row: &BillRow<'_>) {
        let (count, sum) = match row.kind {
            RowKind::Payment => (&mut self.payments, &mut self.paid),
            RowKind::Refund => (&mut self.refunds, &mut self.refunded),
        };
        *count = count.saturating_add(1);
        *sum = Money::from_fen(sum.fen().saturating_add(row.amount.fen()));
        self.fees = self.fees.plus(row.fee);
    }

    /// Rows in all.
    pub const fn rows(&self) -> u64 {
        self.payments.saturating_add(self.refunds)
    }

    /// What the provider is to pay out to the school for the day: paid, less refunded, less fees.
    pub const fn payable(&self) -> Money {
        let kept = self.fees.rounded().fen();
        Money::from_fen(self.paid.fen().saturating_sub(self.refunded.fen()).saturating_sub(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s35_1_a_fee_is_the_rate_to_the_fen() {
        let rate = FeeRate::from_millionths(390_000);
        assert_eq!(rate.of(Money::from_fen(3)), ServiceFee::from_thousandths(1_170));
        assert!(rate.of(Money::from_fen(3)).is_about(ServiceFee::from_thousandths(1_000)));
        assert!(!rate.of(Money::from_fen(3)).is_about(ServiceFee::from_thousandths(2_170)));
        assert_eq!(ServiceFee::from_thousandths(1_500).rounded(), Money::from_fen(2));
        assert_eq!(ServiceFee::from_thousandths(-1_500).rounded(), Money::from_fen(-1));
    }
}

//! Refund (退款单): money promised back to whoever paid, reserved before any provider is asked. S34 P7.

pub mod facts;
pub mod quote;
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::id::PaymentNo;
use crate::money::Money;
use crate::time::Moment;

/// Why money goes back without anybody having asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RefundReason {
    /// Paid after the seats were released, and they are gone (逾期支付且名额已满).
    SeatsGone,
    /// Paid after the guardian had cancelled, or had chosen anew.
    OrderEnded,
    /// The order was already paid by another attempt (重复支付).
    PaidTwice,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RefundState {
    /// The amount is set aside on the payment; the provider has not been asked.
    Reserved,
}

/// A refund of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The payment it comes from.
    pub payment: PaymentNo,
    /// Its number among the refunds of the payment, from 1.
    pub seq: u8,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub state: RefundState,
    /// Since when the amount is set aside.
    pub reserved_at: Moment,
}

impl Refund {
    /// The number the provider gets: `20261-7K3M9Q2XAB-01-1-R1`.
    pub fn no(&self) -> String {
        format!("{}-R{}", self.payment, self.seq)
    }
}

#[cfg(test)]
mod tests;

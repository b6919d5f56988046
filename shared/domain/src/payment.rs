//! Payment (支付单): one attempt to pay an order at a provider, and what any evidence about it leads to. P6, P2–P6 of
//! the promises.
//!
//! A payment's state only rises: sent, pending, closed, succeeded. Whoever brings evidence — callback, query, answer
//! to a close, bill — goes through [`settle`], so that every order of events ends in the same state.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind};
use crate::id::{OrderNo, PaymentNo, SchoolCode};
use crate::money::Money;
use crate::record::{OrderState, TermRecord};
use crate::time::Moment;

/// A provider of payments (支付通道).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Channel {
    /// WeChat Pay, partner mode (微信支付服务商).
    Wechat,
}

/// How the guardian's device shows the provider's checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PayMethod {
    /// Inside a page opened in WeChat (公众号).
    Jsapi,
    /// Inside a mini-program (小程序).
    MiniProgram,
    /// By scanning a QR code (扫码).
    Native,
    /// From a browser outside WeChat (H5).
    H5,
}

/// Where a piece of evidence came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// The provider called us.
    Callback,
    /// We asked for the payment.
    Query,
    /// A daily bill.
    Bill,
}

/// A verified statement of the provider that money was paid. Whoever makes one has checked its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How it reached us.
    pub source: Source,
    /// Who states it.
    pub channel: Channel,
    /// The provider's number of the notification, if it was one.
    pub event: Option<String>,
    /// Our payment number.
    pub payment: PaymentNo,
    /// The provider's number of the transaction.
    pub transaction: String,
    /// The service provider's merchant number (`sp_mchid`).
    pub merchant: String,
    /// The application the payment was made for (`sp_appid`).
    pub app: String,
    /// The school's merchant number (`sub_mchid`).
    pub sub_merchant: String,
    /// The whole amount of the payment.
    pub total: Money,
    /// ISO 4217; anything but `CNY` is refused.
    pub currency: String,
    /// When the money was paid, by the provider's clock.
    pub paid_at: Moment,
}

/// What the provider says when asked for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderState {
    /// Paid (also after a refund of it).
    Paid(Evidence),
    /// It exists and waits for the payer.
    Unpaid,
    /// The payer is entering a password.
    Paying,
    /// Closed or revoked: it can never be paid.
    Closed,
    /// The provider knows no such payment. No proof of anything while a create may be on its way.
    Unknown,
}

/// What the provider says when told to close a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseAnswer {
    /// Closed now or before.
    Closed,
    /// Too late: it is paid. Ask for the evidence.
    Paid,
    /// The payer is entering a password; try again.
    Paying,
    /// The provider knows no such payment.
    Unknown,
}

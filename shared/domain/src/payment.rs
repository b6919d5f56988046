//! Payment (支付单): one attempt to pay an order at a provider, and what any evidence about it leads to. P6, P2–P6 of
//! the promises.
//!
//! A payment's state only rises: sent, pending, closed, succeeded. Whoever brings evidence — callback, query, answer
//! to a close, bill — goes through [`settle`], so that every order of events ends in the same state.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind};
use crate::id::{DifferenceId, OrderNo, PaymentNo, SchoolCode};
use crate::instalment::sits;
use crate::money::Money;
use crate::moves::exchange::stands;
use crate::record::{OrderState, TermRecord};
use crate::time::Moment;

/// A provider of payments (支付通道).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Channel {
    /// WeChat Pay, partner mode (微信支付服务商).
    Wechat,
    /// Alipay, for a third-party application (支付宝第三方应用).
    Alipay,
    /// China UMS, a bank's aggregated channel (银联商务).
    Chinaums,
}

impl Channel {
    /// Whether the provider has such a checkout.
    pub const fn offers(self, method: PayMethod) -> bool {
        match self {
            Self::Wechat => {
                matches!(method, PayMethod::Jsapi | PayMethod::MiniProgram | PayMethod::Native | PayMethod::H5)
            }
            Self::Alipay => matches!(method, PayMethod::Page | PayMethod::Wap | PayMethod::App),
            Self::Chinaums => matches!(method, PayMethod::H5),
        }
    }
}

/// How the guardian's device shows the provider's checkout.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
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
    /// On the provider's page, from a computer (电脑网站).
    Page,
    /// On the provider's page, from a telephone's browser (手机网站).
    Wap,
    /// In the provider's application, from an application of ours.
    App,
}

impl Channel {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Wechat => "微信支付",
            Self::Alipay => "支付宝",
            Self::Chinaums => "银联商务",
        }
    }
}

impl PayMethod {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Jsapi => "公众号",
            Self::MiniProgram => "小程序",
            Self::Native => "扫码",
            Self::H5 => "H5",
            Self::Page => "电脑网站",
            Self::Wap => "手机网站",
            Self::App => "应用内",
        }
    }
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

/// Where a payment stands. The order of the variants is the order of ranks: a payment only rises.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PaymentState {
    /// Written down, then sent; no answer is known.
    Sent,
    /// The provider has it and waits for the payer.
    Pending,
    /// It cannot be paid any more.
    Closed,
    /// It is paid.
    Succeeded,
}

/// Where a provider's message is kept: it is the evidence of what it told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The provider's number of it.
    pub event: String,
    /// SHA-256 of its body: a number may come with several.
    pub hash: String,
}

/// The success of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The provider's number of the transaction.
    pub transaction: String,
    /// When, by the provider's clock.
    pub at: Moment,
    /// Whether the order is paid by it; else all of it goes back.
    pub counted: bool,
    /// Who brought the evidence.
    pub source: Source,
    /// SHA-256 of its snapshot.
    pub snapshot: String,
    /// The provider's message that told of it; none: the provider said so when it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its number, at the provider too.
    pub no: PaymentNo,
    /// The school that gets the money.
    pub school: SchoolCode,
    /// The provider.
    pub channel: Channel,
    /// How the checkout is shown.
    pub method: PayMethod,
    /// The school's merchant number at the provider.
    pub sub_merchant: String,
    /// The payer's number at the provider (openid), where the method needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// The payer's address, where the method needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_ip: Option<String>,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: PaymentState,
    /// When it was first sent.
    pub sent_at: Moment,
    /// Last moment of paying that the provider was told.
    pub expires_at: Moment,
    /// How often the provider was asked about it.
    #[serde(default)]
    pub queries: u32,
    /// When it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queried_at: Option<Moment>,
    /// Its success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Paid>,
    /// Set aside for refunds, never above the amount.
    #[serde(default)]
    pub refund_reserved: Money,
    /// Refunds so far.
    #[serde(default)]
    pub refunds: u8,
    /// Differences that have to be settled before anything of it may go out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub frozen: BTreeSet<DifferenceId>,
}

impl Owned for Payment {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), student: Some(self.no.order().student()), ..Owner::default() }
    }
}

/// Minutes to wait before the next query, after so many; then hourly.
const QUERY_MINUTES: [i64; 5] = [1, 5, 10, 20, 30];

/// How long a create may still be on its way after its payment has expired: our time-out, the provider's minute that
/// it grants every late create, and as much again.
const CREATE_IN_FLIGHT_SECONDS: i64 = 180;

impl Payment {
    /// When the sweeper must ask the provider about it; none when nothing can change any more.
    pub fn due(&self) -> Option<Moment> {
        match self.state {
            PaymentState::Closed | PaymentState::Succeeded => None,
            PaymentState::Sent | PaymentState::Pending => {
                let asked = usize::try_from(self.queries).unwrap_or(usize::MAX);
                let minutes = QUERY_MINUTES.get(asked).copied().unwrap_or(60);
                Some(self.queried_at.unwrap_or(self.sent_at).plus_minutes(minutes))
            }
        }
    }

    /// Whether its order need not wait for it any more: it is closed, or all that was paid by it goes back.
    pub fn is_over(&self) -> bool {
        match self.state {
            PaymentState::Sent | PaymentState::Pending => false,
            PaymentState::Closed => true,
            PaymentState::Succeeded => self.paid.as_ref().is_some_and(|paid| !paid.counted),
        }
    }

    /// Whether a provider that knows no such payment can be believed: no create can be on its way any more.
    pub fn surely_unknown(&self, now: Moment) -> bool {
        now > self.expires_at.max(self.sent_at).plus_seconds(CREATE_IN_FLIGHT_SECONDS)
    }

    /// The payment after the provider was asked without anything final coming out.
    #[must_use]
    pub fn asked(mut self, known: bool, now: Moment) -> Self {
        self.queries = self.queries.saturating_add(1);
        self.queried_at = Some(now);
        if known {
            self.state = self.state.max(PaymentState::Pending);
        }
        self
    }

    /// The payment after it was closed for good. A success is never taken back.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.state = self.state.max(PaymentState::Closed);
        self
    }
}

/// Why evidence does not fit the payment it names. It is kept for a person to look at and changes nothing. R3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "payment/")]
pub enum Mismatch {
    /// The amount is another.
    #[error("支付金额与支付单不一致")]
    AmountDiffers,
    /// The money went to another school.
    #[error("收款商户与支付单不一致")]
    MerchantDiffers,
    /// Not CNY.
    #[error("支付币种不是人民币")]
    CurrencyDiffers,
    /// Already paid by another transaction.
    #[error("支付单已由另一笔交易支付")]
    TransactionDiffers,
}

impl Fault for Mismatch {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What evidence that fits leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It was applied before.
    Known,
    /// The order's seats are held: it is paid.
    Counts,
    /// The order's seats were released. If all can be taken again it is paid, else all goes back.
    Retake,
    /// It cannot pay this order: all goes back.
    Return(crate::refund::RefundReason),
}

/// Decides what a verified statement of payment means. The same for every source and in every order of events.
pub fn settle(payment: &Payment, record: &TermRecord, evidence: &Evidence) -> Result<Settlement, Mismatch> {
    use crate::refund::RefundReason;
    if evidence.currency != "CNY" {
        return Err(Mismatch::CurrencyDiffers);
    }
    if evidence.sub_merchant != payment.sub_merchant {
        return Err(Mismatch::MerchantDiffers);
    }
    if evidence.total != payment.amount {
        return Err(Mismatch::AmountDiffers);
    }
    if let Some(paid) = &payment.paid {
        let same = paid.transaction == evidence.transaction;
        return if same { Ok(Settlement::Known) } else { Err(Mismatch::TransactionDiffers) };
    }
    let no = payment.no.order();
    let Some(order) = record.order(&no) else { return Ok(Settlement::Return(RefundReason::OrderEnded)) };
    Ok(match order.state {
        // The course it is the next part of was left meanwhile.
        // So was the course that it exchanges for another one.
        OrderState::Pending | OrderState::Closing if !sits(record, order) || !stands(record, order) => {
            Settlement::Return(RefundReason::OrderEnded)
        }
        OrderState::Pending | OrderState::Closing => Settlement::Counts,
        OrderState::Paid => Settlement::Return(RefundReason::PaidTwice),
        OrderState::Cancelled => Settlement::Return(RefundReason::OrderEnded),
        // With it, the courses it asks for were left, or the pupil has stayed in the course that it was to exchange.
        OrderState::Expired if order.continues.is_some() || order.exchange.is_some() || chose_anew(record, &no) => {
            Settlement::Return(RefundReason::OrderEnded)
        }
        OrderState::Expired => Settlement::Retake,
    })
}

/// Whether the pupil has taken something after this order: then its seats are not forced on the family again.
fn chose_anew(record: &TermRecord, no: &OrderNo) -> bool {
    record.seats().any(|(order, _)| order.no.seq() > no.seq())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn payment(state: PaymentState) -> Payment {
        Payment {
            no: "20261-7K3M9Q2XAB-01-1".parse().unwrap(),
            school: "3144200101".parse().unwrap(),
            channel: Channel::Wechat,
            method: PayMethod::Native,
            sub_merchant: "1900000201".to_owned(),
            payer: None,
            payer_ip: None,
            amount: Money::from_fen(40_000),
            state,
            sent_at: NOW,
            expires_at: NOW.plus_minutes(14),
            queries: 0,
            queried_at: None,
            paid: None,
            refund_reserved: Money::ZERO,
            frozen: BTreeSet::new(),
            refunds: 0,
        }
    }

    #[test]
    fn s33_2_where_a_payment_stands_only_rises() {
        use PaymentState::{Closed, Pending, Sent, Succeeded};
        for state in [Sent, Pending, Closed, Succeeded] {
            assert_eq!(payment(state).asked(true, NOW).state, state.max(Pending));
            assert_eq!(payment(state).asked(false, NOW).state, state);
            assert_eq!(payment(state).closed().state, state.max(Closed));
            assert_eq!(payment(state).due().is_none(), state >= Closed, "what is final is not asked about");
        }
    }

    #[test]
    fn p6_3_an_order_need_not_wait_for_what_is_closed_or_goes_back() {
        use PaymentState::{Closed, Pending, Sent, Succeeded};
        let over = [Sent, Pending, Closed].map(|state| payment(state).is_over());
        assert_eq!(over, [false, false, true]);
        let paid = |counted| {
            let (transaction, snapshot) = ("4200".to_owned(), String::new());
            Some(Paid { transaction, at: NOW, counted, source: Source::Query, snapshot, message: None })
        };
        let over = [true, false].map(|counted| Payment { paid: paid(counted), ..payment(Succeeded) }.is_over());
        assert_eq!(over, [false, true]);
    }

    #[test]
    fn p6_a_payment_is_asked_about_ever_less_often() {
        let mut payment = payment(PaymentState::Sent);
        let waits = std::iter::from_fn(|| {
            let (due, asked) = (payment.due()?, payment.queried_at.unwrap_or(NOW));
            payment = payment.clone().asked(true, due);
            Some(due.seconds_since(asked) / 60)
        });
        assert_eq!(waits.take(7).collect::<Vec<_>>(), [1, 5, 10, 20, 30, 60, 60]);
    }
}

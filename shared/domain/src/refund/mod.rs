//! Refund (退款单): money promised back to whoever paid, reserved before any provider is asked. S34 P7.
//!
//! What goes back is worked out by [`rules`] from [`facts`] as a [`quote`]. [`reserve`] sets it aside on the payment, so
//! that two refunds at once never promise more than was paid. A refund's state only rises: whoever brings evidence —
//! callback, query, answer, bill — goes through [`settle`], and every order of events ends in the same state.

pub mod accrued;
pub mod adopt;
pub mod dispute;
pub mod facts;
pub mod freeze;
pub mod quote;
pub mod request;
pub mod reserve;
pub mod rules;
pub mod sets;
pub mod settle;

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::id::{CourseCode, PaymentNo, PersonId, RefundNo, RefundRequestId, SchoolCode};
use crate::money::Money;
use crate::time::Moment;

/// Why money goes back.
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
    /// By the rules, for what [`facts::Trigger`] says (按规则退费).
    ByRule(facts::Trigger),
    /// As school and guardian have agreed (按家长确认的金额退费). S34.3.
    Agreed,
    /// What is left over when a course is exchanged for a cheaper one (调课退差).
    Exchanged,
    /// Made in the provider's own console, and found in its bill (通道侧退款).
    Outside,
}

impl RefundReason {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::SeatsGone => "逾期支付,名额已满",
            Self::OrderEnded => "订单结束后支付",
            Self::PaidTwice => "重复支付",
            Self::ByRule(trigger) => trigger.chinese(),
            Self::Agreed => "学校与家长协商一致",
            Self::Exchanged => "调课退差",
            Self::Outside => "支付通道侧退款",
        }
    }

    /// Whether the pupil gives the course up by it.
    pub const fn leaves(self) -> bool {
        match self {
            Self::ByRule(trigger) => trigger.leaves(),
            Self::SeatsGone | Self::OrderEnded | Self::PaidTwice | Self::Agreed | Self::Exchanged | Self::Outside => {
                false
            }
        }
    }
}

/// Where a refund stands.
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
pub enum RefundState {
    /// The amount is set aside on the payment; the provider has not been asked.
    Reserved,
    /// Written down, then sent; no answer is known.
    Sent,
    /// The provider has taken it on (退款处理中).
    Processing,
    /// The provider cannot give it to the payer: the card is closed or frozen (退款异常).
    Abnormal,
    /// The payer has it (退款成功).
    Done,
    /// The provider gave up (退款关闭): the amount is free again, and goes back under a new number.
    Closed,
    /// The provider refused it for good: the amount is free again.
    Rejected,
    /// The provider gave it to the school, or never will give it to anybody: the school pays it out by hand (退回学校).
    Returned,
}

/// Of which line money goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The course of the line.
    pub course: CourseCode,
    /// Lessons that go back.
    pub lessons: u16,
    /// How much.
    pub amount: Money,
}

/// A refund of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The payment it comes from.
    pub payment: PaymentNo,
    /// Its number among the refunds of the payment, from 1.
    pub seq: u8,
    /// The school whose money it is.
    pub school: SchoolCode,
    /// Who is to have it: the guardian of the order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<PersonId>,
    /// How much.
    pub amount: Money,
    /// Of which lines; none: of the whole payment, which paid for nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// How the amount comes about, with the numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<quote::QuoteLine>,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub state: RefundState,
    /// How it goes back.
    #[serde(default)]
    pub payout: rules::Payout,
    /// Not sent before: it is kept against the next term, or few refunds are left of the payment; more may be gathered in
    /// this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Moment>,
    /// Since when the amount is set aside.
    pub reserved_at: Moment,
    /// When the provider was first asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Moment>,
    /// How often it was asked what became of it.
    #[serde(default)]
    pub queries: u32,
    /// When it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queried_at: Option<Moment>,
    /// The provider's number of the refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_no: Option<String>,
    /// When it ended, by the provider's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
    /// The refund that was closed and is tried again by this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<u8>,
    /// Whether another one goes on in its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retried: bool,
    /// The request it carries out; none: of a payment that paid for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RefundRequestId>,
    /// When the provider took it on, by its clock or, if it did not say, by ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Moment>,
    /// The day under which it is listed for the bill, once it was taken on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_on: Option<jiff::civil::Date>,
    /// Why the provider has not taken it on yet, or never will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// When the school has paid it out by hand, after the provider gave it to the school or refused it (线下退还).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_out_at: Option<Moment>,
    /// The provider's message that told of it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<crate::payment::Message>,
    /// What the guardian says about its arrival (到账异常反馈), the last word first. P7.3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
    /// SHA-256 of its snapshot, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
}

/// What stands in the way of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Trouble {
    /// The school's account at the provider does not hold enough (商户余额不足).
    BalanceShort,
    /// The payer's card or account takes no money (收款账户异常).
    PayerAccount,
    /// The provider refuses it (支付通道拒绝).
    Refused,
    /// The provider knows nothing of what was paid or given back; a person has to decide first (账款存疑已冻结).
    Frozen,
}

/// A guardian's word that a refund has not arrived, and the school's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Who says so.
    pub by: PersonId,
    /// When.
    pub at: Moment,
    /// What the school answers, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<(String, Moment)>,
}

impl Owned for Refund {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), student: Some(self.payment.order().student()), ..Owner::default() }
    }
}

/// Minutes to wait before the next query, after so many; then hourly.
const QUERY_MINUTES: [i64; 5] = [1, 5, 10, 20, 30];

impl RefundState {
    /// Whether nothing can change any more.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Done | Self::Closed | Self::Rejected | Self::Returned => true,
            Self::Reserved | Self::Sent | Self::Processing | Self::Abnormal => false,
        }
    }

    /// Whether the amount is set aside or gone: else it can be promised again.
    pub const fn holds(self) -> bool {
        !matches!(self, Self::Closed | Self::Rejected)
    }
}

impl Refund {
    /// The number the provider gets: `20261-7K3M9Q2XAB-01-1-R1`.
    pub fn no(&self) -> RefundNo {
        RefundNo::new(&self.payment, self.seq)
    }

    /// What of it counts against the order it was paid for: nothing of a payment that paid for nothing.
    pub const fn is_of_order(&self) -> bool {
        match self.reason {
            RefundReason::ByRule(_) | RefundReason::Agreed | RefundReason::Exchanged => true,
            RefundReason::Outside => !self.parts.is_empty(),
            RefundReason::SeatsGone | RefundReason::OrderEnded | RefundReason::PaidTwice => false,
        }
    }

    /// Whether the school has it from the provider, and the payer not yet from the school (学校待付).
    pub const fn is_owed_by_school(&self) -> bool {
        matches!(self.state, RefundState::Returned) && self.handed_out_at.is_none()
    }

    /// Whether the provider was asked, and nobody knows what it says. That the school's balance is short is an answer.
    pub const fn is_unanswered(&self) -> bool {
        matches!(self.state, RefundState::Sent) && self.trouble.is_none()
    }

    /// Whether the provider was never asked: then it may still grow.
    pub const fn waits(&self) -> bool {
        matches!(self.state, RefundState::Reserved)
    }

    /// When the provider must be asked about it; none before it was sent, and when nothing can change any more.
    pub fn due(&self) -> Option<Moment> {
        let since = self.queried_at.or(self.sent_at).filter(|_| !self.state.is_final())?;
        let asked = usize::try_from(self.queries).unwrap_or(usize::MAX);
        Some(since.plus_minutes(QUERY_MINUTES.get(asked).copied().unwrap_or(60)))
    }
}

#[cfg(test)]
mod tests;

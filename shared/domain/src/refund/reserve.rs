//! Reserving (预留退费额): never more than was paid, never more often or later than the provider allows. R5.

use super::{Part, Refund, RefundReason, RefundState};
use crate::fault::{Fault, Kind};
use crate::money::Money;
use crate::payment::{Payment, PaymentState};
use crate::time::Moment;

/// Refunds a provider takes of one payment.
pub const MOST_REFUNDS: u8 = 50;

/// From so many on, what comes is gathered and paid out once a month.
pub const MANY_REFUNDS: u8 = 45;

/// Days after the payment within which a provider gives money back.
pub const REFUND_DAYS: i64 = 365;

/// From this day on, the school is told that the time runs out.
pub const LATE_DAYS: i64 = 330;

/// Why nothing can be set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "refund/")]
pub enum ReserveError {
    /// Not paid.
    #[error("该支付单尚未支付成功,没有可退的款项")]
    NotPaid,
    /// Nothing is asked for.
    #[error("退费金额应大于 0 元")]
    NothingAsked,
    /// More than is left.
    #[error("退费金额超过可退余额,最多可退 {left} 元")]
    MoreThanLeft {
        /// What is left.
        left: Money,
    },
    /// The parts are not the whole.
    #[error("各课程退费金额之和与退费总额不一致")]
    PartsDiffer,
    /// More refunds than the provider takes.
    #[error("该支付单已退费 {MOST_REFUNDS} 次,达到支付通道上限,请由学校线下退还")]
    TooMany,
    /// The provider gives nothing back any more.
    #[error("支付已超过 {REFUND_DAYS} 天,支付通道不再受理退款,请由学校线下退还")]
    TooLate,
}

impl Fault for ReserveError {
    fn kind(&self) -> Kind {
        match self {
            Self::NothingAsked | Self::PartsDiffer => Kind::Invalid,
            Self::NotPaid | Self::MoreThanLeft { .. } | Self::TooMany | Self::TooLate => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What the school must be told about the refunds of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Few are left: gather them, once a month.
    FewLeft,
    /// The time runs out.
    TimeRunsOut,
}

/// What is asked back.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// How much.
    pub amount: Money,
    /// Of which lines; empty: of the whole payment.
    pub parts: Vec<Part>,
    /// Why.
    pub reason: RefundReason,
    /// The refund that was closed and is tried again.
    pub retry_of: Option<u8>,
}

/// What of a payment can still go back.
pub fn left(payment: &Payment) -> Money {
    if payment.state != PaymentState::Succeeded {
        return Money::ZERO;
    }
    payment.amount.without(payment.refund_reserved)
}

/// Sets the amount aside on the payment, which is to be written with the refund in one transaction.
pub fn reserve(payment: &mut Payment, wanted: Wanted, now: Moment) -> Result<Refund, ReserveError> {
    let paid = payment.paid.as_ref().filter(|_| payment.state == PaymentState::Succeeded);
    let paid_at = paid.ok_or(ReserveError::NotPaid)?.at;
    let Wanted { amount, parts, reason, retry_of } = wanted;
    if amount <= Money::ZERO || parts.iter().any(|part| part.amount < Money::ZERO) {
        return Err(ReserveError::NothingAsked);
    }
    let whole = Money::sum(parts.iter().map(|part| part.amount)).map_err(|_huge| ReserveError::PartsDiffer)?;
    if !parts.is_empty() && whole != amount {
        return Err(ReserveError::PartsDiffer);
    }
    let left = left(payment);
    if amount > left {
        return Err(ReserveError::MoreThanLeft { left });
    }
    if payment.refunds >= MOST_REFUNDS {
        return Err(ReserveError::TooMany);
    }
    if now > last_moment(paid_at) {
        return Err(ReserveError::TooLate);
    }
    payment.refund_reserved =
        payment.refund_reserved.plus(amount).map_err(|_huge| ReserveError::MoreThanLeft { left })?;
    payment.refunds = payment.refunds.saturating_add(1);
    Ok(Refund { parts, retry_of, ..Refund::next(payment, amount, reason, now) })
}

impl Refund {
    /// All of a payment that paid for nothing: whatever the provider's limits are, it is owed.
    pub fn whole(payment: &mut Payment, reason: RefundReason, now: Moment) -> Self {
        payment.refund_reserved = payment.amount;
        payment.refunds = payment.refunds.saturating_add(1);
        Self::next(payment, payment.amount, reason, now)
    }

    fn next(payment: &Payment, amount: Money, reason: RefundReason, now: Moment) -> Self {
        Self {
            payment: payment.no.clone(),
            seq: payment.refunds,
            amount,
            parts: Vec::new(),
            reason,
            state: RefundState::Reserved,
            reserved_at: now,
            sent_at: None,
            queries: 0,
            queried_at: None,
            provider_no: None,
            ended_at: None,
            retry_of: None,
        }
    }
}

/// What the school must be told, if anything.
pub fn notice(payment: &Payment, now: Moment) -> Option<Notice> {
    let paid_at = payment.paid.as_ref()?.at;
    if payment.refunds >= MANY_REFUNDS {
        Some(Notice::FewLeft)
    } else if left(payment) > Money::ZERO && now >= paid_at.plus_minutes(LATE_DAYS.saturating_mul(24 * 60)) {
        Some(Notice::TimeRunsOut)
    } else {
        None
    }
}

fn last_moment(paid_at: Moment) -> Moment {
    paid_at.plus_minutes(REFUND_DAYS.saturating_mul(24 * 60))
}

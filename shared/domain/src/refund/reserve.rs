//! Reserving (预留退费额): never more than was paid, never more often or later than the provider allows. R5.

use super::quote::QuoteLine;
use super::rules::Payout;
use super::{Part, Refund, RefundReason, RefundState};
use crate::fault::{Fault, Kind};
use crate::id::{PersonId, RefundRequestId};
use crate::money::Money;
use crate::payment::{Payment, PaymentState};
use crate::time::Moment;

/// Refunds a provider takes of one payment.
pub const MOST_REFUNDS: u8 = 50;

/// After so many, what comes is gathered and paid out once a month.
pub const MANY_REFUNDS: u8 = 45;

/// Seconds between two refunds of a payment, as a provider wants it.
pub const SECONDS_APART: i64 = 60;

/// Days after the payment within which a provider gives money back.
pub const REFUND_DAYS: i64 = 365;

/// From this day on, the school is told that the time runs out, nothing is kept against the next term any more, and what
/// comes is gathered and paid out once a month.
pub const LATE_DAYS: i64 = 330;

/// On this day the last of what was gathered goes out: so many days are left for a provider that is down, a balance that
/// is short, and a second try. What comes later goes out at once.
pub const LAST_BATCH_DAYS: i64 = 355;

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

/// What is asked back.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// How much.
    pub amount: Money,
    /// Of which lines; empty: of the whole payment.
    pub parts: Vec<Part>,
    /// How the amount comes about.
    pub lines: Vec<QuoteLine>,
    /// How it goes back.
    pub payout: Payout,
    /// Why.
    pub reason: RefundReason,
    /// The refund that was closed and is tried again.
    pub retry_of: Option<u8>,
    /// The request it carries out.
    pub request: Option<RefundRequestId>,
    /// Who is to have it.
    pub payer: Option<PersonId>,
}

/// What of a payment can still go back.
pub fn left(payment: &Payment) -> Money {
    if payment.state != PaymentState::Succeeded {
        return Money::ZERO;
    }
    payment.amount.without(payment.refund_reserved)
}

/// Sets the amount aside on the payment, which is to be written with the refund in one transaction. When few refunds or
/// few days are left, it is gathered in the one that `waiting` is, or in a new one that waits until the month is over.
pub fn reserve(
    payment: &mut Payment,
    waiting: Option<Refund>,
    wanted: Wanted,
    now: Moment,
) -> Result<Refund, ReserveError> {
    let paid = payment.paid.as_ref().filter(|_| payment.state == PaymentState::Succeeded);
    let paid_at = paid.ok_or(ReserveError::NotPaid)?.at;
    let Wanted { amount, parts, lines, payout, reason, retry_of, request, payer } = wanted;
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
    let gathered = waiting.filter(|refund| {
        refund.waits() && refund.payout == payout && refund.not_before.is_some_and(|until| now < until)
    });
    if gathered.is_none() && payment.refunds >= MOST_REFUNDS {
        return Err(ReserveError::TooMany);
    }
    if now > last_moment(paid_at) {
        return Err(ReserveError::TooLate);
    }
    payment.refund_reserved =
        payment.refund_reserved.plus(amount).map_err(|_huge| ReserveError::MoreThanLeft { left })?;
    if let Some(mut refund) = gathered {
        refund.amount = refund.amount.plus(amount).map_err(|_huge| ReserveError::MoreThanLeft { left })?;
        refund.parts.extend(parts);
        refund.lines.extend(lines);
        return Ok(refund);
    }
    payment.refunds = payment.refunds.saturating_add(1);
    let not_before = waits_until(payout, payment.refunds, paid_at, now);
    Ok(Refund {
        parts,
        lines,
        payout,
        not_before,
        retry_of,
        request,
        ..Refund::next(payment, payer, amount, reason, now)
    })
}

/// Until when the `number`-th refund of a payment waits for more to be gathered in it; none: it goes out at once. Whenever
/// that is, the provider still takes it.
fn waits_until(payout: Payout, number: u8, paid_at: Moment, now: Moment) -> Option<Moment> {
    let (late, last) = (late(paid_at), days_after(paid_at, LAST_BATCH_DAYS));
    let until = match payout {
        // Kept against the next term for as long as the provider surely still gives it back.
        Payout::NextTerm if now < late => late,
        // The last ones are kept for what cannot wait; what can is gathered.
        Payout::Original if now < late && number <= MANY_REFUNDS => return None,
        Payout::Original if now < late => next_month(now).min(late),
        Payout::NextTerm | Payout::Original => next_month(now).min(last),
    };
    Some(until).filter(|until| now < *until)
}

/// From when on another refund of a payment may be sent, beside those that were.
pub fn free_from<'r>(sent: impl IntoIterator<Item = &'r Refund>) -> Option<Moment> {
    let last = sent.into_iter().filter_map(|refund| refund.sent_at).max();
    last.map(|last| last.plus_seconds(SECONDS_APART))
}

/// The first moment of the next month.
fn next_month(now: Moment) -> Moment {
    let first = now.day().first_of_month().checked_add(jiff::Span::new().months(1));
    first.ok().and_then(|day| Moment::parse(&format!("{day}T00:00:00+08:00"))).unwrap_or(now)
}

impl Refund {
    /// All of a payment that paid for nothing: whatever the provider's limits are, it is owed.
    pub fn whole(payment: &mut Payment, payer: Option<PersonId>, reason: RefundReason, now: Moment) -> Self {
        payment.refund_reserved = payment.amount;
        payment.refunds = payment.refunds.saturating_add(1);
        Self::next(payment, payer, payment.amount, reason, now)
    }

    /// All of a payment that paid for nothing and of which nothing is set aside. None: it pays its order, or goes back
    /// already, or what was refused of it waits for the school.
    pub fn unreturned(payment: &mut Payment, refunds: &[Self], payer: Option<PersonId>, now: Moment) -> Option<Self> {
        let pays = payment.paid.as_ref().is_none_or(|paid| paid.counted);
        let waits = refunds.iter().any(|refund| !refund.state.holds() && !refund.retried);
        let owed = !pays && !waits && payment.refund_reserved.is_zero();
        owed.then(|| Self::whole(payment, payer, RefundReason::PaidTwice, now))
    }

    /// Lets what is kept against the next term go back now, by the way it came. True when it was kept.
    pub fn release(&mut self) -> bool {
        let kept = self.waits() && self.payout == Payout::NextTerm;
        if kept {
            (self.payout, self.not_before) = (Payout::Original, None);
        }
        kept
    }

    /// What goes back instead of a refund that ended without money, under a new number.
    pub fn again(&self, payment: &mut Payment, now: Moment) -> Result<Self, ReserveError> {
        if !payment.paid.as_ref().is_some_and(|paid| paid.counted) {
            let whole = Self::whole(payment, self.payer.clone(), self.reason, now);
            return Ok(Self { retry_of: Some(self.seq), ..whole });
        }
        let wanted = Wanted {
            amount: self.amount,
            parts: self.parts.clone(),
            lines: self.lines.clone(),
            payout: self.payout,
            reason: self.reason,
            retry_of: Some(self.seq),
            request: self.request.clone(),
            payer: self.payer.clone(),
        };
        reserve(payment, None, wanted, now)
    }

    /// What the school has paid out of its own, instead of a refund that the provider refuses for good. None when it
    /// is not owed any more.
    pub fn by_hand(&self, payment: &mut Payment, now: Moment) -> Option<Self> {
        let ended = matches!(self.state, RefundState::Rejected | RefundState::Closed);
        if !ended || self.retried || self.amount > left(payment) {
            return None;
        }
        payment.refund_reserved = payment.refund_reserved.plus(self.amount).ok()?;
        payment.refunds = payment.refunds.saturating_add(1);
        let (parts, lines, request) = (self.parts.clone(), self.lines.clone(), self.request.clone());
        let next = Self::next(payment, self.payer.clone(), self.amount, self.reason, now);
        let (state, retry_of, ended_at) = (RefundState::Returned, Some(self.seq), Some(now));
        Some(Self { parts, lines, state, ended_at, handed_out_at: Some(now), retry_of, request, ..next })
    }

    pub(super) fn next(
        payment: &Payment,
        payer: Option<PersonId>,
        amount: Money,
        reason: RefundReason,
        now: Moment,
    ) -> Self {
        Self {
            payment: payment.no.clone(),
            seq: payment.refunds,
            school: payment.school.clone(),
            payer,
            amount,
            parts: Vec::new(),
            lines: Vec::new(),
            reason,
            state: RefundState::Reserved,
            payout: Payout::default(),
            not_before: None,
            reserved_at: now,
            sent_at: None,
            queries: 0,
            queried_at: None,
            provider_no: None,
            ended_at: None,
            retry_of: None,
            retried: false,
            request: None,
            accepted_at: None,
            listed_on: None,
            trouble: None,
            handed_out_at: None,
            message: None,
            disputes: Vec::new(),
            snapshot: None,
        }
    }
}

/// Whether the time runs out in which its provider gives a payment back.
pub fn is_late(payment: &Payment, now: Moment) -> bool {
    payment.paid.as_ref().is_some_and(|paid| now >= late(paid.at))
}

fn late(paid_at: Moment) -> Moment {
    days_after(paid_at, LATE_DAYS)
}

fn last_moment(paid_at: Moment) -> Moment {
    days_after(paid_at, REFUND_DAYS)
}

fn days_after(paid_at: Moment, days: i64) -> Moment {
    paid_at.plus_minutes(days.saturating_mul(24 * 60))
}

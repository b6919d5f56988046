//! Settling a refund (退款入账): what the provider says about it, and what that leads to. Evidence is believed when it
//! fits the refund it names; what does not is kept for a person to look at. S34.4 P7.3, R3 R8.

use serde::{Deserialize, Serialize};

use super::{Refund, RefundState, Trouble};
use crate::fault::{Fault, Kind};
use crate::money::Money;
use crate::payment::{Channel, Payment, Source};
use crate::time::Moment;

/// How the provider says a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It was taken on.
    Processing,
    /// The payer's card takes no money.
    Abnormal,
    /// The provider gave up.
    Closed,
    /// The payer has it.
    Done,
}

/// A verified statement of the provider about a refund. Whoever makes one has checked its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundEvidence {
    /// How it reached us.
    pub source: Source,
    /// Who states it.
    pub channel: Channel,
    /// Our number of the refund.
    pub refund: String,
    /// The provider's number of it.
    pub provider_no: String,
    /// The provider's number of the payment's transaction.
    pub transaction: String,
    /// The school's merchant number.
    pub sub_merchant: String,
    /// How much goes back.
    pub amount: Money,
    /// How it stands.
    pub status: Status,
    /// Since when, by the provider's clock.
    pub at: Moment,
    /// When the provider took it on; a notification does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Moment>,
}

/// Why evidence does not fit the refund it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "refund/")]
pub enum RefundMismatch {
    /// Another refund.
    #[error("退款单号与退款单不一致")]
    NumberDiffers,
    /// The amount is another.
    #[error("退款金额与退款单不一致")]
    AmountDiffers,
    /// The money comes from another school.
    #[error("退款商户与支付单不一致")]
    MerchantDiffers,
    /// Of another transaction.
    #[error("退款对应的交易与支付单不一致")]
    TransactionDiffers,
    /// The provider gives it another number than before.
    #[error("支付通道的退款单号与此前不一致")]
    ProviderNumberDiffers,
    /// It was said to be closed, and now to be done, or the other way round.
    #[error("支付通道先后给出相互矛盾的退款结果")]
    Contradiction,
}

impl Fault for RefundMismatch {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What evidence leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It says what is known.
    Unchanged,
    /// The state has risen.
    Risen,
    /// The payer has the money: to be posted.
    Done,
    /// The provider gave up: the amount is free again, and the refund is tried anew.
    Released,
}

/// Enters evidence: the refund rises, and what was set aside on the payment is freed when the provider has given up.
pub fn settle(
    refund: &mut Refund,
    payment: &mut Payment,
    evidence: &RefundEvidence,
) -> Result<Settled, RefundMismatch> {
    fits(refund, payment, evidence)?;
    let next = match evidence.status {
        Status::Processing => RefundState::Processing,
        Status::Abnormal => RefundState::Abnormal,
        Status::Closed => RefundState::Closed,
        Status::Done => RefundState::Done,
    };
    match (refund.state, next) {
        // What the provider refused it has not begun; what it gave up it does not do, and what is done stays done.
        (RefundState::Rejected | RefundState::Closed, RefundState::Done)
        | (RefundState::Rejected | RefundState::Done, RefundState::Closed) => {
            return Err(RefundMismatch::Contradiction);
        }
        (held, next) if rank(next) <= rank(held) => return Ok(Settled::Unchanged),
        _ => {}
    }
    refund.state = next;
    refund.provider_no = Some(evidence.provider_no.clone());
    refund.accepted_at = refund.accepted_at.or(evidence.accepted_at).or(Some(evidence.at));
    refund.trouble = (next == RefundState::Abnormal).then_some(Trouble::PayerAccount);
    if next.is_final() {
        refund.ended_at = Some(evidence.at);
    }
    Ok(match evidence.status {
        Status::Processing | Status::Abnormal => Settled::Risen,
        Status::Done => Settled::Done,
        Status::Closed => {
            free(payment, refund.amount);
            Settled::Released
        }
    })
}

/// The provider refuses a refund that it has never taken on. False: it has, and only its evidence counts.
pub fn reject(refund: &mut Refund, payment: &mut Payment, trouble: Trouble, now: Moment) -> bool {
    let refused = matches!(refund.state, RefundState::Reserved | RefundState::Sent);
    if refused {
        refund.state = RefundState::Rejected;
        refund.trouble = Some(trouble);
        refund.ended_at = Some(now);
        free(payment, refund.amount);
    }
    refused
}

/// The provider gives the money to the school's own card: from now on the school owes it. False: it is not known to be in
/// that state.
pub fn returned(refund: &mut Refund, now: Moment) -> bool {
    let abnormal = refund.state == RefundState::Abnormal;
    if abnormal {
        refund.state = RefundState::Returned;
        refund.ended_at = Some(now);
    }
    abnormal
}

/// The school has paid out by hand what it has from the provider. False: it does not owe it, or not any more.
pub const fn handed_out(refund: &mut Refund, now: Moment) -> bool {
    let owed = refund.is_owed_by_school();
    if owed {
        refund.handed_out_at = Some(now);
    }
    owed
}

fn fits(refund: &Refund, payment: &Payment, evidence: &RefundEvidence) -> Result<(), RefundMismatch> {
    let transaction = payment.paid.as_ref().map(|paid| paid.transaction.as_str());
    if evidence.refund != refund.no().as_str() || evidence.channel != payment.channel {
        Err(RefundMismatch::NumberDiffers)
    } else if evidence.amount != refund.amount {
        Err(RefundMismatch::AmountDiffers)
    } else if evidence.sub_merchant != payment.sub_merchant {
        Err(RefundMismatch::MerchantDiffers)
    } else if transaction != Some(evidence.transaction.as_str()) {
        Err(RefundMismatch::TransactionDiffers)
    } else if refund.provider_no.as_ref().is_some_and(|known| *known != evidence.provider_no) {
        Err(RefundMismatch::ProviderNumberDiffers)
    } else {
        Ok(())
    }
}

const fn rank(state: RefundState) -> u8 {
    match state {
        RefundState::Reserved => 0,
        RefundState::Sent => 1,
        RefundState::Processing => 2,
        RefundState::Abnormal => 3,
        RefundState::Done | RefundState::Closed | RefundState::Rejected | RefundState::Returned => 4,
    }
}

fn free(payment: &mut Payment, amount: Money) {
    payment.refund_reserved = payment.refund_reserved.without(amount);
}

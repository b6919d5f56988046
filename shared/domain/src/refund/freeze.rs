//! Freezing (冻结): what the provider does not know of, asked twice, goes out to nobody until a person has decided. Payments
//! §7.6, S35.1.

use super::{Refund, RefundState, Trouble};
use crate::id::DifferenceId;
use crate::payment::Payment;

impl Payment {
    /// Whether nothing of it may go out now.
    pub fn is_frozen(&self) -> bool {
        !self.frozen.is_empty()
    }
}

impl Refund {
    /// Marks a refund that may not go out. False: it is on its way, or over, or marked.
    pub fn hold_back(&mut self) -> bool {
        let held =
            matches!(self.state, RefundState::Reserved | RefundState::Sent) && self.trouble != Some(Trouble::Frozen);
        if held {
            self.trouble = Some(Trouble::Frozen);
        }
        held
    }
}

/// Freezes a payment for a difference. Its refunds that may still be stopped are marked; which of them were.
pub fn freeze<'r>(payment: &mut Payment, refunds: &'r mut [Refund], by: &DifferenceId) -> Vec<&'r Refund> {
    payment.frozen.insert(by.clone());
    refunds.iter_mut().filter_map(|refund| refund.hold_back().then_some(&*refund)).collect()
}

/// The difference is settled. When no other one holds the payment, its refunds go on; which of them do.
pub fn thaw<'r>(payment: &mut Payment, refunds: &'r mut [Refund], by: &DifferenceId) -> Vec<&'r Refund> {
    if !payment.frozen.remove(by) || payment.is_frozen() {
        return Vec::new();
    }
    let held = refunds.iter_mut().filter(|refund| refund.trouble == Some(Trouble::Frozen));
    held.map(|refund| {
        refund.trouble = None;
        &*refund
    })
    .collect()
}

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::money::Money;
    use crate::refund::RefundReason;
    use crate::time::Moment;

    const NOW: Moment = Moment::from_seconds(1_788_235_200);

    fn paid(counted: bool) -> Payment {
        let paid = json!({"transaction": "42", "at": NOW, "counted": counted, "source": "query", "snapshot": ""});
        serde_json::from_value(json!({
            "no": "20261-7K3M9Q2XAB-01-1", "school": "3144200101", "channel": "wechat", "method": "native",
            "sub_merchant": "1900000201", "amount": 10_000, "state": "succeeded", "sent_at": NOW, "expires_at": NOW,
            "paid": paid,
        }))
        .unwrap()
    }

    fn difference(kind: &str) -> DifferenceId {
        format!("3144200101.2026-09-01.{kind}.20261-7K3M9Q2XAB-01-1").parse().unwrap()
    }

    #[test]
    fn s35_1_a_payment_is_frozen_until_every_difference_that_holds_it_is_settled() {
        let mut payment = paid(true);
        let refund = |state| {
            let refund = Refund::next(&paid(true), None, Money::from_fen(100), RefundReason::Agreed, NOW);
            Refund { state, ..refund }
        };
        let mut refunds = [RefundState::Reserved, RefundState::Sent, RefundState::Done].map(refund);
        let (one, other) = (difference("missing_provider"), difference("amount_mismatch"));
        assert_eq!(freeze(&mut payment, &mut refunds, &one).len(), 2, "what is done is done");
        assert_eq!(freeze(&mut payment, &mut refunds, &other).len(), 0, "they are marked");
        assert_eq!(thaw(&mut payment, &mut refunds, &one).len(), 0);
        assert!(payment.is_frozen());
        assert_eq!(thaw(&mut payment, &mut refunds, &other).len(), 2);
        assert!(!payment.is_frozen() && refunds.iter().all(|refund| refund.trouble.is_none()));
        assert_eq!(thaw(&mut payment, &mut refunds, &other).len(), 0);
    }

    #[test]
    fn s35_1_all_that_was_paid_for_nothing_is_set_aside_once() {
        let mut payment = paid(false);
        let whole = Refund::unreturned(&mut payment, &[], None, NOW).unwrap();
        assert_eq!((whole.amount, payment.refund_reserved, whole.seq), (payment.amount, payment.amount, 1));
        assert_eq!(Refund::unreturned(&mut payment, std::slice::from_ref(&whole), None, NOW), None);
        assert_eq!(Refund::unreturned(&mut paid(true), &[], None, NOW), None, "it pays its order");
        // What the provider refused waits for the school.
        let refused = Refund { state: RefundState::Rejected, ..whole };
        assert_eq!(Refund::unreturned(&mut paid(false), std::slice::from_ref(&refused), None, NOW), None);
        let retried = Refund { retried: true, ..refused };
        assert!(Refund::unreturned(&mut paid(false), &[retried], None, NOW).is_some());
    }
}

//! Paid for nothing (重复支付退还): all of a payment that pays no order is set aside to go back, once. R4, S35.1.

use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::refund::Refund;
use domain::task::{Queue, Task};
use store::{StoreError, Versioned};

use crate::settle::archive;
use crate::{Cashier, CashierError, DECISIONS};

impl Cashier<'_> {
    /// Sets all of a payment aside that was paid by this transaction and pays nothing, unless that was done before. True
    /// when all of it goes back, now or since before.
    pub async fn give_back(&self, no: &PaymentNo, transaction: &str) -> Result<bool, CashierError> {
        for _ in 0..DECISIONS {
            match self.give_back_once(no, transaction).await {
                Err(CashierError::Store(StoreError::Stale)) => {}
                done => return done,
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn give_back_once(&self, no: &PaymentNo, transaction: &str) -> Result<bool, CashierError> {
        let Some(facts) = self.facts(no).await? else { return Ok(false) };
        let mut payment = facts.payment;
        let own = |paid: &domain::payment::Paid| !paid.counted && paid.transaction == transaction;
        if !payment.value.paid.as_ref().is_some_and(own) {
            return Ok(false);
        }
        if payment.value.refund_reserved == payment.value.amount {
            return Ok(true);
        }
        let refunds: Vec<Refund> =
            self.store.refunds(no).await?.into_iter().map(|found| Guarded::unguarded(found).value).collect();
        let payer = facts.record.value.order(&no.order()).map(|order| order.guardian.clone());
        let Some(refund) = Refund::unreturned(&mut payment.value, &refunds, payer, self.now()) else {
            return Ok(false);
        };
        let mut commit = self.commit("payment.give_back");
        commit.task(Task::new(Queue::Refund, refund.no().as_str(), 1, commit.now()))?;
        commit.task(archive(&payment, commit.now()))?;
        commit.save_refund(&Versioned::absent(refund))?;
        commit.save_payment(&payment)?;
        self.store.commit(commit).await?;
        Ok(true)
    }
}

//! Adopting (通道侧退款登记): a refund made in the provider's own console enters the books with the difference it settles,
//! in one transaction. It is posted on the day on which it is entered: the days before it are drawn up. S34.4 S35.1.

use domain::Money;
use domain::access::Guarded;
use domain::alert::Facts;
use domain::id::DifferenceId;
use domain::journal::Entry;
use domain::reconciliation::difference::Said;
use domain::refund::Refund;
use domain::refund::adopt::{AdoptError, Outside, adopt};
use store::{StoreError, Versioned};

use crate::settle::archive;
use crate::{Cashier, CashierError, DECISIONS};

impl Cashier<'_> {
    /// Enters the refund that a difference tells of, as of these courses, and settles the difference.
    pub async fn adopt(
        &self,
        id: &DifferenceId,
        parts: &[(String, Money)],
        said: &Said,
    ) -> Result<Refund, CashierError> {
        for _ in 0..DECISIONS {
            match Box::pin(self.adopt_once(id, parts, said)).await {
                Err(CashierError::Store(StoreError::Stale)) => {}
                done => return done,
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn adopt_once(
        &self,
        id: &DifferenceId,
        parts: &[(String, Money)],
        said: &Said,
    ) -> Result<Refund, CashierError> {
        let difference = self.store.difference(id).await?.map(Guarded::unguarded);
        let mut difference = difference.ok_or(AdoptError::NotOutside)?;
        let outside = Outside::of(&difference.value)?;
        let payment = self.store.payment(&outside.payment).await?.map(Guarded::unguarded);
        let mut payment = payment.ok_or(AdoptError::NotOutside)?;
        let order = outside.payment.order();
        let record = self.store.record(&order.student(), &order.term()).await?.map(Guarded::unguarded);
        let mut record = record.ok_or(AdoptError::NotOutside)?;
        let known =
            (Facts::of_payment(&payment.value, self.now()), Facts::of_difference(&difference.value, self.now()));
        let refund = adopt(&outside, parts, &mut payment.value, &mut record.value, self.now())?;
        difference.value.confirm(said.clone()).map_err(|_settled| AdoptError::Settled)?;

        let mut commit = self.commit("refund.adopt");
        if refund.is_of_order() {
            commit.post_journal(&Entry::owed(&refund, &payment.value, refund.amount, self.now()))?;
            commit.save_record(&record)?;
        }
        commit.post_journal(&Entry::refunded(&refund, &payment.value, self.now()))?;
        self.store.tell(&mut commit, &known.0, &Facts::of_payment(&payment.value, self.now())).await?;
        self.store.tell(&mut commit, &known.1, &Facts::of_difference(&difference.value, self.now())).await?;
        commit.save_difference(&difference)?;
        commit.task(archive(&payment, self.now()))?;
        self.write_refund(commit, Versioned::absent(refund.clone()), &payment).await?;
        Ok(refund)
    }
}

//! Freezing (冻结): what the provider knows nothing of goes out to nobody until a person has decided; then it goes on by
//! itself. Payments §7.6, S35.1.

use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::reconciliation::difference::Difference;
use domain::refund::freeze::{freeze, thaw};
use domain::refund::{Refund, RefundState};
use domain::task::{Queue, Task};
use store::{Commit, StoreError, Versioned};

use crate::{Cashier, CashierError};

impl Cashier<'_> {
    /// Holds back what rests on a payment until the difference is settled. Refunds that wait are marked in the same
    /// transaction, so that none of them can be sent beside it.
    pub async fn freeze(&self, difference: &Versioned<Difference>, no: &PaymentNo) -> Result<(), CashierError> {
        let Some(payment) = self.store.payment(no).await?.map(Guarded::unguarded) else { return Ok(()) };
        let mut difference = difference.clone();
        difference.value.freezes = Some(no.clone());
        let (versions, mut refunds) = self.refunds_of(no).await?;
        let mut frozen = payment.clone();
        let held: Vec<Refund> =
            freeze(&mut frozen.value, &mut refunds, &difference.value.id).into_iter().cloned().collect();
        let mut commit = self.commit("payment.freeze");
        commit.save_payment(&frozen)?;
        commit.save_difference(&difference)?;
        for refund in held {
            save(&mut commit, &versions, refund)?;
        }
        match self.store.commit(commit).await {
            // Something moved meanwhile: the next reading asks the provider again, and freezes what it finds then.
            Err(StoreError::Stale) => Err(StoreError::Stale.into()),
            done => Ok(done?),
        }
    }

    /// Enters into the commit that settles a difference that it holds nothing back any more. What waits goes on.
    pub async fn thaw(&self, commit: &mut Commit, difference: &Difference) -> Result<(), CashierError> {
        let Some(no) = &difference.freezes else { return Ok(()) };
        let Some(mut payment) = self.store.payment(no).await?.map(Guarded::unguarded) else { return Ok(()) };
        let (versions, mut refunds) = self.refunds_of(no).await?;
        let freed: Vec<Refund> =
            thaw(&mut payment.value, &mut refunds, &difference.id).into_iter().cloned().collect();
        commit.save_payment(&payment)?;
        for refund in freed {
            if refund.state == RefundState::Reserved {
                let version = version_of(&versions, &refund).saturating_add(1);
                commit.task(Task::new(Queue::Refund, refund.no().as_str(), version, self.now()))?;
            }
            save(commit, &versions, refund)?;
        }
        Ok(())
    }

    async fn refunds_of(&self, no: &PaymentNo) -> Result<(Vec<Versioned<Refund>>, Vec<Refund>), CashierError> {
        let found = self.store.refunds(no).await?;
        let versions: Vec<_> = found.into_iter().map(Guarded::unguarded).collect();
        let refunds = versions.iter().map(|refund| refund.value.clone()).collect();
        Ok((versions, refunds))
    }
}

fn save(commit: &mut Commit, versions: &[Versioned<Refund>], refund: Refund) -> Result<(), StoreError> {
    match versions.iter().find(|before| before.value.seq == refund.seq) {
        Some(before) => commit.save_refund(&before.with(refund)),
        None => Ok(()),
    }
}

fn version_of(versions: &[Versioned<Refund>], refund: &Refund) -> u64 {
    versions.iter().find(|before| before.value.seq == refund.seq).map_or(0, |before| before.ver)
}

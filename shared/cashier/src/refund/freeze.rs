//! Freezing (冻结): what the provider knows nothing of goes out to nobody until a person has decided; then it goes on by
//! itself. Payments §7.6, S35.1.

use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::payment::Payment;
use domain::reconciliation::difference::Difference;
use domain::refund::Refund;
use domain::refund::freeze::{freeze, thaw};
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
        Ok(self.store.commit(commit).await?)
    }

    /// Whether a payment is held back still. Once all that held it is settled, by a person or because the provider knows
    /// it after all, it is let go, and its refunds with it.
    pub(super) async fn is_held(&self, payment: &Versioned<Payment>) -> Result<bool, CashierError> {
        let mut settled = Vec::new();
        for id in &payment.value.frozen {
            let difference = self.store.difference(id).await?.map(Guarded::unguarded);
            if difference.is_none_or(|difference| !difference.value.is_open()) {
                settled.push(id.clone());
            }
        }
        if settled.is_empty() {
            return Ok(payment.value.is_frozen());
        }
        let (versions, mut refunds) = self.refunds_of(&payment.value.no).await?;
        let mut next = payment.clone();
        let mut commit = self.commit("payment.thaw");
        for id in &settled {
            for refund in thaw(&mut next.value, &mut refunds, id) {
                save(&mut commit, &versions, refund.clone())?;
            }
        }
        commit.save_payment(&next)?;
        self.store.commit(commit).await?;
        Ok(next.value.is_frozen())
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

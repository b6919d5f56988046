//! Mending (退费异常处理): what the school does about a refund that does not arrive. Each act is written before or with
//! what it brings about, and only evidence says that money moved. S34.4 P7.3.

use domain::Fault as _;
use domain::id::RefundNo;
use domain::journal::Entry;
use domain::refund::RefundState;
use domain::refund::settle::{handed_out, returned};
use domain::task::{Queue, Task};
use gateway::channel::{Channels, Redirection};
use store::{StoreError, Versioned};

use super::carry::order_of;
use crate::settle::archive;
use crate::{Cashier, CashierError};

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// It was done.
    Done,
    /// The refund is not in a state in which it can be.
    NotNow,
    /// There is no such refund.
    Unknown,
}

impl Cashier<'_> {
    /// Has the provider send an abnormal refund elsewhere: to another card of the payer, or to the school's account.
    pub async fn redirect(
        &self,
        channels: &Channels,
        no: &RefundNo,
        to: &Redirection,
        public_url: &str,
    ) -> Result<Mended, CashierError> {
        let Some(pair) = self.pair(no).await? else { return Ok(Mended::Unknown) };
        let (Some(order), Some(provider_no)) = (order_of(&pair, public_url), &pair.refund.value.provider_no) else {
            return Ok(Mended::NotNow);
        };
        if pair.refund.value.state != RefundState::Abnormal || self.is_held(&pair.payment).await? {
            return Ok(Mended::NotNow);
        }
        let evidence = channels.redirect_abnormal(&order, provider_no, to).await?;
        match to {
            // From now on it is the school that owes it, whatever the provider says of the way to the school.
            Redirection::School => self.give_to_school(no).await,
            Redirection::Payer { .. } => {
                self.settle_refund(&evidence, None).await?;
                Ok(Mended::Done)
            }
        }
    }

    /// The provider gives it to the school's account.
    async fn give_to_school(&self, no: &RefundNo) -> Result<Mended, CashierError> {
        let Some(mut pair) = self.pair(no).await? else { return Ok(Mended::Unknown) };
        if !returned(&mut pair.refund.value, self.now()) {
            return Ok(Mended::NotNow);
        }
        let mut commit = self.commit("refund.redirect");
        commit.post_journal(&Entry::returned(&pair.refund.value, &pair.payment.value, self.now()))?;
        self.tell(&mut commit, &pair.told, (&pair.refund.value, &pair.payment.value)).await?;
        self.write_refund(commit, pair.refund, &pair.payment).await?;
        Ok(Mended::Done)
    }

    /// The school has paid it out by hand: what the provider gave to the school's account, or what it refused for good.
    pub async fn hand_out(&self, no: &RefundNo) -> Result<Mended, CashierError> {
        let Some(pair) = self.pair(no).await? else { return Ok(Mended::Unknown) };
        // The money may never have come, or may have gone back before.
        if self.is_held(&pair.payment).await? {
            return Ok(Mended::NotNow);
        }
        // Read again: what was held may just have been let go.
        let Some(mut pair) = self.pair(no).await? else { return Ok(Mended::Unknown) };
        if pair.refund.value.state == RefundState::Abnormal {
            // Given to the school in the provider's own console.
            return match self.give_to_school(no).await? {
                Mended::Done => Box::pin(self.hand_out(no)).await,
                other @ (Mended::NotNow | Mended::Unknown) => Ok(other),
            };
        }
        let mut commit = self.commit("refund.hand_out");
        if handed_out(&mut pair.refund.value, self.now()) {
            commit.post_journal(&Entry::handed_out(&pair.refund.value, &pair.payment.value, self.now()))?;
            self.tell(&mut commit, &pair.told, (&pair.refund.value, &pair.payment.value)).await?;
            commit.save_refund(&pair.refund)?;
            return Ok(self.store.commit(commit).await.map(|()| Mended::Done)?);
        }
        let Some(next) = pair.refund.value.by_hand(&mut pair.payment.value, self.now()) else {
            return Ok(Mended::NotNow);
        };
        pair.refund.value.retried = true;
        self.tell(&mut commit, &pair.told, (&pair.refund.value, &pair.payment.value)).await?;
        commit.save_refund(&pair.refund)?;
        commit.post_journal(&Entry::handed_out(&next, &pair.payment.value, self.now()))?;
        self.write_refund(commit, Versioned::absent(next), &pair.payment).await?;
        Ok(Mended::Done)
    }

    /// Lets what is kept against the next term go back now, by the way it came.
    pub async fn release_refund(&self, no: &RefundNo) -> Result<Mended, CashierError> {
        let Some(mut pair) = self.pair(no).await? else { return Ok(Mended::Unknown) };
        if !pair.refund.value.release() {
            return Ok(Mended::NotNow);
        }
        let mut commit = self.commit("refund.release");
        commit.task(Task::new(Queue::Refund, no.as_str(), 1, commit.now()))?;
        commit.save_refund(&pair.refund)?;
        match self.store.commit(commit).await {
            // It was sent at this moment, or has grown.
            Err(StoreError::Stale) => Ok(Mended::NotNow),
            done => Ok(done.map(|()| Mended::Done)?),
        }
    }

    /// Tries a refund anew, under a new number, that the provider refused.
    pub async fn retry(&self, no: &RefundNo) -> Result<Mended, CashierError> {
        let Some(mut pair) = self.pair(no).await? else { return Ok(Mended::Unknown) };
        if !matches!(pair.refund.value.state, RefundState::Rejected | RefundState::Closed) || pair.refund.value.retried
        {
            return Ok(Mended::NotNow);
        }
        let mut commit = self.commit("refund.retry");
        let next = match pair.refund.value.again(&mut pair.payment.value, commit.now()) {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(refund = no.as_str(), slug = error.slug(), "refund cannot be tried anew");
                return Ok(Mended::NotNow);
            }
        };
        pair.refund.value.retried = true;
        commit.task(Task::new(Queue::Refund, next.no().as_str(), 1, commit.now()))?;
        commit.task(archive(&pair.payment, commit.now()))?;
        self.tell(&mut commit, &pair.told, (&pair.refund.value, &pair.payment.value)).await?;
        commit.save_refund(&Versioned::absent(next))?;
        commit.save_refund(&pair.refund)?;
        commit.save_payment(&pair.payment)?;
        match self.store.commit(commit).await {
            Err(StoreError::Stale) => Ok(Mended::NotNow),
            done => Ok(done.map(|()| Mended::Done)?),
        }
    }
}

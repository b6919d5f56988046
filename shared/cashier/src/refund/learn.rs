//! Learning (退款结果入账): the one way by which a verified statement about a refund takes effect, once. R3 R8, P2 P5.

use domain::Fault as _;
use domain::alert::Facts;
use domain::id::RefundNo;
use domain::journal::Entry;
use domain::payment::Payment;
use domain::refund::Refund;
use domain::refund::settle::{RefundEvidence, RefundMismatch, Settled, settle};
use domain::snapshot::Snapshot;
use domain::task::{Queue, Task};
use store::money::RawEvent;
use store::{Commit, StoreError, Versioned};

use crate::{Cashier, CashierError, DECISIONS};

/// What became of a statement about a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundSettled {
    /// It said what was known.
    Known,
    /// The refund has risen.
    Risen,
    /// The payer has the money, since now.
    Done,
    /// The provider gave up, and it goes back under a new number.
    Again,
    /// It names a refund we have not, or does not fit it. It is kept and changes nothing.
    Quarantined,
}

/// A refund with its payment, and what of both needed a person when they were read.
pub(super) struct Pair {
    pub(super) refund: Versioned<Refund>,
    pub(super) payment: Versioned<Payment>,
    pub(super) told: Told,
}

/// What of a refund and of its payment needs a person.
pub(super) struct Told {
    refund: Facts,
    payment: Facts,
}

impl Cashier<'_> {
    /// Applies a verified statement about a refund, together with the notification that brought it.
    pub async fn settle_refund(
        &self,
        evidence: &RefundEvidence,
        event: Option<RawEvent>,
    ) -> Result<RefundSettled, CashierError> {
        for _ in 0..DECISIONS {
            match self.settle_refund_once(evidence, event.clone()).await {
                Err(CashierError::Store(StoreError::Stale)) => {}
                done => return done,
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn settle_refund_once(
        &self,
        evidence: &RefundEvidence,
        event: Option<RawEvent>,
    ) -> Result<RefundSettled, CashierError> {
        let no = evidence.refund.parse::<RefundNo>().ok();
        let pair = match &no {
            Some(no) => self.pair(no).await?,
            None => None,
        };
        let Some(mut pair) = pair else {
            self.quarantine(event, "refund/unknown").await?;
            return Ok(RefundSettled::Quarantined);
        };
        match settle(&mut pair.refund.value, &mut pair.payment.value, evidence) {
            Ok(Settled::Unchanged) => Ok(RefundSettled::Known),
            Ok(settled) => self.learnt(pair, settled, event).await,
            Err(mismatch) => self.refund_mismatch(mismatch, event).await,
        }
    }

    /// A refund and its payment; none when there is no such refund.
    pub(super) async fn pair(&self, no: &RefundNo) -> Result<Option<Pair>, CashierError> {
        let payment = no.payment();
        let found = futures::try_join!(self.store.refund(no), self.store.payment(&payment))?;
        let (Some(refund), Some(payment)) = found else { return Ok(None) };
        let (refund, payment) = (refund.unguarded(), payment.unguarded());
        let told =
            Told { refund: Facts::of_refund(&refund.value), payment: Facts::of_payment(&payment.value, self.now()) };
        Ok(Some(Pair { refund, payment, told }))
    }

    /// Tells the school, in the change itself, of what needs a person since now, or does no more.
    pub(super) async fn tell(
        &self,
        commit: &mut Commit,
        told: &Told,
        (refund, payment): (&Refund, &Payment),
    ) -> Result<(), CashierError> {
        self.store.tell(commit, &told.refund, &Facts::of_refund(refund)).await?;
        Ok(self.store.tell(commit, &told.payment, &Facts::of_payment(payment, self.now())).await?)
    }

    async fn learnt(
        &self,
        Pair { mut refund, mut payment, told: known }: Pair,
        settled: Settled,
        event: Option<RawEvent>,
    ) -> Result<RefundSettled, CashierError> {
        let mut commit = self.commit("refund.learn");
        let first = refund.value.accepted_at.filter(|_| refund.value.listed_on.is_none());
        if let Some(accepted_at) = first {
            refund.value.listed_on = Some(accepted_at.day());
            commit.list_refund(&refund.value, accepted_at.day())?;
        }
        let told = match settled {
            Settled::Unchanged | Settled::Risen => RefundSettled::Risen,
            Settled::Done => {
                let at = refund.value.ended_at.unwrap_or_else(|| commit.now());
                commit.post_journal(&Entry::refunded(&refund.value, &payment.value, at))?;
                RefundSettled::Done
            }
            Settled::Released => {
                refund.value.retried = Self::again(&mut commit, &refund.value, &mut payment)?;
                RefundSettled::Again
            }
        };
        self.tell(&mut commit, &known, (&refund.value, &payment.value)).await?;
        if let Some(event) = event {
            refund.value.message = Some(event.message());
            commit.event(event)?;
        }
        self.write_refund(commit, refund, &payment).await?;
        Ok(told)
    }

    /// Writes a refund with its payment; one that has ended is hashed and handed to the archive.
    pub(super) async fn write_refund(
        &self,
        mut commit: Commit,
        mut refund: Versioned<Refund>,
        payment: &Versioned<Payment>,
    ) -> Result<(), CashierError> {
        refund.value.snapshot = Snapshot::of_refund(&refund.value, &payment.value).map(|snapshot| snapshot.hash);
        if refund.value.snapshot.is_some() {
            commit.task(Task::new(Queue::Archive, refund.value.no().as_str(), 1, commit.now()))?;
        }
        commit.save_refund(&refund)?;
        commit.save_payment(payment)?;
        Ok(self.store.commit(commit).await?)
    }

    /// What the provider gave up goes back under a new number. One that cannot, since the provider takes no more or it
    /// is too late, waits for the school.
    fn again(commit: &mut Commit, refund: &Refund, payment: &mut Versioned<Payment>) -> Result<bool, CashierError> {
        match refund.again(&mut payment.value, commit.now()) {
            Ok(next) => {
                commit.task(Task::new(Queue::Refund, next.no().as_str(), 1, commit.now()))?;
                commit.save_refund(&Versioned::absent(next))?;
                Ok(true)
            }
            Err(error) => {
                let slug = error.slug();
                tracing::error!(refund = refund.no().as_str(), %error, slug, "refund waits for the school");
                Ok(false)
            }
        }
    }

    async fn refund_mismatch(
        &self,
        mismatch: RefundMismatch,
        event: Option<RawEvent>,
    ) -> Result<RefundSettled, CashierError> {
        self.quarantine(event, mismatch.into()).await?;
        Ok(RefundSettled::Quarantined)
    }
}

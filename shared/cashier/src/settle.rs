//! Settling (入账): the one way by which a verified statement of payment takes effect, once. R2–R4, P2–P5.

use domain::Moment;
use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::journal::Entry;
use domain::order::{count, give_back};
use domain::payment::{Evidence, Message, Mismatch, Payment, Settlement, settle};
use domain::record::TermRecord;
use domain::refund::RefundReason;
use domain::seat::Seat;
use domain::task::{Queue, Task};
use store::money::RawEvent;
use store::{StoreError, Versioned};

use crate::{Cashier, CashierError, DECISIONS};

/// What became of a statement of payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It pays its order, since now.
    Counted,
    /// It pays nothing; all of it is reserved to go back, since now.
    Returned(RefundReason),
    /// It was applied before.
    Known,
    /// It names a payment we have not, or does not fit it. It is kept and changes nothing.
    Quarantined,
}

/// A payment with the record of its order.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) payment: Versioned<Payment>,
    pub(crate) record: Versioned<TermRecord>,
}

impl Cashier<'_> {
    /// Applies a verified statement of payment, together with the notification that brought it.
    pub async fn settle(&self, evidence: &Evidence, event: Option<RawEvent>) -> Result<Settled, CashierError> {
        for _ in 0..DECISIONS {
            match Box::pin(self.settle_once(evidence, event.clone())).await {
                Err(CashierError::Store(StoreError::Stale)) => {}
                done => return done,
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn settle_once(&self, evidence: &Evidence, event: Option<RawEvent>) -> Result<Settled, CashierError> {
        let Some(facts) = self.facts(&evidence.payment).await? else {
            return self.quarantine(event, "payment/unknown").await;
        };
        match settle(&facts.payment.value, &facts.record.value, evidence) {
            Ok(Settlement::Known) => Ok(Settled::Known),
            Ok(Settlement::Counts) => self.counts(facts, evidence, event, None).await,
            Ok(Settlement::Return(reason)) => self.goes_back(facts, evidence, event, reason).await,
            Ok(Settlement::Retake) => match self.retake(&facts).await? {
                Some(claims) => {
                    let settled = self.counts(facts, evidence, event, Some(&claims.seats())).await;
                    if matches!(settled, Err(CashierError::Store(StoreError::Stale))) {
                        claims.give_back(self.store).await;
                    }
                    settled
                }
                None => self.goes_back(facts, evidence, event, RefundReason::SeatsGone).await,
            },
            Err(mismatch) => self.mismatch(event, mismatch).await,
        }
    }

    /// The payment and the record of its order; none when there is no such payment.
    pub(crate) async fn facts(&self, no: &PaymentNo) -> Result<Option<Facts>, CashierError> {
        let order = no.order();
        let Some(payment) = self.store.payment(no).await?.map(Guarded::unguarded) else { return Ok(None) };
        let record = self.store.record(&order.student(), &order.term()).await?.map(Guarded::unguarded);
        let empty = || Versioned::absent(TermRecord::new(order.student(), order.term(), payment.value.school.clone()));
        Ok(Some(Facts { record: record.unwrap_or_else(empty), payment }))
    }

    /// The order is paid. Seats that had to be taken again are confirmed in the same transaction; held ones are safe by
    /// the record and confirmed after it, since a transaction would stand in the way of the rush.
    async fn counts(
        &self,
        facts: Facts,
        evidence: &Evidence,
        event: Option<RawEvent>,
        retaken: Option<&[Seat]>,
    ) -> Result<Settled, CashierError> {
        let no = facts.payment.value.no.order();
        let exchange = self.exchange_of(&facts.record.value, &no).await?;
        let known = facts.clone();
        let Facts { mut payment, mut record } = facts;
        let message = event.as_ref().map(RawEvent::message);
        count(&mut payment.value, &mut record.value, evidence, retaken.unwrap_or_default());
        told_by(&mut payment.value, message);
        let mut commit = self.commit("payment.succeed");
        if let Some(request) = exchange {
            match self.exchange_paid(&mut record.value, request) {
                Some(done) => self.write_paid_exchange(&mut commit, &record.value, done).await?,
                None => return self.goes_back(known, evidence, event, RefundReason::OrderEnded).await,
            }
        }
        commit.save_payment(&payment)?;
        commit.save_record(&record)?;
        commit.post_journal(&Entry::paid(evidence, &payment.value.school, true))?;
        commit.task(archive(&payment, commit.now()))?;
        if let Some(event) = event {
            commit.event(event)?;
        }
        let order = record.value.order(&no).cloned();
        if let (Some(order), Some(_)) = (&order, retaken) {
            commit.confirm_seats(&record.value, order);
        }
        self.store.commit(commit).await?;
        // One that continues another has no seats of its own.
        if let (Some(order), None) = (order.filter(|order| order.continues.is_none()), retaken) {
            self.confirm(&record.value, &order).await;
        }
        Ok(Settled::Counted)
    }

    async fn goes_back(
        &self,
        facts: Facts,
        evidence: &Evidence,
        event: Option<RawEvent>,
        reason: RefundReason,
    ) -> Result<Settled, CashierError> {
        let Facts { mut payment, record } = facts;
        let mut commit = self.commit("payment.return");
        let refund = Versioned::absent(give_back(&mut payment.value, &record.value, evidence, reason, commit.now()));
        told_by(&mut payment.value, event.as_ref().map(RawEvent::message));
        commit.save_payment(&payment)?;
        commit.save_refund(&refund)?;
        commit.post_journal(&Entry::paid(evidence, &payment.value.school, false))?;
        commit.task(archive(&payment, commit.now()))?;
        commit.task(Task::new(Queue::Refund, refund.value.no().as_str(), 1, commit.now()))?;
        if let Some(event) = event {
            commit.event(event)?;
        }
        self.store.commit(commit).await?;
        Ok(Settled::Returned(reason))
    }

    async fn mismatch(&self, event: Option<RawEvent>, mismatch: Mismatch) -> Result<Settled, CashierError> {
        self.quarantine(event, mismatch.into()).await
    }

    /// Keeps what does not fit where people will look for it, and says so in the security log.
    pub async fn quarantine(&self, event: Option<RawEvent>, reason: &'static str) -> Result<Settled, CashierError> {
        tracing::warn!(security = true, reason, actor = self.actor.as_str(), "statement of payment quarantined");
        if let Some(mut event) = event {
            event.quarantined = Some(reason.to_owned());
            self.store.keep_event(event, self.commit("payment.quarantine")).await?;
        }
        Ok(Settled::Quarantined)
    }
}

/// Notes which message told of the success, so that it is found again from the payment.
fn told_by(payment: &mut Payment, message: Option<Message>) {
    if let Some(paid) = payment.paid.as_mut() {
        paid.message = message;
    }
}

/// What a change of a payment, or of a refund of it, has the archive write anew.
pub(crate) fn archive(payment: &Versioned<Payment>, now: Moment) -> Task {
    Task::new(Queue::Archive, payment.value.no.as_str(), payment.ver.saturating_add(1), now)
}

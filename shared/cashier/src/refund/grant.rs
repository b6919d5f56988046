//! Granting (退费审核通过): the seat goes, the money is set aside and the refund promised in one transaction. S16 S29 P13,
//! R5.

use domain::access::Guarded;
use domain::alert::Facts;
use domain::id::{PersonId, RefundNo, RefundRequestId};
use domain::journal::Entry;
use domain::payment::Payment;
use domain::record::TermRecord;
use domain::refund::request::{Party, RefundRequest, RequestState};
use domain::refund::{Refund, RefundReason};
use domain::task::{Queue, Task};
use store::{StoreError, Versioned};

use super::quote::Wish;
use crate::{Cashier, CashierError, DECISIONS};

impl Cashier<'_> {
    /// Grants a request, by a party's word or, when nobody's is wanted, by itself. One that was granted before stays as
    /// it is.
    pub async fn grant(
        &self,
        id: &RefundRequestId,
        by: Option<(&PersonId, Party)>,
    ) -> Result<Option<Versioned<RefundRequest>>, CashierError> {
        for _ in 0..DECISIONS {
            let Some(request) = self.store.refund_request(id).await?.map(Guarded::unguarded) else { return Ok(None) };
            if by.is_none() && (request.value.state != RequestState::Asked || request.value.waits_for.is_some()) {
                return Ok(Some(request));
            }
            match Box::pin(self.grant_once(request, by)).await {
                Err(CashierError::Store(StoreError::Stale)) => {}
                granted => return granted.map(Some),
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn grant_once(
        &self,
        mut request: Versioned<RefundRequest>,
        by: Option<(&PersonId, Party)>,
    ) -> Result<Versioned<RefundRequest>, CashierError> {
        request.value.check(by)?;
        let order = request.value.order.clone();
        let mut record = self.record_of(&request.value).await?;
        let mut payment = match record.value.order(&order).and_then(|order| order.payment().cloned()) {
            Some(no) => self.store.payment(&no).await?.map(Guarded::unguarded),
            None => None,
        };
        let waiting = match &payment {
            Some(payment) => self.waiting_refund(&payment.value).await?,
            None => None,
        };
        let wish = match request.value.basis {
            RefundReason::ByRule(trigger) => Wish::ByRule(trigger),
            RefundReason::SeatsGone
            | RefundReason::OrderEnded
            | RefundReason::PaidTwice
            | RefundReason::Agreed
            | RefundReason::Exchanged
            | RefundReason::Outside => Wish::Agreed(request.value.quote.total),
        };
        let place = (&order, &request.value.course);
        let today = self.quote(&record.value, place, wish, request.value.on).await?;
        let amount = today.total;
        let mut later = Vec::new();
        for no in request.value.later_parts(&record.value)? {
            let quote = self.quote(&record.value, (&no, &request.value.course), wish, request.value.on).await?;
            later.push((no, quote));
        }
        let seat = record.value.order(&order).filter(|order| order.continues.is_none());
        let seat = seat.and_then(|order| order.line(&request.value.course).cloned());
        let known = payment.as_ref().map(|payment| Facts::of_payment(&payment.value, self.now()));
        let set_aside =
            payment.as_mut().map(|payment| (&mut payment.value, waiting.as_ref().map(|waiting| waiting.value.clone())));
        let refund = request.value.grant(by, today, &mut record.value, set_aside, self.now())?;

        let mut commit = self.commit("refund.grant");
        for (no, quote) in later {
            let part = request.value.of_later_part(&mut record.value, &no, quote, commit.now());
            commit.task(Task::new(Queue::Refund, part.id.as_str(), 1, commit.now()))?;
            commit.save_refund_request(&Versioned::absent(part))?;
        }
        commit.save_refund_request(&request)?;
        commit.save_record(&record)?;
        if let Some(line) = seat.filter(|_| request.value.leaves()) {
            commit.free_seat_of(&record.value, &line);
            self.leave_classes(&mut commit, &record.value, &[line], request.value.on).await?;
        }
        if let (Some(refund), Some(payment)) = (refund, &payment) {
            let grown = waiting.filter(|waiting| waiting.value.seq == refund.seq);
            if let Some(known) = known {
                self.store.tell(&mut commit, &known, &Facts::of_payment(&payment.value, self.now())).await?;
            }
            commit.save_payment(payment)?;
            commit.post_journal(&Entry::owed(&refund, &payment.value, amount, commit.now()))?;
            let task = Task::new(Queue::Refund, refund.no().as_str(), 1, commit.now());
            commit.task(task.not_before(refund.not_before))?;
            commit.save_refund(&Versioned::next(grown.as_ref(), refund))?;
        }
        self.store.commit(commit).await?;
        request.ver = request.ver.saturating_add(1);
        Ok(request)
    }

    /// Refuses a request, with the reason for who asked.
    pub async fn refuse(
        &self,
        id: &RefundRequestId,
        by: (&PersonId, Party),
        reason: String,
    ) -> Result<Option<Versioned<RefundRequest>>, CashierError> {
        for _ in 0..DECISIONS {
            let Some(mut request) = self.store.refund_request(id).await?.map(Guarded::unguarded) else {
                return Ok(None);
            };
            let mut record = self.record_of(&request.value).await?;
            request.value.refuse(by, reason.clone(), &mut record.value, self.now())?;
            let mut commit = self.commit("refund.refuse");
            commit.save_refund_request(&request)?;
            commit.save_record(&record)?;
            match self.store.commit(commit).await {
                Err(StoreError::Stale) => {}
                done => {
                    done?;
                    request.ver = request.ver.saturating_add(1);
                    return Ok(Some(request));
                }
            }
        }
        Err(StoreError::Stale.into())
    }

    /// The record of the pupil whose line a request is about.
    pub async fn record_of(&self, request: &RefundRequest) -> Result<Versioned<TermRecord>, CashierError> {
        let (student, term) = (request.order.student(), request.order.term());
        let record = self.store.record(&student, &term).await?.map(Guarded::unguarded);
        Ok(record.ok_or_else(|| StoreError::Missing(store::key::record(&student, &term)))?)
    }

    /// The refund of a payment that still waits to be sent, and may grow until then.
    pub(crate) async fn waiting_refund(&self, payment: &Payment) -> Result<Option<Versioned<Refund>>, CashierError> {
        if payment.refunds == 0 {
            return Ok(None);
        }
        let last = self.store.refund(&RefundNo::new(&payment.no, payment.refunds)).await?.map(Guarded::unguarded);
        Ok(last.filter(|last| last.value.waits()))
    }
}

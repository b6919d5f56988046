//! Asking (申请退费): a request is taken, the line is marked by it, and it is granted at once when nobody has to agree. P4
//! P7 S16.

use domain::access::Guarded;
use domain::id::{CourseCode, OfferingId, OrderNo, PersonId, RefundRequestId, StudentId, TermCode};
use domain::order::cancel;
use domain::record::{Leaving, Line, Order, OrderState, TermRecord};
use domain::refund::facts::Trigger;
use domain::refund::request::{Asked, Party, RefundRequest};
use domain::task::{Queue, Task};
use jiff::civil::Date;
use store::{StoreError, Versioned};

use super::quote::Wish;
use crate::{Cashier, CashierError, DECISIONS};

/// Who asks when an offering is given up, or when the rules do.
pub(super) const NOBODY: &str = "0000000000";

/// What a school has decided for all whom it concerns.
#[derive(Clone, Copy)]
pub(super) struct Decided<'a> {
    /// Why something goes back.
    pub(super) trigger: Trigger,
    /// From which day on.
    pub(super) on: Date,
    /// Who has decided.
    pub(super) by: &'a PersonId,
    /// What the school writes to it.
    pub(super) note: Option<&'a str>,
}

impl Cashier<'_> {
    /// Takes a request for a line. The same request is taken once.
    pub async fn ask_refund(
        &self,
        asked: &Asked,
        place: (&OrderNo, &CourseCode),
        wish: Wish,
    ) -> Result<Versioned<RefundRequest>, CashierError> {
        for _ in 0..DECISIONS {
            let taken = match self.store.refund_request(&asked.id).await? {
                Some(found) => Ok(found.unguarded()),
                None => Box::pin(self.take_request(asked, place, wish)).await,
            };
            match taken {
                Err(CashierError::Store(StoreError::Stale)) => {}
                Ok(request) if request.value.waits_for.is_none() => {
                    return Ok(Box::pin(self.grant(&asked.id, None)).await?.unwrap_or(request));
                }
                done => return done,
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn take_request(
        &self,
        asked: &Asked,
        (no, course): (&OrderNo, &CourseCode),
        wish: Wish,
    ) -> Result<Versioned<RefundRequest>, CashierError> {
        let (student, term) = (no.student(), no.term());
        let record = self.store.record(&student, &term).await?.map(Guarded::unguarded);
        let mut record = record.ok_or_else(|| StoreError::Missing(store::key::record(&student, &term)))?;
        let quote = self.quote(&record.value, (no, course), wish, asked.on).await?;
        let request = RefundRequest::ask(asked.clone(), &mut record.value, (no, course), quote, self.now())?;
        let mut request = Versioned::absent(request);
        let mut commit = self.commit("refund.ask_refund");
        commit.save_refund_request(&request)?;
        commit.save_record(&record)?;
        if request.value.waits_for.is_none() {
            // Whoever stops before it is granted: the task grants it.
            commit.task(Task::new(Queue::Refund, asked.id.as_str(), 1, commit.now()))?;
        }
        self.store.commit(commit).await?;
        request.ver = 1;
        Ok(request)
    }

    /// Lets a pupil leave an offering that is given up. False: the pupil's order is not paid, and ends in its own way.
    pub async fn leave_cancelled(&self, student: &StudentId, offering: &OfferingId) -> Result<bool, CashierError> {
        let Some(record) = self.store.record(student, &offering.term()).await?.map(Guarded::unguarded) else {
            return Ok(true);
        };
        let Some((order, line)) = record.value.seat_in(&offering.course()) else { return Ok(true) };
        if order.state != OrderState::Paid {
            return Ok(false);
        }
        let Ok(by) = NOBODY.parse::<PersonId>() else { return Ok(false) };
        let decided = Decided { trigger: Trigger::ClassCancelled, on: self.now().day(), by: &by, note: None };
        let id = RefundRequestId::of_class(offering, student);
        self.leave_decided(id, (order, line), decided).await.map(|_| true)
    }

    /// Lets a pupil leave a course whom the school has decided to let go. A request that waits for it is taken back: this
    /// one is in its place.
    async fn leave_decided(
        &self,
        id: RefundRequestId,
        (order, line): (&Order, &Line),
        decided: Decided<'_>,
    ) -> Result<Versioned<RefundRequest>, CashierError> {
        match &line.leaving {
            Some(Leaving::Asked(other)) if *other != id => self.take_back(other, &order.guardian).await?,
            Some(Leaving::Exchanging(id)) => self.call_off_move(id).await?,
            Some(Leaving::Asked(_) | Leaving::Left(_)) | None => {}
        }
        self.ask_decided(id, (&order.no, &line.course), decided).await
    }

    /// Asks for what the school has decided, and grants it.
    pub(super) async fn ask_decided(
        &self,
        id: RefundRequestId,
        place: (&OrderNo, &CourseCode),
        Decided { trigger, on, by, note }: Decided<'_>,
    ) -> Result<Versioned<RefundRequest>, CashierError> {
        let wish = Wish::ByRule(trigger);
        let asked = Asked {
            id,
            request: String::new(),
            basis: wish.basis(),
            why: None,
            note: note.map(str::to_owned),
            on,
            by: by.clone(),
            party: Party::School,
            decided: true,
        };
        self.ask_refund(&asked, place, wish).await
    }

    /// Lets a pupil who leaves the school go: each course that is paid is left by a request of its own, and orders that
    /// wait begin to end. Called again, it goes on where it stopped. All requests by which the pupil has left.
    pub async fn transfer_out(
        &self,
        student: &StudentId,
        term: &TermCode,
        (on, by): (Date, &PersonId),
    ) -> Result<Vec<Versioned<RefundRequest>>, CashierError> {
        let Some(record) = self.end_waiting(student, term).await? else { return Ok(Vec::new()) };
        let mut requests = Vec::new();
        for order in record.orders.iter().filter(|order| order.state == OrderState::Paid && order.continues.is_none()) {
            for line in &order.lines {
                let id = RefundRequestId::of_transfer(&record.school, &order.no, &line.course);
                if line.has_left() {
                    requests.extend(self.store.refund_request(&id).await?.map(Guarded::unguarded));
                } else {
                    let decided = Decided { trigger: Trigger::Transfer, on, by, note: None };
                    requests.push(self.leave_decided(id, (order, line), decided).await?);
                }
            }
        }
        Ok(requests)
    }

    /// Has the orders of a pupil that wait to be paid begin to end; the sweeper ends them. The record as it is then.
    async fn end_waiting(&self, student: &StudentId, term: &TermCode) -> Result<Option<TermRecord>, CashierError> {
        for _ in 0..DECISIONS {
            let Some(mut record) = self.store.record(student, term).await?.map(Guarded::unguarded) else {
                return Ok(None);
            };
            // What is paid is left, and with it ends what continues it.
            let waits = |order: &&mut Order| order.state == OrderState::Pending && order.continues.is_none();
            let ended = record.value.orders.iter_mut().filter(waits).filter_map(|order| cancel(order).ok()).count();
            if ended == 0 {
                return Ok(Some(record.value));
            }
            let mut commit = self.commit("refund.transfer_out");
            commit.save_record(&record)?;
            match self.store.commit(commit).await {
                Err(StoreError::Stale) => {}
                written => return Ok(written.map(|()| Some(record.value))?),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// Takes a request back that nobody has decided.
    pub async fn take_back(&self, id: &RefundRequestId, by: &PersonId) -> Result<(), CashierError> {
        for _ in 0..DECISIONS {
            let Some(mut request) = self.store.refund_request(id).await?.map(Guarded::unguarded) else { return Ok(()) };
            let mut record = self.record_of(&request.value).await?;
            request.value.take_back(by, &mut record.value, self.now())?;
            let mut commit = self.commit("refund.take_back");
            commit.save_refund_request(&request)?;
            commit.save_record(&record)?;
            match self.store.commit(commit).await {
                Err(StoreError::Stale) => {}
                done => return Ok(done?),
            }
        }
        Err(StoreError::Stale.into())
    }
}

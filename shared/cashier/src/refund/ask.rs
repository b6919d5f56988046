//! Asking (申请退费): a request is taken, the line is marked by it, and it is granted at once when nobody has to agree. P4
//! P7 S16.

use domain::access::Guarded;
use domain::id::{CourseCode, OfferingId, OrderNo, PersonId, RefundRequestId, StudentId};
use domain::record::{Leaving, OrderState};
use domain::refund::facts::Trigger;
use domain::refund::request::{Asked, Party, RefundRequest};
use domain::task::{Queue, Task};
use store::{StoreError, Versioned};

use super::quote::Wish;
use crate::{Cashier, CashierError, DECISIONS};

/// Who asks when an offering is given up.
const NOBODY: &str = "0000000000";

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
        let course = offering.course();
        let Some((order, line)) = record.value.seat_in(&course) else { return Ok(true) };
        if order.state != OrderState::Paid {
            return Ok(false);
        }
        let id = RefundRequestId::of_class(offering, student);
        let no = order.no.clone();
        match &line.leaving {
            Some(Leaving::Asked(other)) if *other != id => self.take_back(other, &order.guardian).await?,
            Some(Leaving::Asked(_) | Leaving::Left(_)) | None => {}
        }
        let Ok(by) = NOBODY.parse::<PersonId>() else { return Ok(false) };
        let wish = Wish::ByRule(Trigger::ClassCancelled);
        let asked = Asked {
            id,
            request: String::new(),
            basis: wish.basis(),
            why: None,
            note: None,
            on: self.now().day(),
            by,
            party: Party::School,
        };
        self.ask_refund(&asked, (&no, &course), wish).await.map(|_| true)
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

//! What an exchange is decided by (调课依据): the record, what the school offers, and what goes back and what is to be paid,
//! worked out anew each time. S27.2 P11.1.

use std::sync::Arc;

use domain::access::Guarded;
use domain::catalog::{Offering, TermCatalog};
use domain::directory::Pupil;
use domain::enroll::EnrollFacts;
use domain::id::{OrderNo, StudentId, TeachingRequestId, TermCode};
use domain::moves::difference::{Difference, rest};
use domain::moves::exchange::{check, parts};
use domain::moves::{Exchange, MoveError, Wanted};
use domain::record::TermRecord;
use domain::refund::facts::Trigger;
use domain::seat::{Seat, Stamp};
use jiff::civil::Date;
use store::Versioned;

use crate::{Cashier, CashierError, Wish};

/// No seat yet: it is claimed last, when all else is decided.
const NO_SEAT: Seat = Seat { ledger: 0, stamp: Stamp::CONFIRMED };

/// What an exchange is decided by.
pub(super) struct Ground {
    /// The pupil's term.
    pub(super) record: Versioned<TermRecord>,
    /// What the school offers.
    pub(super) catalog: Arc<TermCatalog>,
    /// What is taken instead.
    pub(super) offering: Offering,
    /// The orders by which the course was paid that is given up.
    pub(super) parts: Vec<OrderNo>,
    /// The exchange, as it comes to now.
    pub(super) exchange: Exchange,
}

impl Cashier<'_> {
    /// What an exchange comes to from a day on, if the pupil could make it now.
    pub async fn quote_exchange(
        &self,
        student: &StudentId,
        term: &TermCode,
        wanted: &Wanted,
        on: Date,
    ) -> Result<Exchange, CashierError> {
        Ok(Box::pin(self.exchange_ground(student, term, wanted, on, None)).await?.exchange)
    }

    /// All that an exchange is decided by. `own` is the request that is decided, whose mark does not stand in its way.
    pub(super) async fn exchange_ground(
        &self,
        student: &StudentId,
        term: &TermCode,
        wanted: &Wanted,
        on: Date,
        own: Option<&TeachingRequestId>,
    ) -> Result<Ground, CashierError> {
        let Wanted::Exchange { from, to, class, materials, sundry } = wanted else {
            return Err(MoveError::OfferingNotAvailable.into());
        };
        let (record, pupil) = futures::try_join!(self.store.record(student, term), self.store.pupil(student))?;
        let record = record.map(Guarded::unguarded).ok_or(MoveError::NotSeated)?;
        let pupil: Pupil = pupil.map(Guarded::unguarded).ok_or(MoveError::NotSeated)?.value;
        let catalog = self.store.catalog(&record.value.school, term).await?.ok_or(MoveError::OfferingNotAvailable)?;
        let parts = parts(&record.value, from, own)?;
        let facts = EnrollFacts { catalog: &catalog, student: &pupil, record: &record.value };
        let offering = check(facts, from, to, parts.len())?.clone();
        if class.as_ref().is_some_and(|class| class.offering() != *to) {
            return Err(MoveError::NoSuchClass.into());
        }
        let days: Vec<Date> = Box::pin(self.lessons_of(&record.value, &to.course()))
            .await?
            .into_iter()
            .map(|lesson| lesson.date)
            .collect();
        let line = rest(&offering, &days, on, (*materials, *sundry), &pupil.waivers, NO_SEAT)?;
        let mut back = Vec::new();
        for no in &parts {
            let quote = self.quote(&record.value, (no, from), Wish::ByRule(Trigger::Withdrawal), on).await?;
            back.push((no.clone(), quote));
        }
        let difference = Difference::of(back, &line).map_err(MoveError::from)?;
        let (order, title) = record
            .value
            .seat_in(from)
            .map(|(order, line)| (order.no.clone(), line.title.clone()))
            .ok_or(MoveError::NotSeated)?;
        let exchange = Exchange {
            order,
            course: from.clone(),
            title,
            to: to.clone(),
            class: class.clone(),
            line,
            difference,
            explained: None,
            placed: None,
            refunds: Vec::new(),
            unplaced: None,
        };
        Ok(Ground { record, catalog, offering, parts, exchange })
    }
}

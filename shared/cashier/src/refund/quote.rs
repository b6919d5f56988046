//! Quoting (退费测算): the facts of a line, brought together, and what goes back by the rules it was sold under. S34.2.

use domain::Money;
use domain::access::Guarded;
use domain::attendance::Known;
use domain::calendar::{days, lessons};
use domain::directory::Waiver;
use domain::id::{CourseCode, OfferingId, OrderNo};
use domain::record::{Line, Order, TermRecord};
use domain::refund::RefundReason;
use domain::refund::facts::{Facts, Lesson, Taken, Trigger};
use domain::refund::quote::{Quote, QuoteError, quote};
use domain::refund::request::{RequestError, agreed, line_of};
use domain::refund::rules::RefundRules;
use jiff::civil::Date;
use store::StoreError;

use crate::{Cashier, CashierError};

/// What somebody wishes to get back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// What the rules say for such a case.
    ByRule(Trigger),
    /// So much, as school and guardian agree.
    Agreed(Money),
}

impl Wish {
    /// By which right.
    pub const fn basis(self) -> RefundReason {
        match self {
            Self::ByRule(trigger) => RefundReason::ByRule(trigger),
            Self::Agreed(_) => RefundReason::Agreed,
        }
    }
}

impl Cashier<'_> {
    /// What goes back of a line of a paid order, from a day on.
    pub async fn quote(
        &self,
        record: &TermRecord,
        (no, course): (&OrderNo, &CourseCode),
        wish: Wish,
        on: Date,
    ) -> Result<Quote, CashierError> {
        let (order, line) = line_of(record, no, course)?;
        let trigger = match wish {
            Wish::ByRule(trigger) => trigger,
            // Of an agreed amount only what is left of the line matters.
            Wish::Agreed(_) => Trigger::Leave,
        };
        let facts = Box::pin(self.refund_facts(record, line, trigger, on)).await?;
        match wish {
            Wish::Agreed(amount) => Ok(agreed(amount, &facts)?),
            Wish::ByRule(_) => {
                let rules = self.rules_of(record, order).await?;
                Ok(quote(&rules, &facts).map_err(RequestError::from)?)
            }
        }
    }

    /// The rules an order was sold under.
    pub(super) async fn rules_of(&self, record: &TermRecord, order: &Order) -> Result<RefundRules, CashierError> {
        let rules = self.store.rules_sold_under(&record.school, &record.term, &order.rules).await?;
        Ok(rules.ok_or(QuoteError::NoRule).map_err(RequestError::from)?)
    }

    /// The lessons of a course that a pupil has taken, in their order, with what is known to have become of each.
    pub async fn lessons_of(&self, record: &TermRecord, course: &CourseCode) -> Result<Vec<Lesson>, CashierError> {
        let offering = OfferingId::new(&record.school, &record.term, course);
        let (planned, known) =
            futures::try_join!(Box::pin(self.planned(&offering)), Box::pin(self.known(record, &offering)))?;
        let (_, dates) = planned.ok_or_else(|| StoreError::Missing(store::key::offering(&offering)))?;
        Ok(known.over(&dates))
    }

    pub(super) async fn refund_facts(
        &self,
        record: &TermRecord,
        line: &Line,
        trigger: Trigger,
        on: Date,
    ) -> Result<Facts, CashierError> {
        let offering = record.offering_of(line);
        let (planned, known) =
            futures::try_join!(Box::pin(self.planned(&offering)), Box::pin(self.known(record, &offering)))?;
        let (term, dates) = planned.ok_or_else(|| StoreError::Missing(store::key::offering(&offering)))?;
        let facts = Facts::of(line, &known, &dates, term, (trigger, on));
        let waiver = match trigger {
            Trigger::Waiver => self.waiver(record, line).await?,
            Trigger::Withdrawal
            | Trigger::Transfer
            | Trigger::ClassCancelled
            | Trigger::Leave
            | Trigger::Suspension
            | Trigger::Accrued => Taken::default(),
        };
        Ok(Facts { waiver, ..facts })
    }

    async fn known(&self, record: &TermRecord, offering: &OfferingId) -> Result<Known, CashierError> {
        Ok(self.store.known_lessons(&record.student, offering).await?)
    }

    /// The days on which the lessons of an offering are planned; none of an offering that is not there.
    pub async fn planned_days(&self, offering: &OfferingId) -> Result<Vec<Date>, CashierError> {
        Ok(Box::pin(self.planned(offering)).await?.map(|(_, dates)| dates).unwrap_or_default())
    }

    /// First and last day of the term, and the days on which the lessons of an offering are planned.
    async fn planned(&self, offering: &OfferingId) -> Result<Option<((Date, Date), Vec<Date>)>, CashierError> {
        let (school, term) = (offering.school(), offering.term());
        let found = futures::try_join!(
            self.store.offering(offering),
            self.store.term(&school, &term),
            self.store.calendar(&school, &term),
        )?;
        let (Some(offering), Some(term), own) = found else { return Ok(None) };
        let term = term.value;
        let holidays = self.store.holidays_of(&term).await?;
        let own = own.map(|own| own.value.days).unwrap_or_default();
        let planned = lessons(&days(&term, &holidays, &own), &offering.value);
        Ok(Some(((term.starts_on, term.ends_on), planned)))
    }

    /// What the pupil's waiver of today takes of a line.
    async fn waiver(&self, record: &TermRecord, line: &Line) -> Result<Taken, CashierError> {
        let pupil = self.store.pupil(&record.student).await?.map(Guarded::unguarded);
        let waivers = pupil.map(|pupil| pupil.value.waivers).unwrap_or_default();
        Ok(Waiver::greatest(&waivers).map(|waiver| line.taken_by(waiver)).unwrap_or_default())
    }
}

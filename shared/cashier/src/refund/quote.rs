//! Quoting (退费测算): the facts of a line, brought together, and what goes back by the rules it was sold under. S34.2.

use domain::Money;
use domain::access::Guarded;
use domain::attendance::Attended;
use domain::calendar::{days, lessons};
use domain::directory::Waiver;
use domain::id::{CourseCode, OfferingId, OrderNo};
use domain::record::{Line, TermRecord};
use domain::refund::RefundReason;
use domain::refund::facts::{Facts, Lesson, Taken, Trigger, told};
use domain::refund::quote::{Quote, QuoteError, quote};
use domain::refund::request::{RequestError, agreed, line_of};
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
                let rules = self.store.rules_sold_under(&record.school, &record.term, &order.rules).await?;
                let rules = rules.ok_or(QuoteError::NoRule).map_err(RequestError::from)?;
                Ok(quote(&rules, &facts).map_err(RequestError::from)?)
            }
        }
    }

    /// The lessons of a course that a pupil has taken, in their order, with what is known to have become of each.
    pub async fn lessons_of(&self, record: &TermRecord, course: &CourseCode) -> Result<Vec<Lesson>, CashierError> {
        let offering = OfferingId::new(&record.school, &record.term, course);
        let (planned, known) = futures::try_join!(self.planned(&offering), self.attended(record, course))?;
        let (_, dates) = planned.ok_or_else(|| StoreError::Missing(store::key::offering(&offering)))?;
        Ok(told(&dates, &known.lessons))
    }

    async fn refund_facts(
        &self,
        record: &TermRecord,
        line: &Line,
        trigger: Trigger,
        on: Date,
    ) -> Result<Facts, CashierError> {
        let offering = record.offering_of(line);
        let (planned, known) = futures::try_join!(self.planned(&offering), self.attended(record, &line.course))?;
        let (term, dates) = planned.ok_or_else(|| StoreError::Missing(store::key::offering(&offering)))?;
        let all = told(&dates, &known.lessons);
        let lessons = line.lessons_of(&all);
        let waiver = match trigger {
            Trigger::Waiver => self.waiver(record, line).await?,
            Trigger::Withdrawal
            | Trigger::Transfer
            | Trigger::ClassCancelled
            | Trigger::Leave
            | Trigger::Suspension => Taken::default(),
        };
        Ok(Facts {
            trigger,
            on,
            starts_on: lessons.first().map_or(term.0, |lesson| lesson.date),
            ends_on: lessons.last().map_or(term.1, |lesson| lesson.date),
            sold: line.sold(),
            given_back: line.given_back,
            lessons,
            materials_received: known.materials_received,
            sundry_used: known.sundry_used,
            waiver,
        })
    }

    async fn attended(&self, record: &TermRecord, course: &CourseCode) -> Result<Attended, CashierError> {
        Ok(self.store.attended(&record.student, &record.term, course).await?)
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

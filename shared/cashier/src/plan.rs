//! Plan (课时安排): on which days the lessons of a term's courses are planned. S34.2 S36.5 P6.1.

use std::collections::BTreeMap;

use domain::calendar::{days, lessons};
use domain::catalog::{Offering, Term};
use domain::id::CourseCode;
use jiff::civil::Date;
use store::{Store, StoreError};

/// The courses of a term, with the days of their lessons.
#[derive(Debug, Clone)]
pub struct Plan {
    term: (Date, Date),
    offerings: Vec<Offering>,
    days: BTreeMap<CourseCode, Vec<Date>>,
}

impl Plan {
    /// The plan of a term: its offerings, its calendar and the holidays of its years.
    pub async fn of(store: &Store, term: &Term) -> Result<Self, StoreError> {
        let (offerings, own, holidays) = futures::try_join!(
            store.offerings(&term.school, &term.code),
            store.calendar(&term.school, &term.code),
            store.holidays_of(term),
        )?;
        let of_term = days(term, &holidays, &own.map(|own| own.value.days).unwrap_or_default());
        let days = offerings.iter().map(|offering| (offering.id.course(), lessons(&of_term, offering))).collect();
        Ok(Self { term: (term.starts_on, term.ends_on), offerings, days })
    }

    /// The first and the last day of the term.
    pub const fn term(&self) -> (Date, Date) {
        self.term
    }

    /// What is offered.
    pub fn offerings(&self) -> &[Offering] {
        &self.offerings
    }

    /// The days of a course's lessons, one for each lesson.
    pub fn days(&self, course: &CourseCode) -> &[Date] {
        self.days.get(course).map(Vec::as_slice).unwrap_or_default()
    }
}

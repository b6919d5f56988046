//! Plan (课时安排): on which days the lessons of a term's courses are planned.

use std::collections::HashMap;

use domain::calendar::{days, lessons};
use domain::catalog::Term;
use domain::id::CourseCode;
use domain::refund::facts::{Lesson, told};
use edge::App;
use jiff::civil::Date;
use store::StoreError;

/// The days of each course's lessons.
pub(crate) struct Plan(HashMap<CourseCode, Vec<Date>>);

impl Plan {
    /// The plan of a term.
    pub(crate) async fn of(app: &App, term: &Term) -> Result<Self, StoreError> {
        let (offerings, own, holidays) = futures::try_join!(
            app.store().offerings(&term.school, &term.code),
            app.store().calendar(&term.school, &term.code),
            app.store().holidays_of(term),
        )?;
        let days = days(term, &holidays, &own.map(|own| own.value.days).unwrap_or_default());
        Ok(Self(offerings.iter().map(|offering| (offering.id.course(), lessons(&days, offering))).collect()))
    }

    /// The lessons of a course, with what is known to have become of a pupil's.
    pub(crate) fn lessons(&self, course: &CourseCode, known: Option<&Vec<Lesson>>) -> Vec<Lesson> {
        let planned = self.0.get(course).map(Vec::as_slice).unwrap_or_default();
        told(planned, known.map(Vec::as_slice).unwrap_or_default())
    }
}

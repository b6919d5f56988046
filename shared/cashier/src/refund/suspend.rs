//! Suspending (停课退费): a pupil's lessons that the school does not give are noted as such, and what they cost goes back, of
//! each part of the course that was paid. S34.2.

use domain::access::Guarded;
use domain::id::{OrderNo, RefundRequestId, StudentId};
use domain::record::{Leaving, OrderState, TermRecord};
use domain::refund::facts::Trigger;
use domain::refund::quote::QuoteError;
use domain::refund::request::{RequestError, RequestState};
use domain::suspension::{Suspension, not_given};
use jiff::civil::Date;
use store::Versioned;
use store::import::Imported;

use super::ask::Decided;
use crate::{Cashier, CashierError};

/// Lessons that are written at once.
const LESSONS: usize = 40;

impl Cashier<'_> {
    /// Takes the lessons of a suspension from a pupil who sits in its offering, whose lessons are planned on these days.
    /// False: something of it has to wait, for a payment or for a decision.
    pub async fn suspend(
        &self,
        suspension: &Suspension,
        student: &StudentId,
        planned: &[Date],
    ) -> Result<bool, CashierError> {
        let offering = suspension.id.offering();
        let pupil = self.store.pupil(student).await?.map(Guarded::unguarded);
        if !pupil.is_some_and(|pupil| suspension.id.concerns(pupil.value.grade)) {
            return Ok(true);
        }
        let record = self.store.record(student, &offering.term()).await?.map(Guarded::unguarded);
        let Some(record) = record.map(|record| record.value) else { return Ok(true) };
        let course = offering.course();
        let Some((seat, _)) = record.seat_in(&course) else { return Ok(true) };
        Box::pin(self.note_not_given(suspension, student, planned)).await?;
        if seat.state != OrderState::Paid {
            return Ok(false);
        }
        let later = record.following(&seat.no).filter(|order| order.state == OrderState::Paid);
        let has = |no: &OrderNo| record.order(no).and_then(|order| order.line(&course)).is_some();
        let mut over = true;
        for no in std::iter::once(seat).chain(later).map(|order| &order.no).filter(|no| has(no)) {
            over &= self.give_lessons_back(suspension, &record, no).await?;
        }
        Ok(over)
    }

    /// Notes the lessons as not given.
    async fn note_not_given(
        &self,
        suspension: &Suspension,
        student: &StudentId,
        planned: &[Date],
    ) -> Result<(), CashierError> {
        let offering = suspension.id.offering();
        let (term, course) = (offering.term(), offering.course());
        let (kept, known) = futures::try_join!(
            self.store.attendance_kept(student, &term, &course),
            self.store.known_lessons(student, &offering),
        )?;
        let noted: Vec<_> = kept.iter().map(|lesson| lesson.value.value.clone()).collect();
        // A pupil of a class has its lessons, on whichever days they are given.
        let anew = not_given(suspension, student, &known.days(planned), &noted);
        for lessons in anew.chunks(LESSONS) {
            let mut commit = self.commit("refund.suspend");
            for lesson in lessons {
                let place = (lesson.date, lesson.period);
                let before = kept.iter().find(|kept| (kept.value.value.date, kept.value.value.period) == place);
                let next = match before {
                    Some(before) => before.with(before.value.with(lesson.clone())),
                    None => Versioned::absent(Imported::by_hand(lesson.clone())),
                };
                commit.save_attendance_kept(&next)?;
            }
            self.store.commit(commit).await?;
        }
        Ok(())
    }

    /// Gives back what the lessons cost of one part of the course, once. False: another request for it waits.
    async fn give_lessons_back(
        &self,
        suspension: &Suspension,
        record: &TermRecord,
        no: &OrderNo,
    ) -> Result<bool, CashierError> {
        let id = RefundRequestId::of_suspension(&suspension.id, no);
        let known = self.store.refund_request(&id).await?.map(Guarded::unguarded);
        if known.is_some_and(|known| known.value.state != RequestState::Asked) {
            return Ok(true);
        }
        let course = suspension.id.offering().course();
        let line = record.order(no).and_then(|order| order.line(&course));
        match line.and_then(|line| line.leaving.as_ref()) {
            // It counts these lessons, too; or it is refused, and then they are still to go back.
            Some(Leaving::Asked(other)) if *other != id => return Ok(false),
            // The exchange counts them with what comes over, or ends without effect.
            Some(Leaving::Exchanging(_)) => return Ok(false),
            Some(Leaving::Left(_)) => return Ok(true),
            Some(Leaving::Asked(_)) | None => {}
        }
        let (_, until) = suspension.id.days();
        let decided = Decided {
            trigger: Trigger::Suspension,
            // Up to this day the lessons have passed.
            on: until.tomorrow().unwrap_or(until),
            by: &suspension.by,
            note: Some(&suspension.reason),
        };
        match self.ask_decided(id, (no, &course), decided).await {
            Ok(_) => Ok(true),
            Err(CashierError::Request(
                error @ (RequestError::NothingToGoBack | RequestError::Quote(QuoteError::NoRule)),
            )) => {
                tracing::info!(suspension = suspension.id.as_str(), order = no.as_str(), %error, "nothing goes back");
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}

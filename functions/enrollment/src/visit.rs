//! One submission from its decision to its order: seats first, record second. P2.1 P2.5, promises P1 P4.
//!
//! Whoever stops between the two leaves claims that run out by themselves.

use domain::Moment;
use domain::access::{Granted, may};
use domain::catalog::{Offering, TermCatalog};
use domain::directory::Pupil;
use domain::enroll::{self, Choice, EnrollError, EnrollFacts, Submission};
use domain::record::{Order, OrderState, RequestMark, TermRecord};
use edge::app::Outcome;
use edge::http::{Answer, RequestError};
use edge::{App, Caller, Problem};
use store::{Claimed, Claims, Commit, StoreError, Versioned};

use crate::view::SubmittedOrder;

/// How often a submission is decided anew because the record was changed meanwhile.
const DECISIONS: usize = 5;

/// One submission, with all that its decision rests on but the record.
pub(crate) struct Visit<'a> {
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    pub(crate) granted: Granted<may::Enroll>,
    pub(crate) catalog: &'a TermCatalog,
    pub(crate) pupil: &'a Pupil,
    pub(crate) choices: Vec<Choice>,
    pub(crate) request: RequestMark,
}

impl Visit<'_> {
    /// Decides and writes, anew when the record was changed meanwhile.
    pub(crate) async fn enroll(&self, read: Option<Versioned<TermRecord>>) -> Outcome<Answer<SubmittedOrder>> {
        let mut record = read.unwrap_or_else(|| self.empty());
        let mut claims: Option<Claims> = None;
        for _ in 0..DECISIONS {
            let decided = self.decide(&record, &mut claims).await;
            let (order, chosen_anew) = match decided {
                Ok(decided) => decided,
                Err(problem) => {
                    // Refused: nothing of this submission may stay behind.
                    if let Some(claims) = &claims {
                        claims.give_back(self.app.store()).await;
                    }
                    return Err(problem);
                }
            };
            if !chosen_anew {
                return Ok(Answer::created(SubmittedOrder::of(&record.value, &order)));
            }
            match self.write(&record, &order).await {
                Ok(()) => return Ok(Answer::created(SubmittedOrder::of(&record.value, &order))),
                // Somebody else wrote, or we did and the answer was lost: the record tells which.
                Err(StoreError::Stale) => record = self.read().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// The order for this submission, and whether it is still to be written.
    async fn decide(
        &self,
        record: &Versioned<TermRecord>,
        claims: &mut Option<Claims>,
    ) -> Result<(Order, bool), Problem> {
        if let Some(order) = record.value.order_of_request(&self.request.key) {
            return if order.request == self.request {
                Ok((order.clone(), false))
            } else {
                Err(RequestError::IdempotencyKeyReused.into())
            };
        }
        let now = self.app.now();
        let facts = EnrollFacts { catalog: self.catalog, student: self.pupil, record: &record.value };
        enroll::check_window(self.catalog, now)?;
        let chosen: Vec<&Offering> = enroll::check_choices(self.catalog, &self.choices)?;
        enroll::check_rules(facts, &chosen)?;
        let seats = match claims {
            Some(claims) => claims.seats(),
            None => claims.insert(self.claim(&chosen, enroll::hold_until(self.catalog, now)).await?).seats(),
        };
        let submission =
            Submission { choices: &self.choices, guardian: &self.caller.id, request: self.request.clone() };
        Ok((enroll::place(facts, &chosen, &seats, submission, now)?, true))
    }

    async fn claim(&self, chosen: &[&Offering], deadline: Moment) -> Result<Claims, Problem> {
        let wanted: Vec<_> = chosen.iter().map(|offering| (&offering.id, offering.capacity)).collect();
        match Claims::take(self.app.store(), &wanted, &self.pupil.id, deadline, || self.app.random()).await? {
            Claimed::All(claims) => Ok(claims),
            Claimed::Full(place) => {
                let title = chosen.get(place).map(|offering| offering.title.clone()).unwrap_or_default();
                Err(EnrollError::ClassFull { title }.into())
            }
        }
    }

    async fn write(&self, record: &Versioned<TermRecord>, order: &Order) -> Result<(), StoreError> {
        let mut next = record.clone();
        next.value.orders.push(order.clone());
        let mut commit = Commit::new(self.caller.actor(&self.granted), "enrollment.enroll", self.app.now());
        commit.carry_record(&next)?;
        if order.state == OrderState::Paid {
            commit.confirm_seats(&next.value, order);
        }
        self.app.store().commit(commit).await
    }

    async fn read(&self) -> Result<Versioned<TermRecord>, StoreError> {
        let read = self.app.store().record(&self.pupil.id, &self.catalog.term.code).await?;
        Ok(read.and_then(|found| found.within(&self.granted)).unwrap_or_else(|| self.empty()))
    }

    fn empty(&self) -> Versioned<TermRecord> {
        let term = self.catalog.term.code.clone();
        Versioned::absent(TermRecord::new(self.pupil.id.clone(), term, self.pupil.school.clone()))
    }
}

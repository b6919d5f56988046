//! Following (跟价): offerings go with the new price of their specification, each by itself, until none is left. S5.3.

use domain::Moment;
use domain::catalog::Specification;
use domain::supervision::intake::{Entry, Follow, Use};
use store::import::Imported;
use store::{Commit, StoreError, Versioned};

use super::{Held, Receiver};

/// Offerings that one call changes at most.
const OFFERINGS: usize = 200;

/// What a call came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    /// Offerings that have the new price since now.
    pub repriced: usize,
    /// Whether the next call has to go on.
    pub unfinished: bool,
}

impl Receiver<'_> {
    /// Has offerings follow a specification that has taken effect; none is begun after `until`.
    pub async fn follow(&self, entry: &Entry, until: Moment) -> Result<Followed, StoreError> {
        let Some(code) = entry.follow.as_ref().map(|follow| &follow.code) else { return Ok(Followed::default()) };
        // Before what is left to follow: whoever has followed a later price meanwhile is not taken back to this one, since
        // each write rests on the specification as it was before both were read.
        let Some(specification) = self.store.specification(code).await? else { return Ok(Followed::default()) };
        let Some(held) = self.opened(entry).await? else { return Ok(Followed::default()) };
        let Some(follow) = held.record.value.entry.follow.clone() else { return Ok(Followed::default()) };
        let followed = self.reprice(&specification, &follow, until).await?;
        if !followed.unfinished {
            self.follow_ended(held).await?;
        }
        Ok(followed)
    }

    async fn reprice(
        &self,
        specification: &Versioned<Imported<Specification>>,
        follow: &Follow,
        until: Moment,
    ) -> Result<Followed, StoreError> {
        let mut followed = Followed::default();
        for used in self.offered_by(&follow.code).await? {
            let now = self.ambient.now();
            // A minute ahead: what was remembered of the catalog is forgotten before its window opens.
            let one = Use { offering: &used.offering.value, term: &used.term };
            let Some(offering) = follow.repriced(one, now.plus_minutes(1)) else { continue };
            if followed.repriced >= OFFERINGS || now > until {
                followed.unfinished = true;
                break;
            }
            let (school, term) = (offering.id.school(), offering.id.term());
            let mut commit = Commit::new(self.actor.clone(), "intake.reprice", now);
            commit.rest_on_specification(specification);
            commit.save_offering(&used.offering.with(offering))?;
            match self.store.commit(commit).await {
                // The school has just changed it, or the city its price: it is looked at once more.
                Err(StoreError::Stale) => followed.unfinished = true,
                written => {
                    written?;
                    followed.repriced = followed.repriced.saturating_add(1);
                    self.store.forget_catalog(&school, &term);
                }
            }
        }
        Ok(followed)
    }

    /// Nothing is left to follow. If the record was changed meanwhile, that is found out again.
    async fn follow_ended(&self, held: Held) -> Result<(), StoreError> {
        let mut reception = held.record.clone();
        reception.value.entry.follow = None;
        let mut commit = Commit::new(self.actor.clone(), "intake.followed", self.ambient.now());
        commit.save_intake(&held.book, &reception)?;
        match self.store.commit(commit).await {
            Err(StoreError::Stale) => Ok(()),
            written => written,
        }
    }
}

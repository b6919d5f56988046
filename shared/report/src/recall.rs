//! Recalling (补报): a record is refused because the city lacks what it refers to, which it had acknowledged. That is told
//! again at once, and does not wait for the night's comparison. K7.2, promise P8.

use std::collections::BTreeSet;

use domain::Fault;
use domain::audit::Actor;
use domain::supervision::holding::Holding;
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, SourceId};
use store::{Commit, StoreError, Versioned};

use crate::agree::AgreeError;
use crate::send::Reporter;

impl Reporter<'_> {
    /// Has told again what the city, asked for it, has not. At best effort: the comparison finds the same.
    pub(crate) async fn recall(&self, lacking: &BTreeSet<(Dataset, SourceId)>) {
        for (dataset, source_id) in lacking {
            if let Err(fault) = self.recall_one(*dataset, source_id).await {
                tracing::warn!(slug = fault.slug(), error = %fault, %dataset, "what the city lacks is not told again yet");
            }
        }
    }

    async fn recall_one(&self, dataset: Dataset, source_id: &SourceId) -> Result<(), AgreeError> {
        let Some(thing) = Thing::of(dataset, source_id) else { return Ok(()) };
        let mut holding = self.store.holding(&thing).await?;
        let known = holding.value.held(dataset, source_id).filter(|held| held.is_there());
        let Some(place) = known.map(|held| held.place.clone()) else { return Ok(()) };
        if self.supervision.show(dataset, source_id).await?.is_some() {
            return Ok(());
        }
        holding.value.correct((dataset, source_id), &place, 0);
        Ok(self.tell_again("supervision.recall", &thing, &holding).await?)
    }

    /// Writes what was found out about the records of a thing, and has it looked at.
    pub(crate) async fn tell_again(
        &self,
        act: &'static str,
        thing: &Thing,
        holding: &Versioned<Holding>,
    ) -> Result<(), StoreError> {
        let mut commit = Commit::new(Actor::system("municipal-agreement"), act, self.ambient.now());
        commit.decide_holding(thing, holding)?;
        match self.store.commit(commit).await {
            // It is being told at this moment; the next comparison sees what came of it.
            Err(StoreError::Stale) => self.store.raise_report(thing, self.ambient.now()).await,
            written => written,
        }
    }
}

//! Pulling a data set (拉取): page by page, each taken before its end is written down, so that a run that stops loses
//! nothing. B5.1.

use std::collections::BTreeMap;

use domain::supervision::intake::Pull;
use domain::supervision::{Inbound, Received, SourceId};
use domain::{Fault, Kind};
use gateway::supervision::{Intake, Supervision, read_each};
use store::{Commit, StoreError, Versioned};

use crate::{Run, RunError, Took};

impl Run<'_> {
    /// Pulls a data set to its end; false when the time is over.
    pub(crate) async fn pull(&mut self, supervision: &Supervision, inbound: Inbound) -> Result<bool, RunError> {
        let held = self.app.store().pull(inbound).await?;
        let was = held.as_ref().map(|held| held.value.clone());
        let mut pull = Versioned::next(held.as_ref(), Pull::of_day(was, inbound, self.app.now()));
        while pull.value.finished.is_none() {
            if self.is_over() {
                return Ok(false);
            }
            let page = supervision.pull(inbound, pull.value.cursor.as_deref()).await?;
            self.take_page(inbound, read_each(supervision.map(), &page.records)).await?;
            pull.value.took(page.next, self.app.now());
            let mut commit = Commit::new(self.receiver.actor.clone(), "intake.pull", self.app.now());
            commit.save_pull(&pull)?;
            self.app.store().commit(commit).await?;
            pull.ver = pull.ver.saturating_add(1);
        }
        Ok(true)
    }

    async fn take_page(&mut self, inbound: Inbound, read: Vec<Result<Received, Intake>>) -> Result<(), RunError> {
        let mut records: BTreeMap<SourceId, Received> = BTreeMap::new();
        for one in read {
            match one {
                Ok(received) => {
                    let known = records.get(&received.source_id);
                    if known.is_none_or(|known| known.version < received.version) {
                        records.insert(received.source_id.clone(), received);
                    }
                }
                Err(refused) => self.refuse(inbound, &refused),
            }
        }
        // Most of a night's records are here already: one call for all of them says so.
        let sources: Vec<SourceId> = records.keys().cloned().collect();
        let books = self.app.store().intake_books(inbound, &sources).await?;
        for (source_id, received) in records {
            if books.get(&source_id).is_some_and(|book| book.version >= received.version) {
                self.report.count(Took::Old);
                continue;
            }
            match self.receiver.take(&received).await {
                Ok(took) => self.report.count(took),
                Err(error) => self.leave(&received, error)?,
            }
        }
        Ok(())
    }

    fn refuse(&mut self, inbound: Inbound, refused: &Intake) {
        self.report.refused = self.report.refused.saturating_add(1);
        if let Intake::Refused { source_id, reason } = refused {
            tracing::warn!(dataset = %inbound, source_id, reason, "record of the city does not read");
        }
    }

    /// What the tables cannot do now ends the run; what they will never do leaves this record, and not its neighbours.
    fn leave(&mut self, received: &Received, error: StoreError) -> Result<(), StoreError> {
        match error.kind() {
            Kind::Unavailable | Kind::Stale | Kind::TooMany => Err(error),
            Kind::Malformed
            | Kind::UnknownCaller
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Refused
            | Kind::Unconditional
            | Kind::Invalid
            | Kind::Internal => {
                self.report.refused = self.report.refused.saturating_add(1);
                let Received { inbound, source_id, .. } = received;
                tracing::error!(slug = error.slug(), %error, dataset = %inbound, %source_id, "record of the city is not kept");
                Ok(())
            }
        }
    }
}

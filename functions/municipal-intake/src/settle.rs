//! What is left to do once all sets are here (善后): what waited for one of them is judged again, and offerings follow
//! prices. B5.1 S5.3.

use domain::id::SchoolCode;
use domain::supervision::intake::{Entry, IntakeStanding};
use store::{StoreError, Versioned};

use crate::{Run, RunError};

/// Records of a place that are looked at in a run: what waits longest comes first.
const RECORDS: i32 = 2000;

impl Run<'_> {
    /// Judges again, then lets offerings follow.
    pub(crate) async fn settle(&mut self) -> Result<(), RunError> {
        let waiting = self.waiting().await?;
        for entry in waiting.iter().filter(|entry| entry.may_clear()) {
            if self.is_over() {
                return Ok(());
            }
            match self.receiver.judge_again(entry).await {
                Ok(Some(IntakeStanding::Applied)) => self.report.applied = self.report.applied.saturating_add(1),
                // Or somebody is deciding it at this moment.
                Ok(_) | Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let followed = self.app.store().followed_intakes(self.app.now(), RECORDS).await?;
        // A price that waits may follow one that has taken effect and is not followed to its end.
        let both = waiting.into_iter().chain(followed.into_iter().map(|entry| entry.value));
        for entry in both.filter(|entry| entry.follow.is_some()) {
            if self.is_over() {
                return Ok(());
            }
            let followed = self.receiver.follow(&entry, self.until).await?;
            self.report.repriced = self.report.repriced.saturating_add(followed.repriced);
            self.report.unfinished |= followed.unfinished;
        }
        Ok(())
    }

    async fn waiting(&self) -> Result<Vec<Entry>, StoreError> {
        let schools = self.app.store().schools().await?;
        let mut waiting = self.waiting_at(None).await?;
        for school in schools {
            waiting.extend(self.waiting_at(Some(&school.value.code)).await?);
        }
        Ok(waiting)
    }

    async fn waiting_at(&self, school: Option<&SchoolCode>) -> Result<Vec<Entry>, StoreError> {
        let found = self.app.store().waiting_intakes(school, self.app.now(), RECORDS).await?;
        Ok(found.into_iter().map(|entry: Versioned<Entry>| entry.value).collect())
    }
}

//! Deciding (人工确认): a person lets a record take effect that waits, or leaves things as they are. B5.1.

use domain::fault::{Fault, Kind};
use domain::id::PersonId;
use domain::supervision::intake::{Entry, IntakeError};
use store::{Commit, StoreError};

use super::{Held, Receiver};

/// Why a record is not decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl Fault for DecideError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Intake(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Intake(error) => error.slug(),
        }
    }
}

impl Receiver<'_> {
    /// Lets the record take effect that was seen at version `seen` of its book, judged as things are now.
    pub async fn confirm(&self, entry: &Entry, seen: u64, by: &PersonId) -> Result<Entry, DecideError> {
        let held = self.seen(entry, seen).await?;
        let now = self.ambient.now();
        let mut reception = held.record.value.clone();
        let judgement = self.judge(&reception, by).await?;
        reception.entry.confirmed(judgement.concerns.clone(), by.clone(), now)?;
        reception.entry.differences.clone_from(&judgement.differences);
        let mut commit = Commit::new(self.actor.clone(), "intake.apply", now);
        self.write(&mut commit, Some(&held), &mut reception, &judgement).await?;
        self.commit(commit, &judgement, true).await?;
        Ok(reception.entry)
    }

    /// Leaves things as they are.
    pub async fn decline(
        &self,
        entry: &Entry,
        seen: u64,
        (by, reason): (&PersonId, String),
    ) -> Result<Entry, DecideError> {
        let mut held = self.seen(entry, seen).await?;
        held.record.value.entry.declined(reason, by.clone(), self.ambient.now())?;
        let mut commit = Commit::new(self.actor.clone(), "intake.decline", self.ambient.now());
        commit.save_intake(&held.book, &held.record)?;
        self.store.commit(commit).await?;
        Ok(held.record.value.entry)
    }

    async fn seen(&self, entry: &Entry, seen: u64) -> Result<Held, StoreError> {
        let held = self.opened(entry).await?.filter(|held| held.book.ver == seen);
        held.ok_or(StoreError::Stale)
    }
}

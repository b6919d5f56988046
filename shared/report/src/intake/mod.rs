//! Intake (数据接收): a record of the city takes effect, or waits for a person; either way it is kept. B5.1 S5.1 S5.3.
//!
//! | stopped after | what is left | who mends it |
//! |---|---|---|
//! | the seats of a draft, before its transaction | ledgers of an offering that is not there | the record again: it gives the same seats |
//! | the transaction, before offerings follow the price | a record that says so | the next run |
//! | some of them follow | the same | the same: what has followed differs in nothing |

mod decide;
mod effect;
mod follow;
mod judge;
mod uses;

use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::TermCode;
use domain::supervision::intake::{Entry, IntakeBook, IntakePlace, IntakeStanding, Reception, city};
use domain::supervision::{InboundBody, Received};
use gateway::ambient::Ambient;
use store::intake::Kept;
use store::{Commit, Store, StoreError, Versioned};

pub use decide::DecideError;
pub use follow::Followed;

use self::judge::Judgement;

/// How often a record is judged anew because something it rests on was changed meanwhile.
const DECISIONS: usize = 6;

/// What taking a record came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    /// It was here already, at this version or a higher one.
    Old,
    /// It is kept, and stands so.
    Kept(IntakeStanding),
}

/// Receives what the city tells.
pub struct Receiver<'a> {
    /// The tables.
    pub store: &'a Store,
    /// The clock and the dice.
    pub ambient: &'a dyn Ambient,
    /// Who acts: the part of the platform, or the person who decides.
    pub actor: Actor,
}

/// The last version of a record as it lies in the tables.
type Held = Kept<Versioned<Reception>>;

impl Receiver<'_> {
    /// Takes a record: what it says is kept, and takes effect if nothing that is in use would change by it.
    pub async fn take(&self, received: &Received) -> Result<Took, StoreError> {
        for _ in 0..DECISIONS {
            match Box::pin(self.try_take(received)).await {
                Err(StoreError::Stale) => {}
                done => return done,
            }
        }
        Err(StoreError::Stale)
    }

    async fn try_take(&self, received: &Received) -> Result<Took, StoreError> {
        let held = self.held(received).await?;
        if held.as_ref().is_some_and(|held| held.book.value.version >= received.version) {
            return Ok(Took::Old);
        }
        let now = self.ambient.now();
        let before = held.as_ref().map(|held| &held.record.value);
        let body = received.body.clone().or_else(|| before.and_then(|before| before.body.clone()));
        let place = match (&received.body, before) {
            (Some(told), _) => IntakePlace::of(told, now),
            (None, Some(before)) => before.entry.place.clone(),
            (None, None) => IntakePlace { school: None, term: TermCode::of_day(now.day()) },
        };
        let entry = Entry::received(received, body.as_ref(), place, now);
        let mut reception = Reception { entry, body };
        let judgement = self.judge(&reception, &city()).await?;
        reception.entry.judged(judgement.differences.clone(), judgement.concerns.clone(), now);
        reception.entry.follow = before.and_then(|before| before.entry.follow.clone());
        let standing = reception.entry.standing();
        let mut commit = Commit::new(self.actor.clone(), "intake.take", now);
        self.write(&mut commit, held.as_ref(), &mut reception, &judgement).await?;
        self.commit(commit, &judgement, standing == IntakeStanding::Applied).await?;
        Ok(Took::Kept(standing))
    }

    /// Judges a record again that waits for what may have come since. Where it stands then; none: nothing has changed.
    pub async fn judge_again(&self, entry: &Entry) -> Result<Option<IntakeStanding>, StoreError> {
        let held = self.opened(entry).await?.filter(|held| held.record.value.entry.may_clear());
        let Some(held) = held else { return Ok(None) };
        let now = self.ambient.now();
        let mut reception = held.record.value.clone();
        let judgement = self.judge(&reception, &city()).await?;
        reception.entry.judged(judgement.differences.clone(), judgement.concerns.clone(), now);
        if reception == held.record.value {
            return Ok(None);
        }
        let standing = reception.entry.standing();
        let mut commit = Commit::new(self.actor.clone(), "intake.judge_again", now);
        self.write(&mut commit, Some(&held), &mut reception, &judgement).await?;
        self.commit(commit, &judgement, standing == IntakeStanding::Applied).await?;
        Ok(Some(standing))
    }

    /// Writes a record as the next of what is held of it and, if it is in effect, what follows from it.
    async fn write(
        &self,
        commit: &mut Commit,
        held: Option<&Held>,
        reception: &mut Reception,
        judgement: &Judgement,
    ) -> Result<(), StoreError> {
        if reception.entry.standing() == IntakeStanding::Applied {
            reception.entry.follow = judgement.effect.follow(reception.entry.follow.take());
            judgement.effect.write(commit)?;
        }
        let Entry { inbound, source_id, place, version, .. } = &reception.entry;
        let book = IntakeBook { version: *version, place: place.clone() };
        let stands = held.filter(|held| held.book.value.place == *place);
        let last = match stands {
            Some(held) => Some(held.record.clone()),
            // It may come back to a term it was told for before.
            None => self.store.open_intake_at(*inbound, source_id, place).await?.map(Guarded::unguarded),
        };
        if let Some(left) = held.filter(|held| held.book.value.place != *place) {
            let mut left = left.record.clone();
            left.value.entry.superseded = true;
            left.value.entry.follow = None;
            commit.save_superseded_intake(&left)?;
        }
        let book = Versioned::next(held.map(|held| &held.book), book);
        commit.save_intake(&book, &Versioned::next(last.as_ref(), reception.clone()))
    }

    /// Writes a change with the seats it wants, which come first: if somebody else wrote, theirs are what holds.
    async fn commit(&self, commit: Commit, judgement: &Judgement, applied: bool) -> Result<(), StoreError> {
        let draft = judgement.effect.draft().filter(|_| applied);
        if let Some(draft) = draft {
            self.store.set_capacity(&draft.id, draft.capacity).await?;
        }
        let written = self.store.commit(commit).await;
        if let (Err(StoreError::Stale), Some(draft)) = (&written, draft)
            && let Some(theirs) = self.store.offering(&draft.id).await?
        {
            self.store.set_capacity(&draft.id, theirs.value.capacity).await?;
        }
        if let Some(draft) = draft {
            self.store.forget_catalog(&draft.id.school(), &draft.id.term());
        }
        written
    }

    async fn held(&self, received: &Received) -> Result<Option<Held>, StoreError> {
        let found = self.store.open_intake(received.inbound, &received.source_id).await?;
        Ok(found.map(unguarded))
    }

    async fn opened(&self, entry: &Entry) -> Result<Option<Held>, StoreError> {
        Ok(self.store.open_intake(entry.inbound, &entry.source_id).await?.map(unguarded))
    }
}

fn unguarded(kept: Kept<Guarded<Versioned<Reception>>>) -> Held {
    Kept { book: kept.book, record: kept.record.unguarded() }
}

/// What a record says, unless the city has done away with it.
fn told(reception: &Reception) -> Option<&InboundBody> {
    reception.body.as_ref().filter(|_| !reception.entry.gone)
}

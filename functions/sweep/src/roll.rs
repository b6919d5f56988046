//! Rolls that still carry the audit entries of the minutes in which their lessons began.

use domain::access::Guarded;
use domain::id::LessonId;
use store::{Commit, StoreError};

use crate::record::unreadable;
use crate::{LIMIT, Round, Swept, actor};

pub(crate) async fn sweep(round: &Round<'_>) -> Swept {
    let mut swept = Swept::default();
    let due = match round.app.store().due_rolls(round.app.now(), LIMIT).await {
        Ok(due) => due,
        Err(fault) => return unreadable(fault),
    };
    for lesson in due.iter().take_while(|_| round.time_left()) {
        round.each(&mut swept, drain(round, lesson)).await;
    }
    swept
}

/// Writes the roll once more, which hands its audit entries over. Somebody who wrote meanwhile has done so, or has made
/// it due anew; the index may speak of what is done already.
async fn drain(round: &Round<'_>, lesson: &LessonId) -> Result<(), StoreError> {
    let (app, now) = (round.app, round.app.now());
    let found = app.store().roll(lesson).await?.map(Guarded::unguarded);
    let Some(roll) = found.filter(|roll| roll.value.due().is_some_and(|due| due <= now)) else { return Ok(()) };
    let mut commit = Commit::new(actor(), "roll.drain", now);
    commit.save_roll(&roll)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => Ok(()),
        done => done,
    }
}

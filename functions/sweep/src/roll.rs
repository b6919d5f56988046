//! Rolls of which families were not told yet, and those that still carry the audit entries of the minutes in which
//! their lessons began. P9.1.

use domain::access::Guarded;
use domain::id::LessonId;
use domain::task::Queue;
use edge::Variable;
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
        round.each(&mut swept, look(round, lesson)).await;
    }
    swept
}

/// Wakes who tells families; writes the roll once more if its trail waits, which hands its audit entries over. Somebody
/// who wrote meanwhile has done so, or has made it due anew; the index may speak of what is done already.
async fn look(round: &Round<'_>, lesson: &LessonId) -> Result<(), StoreError> {
    let (app, now) = (round.app, round.app.now());
    let Some(roll) = app.store().roll(lesson).await?.map(Guarded::unguarded) else { return Ok(()) };
    let is_due = |moment: Option<domain::Moment>| moment.is_some_and(|due| due <= now);
    if is_due(roll.value.tell_due())
        && let Ok(queue) = app.variable(Variable::NoticeQueueUrl)
    {
        edge::queue::wake(app, queue, Queue::Notice, lesson.as_str(), roll.ver).await;
    }
    if !is_due(roll.value.trail_due()) {
        return Ok(());
    }
    let mut commit = Commit::new(actor(), "roll.drain", now);
    commit.save_roll(&roll)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => Ok(()),
        done => done,
    }
}

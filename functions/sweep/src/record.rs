//! Orders whose time is over or runs out, and orders whose snapshot is not archived yet or whose row in the register is
//! behind.

use cashier::Cashier;
use domain::id::{OrderNo, StudentId, TermCode};
use domain::record::{OrderState, TermRecord};
use domain::reminder::remind_in_time;
use domain::task::Queue;
use domain::{Fault, Moment};
use edge::{App, Problem, Variable};
use store::{Commit, StoreError, Versioned};

use crate::{LIMIT, Round, Swept, actor};

pub(crate) async fn sweep(round: &Round<'_>) -> Swept {
    let mut swept = Swept::default();
    let due = match round.app.store().due_records(round.app.now(), LIMIT).await {
        Ok(due) => due,
        Err(fault) => return unreadable(fault),
    };
    for (student, term) in due.iter().take_while(|_| round.time_left()) {
        swept.seen = swept.seen.saturating_add(1);
        swept.failed = swept.failed.saturating_add(look(round, student, term).await);
    }
    swept
}

/// The index could not be read: one failure, and the next round tries again.
pub(crate) fn unreadable(fault: StoreError) -> Swept {
    drop(Problem::from(fault));
    Swept { failed: 1, ..Swept::default() }
}

/// Ends the orders of one record that are to end; returns how many could not.
async fn look(round: &Round<'_>, student: &StudentId, term: &TermCode) -> u32 {
    let app = round.app;
    let found = match app.store().record(student, term).await {
        Ok(Some(found)) => found.unguarded(),
        Ok(None) => return 0,
        Err(fault) => return unreadable(fault).failed,
    };
    let (now, record) = (app.now(), &found.value);
    if record.orders.iter().any(|order| !order.archived || !order.is_listed())
        && let Ok(queue) = app.variable(Variable::ArchiveQueueUrl)
    {
        edge::queue::wake(app, queue, Queue::Archive, &format!("{student}/{term}"), record.orders.len()).await;
    }
    let ending = record.orders.iter().filter(|order| match order.state {
        OrderState::Pending => order.deadline <= now,
        OrderState::Closing => true,
        OrderState::Expired | OrderState::Cancelled | OrderState::Paid => false,
    });
    let mut failed = 0u32;
    let mut written = false;
    if let Some(reminded) = reminded(&found, now) {
        written = true;
        if let Err(fault) = save(app, "order.remind_in_time", &reminded).await {
            tracing::warn!(slug = fault.slug(), error = %fault, "reminder left for the next round");
            failed = failed.saturating_add(1);
        }
    }
    for order in ending {
        written = true;
        if let Err(fault) = end(app, &order.no).await {
            tracing::warn!(slug = fault.slug(), error = %fault, "order left for the next round");
            failed = failed.saturating_add(1);
        }
    }
    // Whatever is written drains the trail; this is for a record that nothing has written for long.
    if !written
        && record.trail_due().is_some_and(|due| due <= now)
        && let Err(fault) = save(app, "record.drain", &found).await
    {
        tracing::warn!(slug = fault.slug(), error = %fault, "trail left for the next round");
        failed = failed.saturating_add(1);
    }
    failed
}

/// The record with the families of those orders reminded whose deadlines come near; none when there is none. S33.3.
fn reminded(found: &Versioned<TermRecord>, now: Moment) -> Option<Versioned<TermRecord>> {
    let mut record = found.clone();
    let reminded = record.value.orders.iter_mut().map(|order| remind_in_time(order, now));
    // Each of them, not only the first.
    (reminded.filter(|reminded| *reminded).count() > 0).then_some(record)
}

/// Writes the record, which hands its audit entries over. When somebody wrote meanwhile, what is still to do is still due.
async fn save(app: &App, action: &'static str, record: &Versioned<TermRecord>) -> Result<(), StoreError> {
    let mut commit = Commit::new(actor(), action, app.now());
    commit.save_record(record)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => Ok(()),
        done => done,
    }
}

async fn end(app: &App, no: &OrderNo) -> Result<(), Box<dyn Fault>> {
    let channels = app.channels().await.map_err(boxed)?;
    Cashier::new(app.store(), app.ambient(), actor()).end_order(channels, no).await.map_err(boxed)?;
    Ok(())
}

fn boxed<F: Fault>(fault: F) -> Box<dyn Fault> {
    Box::new(fault)
}

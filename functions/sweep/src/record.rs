//! Orders whose time is over, and orders whose snapshot is not archived yet.

use cashier::Cashier;
use domain::Fault;
use domain::id::{OrderNo, StudentId, TermCode};
use domain::record::OrderState;
use domain::task::Queue;
use edge::{App, Problem, Variable};
use store::StoreError;

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
    let record = match app.store().record(student, term).await {
        Ok(Some(record)) => record.unguarded().value,
        Ok(None) => return 0,
        Err(fault) => return unreadable(fault).failed,
    };
    if record.orders.iter().any(|order| !order.archived)
        && let Ok(queue) = app.variable(Variable::ArchiveQueueUrl)
    {
        edge::queue::wake(app, queue, Queue::Archive, &format!("{student}/{term}"), record.orders.len()).await;
    }
    let now = app.now();
    let ending = record.orders.iter().filter(|order| match order.state {
        OrderState::Pending => order.deadline <= now,
        OrderState::Closing => true,
        OrderState::Expired | OrderState::Cancelled | OrderState::Paid => false,
    });
    let mut failed = 0u32;
    for order in ending {
        if let Err(fault) = end(app, &order.no).await {
            tracing::warn!(slug = fault.slug(), error = %fault, "order left for the next round");
            failed = failed.saturating_add(1);
        }
    }
    failed
}

async fn end(app: &App, no: &OrderNo) -> Result<(), Box<dyn Fault>> {
    let wechat = app.wechat().await.map_err(boxed)?;
    Cashier::new(app.store(), app.ambient(), actor()).end_order(wechat, no).await.map_err(boxed)?;
    Ok(())
}

fn boxed<F: Fault>(fault: F) -> Box<dyn Fault> {
    Box::new(fault)
}

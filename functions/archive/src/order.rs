//! The snapshots of the orders of a pupil's term, and their rows in the register. P2.5 S32.

use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{OrderNo, StudentId, TermCode};
use domain::record::Order;
use domain::snapshot::Snapshot;
use edge::App;
use store::{Commit, StoreError};

use crate::{ArchiveError, put, register};

/// Orders in one transaction: with the audit entries a record may carry, it stays within what one takes. The rest stays
/// due.
const ORDERS_AT_ONCE: usize = 25;

/// Archives each order that is not archived yet and writes each row that is behind, `anew` in any case; then says so in
/// the record, in the transaction of the rows: a row that is not behind is right. If the record was changed meanwhile,
/// the sweeper asks again; the same snapshot is then put once more under the same name.
pub(crate) async fn archive(
    app: &App,
    student: &StudentId,
    term: &TermCode,
    anew: Option<&OrderNo>,
) -> Result<(), ArchiveError> {
    let Some(mut record) = app.store().record(student, term).await?.map(Guarded::unguarded) else { return Ok(()) };
    let behind = |order: &&Order| !order.archived || !order.is_listed() || Some(&order.no) == anew;
    let behind: Vec<Order> = record.value.orders.iter().filter(behind).take(ORDERS_AT_ONCE).cloned().collect();
    if behind.is_empty() {
        return Ok(());
    }
    for order in behind.iter().filter(|order| !order.archived) {
        put(app, "order", &order.snapshot, Snapshot::of_order(&record.value, order)).await?;
    }
    let mut commit = Commit::new(Actor::system("archive"), "order.archive", app.now());
    for row in register::rows(app, &record.value, &behind).await? {
        commit.save_row(&row)?;
    }
    for order in &behind {
        if let Some(order) = record.value.order_mut(&order.no) {
            order.archived = true;
            order.listed = order.mark();
        }
    }
    commit.save_record(&record)?;
    match app.store().commit(commit).await {
        // What changed the record has left it due; what was asked for beside it has to come again.
        Err(StoreError::Stale) if anew.is_none() => Ok(()),
        done => Ok(done?),
    }
}

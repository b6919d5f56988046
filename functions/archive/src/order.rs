//! The snapshots of the orders of a pupil's term. P2.5.

use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{StudentId, TermCode};
use domain::snapshot::Snapshot;
use edge::App;
use store::{Commit, StoreError};

use crate::{ArchiveError, put};

/// Archives each order that is not archived yet, then says so in the record. If the record was changed meanwhile, the
/// sweeper asks again; the same snapshot is then put once more under the same name.
pub(crate) async fn archive(app: &App, student: &StudentId, term: &TermCode) -> Result<(), ArchiveError> {
    let Some(mut record) = app.store().record(student, term).await?.map(Guarded::unguarded) else { return Ok(()) };
    let open: Vec<_> = record.value.orders.iter().filter(|order| !order.archived).cloned().collect();
    for order in &open {
        put(app, "order", &order.snapshot, Snapshot::of_order(&record.value, order)).await?;
    }
    if open.is_empty() {
        return Ok(());
    }
    for order in &mut record.value.orders {
        order.archived = true;
    }
    let mut commit = Commit::new(Actor::system("archive"), "order.archive", app.now());
    commit.save_record(&record)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

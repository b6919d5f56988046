//! The snapshot of a refund that has ended. P7.1.

use domain::access::Guarded;
use domain::id::RefundNo;
use domain::snapshot::Snapshot;
use domain::task::Queue;
use edge::App;

use crate::{ArchiveError, order, put};

/// Archives the refund's snapshot and removes the task that asked for it.
pub(crate) async fn archive(app: &App, no: &RefundNo) -> Result<(), ArchiveError> {
    let Some(task) = app.store().task(Queue::Archive, no.as_str()).await? else { return Ok(()) };
    let refund = app.store().refund(no).await?.map(Guarded::unguarded);
    let payment = app.store().payment(&no.payment()).await?.map(Guarded::unguarded);
    if let (Some(refund), Some(payment)) = (refund, payment)
        && let (Some(promised), Some(snapshot)) =
            (&refund.value.snapshot, Snapshot::of_refund(&refund.value, &payment.value))
    {
        put(app, "refund", promised, snapshot).await?;
    }
    // What has arrived stands in the row of its order.
    let order = no.payment().order();
    order::archive(app, &order.student(), &order.term(), Some(&order)).await?;
    Ok(app.store().finish_task(&task).await?)
}

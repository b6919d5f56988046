//! The snapshot of a payment that succeeded, and what it or a refund of it changes in the register. P6.5 S35.1.

use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::snapshot::Snapshot;
use domain::task::Queue;
use edge::App;

use crate::{ArchiveError, order, put};

/// Archives the payment's snapshot, writes the row of its order anew, and removes the task that asked for it. A refund
/// that is set aside or arrives changes no order: whoever changes one raises this task.
pub(crate) async fn archive(app: &App, no: &PaymentNo) -> Result<(), ArchiveError> {
    let Some(task) = app.store().task(Queue::Archive, no.as_str()).await? else { return Ok(()) };
    let payment = app.store().payment(no).await?.map(Guarded::unguarded);
    let paid = payment
        .as_ref()
        .and_then(|found| Some((found.value.paid.as_ref()?.snapshot.clone(), Snapshot::of_payment(&found.value)?)));
    if let Some((promised, snapshot)) = paid {
        put(app, "payment", &promised, snapshot).await?;
    }
    let order = no.order();
    order::archive(app, &order.student(), &order.term(), Some(&order)).await?;
    Ok(app.store().finish_task(&task).await?)
}

//! The snapshot of a payment that succeeded. P6.5.

use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::snapshot::Snapshot;
use domain::task::Queue;
use edge::App;

use crate::{ArchiveError, put};

/// Archives the payment's snapshot and removes the task that asked for it.
pub(crate) async fn archive(app: &App, no: &PaymentNo) -> Result<(), ArchiveError> {
    let Some(task) = app.store().task(Queue::Archive, no.as_str()).await? else { return Ok(()) };
    let payment = app.store().payment(no).await?.map(Guarded::unguarded);
    let paid = payment
        .as_ref()
        .and_then(|found| Some((found.value.paid.as_ref()?.snapshot.clone(), Snapshot::of_payment(&found.value)?)));
    if let Some((promised, snapshot)) = paid {
        put(app, "payment", &promised, snapshot).await?;
    }
    Ok(app.store().finish_task(&task).await?)
}

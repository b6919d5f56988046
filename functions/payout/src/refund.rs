//! One refund, sent to its provider. S34.5 P7.1.

use cashier::{Carried, Cashier};
use domain::id::RefundNo;
use domain::task::Queue;
use edge::{App, Variable};

use crate::{PayoutError, actor};

/// Sends the refund, and removes the task once the provider has taken it on: from then on the sweeper asks what became
/// of it. While it waits, the task stays and wakes us again.
pub(crate) async fn carry(app: &App, no: &RefundNo) -> Result<(), PayoutError> {
    let Some(task) = app.store().task(Queue::Refund, no.as_str()).await? else { return Ok(()) };
    let channels = app.channels().await?;
    let public_url = app.variable(Variable::PublicUrl)?;
    let cashier = Cashier::new(app.store(), app.ambient(), actor());
    match Box::pin(cashier.carry(channels, no, public_url)).await? {
        Carried::Waiting => {}
        Carried::Refused => app.store().park_task(&task, "refund/refused").await?,
        Carried::Accepted | Carried::Unknown => {
            app.store().finish_task(&task).await?;
            let archive = app.variable(Variable::ArchiveQueueUrl)?;
            edge::queue::wake(app, archive, Queue::Archive, no.as_str(), "carried").await;
        }
    }
    Ok(())
}

//! Lessons that the school does not give (停课): for every pupil who sits there they are noted, and what they cost goes back.
//! S34.2.

use cashier::Cashier;
use domain::id::SuspensionId;
use domain::task::Queue;
use edge::App;

use crate::seated::{is_over, seated};
use crate::{PayoutError, actor};

/// Notes and gives back for each pupil. Whoever is missed this time is found again by the task, and nothing is done twice.
pub(crate) async fn carry_out(app: &App, id: &SuspensionId) -> Result<(), PayoutError> {
    let Some(task) = app.store().task(Queue::Refund, id.as_str()).await? else { return Ok(()) };
    let offering = id.offering();
    let (suspension, found) = (app.store().suspension(id).await?, app.store().offering(&offering).await?);
    let (Some(suspension), Some(found)) = (suspension, found) else { return Ok(app.store().finish_task(&task).await?) };
    let cashier = Cashier::new(app.store(), app.ambient(), actor());
    let planned = cashier.planned_days(&offering).await?;
    let mut over = true;
    for student in seated(app, &offering, found.value.capacity).await? {
        over &= is_over(&offering, Box::pin(cashier.suspend(&suspension.value, &student, &planned)).await);
    }
    // Orders that are not paid end or are paid, requests are decided; until then the task comes again.
    if over { Ok(app.store().finish_task(&task).await?) } else { Ok(()) }
}

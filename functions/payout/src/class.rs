//! An offering that is given up (停开): every pupil who sits there leaves it, and gets back what the rules say. S34.2.

use cashier::Cashier;
use domain::id::OfferingId;
use domain::task::Queue;
use edge::App;

use crate::seated::{is_over, seated};
use crate::{PayoutError, actor};

/// Asks for each pupil that has a paid seat, and grants it. Whoever is missed this time is found again by the task; a
/// pupil who has left already is not there any more.
pub(crate) async fn give_up(app: &App, offering: &OfferingId) -> Result<(), PayoutError> {
    let Some(task) = app.store().task(Queue::Refund, offering.as_str()).await? else { return Ok(()) };
    let Some(found) = app.store().offering(offering).await? else { return Ok(app.store().finish_task(&task).await?) };
    let cashier = Cashier::new(app.store(), app.ambient(), actor());
    let mut over = true;
    for student in seated(app, offering, found.value.capacity).await? {
        over &= is_over(offering, cashier.leave_cancelled(&student, offering).await);
    }
    // Orders that are not paid end by themselves; until then the task comes again.
    if over { Ok(app.store().finish_task(&task).await?) } else { Ok(()) }
}

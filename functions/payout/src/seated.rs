//! Those who sit in an offering (在班学生), one after the other.

use cashier::CashierError;
use domain::id::{OfferingId, StudentId};
use edge::App;
use store::StoreError;

/// The pupils who have a seat in an offering.
pub(crate) async fn seated(app: &App, offering: &OfferingId, capacity: u16) -> Result<Vec<StudentId>, StoreError> {
    let ledgers = app.store().ledgers(offering, capacity).await?;
    Ok(ledgers.iter().flat_map(|ledger| ledger.seats.keys()).filter_map(|who| who.parse().ok()).collect())
}

/// Whether all that was to be done for a pupil is done. What went wrong is told, and tried again with the task.
pub(crate) fn is_over(offering: &OfferingId, done: Result<bool, CashierError>) -> bool {
    done.unwrap_or_else(|error| {
        tracing::warn!(offering = offering.as_str(), %error, "a pupil of an offering has to wait");
        false
    })
}

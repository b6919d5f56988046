//! Whose orders a caller reaches.

use domain::access::{Allows, Granted};
use domain::id::{OrderNo, PaymentNo};
use domain::payment::Payment;
use domain::record::{Order, TermRecord};
use edge::caller::AccessError;
use edge::{App, Caller, Problem};
use store::Versioned;

/// An order within its record, with the proof that the caller may do this to it.
pub(crate) struct Reached<P> {
    pub(crate) granted: Granted<P>,
    pub(crate) record: Versioned<TermRecord>,
    pub(crate) order: Order,
}

impl<P> Reached<P> {
    /// A payment attempt of the order.
    pub(crate) async fn payment(&self, app: &App, no: &PaymentNo) -> Result<Versioned<Payment>, Problem> {
        let payment = app.store().payment(no).await?.and_then(|found| found.within(&self.granted));
        Ok(payment.ok_or(AccessError::NotFound)?)
    }
}

/// The order, if the caller may do this to it: a guardian to the own children's, a school to its pupils'.
pub(crate) async fn reach<P: Allows>(app: &App, caller: &Caller, no: &OrderNo) -> Result<Reached<P>, Problem> {
    let mut granted = caller.ask::<P>(app).await?;
    if granted.guardian().is_some() {
        // Who the guardians are stands at the pupil.
        let pupil = app.store().pupil(&no.student()).await?.and_then(|found| found.within(&granted));
        granted = pupil.and_then(|pupil| granted.narrowed(&pupil)).unwrap_or(granted);
    }
    let record = app.store().record(&no.student(), &no.term()).await?.and_then(|found| found.within(&granted));
    let record = record.ok_or(AccessError::NotFound)?;
    let order = record.value.order(no).cloned().ok_or(AccessError::NotFound)?;
    Ok(Reached { granted, record, order })
}

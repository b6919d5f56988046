//! Reach (可及范围): whose orders, which schools, which differences a caller reaches.

use domain::access::{Allows, Granted, Guarded, Owned};
use domain::id::{DifferenceId, OrderNo, PaymentNo, SchoolCode, StudentId};
use domain::payment::Payment;
use domain::reconciliation::difference::Difference;
use domain::record::{Order, TermRecord};
use store::Versioned;

use crate::caller::AccessError;
use crate::http::parse;
use crate::{App, Caller, Problem};

/// An order within its record, with the proof that the caller may do this to it.
pub struct Reached<P> {
    /// The proof.
    pub granted: Granted<P>,
    /// The pupil's term.
    pub record: Versioned<TermRecord>,
    /// The order.
    pub order: Order,
}

impl<P> Reached<P> {
    /// A payment attempt of the order.
    pub async fn payment(&self, app: &App, no: &PaymentNo) -> Result<Versioned<Payment>, Problem> {
        let payment = app.store().payment(no).await?.and_then(|found| found.within(&self.granted));
        Ok(payment.ok_or(AccessError::NotFound)?)
    }
}

/// The proof that a caller may do this, for one pupil if it is the caller's child.
pub async fn reach_pupil<P: Allows>(app: &App, caller: &Caller, student: &StudentId) -> Result<Granted<P>, Problem> {
    let granted = caller.ask::<P>(app).await?;
    if granted.guardian().is_none() {
        return Ok(granted);
    }
    // Who the guardians are stands at the pupil.
    let pupil = app.store().pupil(student).await?.and_then(|found| found.within(&granted));
    Ok(pupil.and_then(|pupil| granted.narrowed(&pupil)).unwrap_or(granted))
}

/// The proof that a caller may do this, for the pupil if it is about one.
pub async fn reach_about<P: Allows>(
    app: &App,
    caller: &Caller,
    student: Option<&StudentId>,
) -> Result<Granted<P>, Problem> {
    match student {
        Some(student) => reach_pupil::<P>(app, caller, student).await,
        None => Ok(caller.ask::<P>(app).await?),
    }
}

/// Something that may be about a pupil, if the caller may do this to it, with the proof. What is not there, and what is
/// not the caller's, is answered the same.
pub async fn reach_found<P: Allows, T: Owned>(
    app: &App,
    caller: &Caller,
    found: Option<Guarded<Versioned<T>>>,
) -> Result<(Granted<P>, Versioned<T>), Problem> {
    let student = found.as_ref().and_then(Guarded::pupil);
    let granted = reach_about::<P>(app, caller, student.as_ref()).await?;
    let found = found.and_then(|found| found.within(&granted)).ok_or(AccessError::NotFound)?;
    Ok((granted, found))
}

/// The order, if the caller may do this to it: a guardian to the own children's, a school to its pupils'.
pub async fn reach<P: Allows>(app: &App, caller: &Caller, no: &OrderNo) -> Result<Reached<P>, Problem> {
    let granted = reach_pupil::<P>(app, caller, &no.student()).await?;
    let record = app.store().record(&no.student(), &no.term()).await?.and_then(|found| found.within(&granted));
    let record = record.ok_or(AccessError::NotFound)?;
    let order = record.value.order(no).cloned().ok_or(AccessError::NotFound)?;
    Ok(Reached { granted, record, order })
}

/// A school that is there, if the caller may do this in all of it.
pub async fn reach_school<P: Allows>(
    app: &App,
    caller: &Caller,
    school: &str,
) -> Result<(Granted<P>, SchoolCode), Problem> {
    let granted = caller.ask::<P>(app).await?;
    let school: SchoolCode = parse("school", school)?;
    if !granted.covers_school(&school) || app.store().school(&school).await?.is_none() {
        return Err(AccessError::NotFound.into());
    }
    Ok((granted, school))
}

/// A difference between a bill and the books, if the caller may do this to it.
pub async fn reach_difference<P: Allows>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Result<(Granted<P>, Versioned<Difference>), Problem> {
    let granted = caller.ask::<P>(app).await?;
    let id: DifferenceId = parse("difference_id", id)?;
    let found = app.store().difference(&id).await?.and_then(|found| found.within(&granted));
    Ok((granted, found.ok_or(AccessError::NotFound)?))
}

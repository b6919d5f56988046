//! Whose requests and refunds a caller reaches.

use cashier::Wish;
use domain::Money;
use domain::access::{Allows, Granted};
use domain::id::{RefundNo, RefundRequestId};
use domain::refund::Refund;
use domain::refund::facts::Trigger;
use domain::refund::request::{Party, RefundRequest};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{RequestError, parse};
use edge::reach::{reach_found, reach_pupil};
use edge::{App, Caller};
use jiff::civil::Date;
use store::Versioned;

/// A request, if the caller may do this to it, with the proof.
pub(crate) async fn request<P: Allows>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Outcome<(Granted<P>, Versioned<RefundRequest>)> {
    let id: RefundRequestId = parse("request_id", id)?;
    reach_found(app, caller, app.store().refund_request(&id).await?).await
}

/// A refund, if the caller may do this to it, with the proof.
pub(crate) async fn refund<P: Allows>(
    app: &App,
    caller: &Caller,
    no: &str,
) -> Outcome<(Granted<P>, Versioned<Refund>)> {
    let no: RefundNo = parse("refund_no", no)?;
    let granted = reach_pupil::<P>(app, caller, &no.payment().order().student()).await?;
    let refund = app.store().refund(&no).await?.and_then(|found| found.within(&granted));
    Ok((granted, refund.ok_or(AccessError::NotFound)?))
}

/// For whom the caller speaks: a guardian for the own child, else for the school.
pub(crate) fn party<P>(granted: &Granted<P>) -> Party {
    if granted.by().scope == domain::access::Scope::Children { Party::Guardian } else { Party::School }
}

/// What is wished: an amount, or what the rules say for a case.
pub(crate) fn wish(trigger: Option<&str>, amount_fen: Option<i64>) -> Result<Wish, RequestError> {
    match (trigger, amount_fen) {
        (None, Some(fen)) => Ok(Wish::Agreed(Money::from_fen(fen))),
        (Some(trigger), None) => Ok(Wish::ByRule(parse::<Trigger>("trigger", trigger)?)),
        _ => Err(RequestError::ParameterUnusable { name: "trigger" }),
    }
}

/// The day from which on, today without one.
pub(crate) fn day(app: &App, on: Option<&str>) -> Result<Date, RequestError> {
    on.map_or_else(|| Ok(app.now().day()), |on| parse("on", on))
}

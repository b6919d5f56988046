//! Whose moves a caller reaches, and for whom the caller speaks.

use domain::access::{Allows, Granted, Scope};
use domain::id::{RefundNo, SchoolCode, StudentId, TeachingRequestId};
use domain::moves::{MoveKind, MoveRequest};
use domain::task::Queue;
use domain::teaching::request::Party;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::parse;
use edge::reach::{reach_found, reach_pupil};
use edge::{App, Caller, Variable};
use store::Versioned;

/// A pupil's school, if the caller may do this for the pupil, with the proof.
pub(crate) async fn pupil<P: Allows>(
    app: &App,
    caller: &Caller,
    student: &StudentId,
) -> Outcome<(Granted<P>, SchoolCode)> {
    let granted = reach_pupil::<P>(app, caller, student).await?;
    let found = app.store().pupil(student).await?.and_then(|found| found.within(&granted));
    let school = found.ok_or(AccessError::NotFound)?.value.school;
    Ok((granted, school))
}

/// A move, if the caller may do this to it, with the proof.
pub(crate) async fn found<P: Allows>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Outcome<(Granted<P>, Versioned<MoveRequest>)> {
    let id: TeachingRequestId = parse("move_id", id)?;
    reach_found(app, caller, app.store().move_request(&id).await?).await
}

/// For whom the caller speaks: a guardian for the own child, else for the school.
pub(crate) fn party<P>(granted: &Granted<P>) -> Party {
    if granted.by().scope == Scope::Children { Party::Guardian } else { Party::School }
}

/// Whether a school wants moves of a kind to be approved.
pub(crate) async fn approval(app: &App, school: &SchoolCode, kind: MoveKind) -> Outcome<bool> {
    let approvals = app.store().teaching_rules(school).await?.approvals;
    Ok(match kind {
        MoveKind::Exchange => approvals.exchange,
        MoveKind::Transfer => approvals.transfer,
    })
}

/// Wakes the payout for what goes back.
pub(crate) async fn wake(app: &App, refunds: &[RefundNo]) -> Outcome<()> {
    let queue = app.variable(Variable::RefundQueueUrl)?;
    for refund in refunds {
        edge::queue::wake(app, queue, Queue::Refund, refund.as_str(), 1).await;
    }
    Ok(())
}

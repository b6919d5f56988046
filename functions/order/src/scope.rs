//! Whose orders a caller reaches.

use domain::access::Permission;
use domain::id::OrderNo;
use domain::record::{Order, TermRecord};
use edge::caller::AccessError;
use edge::{App, Caller, Problem};
use store::Versioned;

/// The record with the order, if the caller may do this to it: a guardian to the own children's, a school to its
/// pupils'.
pub(crate) async fn reach(
    app: &App,
    caller: &Caller,
    permission: Permission,
    no: &OrderNo,
) -> Result<(Versioned<TermRecord>, Order), Problem> {
    caller.may(permission)?;
    let record = app.store().record(&no.student(), &no.term()).await?.ok_or(AccessError::NotFound)?;
    let order = record.value.order(no).cloned().ok_or(AccessError::NotFound)?;
    if !caller.reaches(&record.value.school) {
        let guardian = caller.guardian()?;
        let pupil = app.store().pupil(&no.student()).await?.ok_or(AccessError::NotFound)?;
        if !pupil.value.guardians.contains(&guardian) {
            return Err(AccessError::NotFound.into());
        }
    }
    Ok((record, order))
}

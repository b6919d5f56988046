//! Which days and terms are asked about, and whose changes of lessons a caller reaches.

use domain::access::{Allows, Granted, Owner};
use domain::id::{SchoolCode, TeachingRequestId, TermCode};
use domain::teaching::change::{LessonChange, Party};
use domain::teaching::shown::Days;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::parse;
use edge::{App, Caller};
use store::Versioned;

/// The days that are asked for.
pub(crate) fn days(app: &App, from: Option<&str>, until: Option<&str>) -> Outcome<Days> {
    let from = from.map(|day| parse("from", day)).transpose()?;
    let until = until.map(|day| parse("until", day)).transpose()?;
    Ok(Days::of(from, until, app.now().day())?)
}

/// The terms of a school that lie in some days, the earlier first.
pub(crate) async fn terms(app: &App, school: &SchoolCode, days: Days) -> Outcome<Vec<TermCode>> {
    let known = app.store().recent_terms(school).await?;
    let within = known.iter().filter(|term| term.starts_on <= days.until && days.from <= term.ends_on);
    let mut found: Vec<_> = within.map(|term| (term.starts_on, term.code.clone())).collect();
    found.sort();
    Ok(found.into_iter().map(|(_, code)| code).collect())
}

/// A change of a lesson, if the caller may do this to it, with the proof.
pub(crate) async fn change<P: Allows>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Outcome<(Granted<P>, Versioned<LessonChange>)> {
    let granted = caller.ask::<P>(app).await?;
    let id: TeachingRequestId = parse("change_id", id)?;
    let found = app.store().lesson_change(&id).await?.and_then(|found| found.within(&granted));
    Ok((granted, found.ok_or(AccessError::NotFound)?))
}

/// For whom the caller speaks at a school: for all of it, or as a teacher of the own classes.
pub(crate) fn party<P>(granted: &Granted<P>, school: &SchoolCode) -> Party {
    let whole = Owner { school: Some(school), ..Owner::default() };
    if granted.covers(&whole) { Party::School } else { Party::Teacher }
}

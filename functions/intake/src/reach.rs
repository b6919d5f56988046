//! Which records of the city a caller sees and decides: those of the own schools; what belongs to no school is seen by
//! all who see any, and decided by whoever runs the platform.

use domain::access::{Granted, may};
use domain::supervision::intake::Entry;
use domain::supervision::{Inbound, SourceId};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{IfMatch, RequestError, parse};
use edge::{App, Caller, Problem};
use report::DecideError;
use store::intake::Kept;
use store::{StoreError, Versioned};

/// Whether a caller sees a record.
pub(crate) fn sees(granted: &Granted<may::ViewReports>, entry: &Entry) -> bool {
    entry.place.school.as_ref().is_none_or(|school| granted.covers_school(school))
}

/// The data set and the name of a record.
pub(crate) fn named(dataset: &str, source_id: &str) -> Result<(Inbound, SourceId), RequestError> {
    Ok((parse("dataset", dataset)?, parse("source_id", source_id)?))
}

/// A record that the caller may decide, and that is still as the caller saw it.
pub(crate) async fn decidable(
    app: &App,
    caller: &Caller,
    version: IfMatch,
    (dataset, source_id): (&str, &str),
) -> Outcome<(Granted<may::HandleReports>, Kept<Versioned<Entry>>)> {
    let granted = caller.ask::<may::HandleReports>(app).await?;
    let (inbound, source_id) = named(dataset, source_id)?;
    let found = app.store().intake(inbound, &source_id).await?;
    let reached = found.filter(|found| match &found.record.value.place.school {
        Some(school) => granted.covers_school(school),
        None => granted.everywhere(),
    });
    let found = reached.ok_or(AccessError::NotFound)?;
    version.check(found.book.ver)?;
    Ok((granted, found))
}

/// Who was overtaken by another decision, or by another version, reads anew.
pub(crate) fn undecided(error: DecideError) -> Problem {
    match error {
        DecideError::Store(StoreError::Stale) => RequestError::IfMatchOutdated.into(),
        DecideError::Store(_) | DecideError::Intake(_) => error.into(),
    }
}

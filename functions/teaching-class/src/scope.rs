//! Which classes a caller reaches, what they are decided by, and how a decision is written.

use std::collections::BTreeSet;

use domain::access::{Allows, Granted, Owned as _, Owner, may};
use domain::calendar::{Day, days};
use domain::catalog::{Offering, Term};
use domain::id::{OfferingId, SchoolCode, StudentId, TermCode};
use domain::record::TermRecord;
use domain::teaching::class::TeachingClass;
use domain::teaching::membership::Seated;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{RequestError, parse};
use edge::{App, Caller};
use futures::try_join;
use jiff::civil::Date;
use store::key::Key;
use store::teaching::Arranged;
use store::{Commit, StoreError, Versioned};

/// How often a change is decided anew because other classes of the term, or records of its pupils, were changed meanwhile.
const DECISIONS: usize = 8;

/// What was decided about the classes of a term.
pub(crate) enum Decided<T> {
    /// A change to be written.
    Change(Commit, T),
    /// Nothing is left to change.
    Known(T),
}

/// Decides and writes; anew when what the decision rests on was changed meanwhile.
pub(crate) async fn settled<T, F>(
    app: &App,
    (school, term): (&SchoolCode, &TermCode),
    decide: impl Fn() -> F,
) -> Outcome<T>
where
    F: Future<Output = Outcome<Decided<T>>>,
{
    for _ in 0..DECISIONS {
        let (commit, value) = match decide().await? {
            Decided::Change(commit, value) => (commit, value),
            Decided::Known(value) => return Ok(value),
        };
        match app.store().commit(commit).await {
            Err(StoreError::Stale) => {}
            done => {
                done?;
                app.store().forget_classes(school, term);
                return Ok(value);
            }
        }
    }
    Err(StoreError::Stale.into())
}

/// A class, if the caller may do this to it.
pub(crate) async fn class<P: Allows>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Outcome<(Granted<P>, Versioned<TeachingClass>)> {
    let granted = caller.ask::<P>(app).await?;
    let id = parse("class_id", id)?;
    let found = app.store().class(&id).await?.and_then(|found| found.within(&granted));
    Ok((granted, found.ok_or(AccessError::NotFound)?))
}

/// An offering, if the caller may set up and end its classes.
pub(crate) async fn offering(app: &App, caller: &Caller, id: &str) -> Outcome<(Granted<may::EditTeaching>, Offering)> {
    let granted = caller.ask::<may::EditTeaching>(app).await?;
    let id: OfferingId = parse("offering_id", id)?;
    let found = app.store().offering(&id).await?.map(|found| found.value);
    let school = id.school();
    // All of the school's, and not only the own classes.
    let reached = granted.covers(&Owner { school: Some(&school), ..Owner::default() });
    Ok((granted, found.filter(|_| reached).ok_or(AccessError::NotFound)?))
}

/// The class that the same request has made before.
pub(crate) async fn made_before<P>(
    app: &App,
    granted: &Granted<P>,
    (key, body): (&Key, &str),
) -> Outcome<Option<Versioned<TeachingClass>>> {
    let Some(reply) = app.store().reply(key).await? else { return Ok(None) };
    if reply.body != body {
        return Err(RequestError::IdempotencyKeyReused.into());
    }
    let found = app.store().class(&parse("class_id", &reply.subject)?).await?;
    Ok(Some(found.and_then(|found| found.within(granted)).ok_or(AccessError::NotFound)?))
}

/// A class as it stands among the others, if it still is the caller's.
pub(crate) fn among<P>(
    arranged: &Arranged,
    granted: &Granted<P>,
    class: &TeachingClass,
) -> Outcome<Versioned<TeachingClass>> {
    let found = arranged.class(&class.id).filter(|found| granted.covers(&found.value.owner()));
    Ok(found.cloned().ok_or(AccessError::NotFound)?)
}

/// A term and its days.
pub(crate) async fn term(app: &App, school: &SchoolCode, term: &TermCode) -> Outcome<(Term, Vec<Day>)> {
    let found = app.store().term(school, term).await?.ok_or(AccessError::NotFound)?.value;
    let (own, holidays) = try_join!(app.store().calendar(school, term), app.store().holidays_of(&found))?;
    let days = days(&found, &holidays, &own.map(|own| own.value.days).unwrap_or_default());
    Ok((found, days))
}

/// From which day on pupils come or go: a given one, else today, and never before the term.
pub(crate) async fn from_day(app: &App, class: &TeachingClass, from: Option<Date>) -> Outcome<Date> {
    let found = app.store().term(&class.school, &class.id.term()).await?.ok_or(AccessError::NotFound)?;
    Ok(from.unwrap_or_else(|| app.now().day()).max(found.value.starts_on))
}

/// Who of these pupils has a paid seat in the offering of a class, with the records that say so.
pub(crate) async fn seated<P>(
    app: &App,
    granted: &Granted<P>,
    class: &TeachingClass,
    students: BTreeSet<StudentId>,
) -> Outcome<(BTreeSet<Seated>, Vec<Versioned<TermRecord>>)> {
    let (term, course) = (class.id.term(), class.id.course());
    let places = students.into_iter().map(|student| (student, term.clone()));
    let found = app.store().records_in(places).await?;
    let records: Vec<_> = found.into_iter().filter_map(|record| record.within(granted)).collect();
    let of_school = records.iter().filter(|record| record.value.school == class.school);
    let seated = of_school.filter_map(|record| Seated::of(&record.value, &course)).collect();
    Ok((seated, records))
}

/// Lets a change rest on the records by which new members have their seats: who leaves the course meanwhile is no member.
pub(crate) fn rest_on_seats(commit: &mut Commit, records: &[Versioned<TermRecord>], new: &[StudentId]) {
    for record in records.iter().filter(|record| new.contains(&record.value.student)) {
        commit.rest_on_record(record);
    }
}

/// The lessons of a class whose roll was taken.
pub(crate) async fn called(app: &App, class: &TeachingClass) -> Outcome<BTreeSet<u16>> {
    let rolls = app.store().rolls(&class.id).await?;
    Ok(rolls.iter().filter(|roll| roll.value.called_at.is_some()).map(|roll| roll.value.no).collect())
}

//! Whose requests a caller reaches, and for whom the caller speaks about one.

use domain::access::{Allows, Granted, Owned, Owner};
use domain::id::{PersonId, SchoolCode, StudentId, TeachingRequestId, TermCode};
use domain::teaching::correction::Correction;
use domain::teaching::leave::LeaveRequest;
use domain::teaching::request::Party;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{RequestError, parse};
use edge::reach::{reach_about, reach_found};
use edge::{App, Caller};
use store::Versioned;
use store::leave::ListOf;

use crate::known::is_of_school;

/// A leave, if the caller may do this to it, with the proof.
pub(crate) async fn leave<P: Allows>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Outcome<(Granted<P>, Versioned<LeaveRequest>)> {
    let id: TeachingRequestId = parse("request_id", id)?;
    reach_found(app, caller, app.store().leave(&id).await?).await
}

/// A correction, if the caller may do this to it, with the proof.
pub(crate) async fn correction<P: Allows>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Outcome<(Granted<P>, Versioned<Correction>)> {
    let id: TeachingRequestId = parse("request_id", id)?;
    reach_found(app, caller, app.store().correction(&id).await?).await
}

/// For whom the caller speaks about something that was reached.
pub(crate) fn party<P>(granted: &Granted<P>, thing: &impl Owned) -> Party {
    let Owner { school, student, .. } = thing.owner();
    if school.is_some_and(|school| is_of_school(granted, school)) {
        Party::School
    } else if student.is_some() && granted.covers(&Owner { student, ..Owner::default() }) {
        Party::Guardian
    } else {
        Party::Teacher
    }
}

/// Whose requests are listed, with the proof that the caller may see some of them.
pub(crate) struct Listing<P> {
    /// The proof.
    pub(crate) granted: Granted<P>,
    school: SchoolCode,
    term: TermCode,
    subject: Option<String>,
}

impl<P: Allows> Listing<P> {
    /// A family names the own child; who works at the school need not name anybody.
    pub(crate) async fn of(
        (app, caller): (&App, &Caller),
        (school, term): (&str, &str),
        (student, teacher): (Option<&str>, Option<&str>),
    ) -> Outcome<Self> {
        let (school, term): (SchoolCode, TermCode) = (parse("school", school)?, parse("term", term)?);
        let student: Option<StudentId> = student.map(|id| parse("student_id", id)).transpose()?;
        let teacher: Option<PersonId> = teacher.map(|id| parse("teacher_id", id)).transpose()?;
        if student.is_some() && teacher.is_some() {
            return Err(RequestError::ParameterUnusable { name: "teacher_id" }.into());
        }
        let granted = reach_about::<P>(app, caller, student.as_ref()).await?;
        let of_child = student.is_some() && granted.covers(&Owner { student: student.clone(), ..Owner::default() });
        if !of_child && !granted.covers_school(&school) {
            return Err(AccessError::NotFound.into());
        }
        let subject = student.map(|student| student.to_string()).or_else(|| teacher.map(|person| person.to_string()));
        Ok(Self { granted, school, term, subject })
    }

    /// The list.
    pub(crate) fn of_whom(&self) -> ListOf<'_> {
        let Self { school, term, subject, .. } = self;
        subject.as_deref().map_or(ListOf::Term(school, term), |subject| ListOf::Subject(subject, term))
    }
}

/// Whether requests of pupils are asked for, or of teachers.
pub(crate) fn of_pupils(kind: &str) -> Result<bool, RequestError> {
    match kind {
        "pupil" => Ok(true),
        "teacher" => Ok(false),
        _ => Err(RequestError::ParameterUnusable { name: "kind" }),
    }
}

/// Where a page ends, as callers hand it back: the day and the identifier.
pub(crate) mod next_page {
    use edge::http::{RequestError, parse};
    use store::leave::TeachingRequestPlace;

    /// Requests that are looked at for a page.
    pub(crate) const LIMIT: i32 = 50;

    pub(crate) fn read(cursor: &str) -> Result<TeachingRequestPlace, RequestError> {
        let (day, id) = cursor.split_once('.').ok_or(RequestError::ParameterUnusable { name: "cursor" })?;
        Ok(TeachingRequestPlace { day: parse("cursor", day)?, id: parse("cursor", id)? })
    }

    pub(crate) fn write(place: &TeachingRequestPlace) -> String {
        format!("{}.{}", place.day, place.id)
    }
}

//! Whose catalog a caller sees.

use domain::access::{Granted, may};
use domain::directory::Pupil;
use domain::id::{SchoolCode, StudentId};
use edge::caller::AccessError;
use edge::http::parse;
use edge::{App, Problem};

/// The school a caller asks about: a guardian by a child, staff by the school's code or the only one they have.
pub(crate) async fn school(
    app: &App,
    granted: &Granted<may::ViewCatalog>,
    student: Option<&str>,
    school: Option<&str>,
) -> Result<(SchoolCode, Option<Pupil>), Problem> {
    if let (Some(student), Some(_)) = (student, granted.guardian()) {
        let id: StudentId = parse("student_id", student)?;
        let pupil = app.store().pupil(&id).await?.and_then(|found| found.within(granted));
        let pupil = pupil.ok_or(AccessError::NotFound)?.value;
        return Ok((pupil.school.clone(), Some(pupil)));
    }
    let mut own = granted.schools();
    let code: Option<SchoolCode> = match (school, own.next(), own.next()) {
        (Some(code), _, _) => Some(parse("school", code)?),
        (None, Some(only), None) => Some(only.clone()),
        (None, _, _) => None,
    };
    match code.filter(|code| granted.covers_school(code)) {
        Some(code) => Ok((code, None)),
        // A guardian sees a school by way of a child, and has named none.
        None if granted.guardian().is_some() => Ok((parse("student_id", "")?, None)),
        None => Err(AccessError::NotFound.into()),
    }
}

//! Whose catalog a caller sees.

use domain::directory::Pupil;
use domain::id::{SchoolCode, StudentId};
use edge::caller::AccessError;
use edge::http::parse;
use edge::{App, Caller, Problem};

/// The school a caller asks about: a guardian by a child, staff by the school's code or their own.
pub(crate) async fn school(
    app: &App,
    caller: &Caller,
    student: Option<&str>,
    school: Option<&str>,
) -> Result<(SchoolCode, Option<Pupil>), Problem> {
    if let Ok(guardian) = caller.guardian() {
        let id: StudentId = parse("student_id", student.unwrap_or_default())?;
        let pupil = app.store().pupil(&id).await?.map(|found| found.value);
        let pupil = pupil.filter(|pupil| pupil.guardians.contains(&guardian)).ok_or(AccessError::NotFound)?;
        return Ok((pupil.school.clone(), Some(pupil)));
    }
    let code: SchoolCode = match (school, &caller.school) {
        (Some(code), _) => parse("school", code)?,
        (None, Some(own)) => own.clone(),
        (None, None) => return Err(AccessError::NotFound.into()),
    };
    if caller.reaches(&code) { Ok((code, None)) } else { Err(AccessError::NotFound.into()) }
}

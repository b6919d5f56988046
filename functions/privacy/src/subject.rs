//! Whose data somebody asks to see: whether the caller reaches that person, and what is then opened.

use domain::Tenant;
use domain::access::{Granted, Guarded, Owned};
use domain::directory::{Guardian, Pupil, Student};
use domain::id::{PersonId, StudentId};
use domain::reveal::{Subject, SubjectKind};
use domain::user::User;
use edge::caller::AccessError;
use edge::{App, Problem};
use store::Versioned;
use store::key::{self, Key};

/// A person's data, opened.
pub(crate) enum Opened {
    /// A pupil's.
    Student(Student),
    /// A guardian's.
    Guardian(Guardian),
    /// That of a person with an account.
    User(User),
}

/// Where it is decided whether the subject's data is shown; refused when the caller does not reach the person.
pub(crate) async fn place<P>(app: &App, granted: &Granted<P>, subject: &Subject) -> Result<Tenant, Problem> {
    Ok(match subject.kind {
        SubjectKind::Student => Tenant::School(pupil(app, granted, &student(&subject.id)?).await?.school),
        SubjectKind::Guardian => Tenant::School(child_of(app, granted, &subject.id).await?.school),
        SubjectKind::User => {
            let user = app.store().user(&subject.id).await?;
            opened(user, granted)?.home.map_or(Tenant::Platform, Tenant::School)
        }
    })
}

/// The subject's data; refused when the caller does not reach the person.
pub(crate) async fn open<P>(app: &App, granted: &Granted<P>, subject: &Subject) -> Result<Opened, Problem> {
    Ok(match subject.kind {
        SubjectKind::Student => {
            Opened::Student(opened(app.store().open_student(&student(&subject.id)?).await?, granted)?)
        }
        SubjectKind::Guardian => {
            // A guardian belongs to no school: who reaches one of the children may be shown the guardian.
            child_of(app, granted, &subject.id).await?;
            let guardian = app.store().open_guardian(&subject.id).await?.ok_or(AccessError::NotFound)?;
            Opened::Guardian(guardian.unguarded().value)
        }
        SubjectKind::User => Opened::User(opened(app.store().user(&subject.id).await?, granted)?),
    })
}

/// What the audit calls the subject.
pub(crate) fn thing(subject: &Subject) -> Result<Key, Problem> {
    Ok(match subject.kind {
        SubjectKind::Student => key::student(&student(&subject.id)?),
        SubjectKind::Guardian => key::guardian(&subject.id),
        SubjectKind::User => key::user(&subject.id),
    })
}

/// A pupil of a guardian whom the caller reaches.
async fn child_of<P>(app: &App, granted: &Granted<P>, guardian: &PersonId) -> Result<Pupil, Problem> {
    for child in app.store().children_of(guardian).await? {
        let pupil = app.store().pupil(&child).await?.and_then(|found| found.within(granted));
        // The pupil's own record has the last word on who its guardians are.
        if let Some(found) = pupil.filter(|pupil| pupil.value.guardians.contains(guardian)) {
            return Ok(found.value);
        }
    }
    Err(AccessError::NotFound.into())
}

async fn pupil<P>(app: &App, granted: &Granted<P>, id: &StudentId) -> Result<Pupil, Problem> {
    opened(app.store().pupil(id).await?, granted)
}

fn opened<T, P>(found: Option<Guarded<Versioned<T>>>, granted: &Granted<P>) -> Result<T, Problem>
where
    T: Owned,
{
    let found = found.and_then(|found| found.within(granted));
    Ok(found.ok_or(AccessError::NotFound)?.value)
}

fn student(id: &PersonId) -> Result<StudentId, Problem> {
    id.as_str().parse().map_err(|_never| AccessError::NotFound.into())
}

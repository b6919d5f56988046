//! Standing (身份与权限): what a person is here at this moment. B1.2, promise P10.

use domain::access::Grant;
use domain::id::PersonId;
use domain::sign_in::{SignInError, grants};
use domain::user::User;
use edge::App;
use edge::app::Outcome;
use store::Versioned;

/// What a person comes in with.
pub(crate) struct Standing {
    pub(crate) session_ver: u64,
    pub(crate) grants: Vec<Grant>,
    /// The account of a member of staff.
    pub(crate) user: Option<Versioned<User>>,
}

/// The person's account and children, as they are now. Nobody is signed in yet who could be asked for a permission.
pub(crate) async fn standing(app: &App, person: &PersonId) -> Outcome<Result<Standing, SignInError>> {
    let (user, guardian) = futures::try_join!(app.store().user(person), app.store().open_guardian(person))?;
    let user = user.map(domain::access::Guarded::unguarded);
    let known = user.as_ref().map(|found| &found.value);
    let session_ver = known.map(|user| user.session_ver).unwrap_or_default();
    let held = grants(known, guardian.is_some());
    Ok(held.map(|grants| Standing { session_ver, grants, user }))
}

//! What signing in tells the audit (登录留痕): every sign-in, every failed one, and sessions that end otherwise than by
//! their owner. K4.2 K5.1. The security log has the same and more, told where it happens.
//!
//! Both name sessions and persons by their identifiers, which are keyed hashes; never by name or phone.

use domain::audit::{Act, Actor};
use domain::id::PersonId;
use domain::session::{Ending, Session};
use edge::App;
use edge::app::Outcome;
use store::{Commit, StoreError};

/// Keeps a sign-in, with the session it opens.
pub(crate) fn came_in(app: &App, commit: &mut Commit, session: &Session) -> Result<(), StoreError> {
    commit.note(person(&session.person), Act::SignIn, &concerning(&session.person), app.random())
}

/// Keeps that a session has ended otherwise than by its owner, with the change that ends it.
pub(crate) fn ended(app: &App, commit: &mut Commit, session: &Session, why: Ending) -> Result<(), StoreError> {
    if why == Ending::SignedOut {
        return Ok(());
    }
    let by = Actor::system("identity").for_purpose(why.to_string());
    commit.note(by, Act::SessionEnded, &concerning(&session.person), app.random())
}

/// Tells of a refusal, if it is one, and hands the outcome on. `whom` is who was said to sign in, once that is known.
pub(crate) async fn outcome<T>(
    app: &App,
    operation: &'static str,
    whom: Option<&PersonId>,
    outcome: Outcome<T>,
) -> Outcome<T> {
    let Err(problem) = &outcome else { return outcome };
    // What is no refusal is told where it happens: a fault once, a malformed request not at all.
    if !matches!(problem.status, 401 | 403 | 409 | 422 | 429) {
        return outcome;
    }
    tracing::warn!(security = true, operation, problem = %problem.kind, "sign-in refused");
    let Some(whom) = whom.filter(|_| matches!(problem.status, 401 | 403 | 409)) else { return outcome };
    let why = Actor::system("identity").for_purpose(problem.kind.clone());
    let noted = app.store().note(why, Act::SignInFailed, &concerning(whom), app.now(), app.random()).await;
    // The refusal stands, and the log has it.
    if let Err(error) = noted {
        tracing::error!(%error, "failed sign-in not kept in the audit");
    }
    outcome
}

fn person(id: &PersonId) -> Actor {
    Actor::person("user", id.as_str())
}

/// What entries about a person's sign-ins call it.
fn concerning(id: &PersonId) -> String {
    format!("person#{id}")
}

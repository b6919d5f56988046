//! What signing in tells (安全日志): the one place through which every sign-in, refusal and end of a session passes.
//!
//! The security log names sessions and persons by their identifiers, which are keyed hashes; never by name or phone.

use domain::id::PersonId;
use domain::session::{Ending, Session};
use edge::Problem;

/// Something that happened to a sign-in or a session.
pub(crate) enum Event<'a> {
    /// Somebody has come in.
    CameIn(&'a Session),
    /// Somebody was turned away at this operation.
    TurnedAway(&'static str, &'a Problem),
    /// A session has ended.
    SessionEnded(&'a Session, Ending),
    /// A password was set or changed.
    PasswordSet(&'a PersonId),
    /// A second factor was set up.
    SecondFactorSet(&'a PersonId),
    /// A new deployment has let its administrator in.
    FirstAdministrator(&'a PersonId),
}

/// Tells it to the security log.
pub(crate) fn tell(event: &Event<'_>) {
    match event {
        Event::CameIn(session) => {
            tracing::info!(security = true, sid = %session.id, person = %session.person, "signed in");
        }
        // What is no refusal is told where it happens: a fault once, a malformed request not at all.
        Event::TurnedAway(operation, problem) if matches!(problem.status, 401 | 403 | 409 | 422 | 429) => {
            tracing::warn!(security = true, operation, problem = %problem.kind, "sign-in refused");
        }
        Event::TurnedAway(..) => {}
        Event::SessionEnded(session, why) => {
            tracing::warn!(security = true, sid = %session.id, person = %session.person, %why, "session ended");
        }
        Event::PasswordSet(person) => tracing::info!(security = true, %person, "password set"),
        Event::SecondFactorSet(person) => tracing::info!(security = true, %person, "second factor set up"),
        Event::FirstAdministrator(person) => tracing::warn!(security = true, %person, "first administrator added"),
    }
}

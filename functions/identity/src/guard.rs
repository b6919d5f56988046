//! Guards (防猜测): how often a source may come and an account be guessed at. K5.1.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::credential::{Attempts, TooManyAttempts};
use domain::id::PersonId;
use domain::import::Keys as _;
use domain::session::Ending;
use domain::snapshot::hash;
use edge::App;
use edge::app::Outcome;
use edge::blind::Blind;
use lambda_http::request::RequestContext;
use store::{Commit, StoreError, Versioned};

/// The stretch in which visits of one address are counted.
const STRETCH_SECONDS: i64 = 600;

/// How often the attempts are read anew because somebody else wrote them meanwhile.
const TRIES: u32 = 5;

/// Most visits of one address in a stretch, for each kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Visit {
    /// To the identity provider and back: thousands of guardians share the few addresses of a mobile carrier.
    Province,
    /// With a password, or a step behind it: a school's staff shares one address.
    Password,
}

/// The address a request comes from.
pub struct Source(String);

impl<S: Sync> FromRequestParts<S> for Source {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let address = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.clone(),
            _ => None,
        };
        Ok(Self(address.unwrap_or_default()))
    }
}

impl Visit {
    const fn most(self) -> u32 {
        match self {
            Self::Province => 6000,
            Self::Password => 120,
        }
    }
}

/// Counts a visit of an address, and refuses those beyond the most.
pub(crate) async fn count(app: &App, visit: Visit, source: &Source) -> Outcome<()> {
    let keyed = Blind::of(app).await?.keyed("address", &source.0);
    let now = app.now();
    let seen = app.store().count_visit(&format!("{visit:?}#{}", hash(&keyed)), STRETCH_SECONDS, now).await?;
    if seen > visit.most() {
        let left = STRETCH_SECONDS.saturating_sub(now.seconds().rem_euclid(STRETCH_SECONDS));
        return Err(TooManyAttempts { wait_seconds: u32::try_from(left).unwrap_or(u32::MAX) }.into());
    }
    Ok(())
}

/// Counts an attempt at somebody's password or code before it is looked at. The person need not exist.
pub(crate) async fn attempt(app: &App, person: &PersonId) -> Outcome<Versioned<Attempts>> {
    let mut tried = 0;
    loop {
        let now = app.now();
        let mut attempts =
            app.store().attempts(person).await?.unwrap_or_else(|| Versioned::absent(Attempts::none(now)));
        attempts.value.begin(now)?;
        let mut commit = commit(app);
        commit.save_attempts(person, &attempts)?;
        match app.store().commit(commit).await {
            Ok(()) => {
                attempts.ver = attempts.ver.saturating_add(1);
                return Ok(attempts);
            }
            Err(StoreError::Stale) if tried < TRIES => tried = tried.saturating_add(1),
            // So many at once are no person's.
            Err(StoreError::Stale) => return Err(TooManyAttempts { wait_seconds: 1 }.into()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A change by the one who signs in, whom the change itself names.
pub(crate) fn commit(app: &App) -> Commit {
    Commit::new(domain::audit::Actor::system("identity"), "identity.sign-in", app.now())
}

/// Ends a session and tells it. One that was changed meanwhile is left to the next who comes with its token.
pub(crate) async fn end(
    app: &App,
    session: &Versioned<domain::session::Session>,
    why: Ending,
) -> Result<(), StoreError> {
    let mut ended = session.clone();
    ended.value.end(why);
    let mut commit = commit(app);
    commit.save_session(&ended)?;
    crate::tell::ended(app, &mut commit, &ended.value, why)?;
    app.store().commit(commit).await?;
    tracing::warn!(security = true, sid = %session.value.id, person = %session.value.person, %why, "session ended");
    Ok(())
}

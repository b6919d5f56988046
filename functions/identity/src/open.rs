//! Opening a session (建立会话): what every way in ends with. B1.2 K5.1.

use domain::id::PersonId;
use domain::session::{ACCESS_MINUTES, Session, SessionError, Way};
use edge::App;
use edge::app::Outcome;
use serde::Serialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::issue::{Subject, access_token};
use crate::refresh_token::RefreshToken;
use crate::standing::Standing;
use crate::tell;

/// A session's tokens. Keep the refresh token where scripts of others do not reach, and send it to its own operations
/// only.
#[derive(Serialize, ToSchema)]
pub struct SessionOpened {
    /// For `Authorization: Bearer …`.
    pub access_token: String,
    /// How long it is good.
    #[schema(example = 900)]
    pub expires_in_seconds: i64,
    /// Good once: each renewal gives another.
    pub refresh_token: String,
    /// How long the session lasts if it is not renewed before.
    #[schema(example = 2_592_000)]
    pub refresh_expires_in_seconds: i64,
}

/// A session about to be written.
pub(crate) struct Opening {
    session: Session,
    token: RefreshToken,
}

impl Opening {
    /// A new session of a person, written by `commit`.
    pub(crate) fn begin(app: &App, commit: &mut Commit, person: PersonId, way: Way) -> Outcome<Self> {
        let token = RefreshToken::new(app);
        let id = token.session().ok_or(SessionError::Unknown)?;
        let session = Session::begin(id, person, way, token.hash(), app.now());
        commit.save_session(&Versioned::absent(session.clone()))?;
        tell::came_in(app, commit, &session)?;
        Ok(Self { session, token })
    }

    /// What the browser is told once it is written.
    pub(crate) async fn done(self, app: &App, standing: &Standing) -> Outcome<SessionOpened> {
        tracing::info!(security = true, sid = %self.session.id, person = %self.session.person, "signed in");
        see(app, standing).await;
        told(app, &self.session, &self.token, standing).await
    }
}

/// The tokens of a session, in the words of the interface.
pub(crate) async fn told(
    app: &App,
    session: &Session,
    token: &RefreshToken,
    standing: &Standing,
) -> Outcome<SessionOpened> {
    let Standing { session_ver, grants, .. } = standing;
    let subject = Subject { person: &session.person, session: &session.id, session_ver: *session_ver, grants };
    Ok(SessionOpened {
        access_token: access_token(app, &subject).await?,
        expires_in_seconds: ACCESS_MINUTES.saturating_mul(60),
        refresh_token: token.text(),
        refresh_expires_in_seconds: session.expires_at.seconds_since(app.now()),
    })
}

/// Writes down on which day a member of staff was last here, at best effort: a review of dormant accounts reads it, and
/// the next sign-in writes it again.
async fn see(app: &App, standing: &Standing) {
    let Some(user) = &standing.user else { return };
    let now = app.now();
    if user.value.last_seen.is_some_and(|seen| seen.day() == now.day()) {
        return;
    }
    let mut seen = user.clone();
    seen.value.last_seen = Some(now);
    let mut commit = crate::guard::commit(app);
    let written = match commit.save_user(&seen) {
        Ok(()) => app.store().commit(commit).await,
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        tracing::info!(%error, "last sign-in not written");
    }
}

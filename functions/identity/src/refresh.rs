//! Renewing a session: the next refresh token, and an access token that says what the person is now. K5.1.

use axum::extract::State;
use domain::session::{Ending, Presented, Session, SessionError, Way};
use domain::sign_in::SignInError;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Problem};
use serde::Deserialize;
use store::{StoreError, Versioned};
use utoipa::ToSchema;

use crate::guard::{commit, end};
use crate::open::{SessionOpened, told};
use crate::refresh_token::RefreshToken;
use crate::standing::{Standing, standing};
use crate::tell;

/// How often a session is read anew because somebody else has renewed it meanwhile.
const TRIES: u32 = 4;

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshSession {
    /// The last one this browser was given.
    pub refresh_token: String,
}

/// 续期登录
#[utoipa::path(
    post, path = "/session/refresh", operation_id = "refresh_session", tag = "登录", security(()),
    request_body = RefreshSession,
    responses(
        (status = 200, description = "新的令牌", body = SessionOpened),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "登录已过期或已退出", body = Problem),
        (status = 403, description = "账号不能登录", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙", body = Problem),
    ),
)]
pub async fn refresh_session(State(app): State<App>, sent: Sent<RefreshSession>) -> Outcome<Answer<SessionOpened>> {
    let renewed = refresh(&app, &sent.value.refresh_token).await;
    tell::outcome(&app, "refresh_session", None, renewed).await
}

async fn refresh(app: &App, text: &str) -> Outcome<Answer<SessionOpened>> {
    let token = RefreshToken::read(text).ok_or(SessionError::Unknown)?;
    let id = token.session().ok_or(SessionError::Unknown)?;
    for _ in 0..TRIES {
        let session = app.store().session(&id).await?.ok_or(SessionError::Unknown)?;
        if let Some(opened) = renew(app, &token, session).await? {
            return Ok(Answer::ok(opened));
        }
    }
    Err(StoreError::Stale.into())
}

/// None: somebody else has written the session meanwhile.
async fn renew(app: &App, token: &RefreshToken, mut session: Versioned<Session>) -> Outcome<Option<SessionOpened>> {
    let presented = match session.value.present(&token.hash(), app.now()) {
        Err(SessionError::Reused) => return ended(app, &session, Ending::Reused, SessionError::Reused.into()).await,
        presented => presented?,
    };
    let standing = match standing_now(app, &session.value).await? {
        Ok(standing) => standing,
        Err((why, problem)) => return ended(app, &session, why, problem).await,
    };
    let successor = match presented {
        Presented::Again { salt } => token.successor(&salt),
        Presented::Next => {
            let salt = RefreshToken::salt(app);
            let successor = token.successor(&salt);
            session.value.rotate(successor.hash(), salt, app.now());
            let mut commit = commit(app);
            commit.save_session(&session)?;
            match app.store().commit(commit).await {
                Err(StoreError::Stale) => return Ok(None),
                written => written?,
            }
            successor
        }
    };
    told(app, &session.value, &successor, &standing).await.map(Some)
}

/// Ends the session with this refusal.
async fn ended(
    app: &App,
    session: &Versioned<Session>,
    why: Ending,
    refusal: Problem,
) -> Outcome<Option<SessionOpened>> {
    match end(app, session, why).await {
        Ok(()) => Err(refusal),
        Err(StoreError::Stale) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the person is now, or why the session ends with that.
async fn standing_now(app: &App, session: &Session) -> Outcome<Result<Standing, (Ending, Problem)>> {
    if let Way::Password { epoch } = session.way {
        let credential = app.store().credential(&session.person).await?;
        if credential.is_none_or(|found| found.value.epoch != epoch) {
            return Ok(Err((Ending::PasswordChanged, SessionError::Ended.into())));
        }
    }
    let standing = match standing(app, &session.person).await? {
        Ok(standing) => standing,
        Err(refusal) => {
            let why = if refusal == SignInError::Frozen { Ending::Frozen } else { Ending::NoRole };
            return Ok(Err((why, refusal.into())));
        }
    };
    let was_frozen = standing.user.as_ref().is_some_and(|user| user.value.has_ended(session.begun_at));
    Ok(if was_frozen { Err((Ending::Frozen, SessionError::Ended.into())) } else { Ok(standing) })
}

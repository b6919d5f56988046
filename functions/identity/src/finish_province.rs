//! Finishing a sign-in by the province's unified identity: the code becomes a person, the person a session. B1.2 K5.1.

use axum::extract::State;
use domain::Pii;
use domain::audit::Actor;
use domain::id::PersonId;
use domain::import::Keys as _;
use domain::session::Way;
use domain::sign_in::{FirstAdministrator, SignInError};
use domain::snapshot::hash;
use edge::app::Outcome;
use edge::blind::Blind;
use edge::http::{Answer, Sent};
use edge::{App, Problem, Variable};
use gateway::identity::IdentityError;
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::guard::{Source, Visit, commit, count};
use crate::open::{Opening, SessionOpened};
use crate::standing::standing;
use crate::tell;

/// What the browser came back with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishSignIn {
    /// From the address it came back to.
    pub code: String,
    /// From the address it came back to.
    pub state: String,
    /// What this browser has kept.
    pub binding: String,
}

/// 完成统一身份认证登录
#[utoipa::path(
    post, path = "/sign-in/province/finish", operation_id = "finish_province_sign_in", tag = "登录", security(()),
    request_body = FinishSignIn,
    responses(
        (status = 201, description = "已登录", body = SessionOpened),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 403, description = "不能登录本平台", body = Problem),
        (status = 409, description = "登录请求无效、过期或已使用", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 429, description = "操作过于频繁", body = Problem),
        (status = 503, description = "统一身份认证平台或系统繁忙", body = Problem),
    ),
)]
pub async fn finish_province_sign_in(
    State(app): State<App>,
    source: Source,
    sent: Sent<FinishSignIn>,
) -> Outcome<Answer<SessionOpened>> {
    let mut whom = None;
    let finished = finish(&app, &source, sent.value, &mut whom).await;
    tell::outcome(&app, "finish_province_sign_in", whom.as_ref(), finished).await
}

async fn finish(
    app: &App,
    source: &Source,
    sent: FinishSignIn,
    whom: &mut Option<PersonId>,
) -> Outcome<Answer<SessionOpened>> {
    count(app, Visit::Province, source).await?;
    redeem(app, &sent).await?;
    let identified = match app.identity_provider().await?.identify(&sent.code).await {
        Err(IdentityError::Refused) => return Err(SignInError::CodeRefused.into()),
        answer => answer?,
    };
    let phone = identified.vouched()?;
    let person = whom.insert(Blind::of(app).await?.guardian(phone.reveal())).clone();
    let mut found = standing(app, &person).await?;
    if matches!(&found, Err(SignInError::NotRegistered)) || found.as_ref().is_ok_and(|known| known.user.is_none()) {
        let added = let_in_first(app, &person, phone).await?;
        if added {
            found = standing(app, &person).await?;
        }
    }
    let found = found?;
    let mut commit = commit(app);
    let opening = Opening::begin(app, &mut commit, person, Way::Province)?;
    app.store().commit(commit).await?;
    Ok(Answer::created(opening.done(app, &found).await?))
}

/// Uses the state up before the code goes out: whatever happens then, it is not used again.
async fn redeem(app: &App, sent: &FinishSignIn) -> Outcome<()> {
    let state = hash(sent.state.as_bytes());
    let mut pending = app.store().pending(&state).await?.ok_or(SignInError::StateUnknown)?;
    pending.value.redeem(&hash(sent.binding.as_bytes()), app.now())?;
    let mut commit = commit(app);
    commit.save_pending(&state, &pending)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => Err(SignInError::StateUsed.into()),
        written => Ok(written?),
    }
}

/// Adds the account of somebody whom a new deployment lets in. It is added once: what becomes of it later is the
/// matter of those who manage accounts.
async fn let_in_first(app: &App, person: &PersonId, phone: &Pii<String>) -> Outcome<bool> {
    let listed: Vec<FirstAdministrator> = app.secrets().get(app.variable(Variable::FirstAdministratorsSecret)?).await?;
    let Some(first) = listed.into_iter().find(|one| one.phone == *phone.reveal()) else { return Ok(false) };
    let mut commit = Commit::new(Actor::system("first-administrators"), "identity.add-first-administrator", app.now());
    commit.save_user(&Versioned::absent(first.user(person.clone(), app.now())))?;
    match app.store().commit(commit).await {
        // Signed in twice at once: the other one has added it.
        Err(StoreError::Stale) => {}
        written => written?,
    }
    tracing::warn!(security = true, %person, "first administrator added");
    Ok(true)
}

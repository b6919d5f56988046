//! Signing in by password: it leads to the second factor, never in. B1.2 K5.1.

use axum::extract::State;
use domain::id::PersonId;
use domain::import::Keys as _;
use domain::sign_in::{SignInError, after_password};
use edge::app::Outcome;
use edge::blind::Blind;
use edge::http::{Answer, Sent};
use edge::password::is_password;
use edge::{App, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::guard::{Source, Visit, attempt, commit, count};
use crate::standing::standing;
use crate::step::{NextStep, hand_out};
use crate::tell;

/// Phone and password. It is not shown, not even to the log.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInByPassword {
    /// The mobile phone of the account.
    #[schema(example = "19800000001")]
    pub phone: String,
    /// The password.
    #[schema(format = Password)]
    pub password: String,
}

/// 密码登录(工作人员)
#[utoipa::path(
    post, path = "/sign-in/password", operation_id = "sign_in_by_password", tag = "登录", security(()),
    request_body = SignInByPassword,
    responses(
        (status = 200, description = "密码正确,继续下一步", body = NextStep),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "手机号或密码不正确", body = Problem),
        (status = 403, description = "账号不能登录", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 429, description = "尝试次数过多", body = Problem),
    ),
)]
pub async fn sign_in_by_password(
    State(app): State<App>,
    source: Source,
    sent: Sent<SignInByPassword>,
) -> Outcome<Answer<NextStep>> {
    let mut whom = None;
    let found = sign_in(&app, &source, sent.value, &mut whom).await;
    tell::outcome(&app, "sign_in_by_password", whom.as_ref(), found).await
}

/// Whether there is an account is told by nothing: the same is read, written and reckoned for a phone nobody has.
async fn sign_in(
    app: &App,
    source: &Source,
    sent: SignInByPassword,
    whom: &mut Option<PersonId>,
) -> Outcome<Answer<NextStep>> {
    count(app, Visit::Password, source).await?;
    let person = whom.insert(Blind::of(app).await?.guardian(&sent.phone)).clone();
    let mut attempts = attempt(app, &person).await?;
    let credential = app.store().credential(&person).await?;
    let stored = credential.as_ref().map(|found| &found.value.password);
    let right = is_password(&sent.password, stored)?;
    let credential = credential.filter(|_| right).ok_or(SignInError::WrongPassword)?.value;
    standing(app, &person).await??;
    let step = after_password(&credential, app.now())?;
    attempts.value.take_back();
    let mut commit = commit(app);
    commit.save_attempts(&person, &attempts)?;
    Ok(Answer::ok(hand_out(app, commit, &credential, step).await?))
}

//! Setting up the second factor: a secret for the authenticator app, confirmed by its first code. B1.2 K5.1.

use axum::extract::State;
use domain::audit::Actor;
use domain::credential::{SecondFactor, step_of};
use domain::id::PersonId;
use domain::sign_in::{SignInError, Step};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::totp::{code_at, new_secret, otpauth_uri};
use edge::{App, Problem};
use serde::{Deserialize, Serialize};
use store::Commit;
use utoipa::ToSchema;

use crate::guard::{Source, Visit, attempt, commit, count};
use crate::second_factor::AnswerSecondFactor;
use crate::standing::standing;
use crate::step::{NextStep, Presented, hand_out};
use crate::tell;

/// The ticket of the step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUpSecondFactor {
    /// From the step before.
    pub ticket: String,
}

/// What the authenticator app takes in.
#[derive(Serialize, ToSchema)]
pub struct SecondFactorSecret {
    /// The secret, base 32, for typing. It is shown once.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    pub secret: String,
    /// The same as an address, for a QR code.
    pub otpauth_uri: String,
    /// The step behind: its first code.
    #[serde(flatten)]
    pub step: NextStep,
}

/// 设置动态验证码
#[utoipa::path(
    post, path = "/sign-in/second-factor/set-up", operation_id = "set_up_second_factor", tag = "登录", security(()),
    request_body = SetUpSecondFactor,
    responses(
        (status = 200, description = "请在验证器应用中添加", body = SecondFactorSecret),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "登录步骤已失效", body = Problem),
        (status = 403, description = "账号不能登录", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 429, description = "操作过于频繁", body = Problem),
    ),
)]
pub async fn set_up_second_factor(
    State(app): State<App>,
    source: Source,
    sent: Sent<SetUpSecondFactor>,
) -> Outcome<Answer<SecondFactorSecret>> {
    let shown = set_up(&app, &source, sent.value).await;
    tell::outcome(&app, "set_up_second_factor", None, shown).await
}

async fn set_up(app: &App, source: &Source, sent: SetUpSecondFactor) -> Outcome<Answer<SecondFactorSecret>> {
    count(app, Visit::Password, source).await?;
    let presented = Presented::read(app, &sent.ticket).await?;
    if *presented.step() != Step::SetUp {
        return Err(SignInError::TicketUnknown.into());
    }
    let credential = &presented.credential.value;
    let user = standing(app, &credential.person).await??.user;
    let who = user.map(|user| user.value.phone.masked_number()).unwrap_or_default();
    let secret = new_secret(app);
    let mut commit = commit(app);
    presented.use_up(&mut commit)?;
    let step = hand_out(app, commit, credential, Step::Confirm { secret: secret.clone() }).await?;
    let otpauth_uri = otpauth_uri(&secret, &who).reveal().clone();
    Ok(Answer::ok(SecondFactorSecret { secret: secret.reveal().clone(), otpauth_uri, step }))
}

/// 确认动态验证码
#[utoipa::path(
    post, path = "/sign-in/second-factor/confirm", operation_id = "confirm_second_factor", tag = "登录", security(()),
    request_body = AnswerSecondFactor,
    responses(
        (status = 200, description = "已登录,或继续下一步", body = NextStep),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "验证码不正确,或登录步骤已失效", body = Problem),
        (status = 403, description = "账号不能登录", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 429, description = "尝试次数过多", body = Problem),
    ),
)]
pub async fn confirm_second_factor(
    State(app): State<App>,
    source: Source,
    sent: Sent<AnswerSecondFactor>,
) -> Outcome<Answer<NextStep>> {
    let mut whom = None;
    let found = confirm(&app, &source, sent.value, &mut whom).await;
    tell::outcome(&app, "confirm_second_factor", whom.as_ref(), found).await
}

async fn confirm(
    app: &App,
    source: &Source,
    sent: AnswerSecondFactor,
    whom: &mut Option<PersonId>,
) -> Outcome<Answer<NextStep>> {
    count(app, Visit::Password, source).await?;
    let mut presented = Presented::read(app, &sent.ticket).await?;
    let Step::Confirm { secret } = presented.step().clone() else { return Err(SignInError::TicketUnknown.into()) };
    let person = whom.insert(presented.credential.value.person.clone()).clone();
    let mut attempts = attempt(app, &person).await?;
    let used = step_of(&sent.code, attempts.value.last_step, app.now(), |step| code_at(&secret, step));
    attempts.value.clear(used.ok_or(SignInError::WrongCode)?, app.now());
    presented.credential.value.second_factor = Some(SecondFactor { secret });
    let actor = Actor::person("user", person.as_str());
    let mut commit = Commit::new(actor, "identity.confirm-second-factor", app.now());
    commit.save_attempts(&person, &attempts)?;
    commit.save_credential(&presented.credential)?;
    presented.use_up(&mut commit)?;
    let next = presented.pass(app, commit).await?;
    tracing::info!(security = true, %person, "second factor set up");
    Ok(Answer::ok(next))
}

//! The second factor: the code of an authenticator app, each good once. B1.2 K5.1.

use axum::extract::State;
use domain::credential::step_of;
use domain::id::PersonId;
use domain::sign_in::{SignInError, Step};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::totp::code_at;
use edge::{App, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::guard::{Source, Visit, attempt, commit, count};
use crate::step::{NextStep, Presented};
use crate::tell;

/// A code for a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerSecondFactor {
    /// From the step before.
    pub ticket: String,
    /// Six digits.
    #[schema(example = "287082")]
    pub code: String,
}

/// 提交动态验证码
#[utoipa::path(
    post, path = "/sign-in/second-factor", operation_id = "answer_second_factor", tag = "登录", security(()),
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
pub async fn answer_second_factor(
    State(app): State<App>,
    source: Source,
    sent: Sent<AnswerSecondFactor>,
) -> Outcome<Answer<NextStep>> {
    let mut whom = None;
    let found = answer(&app, &source, sent.value, &mut whom).await;
    tell::outcome(&app, "answer_second_factor", whom.as_ref(), found).await
}

async fn answer(
    app: &App,
    source: &Source,
    sent: AnswerSecondFactor,
    whom: &mut Option<PersonId>,
) -> Outcome<Answer<NextStep>> {
    count(app, Visit::Password, source).await?;
    let presented = Presented::read(app, &sent.ticket).await?;
    let (Step::SecondFactor, Some(factor)) = (presented.step(), &presented.credential.value.second_factor) else {
        return Err(SignInError::TicketUnknown.into());
    };
    let person = whom.insert(presented.credential.value.person.clone()).clone();
    let mut attempts = attempt(app, &person).await?;
    let used = step_of(&sent.code, attempts.value.last_step, app.now(), |step| code_at(&factor.secret, step));
    attempts.value.clear(used.ok_or(SignInError::WrongCode)?, app.now());
    let mut commit = commit(app);
    commit.save_attempts(&person, &attempts)?;
    presented.use_up(&mut commit)?;
    Ok(Answer::ok(presented.pass(app, commit).await?))
}

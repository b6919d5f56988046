//! The own password of a member of staff who is signed in: the first one, or another one. B1.2 K5.1.

use axum::extract::State;
use domain::audit::Actor;
use domain::credential::{Credential, check_password};
use domain::sign_in::SignInError;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::password::{hash_password, is_password};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::change_password::replace;
use crate::guard::{Source, Visit, attempt, count};
use crate::standing::standing;
use crate::tell;

/// A password for the own account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The present one, if there is one.
    #[serde(default)]
    #[schema(format = Password)]
    pub current_password: Option<String>,
    /// At least 12 characters.
    #[schema(format = Password)]
    pub new_password: String,
}

/// The password is set.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct PasswordSet {
    /// Whether an authenticator app is still to be set up, at the next sign-in by password.
    pub second_factor_pending: bool,
}

/// 设置本人密码
#[utoipa::path(
    put, path = "/me/password", operation_id = "set_password", tag = "登录",
    request_body = SetPassword,
    responses(
        (status = 200, description = "密码已设置,用原密码建立的登录将退出", body = PasswordSet),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 403, description = "不适用密码登录", body = Problem),
        (status = 409, description = "原密码不正确", body = Problem),
        (status = 422, description = "密码不符合要求", body = Problem),
        (status = 429, description = "尝试次数过多", body = Problem),
    ),
)]
pub async fn set_password(
    State(app): State<App>,
    caller: Caller,
    source: Source,
    sent: Sent<SetPassword>,
) -> Outcome<Answer<PasswordSet>> {
    let done = set(&app, &caller, &source, sent.value).await;
    tell::outcome(&app, "set_password", Some(&caller.id), done).await
}

async fn set(app: &App, caller: &Caller, source: &Source, sent: SetPassword) -> Outcome<Answer<PasswordSet>> {
    count(app, Visit::Password, source).await?;
    let person = &caller.id;
    let user = standing(app, person).await??.user.ok_or(SignInError::StaffOnly)?.value;
    let new = sent.new_password.as_str();
    let mut commit = Commit::new(Actor::person("user", person.as_str()), "identity.set-password", app.now());
    let credential = if let Some(mut stored) = app.store().credential(person).await? {
        let mut attempts = attempt(app, person).await?;
        let current = sent.current_password.ok_or(SignInError::OldPasswordWrong)?;
        if !is_password(&current, Some(&stored.value.password))? {
            return Err(SignInError::OldPasswordWrong.into());
        }
        replace(app, &mut stored.value, &user, new)?;
        attempts.value.take_back();
        commit.save_attempts(person, &attempts)?;
        stored
    } else {
        // Whoever has no password came in by the province, which knows the person better than a password does.
        check_password(new, user.phone.reveal(), user.name.reveal())?;
        Versioned::absent(Credential::first(person.clone(), hash_password(app, new)?, false, app.now()))
    };
    commit.save_credential(&credential)?;
    app.store().commit(commit).await?;
    tracing::info!(security = true, %person, "password set");
    Ok(Answer::ok(PasswordSet { second_factor_pending: credential.value.second_factor.is_none() }))
}

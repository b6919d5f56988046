//! Changing a password that somebody else knows: the last step before such a person comes in. B1.2 K5.1.

use axum::extract::State;
use domain::audit::Actor;
use domain::credential::{Credential, PasswordError, check_password};
use domain::sign_in::{SignInError, Step};
use domain::user::User;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::password::{hash_password, is_password};
use edge::{App, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::guard::{Source, Visit, count};
use crate::standing::standing;
use crate::step::{NextStep, Presented, open};
use crate::tell;

/// A new password for a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// From the step before.
    pub ticket: String,
    /// At least 12 characters.
    #[schema(format = Password)]
    pub new_password: String,
}

/// 修改初始密码
#[utoipa::path(
    post, path = "/sign-in/password/change", operation_id = "change_password", tag = "登录", security(()),
    request_body = ChangePassword,
    responses(
        (status = 200, description = "已登录", body = NextStep),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "登录步骤已失效", body = Problem),
        (status = 403, description = "账号不能登录", body = Problem),
        (status = 422, description = "密码不符合要求", body = Problem),
        (status = 429, description = "操作过于频繁", body = Problem),
    ),
)]
pub async fn change_password(
    State(app): State<App>,
    source: Source,
    sent: Sent<ChangePassword>,
) -> Outcome<Answer<NextStep>> {
    let found = change(&app, &source, sent.value).await;
    tell::outcome(&app, "change_password", None, found).await
}

async fn change(app: &App, source: &Source, sent: ChangePassword) -> Outcome<Answer<NextStep>> {
    count(app, Visit::Password, source).await?;
    let mut presented = Presented::read(app, &sent.ticket).await?;
    if *presented.step() != Step::ChangePassword {
        return Err(SignInError::TicketUnknown.into());
    }
    let person = presented.credential.value.person.clone();
    let user = standing(app, &person).await??.user.ok_or(SignInError::StaffOnly)?.value;
    replace(app, &mut presented.credential.value, &user, &sent.new_password)?;
    let actor = Actor::person("user", person.as_str());
    let mut commit = Commit::new(actor, "identity.change-password", app.now());
    commit.save_credential(&presented.credential)?;
    presented.use_up(&mut commit)?;
    let next = open(app, commit, &presented.credential.value).await?;
    tracing::info!(security = true, %person, "password set");
    Ok(Answer::ok(next))
}

/// Puts a password its owner has chosen in the place of another.
pub(crate) fn replace(app: &App, credential: &mut Credential, user: &User, password: &str) -> Outcome<()> {
    check_password(password, user.phone.reveal(), user.name.reveal())?;
    if is_password(password, Some(&credential.password))? {
        return Err(PasswordError::Unchanged.into());
    }
    credential.change(hash_password(app, password)?, app.now());
    Ok(())
}

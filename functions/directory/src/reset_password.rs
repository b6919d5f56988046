//! Resetting somebody's password: the way back in for who has lost it, or the second factor. B1.1 K5.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::credential::Credential;
use domain::user::Granter;
use edge::app::Outcome;
use edge::http::Answer;
use edge::password::{hash_password, temporary_password};
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::list_users::reach;

/// A password to be handed over.
#[derive(Serialize, ToSchema)]
pub struct PasswordReset {
    /// It is shown once, good for three days, and must be changed at the first sign-in, where the second factor is set up
    /// anew.
    #[schema(format = Password, example = "k7wq-2mzt-9xhd-4vbn")]
    pub temporary_password: String,
}

/// 重置用户密码
///
/// For who may give all the roles the account holds. Sessions that began with the old password end. Hand the new one
/// over in person.
#[utoipa::path(
    post, path = "/users/{person_id}/password-reset", operation_id = "reset_password", tag = "用户与角色",
    params(("person_id" = String, Path, description = "用户编号")),
    responses(
        (status = 200, description = "已重置", body = PasswordReset),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "为本人账号,或无权授予其角色", body = Problem),
        (status = 412, description = "刚被他人重置", body = Problem),
    ),
)]
pub async fn reset_password(
    State(app): State<App>,
    caller: Caller,
    Path(person_id): Path<String>,
) -> Outcome<Answer<PasswordReset>> {
    let granted = caller.ask::<may::GrantRoles>(&app).await?;
    let user = reach(&app, &granted, &person_id).await?.value;
    let book = app.store().roles_now(&caller.grants_with(&user.grants)).await?;
    user.check_reset(Granter { id: &caller.id, grants: &caller.grants, book: &book })?;
    let temporary = temporary_password(&app);
    let hash = hash_password(&app, &temporary)?;
    let credential = match app.store().credential(&user.id).await? {
        Some(mut found) => {
            found.value.reset(hash, app.now());
            found
        }
        None => Versioned::absent(Credential::first(user.id, hash, true, app.now())),
    };
    let mut commit = Commit::new(caller.actor(&granted), "directory.reset_password", app.now());
    commit.save_credential(&credential)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(PasswordReset { temporary_password: temporary }))
}

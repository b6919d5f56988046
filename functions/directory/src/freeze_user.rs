//! Freezing an account and letting it in again. B1.1.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::directory::Guardian;
use domain::user::{NewUser, Reason, User};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::view::UserView;

/// Why an account is frozen.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeUser {
    /// 1 to 200 characters, for those who manage accounts.
    #[schema(example = "已离职")]
    pub reason: String,
}

/// 冻结用户
///
/// Its sessions end: at once for what moves money or permissions, within a quarter of an hour for the rest. A guardian
/// without an account is given one, at version 0.
#[utoipa::path(
    post, path = "/users/{person_id}/freeze", operation_id = "freeze_user", tag = "用户与角色",
    params(
        ("person_id" = String, Path, description = "用户编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = FreezeUser,
    responses(
        (status = 200, description = "已冻结", body = UserView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "状态未变,或为本人账号", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn freeze_user(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(person_id): Path<String>,
    sent: Sent<FreezeUser>,
) -> Outcome<Answer<UserView>> {
    change(&app, &caller, version, &person_id, Some(Reason::read(sent.value.reason)?)).await
}

/// 解冻用户
#[utoipa::path(
    post, path = "/users/{person_id}/unfreeze", operation_id = "unfreeze_user", tag = "用户与角色",
    params(
        ("person_id" = String, Path, description = "用户编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已解冻", body = UserView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "状态未变,或为本人账号", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn unfreeze_user(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(person_id): Path<String>,
) -> Outcome<Answer<UserView>> {
    change(&app, &caller, version, &person_id, None).await
}

async fn change(
    app: &App,
    caller: &Caller,
    version: IfMatch,
    person_id: &str,
    reason: Option<Reason>,
) -> Outcome<Answer<UserView>> {
    let granted = caller.ask::<may::FreezeUsers>(app).await?;
    let mut user = match app.store().user(&parse("person_id", person_id)?).await? {
        Some(found) => found.within(&granted),
        None if reason.is_some() => guardian(app, &granted, person_id).await?,
        None => None,
    }
    .ok_or(AccessError::NotFound)?;
    version.check(user.ver)?;
    let action = if let Some(reason) = reason {
        user.value.freeze(&caller.id, reason, app.now())?;
        "directory.freeze_user"
    } else {
        user.value.unfreeze(&caller.id)?;
        "directory.unfreeze_user"
    };
    let mut commit = Commit::new(caller.actor(&granted), action, app.now());
    commit.save_user(&user)?;
    app.write_edit(commit).await?;
    let book = app.store().role_book().await?;
    Ok(Answer::ok(UserView::of(&user.value, &book)).at_version(user.ver.saturating_add(1)))
}

/// A guardian who has no account yet: freezing gives one, for there must be something that is frozen.
async fn guardian(
    app: &App,
    granted: &Granted<may::FreezeUsers>,
    person_id: &str,
) -> Result<Option<Versioned<User>>, Problem> {
    let found = app.store().open_guardian(&parse("person_id", person_id)?).await?;
    Ok(found.and_then(|found| found.within(granted)).map(|found| {
        let Guardian { id, name, phone, .. } = found.value;
        Versioned::absent(User::new(id, NewUser { name, phone, home: None }))
    }))
}

//! Correcting an account's name. B1.1.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::list_users::reach;
use crate::view::UserView;

/// An account as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    /// The name, as in the identity document.
    #[schema(value_type = String, example = "王晓明")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub name: Pii<String>,
}

/// 修改用户
///
/// The phone stays: who has another one gets an account of that phone, and the old one is frozen.
#[utoipa::path(
    put, path = "/users/{person_id}", operation_id = "edit_user", tag = "用户与角色",
    params(
        ("person_id" = String, Path, description = "用户编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = EditUser,
    responses(
        (status = 200, description = "已修改", body = UserView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_user(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(person_id): Path<String>,
    sent: Sent<EditUser>,
) -> Outcome<Answer<UserView>> {
    let granted = caller.ask::<may::EditUsers>(&app).await?;
    let mut user = reach(&app, &granted, &person_id).await?;
    version.check(user.ver)?;
    user.value.rename(sent.value.name)?;
    let mut commit = Commit::new(caller.actor(&granted), "directory.edit_user", app.now());
    commit.save_user(&user)?;
    app.write_edit(commit).await?;
    let book = app.store().role_book().await?;
    Ok(Answer::ok(UserView::of(&user.value, &book)).at_version(user.ver.saturating_add(1)))
}

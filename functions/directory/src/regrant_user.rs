//! Giving a user other roles. B3.1 K5.1.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::{Grant, may};
use domain::user::Granter;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::list_users::reach;
use crate::view::UserView;

/// The roles a user is to hold.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegrantUser {
    /// All of them, as `teacher@classes:2144200601`: one that is left out is taken.
    #[schema(value_type = Vec<String>)]
    pub grants: BTreeSet<Grant>,
}

/// 设置用户角色
///
/// Nobody gives or takes what they may not hand on. The user's sessions end, as when an account is frozen.
#[utoipa::path(
    put, path = "/users/{person_id}/grants", operation_id = "regrant_user", tag = "用户与角色",
    params(
        ("person_id" = String, Path, description = "用户编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = RegrantUser,
    responses(
        (status = 200, description = "已设置", body = UserView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "无权授予,或违反三员分立", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn regrant_user(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(person_id): Path<String>,
    sent: Sent<RegrantUser>,
) -> Outcome<Answer<UserView>> {
    let granted = caller.ask::<may::GrantRoles>(&app).await?;
    let mut user = reach(&app, &granted, &person_id).await?;
    version.check(user.ver)?;
    let touched: BTreeSet<Grant> = user.value.grants.iter().cloned().chain(sent.value.grants.clone()).collect();
    let book = app.store().roles_now(&caller.grants_with(&touched)).await?;
    user.value.regrant(Granter { id: &caller.id, grants: &caller.grants, book: &book }, sent.value.grants)?;
    let mut commit = Commit::new(caller.actor(&granted), "directory.regrant_user", app.now());
    commit.save_user(&user)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(UserView::of(&user.value, &book)).at_version(user.ver.saturating_add(1)))
}

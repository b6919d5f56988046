//! Adding an account for a member of staff. B1.1.

use std::collections::BTreeSet;

use axum::extract::State;
use domain::Pii;
use domain::access::{Grant, may};
use domain::id::SchoolCode;
use domain::import::Keys as _;
use domain::user::{Granter, NewUser, User, UserError};
use edge::app::Outcome;
use edge::blind::Blind;
use edge::caller::AccessError;
use edge::http::{Answer, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::view::UserView;

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddUser {
    /// The name, as in the identity document.
    #[schema(value_type = String, example = "王小明")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub name: Pii<String>,
    /// The mobile phone, 11 digits.
    #[schema(value_type = String, example = "13800001234")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub phone: Pii<String>,
    /// The school the account is for; none: above schools.
    #[schema(example = "2144200601")]
    pub home: Option<String>,
    /// The roles, as `teacher@classes:2144200601`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub grants: BTreeSet<Grant>,
}

/// 新增用户
///
/// The same phone is the same person: adding an account that exists is refused.
#[utoipa::path(
    post, path = "/users", operation_id = "add_user", tag = "用户与角色",
    request_body = AddUser,
    responses(
        (status = 201, description = "已新增", body = UserView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到学校", body = Problem),
        (status = 409, description = "用户已存在,或无权授予角色", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn add_user(State(app): State<App>, caller: Caller, sent: Sent<AddUser>) -> Outcome<Answer<UserView>> {
    let granted = caller.ask::<may::EditUsers>(&app).await?;
    let AddUser { name, phone, home, grants } = sent.value;
    let home: Option<SchoolCode> = home.as_deref().map(|code| parse("home", code)).transpose()?;
    if !granted.covers_home(home.as_ref()) {
        return Err(AccessError::NotFound.into());
    }
    let new = NewUser { name, phone, home }.checked()?;
    let id = Blind::of(&app).await?.guardian(new.phone.reveal());
    let mut user = User::new(id, new);
    if !grants.is_empty() {
        caller.ask::<may::GrantRoles>(&app).await?;
        let book = app.store().roles_now(&caller.grants_with(&grants)).await?;
        user.regrant(Granter { id: &caller.id, grants: &caller.grants, book: &book }, grants)?;
    }
    let mut commit = Commit::new(caller.actor(&granted), "directory.add_user", app.now());
    let user = Versioned::absent(user);
    commit.save_user(&user)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => return Err(UserError::Exists.into()),
        done => done?,
    }
    let book = app.store().role_book().await?;
    Ok(Answer::created(UserView::of(&user.value, &book)).at_version(1))
}

//! Users, school by school, and one of them. B1.1.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::id::{PersonId, SchoolCode};
use domain::user::User;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::Versioned;
use utoipa::{IntoParams, ToSchema};

use crate::view::UserView;

/// Users of a page.
const PAGE: i32 = 50;

/// Which users.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichUsers {
    /// The school whose accounts are wanted; none: those above schools.
    #[param(example = "2144200601")]
    pub school: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Users.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Users {
    /// By identifier.
    pub items: Vec<UserView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 用户列表
#[utoipa::path(
    get, path = "/users", operation_id = "list_users", tag = "用户与角色",
    responses(
        (status = 200, description = "用户", body = Users),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_users(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichUsers>,
) -> Outcome<Answer<Users>> {
    let granted = caller.ask::<may::ViewUsers>(&app).await?;
    let school: Option<SchoolCode> = which.school.as_deref().map(|code| parse("school", code)).transpose()?;
    if !granted.covers_home(school.as_ref()) {
        return Err(AccessError::NotFound.into());
    }
    let after = which.cursor.as_deref().map(after).transpose()?;
    let (users, next) = app.store().users(school.as_ref(), after.as_deref(), PAGE).await?;
    let book = app.store().role_book().await?;
    let within = users.into_iter().filter_map(|user| user.within(&granted));
    let items = within.map(|user| UserView::of(&user.value, &book)).collect();
    let cursor = next.and_then(|sk| sk.strip_prefix("USER#").map(str::to_owned));
    Ok(Answer::ok(Users { items, cursor }))
}

fn after(cursor: &str) -> Result<String, RequestError> {
    let person: PersonId = parse("cursor", cursor)?;
    Ok(format!("USER#{person}"))
}

/// 查看用户
#[utoipa::path(
    get, path = "/users/{person_id}", operation_id = "show_user", tag = "用户与角色",
    params(("person_id" = String, Path, description = "用户编号")),
    responses(
        (status = 200, description = "用户", body = UserView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_user(
    State(app): State<App>,
    caller: Caller,
    Path(person_id): Path<String>,
) -> Outcome<Answer<UserView>> {
    let granted = caller.ask::<may::ViewUsers>(&app).await?;
    let user = reach(&app, &granted, &person_id).await?;
    let book = app.store().role_book().await?;
    Ok(Answer::ok(UserView::of(&user.value, &book)).at_version(user.ver))
}

/// A user the caller reaches.
pub(crate) async fn reach<P>(app: &App, granted: &Granted<P>, person_id: &str) -> Result<Versioned<User>, Problem> {
    let person: PersonId = parse("person_id", person_id)?;
    let user = app.store().user(&person).await?.and_then(|found| found.within(granted));
    Ok(user.ok_or(AccessError::NotFound)?)
}

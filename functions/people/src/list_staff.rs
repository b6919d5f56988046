//! The staff of a school and what they are there for. S2.1 S3.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{PersonId, SchoolCode};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::StaffView;

/// People of a page.
const PAGE: i32 = 50;

/// Where the page before ended.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromPerson {
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Staff.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Staff {
    /// By identifier.
    pub items: Vec<StaffView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 教职工列表
#[utoipa::path(
    get, path = "/schools/{school}/staff", operation_id = "list_staff", tag = "教职工",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "教职工", body = Staff),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
    ),
)]
pub async fn list_staff(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(from): Query<FromPerson>,
) -> Outcome<Answer<Staff>> {
    let granted = caller.ask::<may::ViewPeople>(&app).await?;
    let school: SchoolCode = parse("school", &school)?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let after: Option<PersonId> = from.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let after = after.map(|id| format!("USER#{id}"));
    let (users, next) = app.store().users(Some(&school), after.as_deref(), PAGE).await?;
    let within = users.into_iter().filter_map(|user| user.within(&granted));
    let items = within.map(|user| StaffView::from(&user.value)).collect();
    let cursor = next.and_then(|sk| sk.strip_prefix("USER#").map(str::to_owned));
    Ok(Answer::ok(Staff { items, cursor }))
}

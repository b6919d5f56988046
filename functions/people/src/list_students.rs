//! The pupils of a homeroom. S3.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::StudentId;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::list_homerooms::reach;
use crate::view::StudentView;

/// Places of a page; who has gone to another homeroom is left out.
const PAGE: i32 = 100;

/// Where the page before ended.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromStudent {
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Pupils.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Students {
    /// By identifier.
    pub items: Vec<StudentView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 行政班学生列表
#[utoipa::path(
    get, path = "/homerooms/{homeroom_id}/students", operation_id = "list_students", tag = "行政班与学生",
    params(("homeroom_id" = String, Path, description = "行政班编号")),
    responses(
        (status = 200, description = "学生", body = Students),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
    ),
)]
pub async fn list_students(
    State(app): State<App>,
    caller: Caller,
    Path(homeroom_id): Path<String>,
    Query(from): Query<FromStudent>,
) -> Outcome<Answer<Students>> {
    let granted = caller.ask::<may::ViewPeople>(&app).await?;
    let homeroom = reach(&app, &granted, &homeroom_id).await?.value;
    let after: Option<StudentId> = from.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let after = after.map(|id| format!("STUDENT#{id}"));
    let (students, next) = app.store().students_in(&homeroom.id, after.as_deref(), PAGE).await?;
    let within = students.into_iter().filter_map(|student| student.within(&granted));
    let items = within.map(|student| StudentView::from(&student.value)).collect();
    let cursor = next.and_then(|sk| sk.strip_prefix("STUDENT#").map(str::to_owned));
    Ok(Answer::ok(Students { items, cursor }))
}

//! The locks of a school's term. S25.5.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::LockView;

/// Locks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Locks {
    /// By number.
    pub items: Vec<LockView>,
}

/// 考勤锁定列表
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/attendance-locks", operation_id = "list_locks", tag = "考勤锁定",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    responses(
        (status = 200, description = "现有锁定", body = Locks),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_locks(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
) -> Outcome<Answer<Locks>> {
    // Whoever teaches has to know what cannot be changed.
    let (_, school) = reach_school::<may::ViewAttendance>(&app, &caller, &school).await?;
    let timetable = app.store().timetable(&school, &parse("term", &term)?).await?;
    Ok(Answer::ok(Locks { items: timetable.value.locks.iter().map(LockView::from).collect() }))
}

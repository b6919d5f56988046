//! A teacher's own attendance sheet, over all schools where the teacher works. T2.1

use axum::extract::State;
use edge::app::Outcome;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};

use crate::asked::WhichOfPerson;
use crate::of_teacher;
use crate::view::{AttendanceSheet, SheetRow};

/// 查询本人考勤报表
///
/// Also of lessons in somebody else's place and of classes that others have taken over.
#[utoipa::path(
    get, path = "/me/attendance-sheet", operation_id = "show_own_attendance_sheet", tag = "考勤",
    responses(
        (status = 200, description = "考勤报表", body = AttendanceSheet),
        (status = 400, description = "参数不正确,或超过 200 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "范围过大", body = Problem),
    ),
)]
pub async fn show_own_attendance_sheet(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichOfPerson>,
) -> Outcome<Answer<AttendanceSheet>> {
    let (wanted, total, items) = of_teacher::count(&app, &caller, which, SheetRow::of).await?;
    Ok(Answer::ok(AttendanceSheet::whole(&wanted, &total, items)))
}

//! The attendance sheet of a pupil. P9.3 S25.3

use axum::extract::{Path, State};
use edge::app::Outcome;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};

use crate::asked::WhichOfPerson;
use crate::of_pupil;
use crate::view::{AttendanceSheet, SheetRow};

/// 查询学生考勤报表
///
/// From the guardian's own child, or a pupil of the school.
#[utoipa::path(
    get, path = "/students/{student_id}/attendance-sheet", operation_id = "show_student_attendance_sheet", tag = "考勤",
    params(("student_id" = String, Path, description = "学生编号")),
    responses(
        (status = 200, description = "考勤报表", body = AttendanceSheet),
        (status = 400, description = "参数不正确,或超过 200 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "范围过大", body = Problem),
    ),
)]
pub async fn show_student_attendance_sheet(
    State(app): State<App>,
    caller: Caller,
    Path(student_id): Path<String>,
    Query(which): Query<WhichOfPerson>,
) -> Outcome<Answer<AttendanceSheet>> {
    let (wanted, total, items) = of_pupil::count(&app, &caller, &student_id, which, SheetRow::of).await?;
    Ok(Answer::ok(AttendanceSheet::whole(&wanted, &total, items)))
}

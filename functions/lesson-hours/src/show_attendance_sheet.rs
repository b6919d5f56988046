//! The attendance sheet of a school's term: of pupils or teachers, by person, class, course, homeroom or time. S21.3 S25.3

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::counted::Of;
use domain::teaching::grouped::By;
use edge::app::Outcome;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};

use crate::asked::{Asked, WhichOfSchool};
use crate::of_school::Place;
use crate::view::{AttendanceSheet, SheetRow};

/// 查询考勤报表
///
/// Counted anew each time from classes and rolls. A teacher sees the own classes.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/attendance-sheet", operation_id = "show_attendance_sheet", tag = "考勤",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期,如 2026-2027-1"),
    ),
    responses(
        (status = 200, description = "考勤报表", body = AttendanceSheet),
        (status = 400, description = "参数不正确,或超过 200 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "范围过大,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn show_attendance_sheet(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichOfSchool>,
) -> Outcome<Answer<AttendanceSheet>> {
    let place = Place::<may::ViewAttendance>::reach(&app, &caller, (&school, &term)).await?;
    let mut asked = Asked::read(&which, (Of::Pupils, By::Person), app.now().day())?.of_people()?;
    let counted = place.count(&app, &mut asked).await?;
    let (items, cursor) = counted.page(&app, &place.ground, which.cursor.as_deref(), SheetRow::of).await?;
    Ok(Answer::ok(AttendanceSheet { cursor, ..AttendanceSheet::whole(&asked.wanted, &counted.total, items) }))
}

//! Where a request stands. T2.2 T4.2 P9.2 P9.4.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::leave::Absentee;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};

use crate::known::Known;
use crate::reach;
use crate::view::{CorrectionView, LeaveView};
use crate::write::{rolls, values};

/// 查看请假
#[utoipa::path(
    get, path = "/leaves/{request_id}", operation_id = "show_leave", tag = "请假与更正",
    params(("request_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "请假申请及其处理情况", body = LeaveView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_leave(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
) -> Outcome<Answer<LeaveView>> {
    let (_, found) = reach::leave::<may::ViewAttendance>(&app, &caller, &request_id).await?;
    let leave = &found.value;
    if matches!(leave.who, Absentee::Pupil(_)) {
        return Ok(Answer::ok(LeaveView::from(leave)).at_version(found.ver));
    }
    let term = Known::read(&app, &leave.school, &leave.id.term()).await?;
    let uncovered = leave.uncovered(&term.classes(&leave.classes()), &values(&rolls(&app, &leave.lessons).await?));
    Ok(Answer::ok(LeaveView::from(leave).without_teacher(&uncovered)).at_version(found.ver))
}

/// 查看考勤更正申请
#[utoipa::path(
    get, path = "/corrections/{request_id}", operation_id = "show_correction", tag = "请假与更正",
    params(("request_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "更正申请及其处理情况", body = CorrectionView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_correction(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
) -> Outcome<Answer<CorrectionView>> {
    let (_, found) = reach::correction::<may::ViewAttendance>(&app, &caller, &request_id).await?;
    Ok(Answer::ok(CorrectionView::from(&found.value)).at_version(found.ver))
}

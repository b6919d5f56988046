//! A change of a lesson, and what came of the lesson after it. S23.2 S23.4 T5.1.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::{App, Caller, Problem};

use crate::scope;
use crate::view::{ChangeAttendanceView, LessonChangeView};

/// 查看调课代课申请
#[utoipa::path(
    get, path = "/lesson-changes/{change_id}", operation_id = "show_lesson_change", tag = "课表",
    params(("change_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "申请与结果", body = LessonChangeView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_lesson_change(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
) -> Outcome<Answer<LessonChangeView>> {
    let (_, found) = scope::change::<may::ViewTeaching>(&app, &caller, &change_id).await?;
    Ok(Answer::ok(LessonChangeView::from(&found.value)).at_version(found.ver))
}

/// 查看调课代课后的考勤
///
/// Who was to give the lesson as it stands now, who checked in, and how many pupils were there.
#[utoipa::path(
    get, path = "/lesson-changes/{change_id}/attendance", operation_id = "show_lesson_change_attendance", tag = "课表",
    params(("change_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "该节课的签到与点名", body = ChangeAttendanceView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_lesson_change_attendance(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
) -> Outcome<Answer<ChangeAttendanceView>> {
    let (granted, found) = scope::change::<may::ViewAttendance>(&app, &caller, &change_id).await?;
    let class = app.store().class(&found.value.class).await?.and_then(|found| found.within(&granted));
    let class = class.ok_or(AccessError::NotFound)?.value;
    let lesson = class.lesson(found.value.lesson).ok_or(AccessError::NotFound)?;
    let of_class = granted.for_class(&class).ok_or(AccessError::NotFound)?;
    let roll = app.store().roll(&found.value.lesson_id()).await?.and_then(|found| found.within(&of_class));
    Ok(Answer::ok(ChangeAttendanceView::of(&class, lesson, roll.map(|roll| roll.value).as_ref())))
}

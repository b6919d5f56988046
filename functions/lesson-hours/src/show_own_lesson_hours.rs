//! A teacher's own lesson hours, over all schools where the teacher works. S22.1

use axum::extract::State;
use edge::app::Outcome;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};

use crate::asked::WhichOfPerson;
use crate::of_teacher;
use crate::view::{HoursRow, LessonHours};

/// 查询本人授课课时
///
/// What was taught, also in somebody else's place and in classes that others have taken over.
#[utoipa::path(
    get, path = "/me/lesson-hours", operation_id = "show_own_lesson_hours", tag = "考勤",
    responses(
        (status = 200, description = "课时", body = LessonHours),
        (status = 400, description = "参数不正确,或超过 200 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "范围过大", body = Problem),
    ),
)]
pub async fn show_own_lesson_hours(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichOfPerson>,
) -> Outcome<Answer<LessonHours>> {
    let (wanted, total, items) = of_teacher::count(&app, &caller, which, HoursRow::of).await?;
    Ok(Answer::ok(LessonHours::whole(&wanted, &total, items)))
}

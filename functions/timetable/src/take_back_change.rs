//! Who asked for a change of a lesson takes the request back, as long as nobody has decided it. S23.1 T5.1.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use store::Commit;

use crate::scope;
use crate::view::LessonChangeView;

/// 撤回调课代课申请
#[utoipa::path(
    post, path = "/lesson-changes/{change_id}/take-back", operation_id = "take_back_lesson_change", tag = "课表",
    params(("change_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "已撤回", body = LessonChangeView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或不是申请人", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn take_back_lesson_change(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
) -> Outcome<Answer<LessonChangeView>> {
    let (granted, mut found) = scope::change::<may::AskLessonChange>(&app, &caller, &change_id).await?;
    found.value.take_back(&caller.id, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "lesson-change.take-back", app.now());
    commit.save_lesson_change(&found)?;
    app.store().commit(commit).await?;
    Ok(Answer::ok(LessonChangeView::from(&found.value)).at_version(found.ver.saturating_add(1)))
}

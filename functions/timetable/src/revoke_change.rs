//! Revoking a change that is in effect: the lesson is again what it was, if that is still free. S23.1.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::view::LessonChangeView;
use crate::{effect, scope};

/// Why it is revoked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeLessonChange {
    /// 2 to 200 characters.
    #[schema(example = "培训取消")]
    pub reason: String,
}

/// 撤销调课代课
///
/// Before the lesson is given, and the last change of a lesson first.
#[utoipa::path(
    post, path = "/lesson-changes/{change_id}/revoke", operation_id = "revoke_lesson_change", tag = "课表",
    params(("change_id" = String, Path, description = "申请编号")),
    request_body = RevokeLessonChange,
    responses(
        (status = 200, description = "已撤销,课表已恢复", body = LessonChangeView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "未生效、已上课,或原时间已被占用", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn revoke_lesson_change(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
    sent: Sent<RevokeLessonChange>,
) -> Outcome<Answer<LessonChangeView>> {
    let (granted, found) = scope::change::<may::ApproveLessonChange>(&app, &caller, &change_id).await?;
    let by = (&granted, caller.actor(&granted), "lesson-change.revoke");
    let revoke = effect::decided(&app, by, found, |change, facts| {
        change.revoke(&caller.id, &sent.value.reason, facts).map(Some)
    });
    let revoked = revoke.await?;
    Ok(Answer::ok(LessonChangeView::from(&revoked.value)).at_version(revoked.ver))
}

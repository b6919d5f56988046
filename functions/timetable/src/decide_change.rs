//! Deciding a change of a lesson: once approved, it is in effect. S23.2.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::view::LessonChangeView;
use crate::{effect, scope};

/// The decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideLessonChange {
    /// Whether it is approved; else it is refused.
    pub approved: bool,
    /// Why: 2 to 200 characters; wanted for a refusal.
    #[schema(example = "当天有公开课")]
    pub reason: Option<String>,
}

/// 审核调课代课申请
///
/// Who asked does not decide. What may have come in the way since is looked at anew.
#[utoipa::path(
    post, path = "/lesson-changes/{change_id}/decide", operation_id = "decide_lesson_change", tag = "课表",
    params(("change_id" = String, Path, description = "申请编号")),
    request_body = DecideLessonChange,
    responses(
        (status = 200, description = "已处理", body = LessonChangeView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理、不能由您处理,或时间冲突", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn decide_lesson_change(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
    sent: Sent<DecideLessonChange>,
) -> Outcome<Answer<LessonChangeView>> {
    let (granted, found) = scope::change::<may::ApproveLessonChange>(&app, &caller, &change_id).await?;
    let DecideLessonChange { approved, reason } = sent.value;
    let by = (&granted, caller.actor(&granted), "lesson-change.decide");
    let decided = effect::decided(&app, by, found, |change, facts| {
        if approved {
            change.approve(&caller.id, reason.as_deref(), facts).map(Some)
        } else {
            change.refuse(&caller.id, reason.as_deref().unwrap_or_default(), facts.now).map(|()| None)
        }
    });
    let decided = decided.await?;
    Ok(Answer::ok(LessonChangeView::from(&decided.value)).at_version(decided.ver))
}

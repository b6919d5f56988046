//! What a change of a lesson costs more or less, entered once it is worked out. S23.5.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::change::FeeDifference;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::ask_change::Fee;
use crate::scope;
use crate::view::LessonChangeView;

/// What it costs.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordFee {
    /// What it costs more or less; none: nothing.
    pub fee: Option<Fee>,
}

/// 登记调课代课的费用差额
#[utoipa::path(
    put, path = "/lesson-changes/{change_id}/fee", operation_id = "record_lesson_change_fee", tag = "课表",
    params(
        ("change_id" = String, Path, description = "申请编号"),
        ("If-Match" = String, Header, description = "读取时的 ETag"),
    ),
    request_body = RecordFee,
    responses(
        (status = 200, description = "已登记", body = LessonChangeView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "申请未生效", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn record_lesson_change_fee(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
    version: IfMatch,
    sent: Sent<RecordFee>,
) -> Outcome<Answer<LessonChangeView>> {
    let (granted, mut found) = scope::change::<may::ApproveLessonChange>(&app, &caller, &change_id).await?;
    version.check(found.ver)?;
    found.value.record_fee(sent.value.fee.map(FeeDifference::from))?;
    let mut commit = Commit::new(caller.actor(&granted), "lesson-change.record-fee", app.now());
    commit.save_lesson_change(&found)?;
    app.store().commit(commit).await?;
    Ok(Answer::ok(LessonChangeView::from(&found.value)).at_version(found.ver.saturating_add(1)))
}

//! Somebody leaves things as they are, whatever the city tells (暂不采用), with the reason. B5.1.

use axum::extract::{Path, State};
use domain::user::Reason;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use report::Receiver;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::reach::{decidable, undecided};
use crate::view::IntakeView;

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineIntake {
    /// 1 to 200 characters.
    #[schema(example = "本学期合同按原机构执行")]
    pub reason: String,
}

/// 暂不采用接收记录
///
/// It can still be applied later; a new version of it is judged anew.
#[utoipa::path(
    post, path = "/supervision/intake/{dataset}/{source_id}/decline", operation_id = "decline_intake",
    tag = "数据接收",
    params(
        ("dataset" = String, Path, description = "数据集"),
        ("source_id" = String, Path, description = "业务编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = DeclineIntake,
    responses(
        (status = 200, description = "已记录", body = IntakeView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "无需处理", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn decline_intake(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path((dataset, source_id)): Path<(String, String)>,
    sent: Sent<DeclineIntake>,
) -> Outcome<Answer<IntakeView>> {
    let (granted, found) = decidable(&app, &caller, version, (&dataset, &source_id)).await?;
    let reason = Reason::read(sent.value.reason)?.text();
    let receiver = Receiver { store: app.store(), ambient: app.ambient(), actor: caller.actor(&granted) };
    let declined = receiver.decline(&found.record.value, found.book.ver, (&caller.id, reason)).await;
    let entry = declined.map_err(undecided)?;
    Ok(Answer::ok(IntakeView::from(&entry)).at_version(found.book.ver.saturating_add(1)))
}

//! Somebody lets a record of the city take effect that waits (确认采用), judged as things are at that moment. B5.1 S5.3.

use axum::extract::{Path, State};
use domain::Fault as _;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch};
use edge::{App, Caller, Problem};
use report::Receiver;

use crate::reach::{decidable, undecided};
use crate::view::IntakeView;

/// Seconds in which offerings follow a price at once; the night's run sees to the others.
const SECONDS: i64 = 10;

/// 采用接收记录
///
/// For records that wait or were declined. A school decides its courses; what belongs to no school is decided by whoever
/// runs the platform.
#[utoipa::path(
    post, path = "/supervision/intake/{dataset}/{source_id}/apply", operation_id = "apply_intake", tag = "数据接收",
    params(
        ("dataset" = String, Path, description = "数据集"),
        ("source_id" = String, Path, description = "业务编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已生效", body = IntakeView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "无需处理,或暂不能采用", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn apply_intake(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path((dataset, source_id)): Path<(String, String)>,
) -> Outcome<Answer<IntakeView>> {
    let (granted, found) = decidable(&app, &caller, version, (&dataset, &source_id)).await?;
    let receiver = Receiver { store: app.store(), ambient: app.ambient(), actor: caller.actor(&granted) };
    let confirmed = Box::pin(receiver.confirm(&found.record.value, found.book.ver, &caller.id)).await;
    let entry = confirmed.map_err(undecided)?;
    let mut ver = found.book.ver.saturating_add(1);
    if entry.follow.is_some() {
        // It has taken effect. What does not follow now says so, and the night's run goes on with it.
        if let Err(error) = Box::pin(receiver.follow(&entry, app.now().plus_seconds(SECONDS))).await {
            tracing::warn!(slug = error.slug(), %error, "offerings follow a price later");
        }
        ver = app.store().intake(entry.inbound, &entry.source_id).await?.map_or(ver, |found| found.book.ver);
    }
    Ok(Answer::ok(IntakeView::from(&entry)).at_version(ver))
}

//! A person has seen to what an alert tells of, and says how. S34.4.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::AlertId;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::view::AlertView;

/// What was done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleAlert {
    /// 1 to 200 characters.
    #[schema(example = "已与家长联系,改退至其他银行卡")]
    pub words: String,
}

/// 处理财务提醒
///
/// It changes nothing about the refund, payment or difference itself: what becomes of that ends the alert by itself.
#[utoipa::path(
    post, path = "/alerts/{alert_id}/settle", operation_id = "settle_alert", tag = "对账",
    params(
        ("alert_id" = String, Path, description = "提醒编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = SettleAlert,
    responses(
        (status = 200, description = "已处理", body = AlertView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn settle_alert(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(id): Path<String>,
    sent: Sent<SettleAlert>,
) -> Outcome<Answer<AlertView>> {
    let granted = caller.ask::<may::HandleRefunds>(&app).await?;
    let id: AlertId = parse("alert_id", &id)?;
    let found = app.store().alert(&id).await?.and_then(|found| found.within(&granted));
    let mut found = found.ok_or(AccessError::NotFound)?;
    version.check(found.ver)?;
    found.value.settle(&caller.id, &sent.value.words, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "alert.settle", app.now());
    commit.save_alert(&found)?;
    app.write_edit(commit).await?;
    let ver = found.ver.saturating_add(1);
    Ok(Answer::ok(AlertView::of(&found.value, ver)).at_version(ver))
}

//! A batch that is not settled is sent back by who approves, or given up by who prepares: what it covered is free. S36.2.

use axum::extract::{Path, State};
use domain::access::{Allows, may};
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::scope;
use crate::view::SettlementView;

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhySettlementEnds {
    /// The reason: 2 to 200 characters.
    #[schema(example = "九月考勤尚未核对完毕")]
    pub reason: String,
}

/// 驳回结算批次
#[utoipa::path(
    post, path = "/settlements/{batch_id}/reject", operation_id = "reject_settlement", tag = "结算",
    params(
        ("batch_id" = String, Path, description = "结算批次编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = WhySettlementEnds,
    responses(
        (status = 200, description = "已驳回", body = SettlementView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已办结", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn reject_settlement(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(batch_id): Path<String>,
    sent: Sent<WhySettlementEnds>,
) -> Outcome<Answer<SettlementView>> {
    end::<may::ApproveSettlement>(&app, &caller, version, (&batch_id, &sent.value.reason), true).await
}

/// 作废结算批次
#[utoipa::path(
    post, path = "/settlements/{batch_id}/discard", operation_id = "discard_settlement", tag = "结算",
    params(
        ("batch_id" = String, Path, description = "结算批次编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = WhySettlementEnds,
    responses(
        (status = 200, description = "已作废", body = SettlementView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已办结", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn discard_settlement(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(batch_id): Path<String>,
    sent: Sent<WhySettlementEnds>,
) -> Outcome<Answer<SettlementView>> {
    end::<may::PrepareSettlement>(&app, &caller, version, (&batch_id, &sent.value.reason), false).await
}

async fn end<P: Allows>(
    app: &App,
    caller: &Caller,
    version: IfMatch,
    (batch_id, reason): (&str, &str),
    rejected: bool,
) -> Outcome<Answer<SettlementView>> {
    let (granted, mut batch) = scope::batch::<P>(app, caller, batch_id).await?;
    version.check(batch.ver)?;
    let mut docket = scope::docket(app, &granted, (&batch.value.school, &batch.value.id.term())).await?;
    let word = scope::word(app, caller, &granted);
    let action = if rejected {
        batch.value.reject(&mut docket.value, (reason, word))?;
        "settlement.reject"
    } else {
        batch.value.discard(&mut docket.value, (reason, word))?;
        "settlement.discard"
    };
    let mut commit = Commit::new(caller.actor(&granted), action, app.now());
    commit.save_settlement_docket(&docket)?;
    commit.save_batch(&batch)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(SettlementView::from(&batch.value)).at_version(batch.ver.saturating_add(1)))
}

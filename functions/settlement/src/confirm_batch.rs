//! Finance confirms a batch, somebody in another role approves it: from then on it is settled. Each names the hash of
//! what was shown. S36.2 S36.3.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::scope;
use crate::view::SettlementView;

/// What is agreed to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreeToSettlement {
    /// The hash of what was shown.
    #[schema(example = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")]
    pub sha256: String,
}

/// 确认结算批次
///
/// The first of two: finance has looked at it.
#[utoipa::path(
    post, path = "/settlements/{batch_id}/confirm", operation_id = "confirm_settlement", tag = "结算",
    params(("batch_id" = String, Path, description = "结算批次编号")),
    request_body = AgreeToSettlement,
    responses(
        (status = 200, description = "已确认,待审批", body = SettlementView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不在待确认状态,或内容已重新编制", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn confirm_settlement(
    State(app): State<App>,
    caller: Caller,
    Path(batch_id): Path<String>,
    sent: Sent<AgreeToSettlement>,
) -> Outcome<Answer<SettlementView>> {
    let (granted, mut batch) = scope::batch::<may::ConfirmSettlement>(&app, &caller, &batch_id).await?;
    batch.value.confirm(&sent.value.sha256, scope::word(&app, &caller, &granted))?;
    let mut commit = Commit::new(caller.actor(&granted), "settlement.confirm", app.now());
    commit.save_batch(&batch)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(SettlementView::from(&batch.value)).at_version(batch.ver.saturating_add(1)))
}

/// 审批结算批次
///
/// The second of two, another person in another role: the batch is settled and never changes again.
#[utoipa::path(
    post, path = "/settlements/{batch_id}/approve", operation_id = "approve_settlement", tag = "结算",
    params(("batch_id" = String, Path, description = "结算批次编号")),
    request_body = AgreeToSettlement,
    responses(
        (status = 200, description = "已结算", body = SettlementView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不在待审批状态,内容已重新编制,或须由其他角色的另一位人员审批", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn approve_settlement(
    State(app): State<App>,
    caller: Caller,
    Path(batch_id): Path<String>,
    sent: Sent<AgreeToSettlement>,
) -> Outcome<Answer<SettlementView>> {
    let (granted, mut batch) = scope::batch::<may::ApproveSettlement>(&app, &caller, &batch_id).await?;
    let mut docket = scope::docket(&app, &granted, (&batch.value.school, &batch.value.id.term())).await?;
    let lines = app.store().batch_lines(&batch.value).await?;
    let word = scope::word(&app, &caller, &granted);
    batch.value.approve(&mut docket.value, &lines, (&sent.value.sha256, word))?;
    let mut commit = Commit::new(caller.actor(&granted), "settlement.approve", app.now());
    commit.save_settlement_docket(&docket)?;
    commit.save_batch(&batch)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(SettlementView::from(&batch.value)).at_version(batch.ver.saturating_add(1)))
}

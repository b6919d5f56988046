//! A settled batch is taken back by another that mirrors it, once two people have agreed to that one too. S36.3, promise
//! P11.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, key};
use utoipa::ToSchema;

use crate::scope;
use crate::view::SettlementView;

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseSettlement {
    /// The reason: 2 to 200 characters.
    #[schema(example = "机构分成比例有误,冲销后重新结算")]
    pub reason: String,
}

/// 冲销已结算批次
///
/// The settled batch stays as it is. Once the mirror is confirmed and approved, its months can be settled anew.
#[utoipa::path(
    post, path = "/settlements/{batch_id}/reverse", operation_id = "reverse_settlement", tag = "结算",
    params(
        ("batch_id" = String, Path, description = "结算批次编号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = ReverseSettlement,
    responses(
        (status = 201, description = "冲销批次,待确认", body = SettlementView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能冲销,或与未办结的批次重叠", body = Problem),
        (status = 412, description = "结算台账已变化,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn reverse_settlement(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(request): IdempotencyKey,
    Path(batch_id): Path<String>,
    sent: Sent<ReverseSettlement>,
) -> Outcome<Answer<SettlementView>> {
    let (granted, settled) = scope::batch::<may::PrepareSettlement>(&app, &caller, &batch_id).await?;
    let settled = settled.value;
    let reply = key::reply(caller.id.as_str(), "reverse_settlement", &format!("{}#{request}", settled.id));
    if let Some(made) = scope::made_before(&app, &granted, (&reply, &sent.hash)).await? {
        return Ok(Answer::created(SettlementView::from(&made.value)).at_version(made.ver));
    }
    let mut docket = scope::docket(&app, &granted, (&settled.school, &settled.id.term())).await?;
    let lines = app.store().batch_lines(&settled).await?;
    let word = scope::word(&app, &caller, &granted);
    let (batch, mirrored) = settled.reverse(&mut docket.value, &lines, (&sent.value.reason, word))?;
    let commit = Commit::new(caller.actor(&granted), "settlement.reverse", app.now());
    let batch = scope::open(&app, commit, (&docket, batch, mirrored), (reply, sent.hash)).await?;
    Ok(Answer::created(SettlementView::from(&batch.value)).at_version(batch.ver))
}

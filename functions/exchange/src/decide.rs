//! The school decides a move that somebody else has asked for. S27.1 S28.1.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::scope;
use crate::view::MoveView;

/// The decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideMove {
    /// Whether it is granted; else it is refused.
    pub approved: bool,
    /// Why it is refused: 2 to 200 characters.
    #[schema(example = "该教学班即将结课")]
    pub reason: Option<String>,
}

/// 审核调课调班申请
///
/// Who asked does not decide. What it costs is worked out anew; what differs from the quote is explained.
#[utoipa::path(
    post, path = "/moves/{move_id}/decide", operation_id = "decide_move", tag = "调课调班",
    params(("move_id" = String, Path, description = "申请编号")),
    request_body = DecideMove,
    responses(
        (status = 200, description = "已处理", body = MoveView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理、不能由您处理,或已不符合规则", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn decide_move(
    State(app): State<App>,
    caller: Caller,
    Path(move_id): Path<String>,
    sent: Sent<DecideMove>,
) -> Outcome<Answer<MoveView>> {
    let (granted, found) = scope::found::<may::ApproveMove>(&app, &caller, &move_id).await?;
    let DecideMove { approved, reason } = sent.value;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    let decided = if approved {
        cashier.grant_move(&found.value.id, &caller.id).await?
    } else {
        cashier.refuse_move(&found.value.id, (&caller.id, reason.as_deref().unwrap_or_default())).await?
    };
    let decided = decided.ok_or(AccessError::NotFound)?;
    if let Some(exchange) = decided.value.exchange() {
        scope::wake(&app, &exchange.refunds).await?;
    }
    Ok(Answer::ok(MoveView::from(&decided.value)).at_version(decided.ver))
}

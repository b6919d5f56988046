//! Deciding a request: the school approves or refuses what was asked, a guardian agrees to what the school has offered.
//! S16.1 S34.3 P13.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::{Allows, Granted, may};
use domain::refund::request::{Party, RefundRequest};
use domain::task::Queue;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem, Variable};
use serde::Deserialize;
use store::Versioned;
use utoipa::ToSchema;

use crate::scope::{party, request};
use crate::view::RefundRequestView;

/// The decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRefund {
    /// Whether it is granted; else it is refused.
    pub approved: bool,
    /// Why it is refused: 2 to 200 characters.
    #[schema(example = "课程已结束超过一个月")]
    pub reason: Option<String>,
}

/// 审核退课退费申请
///
/// Who asked does not decide. What goes back is worked out anew; what differs from the quote is explained.
#[utoipa::path(
    post, path = "/refund-requests/{request_id}/decide", operation_id = "decide_refund_request", tag = "退费",
    params(("request_id" = String, Path, description = "申请编号")),
    request_body = DecideRefund,
    responses(
        (status = 200, description = "已处理", body = RefundRequestView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或不能由您处理", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn decide_refund_request(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
    sent: Sent<DecideRefund>,
) -> Outcome<Answer<RefundRequestView>> {
    let (granted, found) = request::<may::ApproveRefund>(&app, &caller, &request_id).await?;
    decide(&app, &caller, &granted, found, (Party::School, sent.value)).await
}

/// 家长确认退费金额
///
/// What the school has offered goes back only if the guardian agrees.
#[utoipa::path(
    post, path = "/refund-requests/{request_id}/confirm", operation_id = "confirm_refund_request", tag = "退费",
    params(("request_id" = String, Path, description = "申请编号")),
    request_body = DecideRefund,
    responses(
        (status = 200, description = "已处理", body = RefundRequestView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或不能由您处理", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn confirm_refund_request(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
    sent: Sent<DecideRefund>,
) -> Outcome<Answer<RefundRequestView>> {
    let (granted, found) = request::<may::AskRefund>(&app, &caller, &request_id).await?;
    if party(&granted) != Party::Guardian {
        return Err(AccessError::NotFound.into());
    }
    decide(&app, &caller, &granted, found, (Party::Guardian, sent.value)).await
}

async fn decide<P: Allows>(
    app: &App,
    caller: &Caller,
    granted: &Granted<P>,
    found: Versioned<RefundRequest>,
    (party, decision): (Party, DecideRefund),
) -> Outcome<Answer<RefundRequestView>> {
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(granted));
    let by = (&caller.id, party);
    let decided = if decision.approved {
        cashier.grant(&found.value.id, Some(by)).await?.ok_or(AccessError::NotFound)?
    } else {
        cashier.refuse(&found.value.id, by, decision.reason.unwrap_or_default()).await?.ok_or(AccessError::NotFound)?
    };
    if let Some(refund) = &decided.value.refund {
        let queue = app.variable(Variable::RefundQueueUrl)?;
        edge::queue::wake(app, queue, Queue::Refund, refund.as_str(), 1).await;
    }
    Ok(Answer::ok(RefundRequestView::from(&decided.value)).at_version(decided.ver))
}

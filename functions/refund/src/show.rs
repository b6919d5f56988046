//! Where a request or a refund stands. S34.1 P7.4.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};

use crate::scope::{refund, request};
use crate::view::{RefundRequestView, RefundView};

/// 查看退课退费申请
#[utoipa::path(
    get, path = "/refund-requests/{request_id}", operation_id = "show_refund_request", tag = "退费",
    params(("request_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "申请及其处理情况", body = RefundRequestView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_refund_request(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
) -> Outcome<Answer<RefundRequestView>> {
    let (_, found) = request::<may::ViewEnrollments>(&app, &caller, &request_id).await?;
    Ok(Answer::ok(RefundRequestView::from(&found.value)).at_version(found.ver))
}

/// 查看退款单
#[utoipa::path(
    get, path = "/refunds/{refund_no}", operation_id = "show_refund", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    responses(
        (status = 200, description = "退款单及其状态", body = RefundView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_refund(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
) -> Outcome<Answer<RefundView>> {
    let (_, found) = refund::<may::ViewEnrollments>(&app, &caller, &refund_no).await?;
    Ok(Answer::ok(RefundView::from(&found.value)).at_version(found.ver))
}

//! Who asked takes the request back, as long as nobody has decided it. P4 P13.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};

use crate::scope::request;
use crate::view::RefundRequestView;

/// 撤回退课退费申请
#[utoipa::path(
    post, path = "/refund-requests/{request_id}/take-back", operation_id = "take_back_refund_request", tag = "退费",
    params(("request_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "已撤回", body = RefundRequestView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn take_back_refund_request(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
) -> Outcome<Answer<RefundRequestView>> {
    let (granted, found) = request::<may::AskRefund>(&app, &caller, &request_id).await?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    cashier.take_back(&found.value.id, &caller.id).await?;
    let (_, found) = request::<may::AskRefund>(&app, &caller, &request_id).await?;
    Ok(Answer::ok(RefundRequestView::from(&found.value)).at_version(found.ver))
}

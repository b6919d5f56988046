//! What has accrued of an order's courses for lessons on leave or not given, lesson by lesson, as it is known today.
//! S34.2 P7.1.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use domain::id::OrderNo;
use domain::record::{Line, OrderState};
use edge::app::Outcome;
use edge::http::{Answer, parse};
use edge::reach::reach;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::AccruedView;

/// What has accrued of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderAccrued {
    /// Of lessons before this day.
    #[schema(format = Date, example = "2026-10-12")]
    pub as_of: String,
    /// What is to be paid out of all courses, in fen.
    #[schema(example = 5000)]
    pub total_fen: i64,
    /// Its courses whose rules give single lessons back; none that was left.
    pub items: Vec<AccruedView>,
}

/// 订单的应退累计
///
/// Works it out from what is known of the lessons now: leave that was ended or a lesson that was given after all is in it
/// at once. What is paid out is a refund request as any other.
#[utoipa::path(
    get, path = "/orders/{order_no}/accrued-refunds", operation_id = "show_accrued_refunds", tag = "退费",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "请假、停课应退的累计,逐课时列明", body = OrderAccrued),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_accrued_refunds(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
) -> Outcome<Answer<OrderAccrued>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&reached.granted));
    let today = app.now().day();
    let stays = |line: &&Line| reached.order.state == OrderState::Paid && !line.has_left();
    let mut items = Vec::new();
    for line in reached.order.lines.iter().filter(stays) {
        let found = cashier.accrued(&reached.record.value, (&no, &line.course), today).await?;
        items.extend(found.map(|(accrued, pays)| AccruedView::of((&no, line), &accrued, pays)));
    }
    let total_fen = items.iter().map(|item| item.total_fen).fold(0, i64::saturating_add);
    Ok(Answer::ok(OrderAccrued { as_of: today.to_string(), total_fen, items }))
}

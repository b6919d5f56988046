//! Putting off the deadline of an order that waits to be paid. S33.4.

use axum::extract::{Path, State};
use domain::Moment;
use domain::access::may;
use domain::extension::{Wanted, extend};
use domain::id::OrderNo;
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::reach::{Reached, reach};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::show::OrderView;
use crate::waiting::Change;

/// A new deadline.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendOrder {
    /// The new deadline, RFC 3339: later than the present one, at most 30 days from now.
    #[schema(example = "2026-09-03T18:00:00+08:00")]
    pub until: String,
    /// Why.
    #[schema(example = "家长反映银行卡限额")]
    pub reason: String,
}

/// What is wanted, as far as it can be of any order.
pub(crate) fn wanted(app: &App, until: &str, reason: String) -> Result<Wanted, Problem> {
    let unreadable =
        || RequestError::FieldUnusable { pointer: "/until".to_owned(), reason: "应为带时区的时间".to_owned() };
    let wanted = Wanted { until: Moment::parse(until).ok_or_else(unreadable)?, reason };
    wanted.check(app.now())?;
    Ok(wanted)
}

/// 订单缴费延期
///
/// An order that is closing is not put off: the provider may be closing its payment at this moment.
#[utoipa::path(
    post, path = "/orders/{order_no}/extension", operation_id = "extend_order", tag = "订单",
    params(
        ("order_no" = String, Path, description = "订单号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = ExtendOrder,
    responses(
        (status = 200, description = "已延期", body = OrderView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "订单不能延期", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn extend_order(
    State(app): State<App>,
    caller: Caller,
    // The deadline itself remembers: asking twice is asking once, whatever the key.
    IdempotencyKey(_key): IdempotencyKey,
    Path(order_no): Path<String>,
    sent: Sent<ExtendOrder>,
) -> Outcome<Answer<OrderView>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let mut reached = reach::<may::ManageOrders>(&app, &caller, &no).await?;
    let wanted = wanted(&app, &sent.value.until, sent.value.reason)?;
    let put_off = Change { action: "order.extend", decide: &|order| extend(order, &wanted, app.now()) };
    put_off.make(&app, caller.actor(&reached.granted), &mut reached.record, &no).await?;
    let Reached { record, order, .. } = reach::<may::ManageOrders>(&app, &caller, &no).await?;
    Ok(Answer::ok(OrderView::of(&record.value, &order, &[])).at_version(record.ver))
}

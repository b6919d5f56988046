//! Merging waiting orders of a child, so that one payment pays them all. P6.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::OrderNo;
use domain::merge::{Merging, merge};
use domain::record::RequestMark;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::reach::{Reached, reach};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::show::OrderView;

/// With which orders.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeOrders {
    /// Other waiting orders of the same child and term.
    #[schema(example = json!(["20261-7K3M9Q2XAB-02"]))]
    pub orders: Vec<String>,
}

/// 合并支付
///
/// A new order takes the place of the waiting ones, with all their courses; its seats are held until the earliest of
/// their deadlines.
#[utoipa::path(
    post, path = "/orders/{order_no}/merge", operation_id = "merge_orders", tag = "订单",
    params(
        ("order_no" = String, Path, description = "订单号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = MergeOrders,
    responses(
        (status = 201, description = "合并后的订单", body = OrderView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "订单不能合并", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn merge_orders(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    Path(order_no): Path<String>,
    sent: Sent<MergeOrders>,
) -> Outcome<Answer<OrderView>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let Reached { granted, mut record, .. } = reach::<may::Pay>(&app, &caller, &no).await?;
    let request = RequestMark { key, body: sent.hash };
    // The order remembers the request it came from: the same one again is answered with it.
    if let Some(made) = record.value.order_of_request(&request.key) {
        if made.request != request {
            return Err(RequestError::IdempotencyKeyReused.into());
        }
        return Ok(Answer::created(OrderView::of(&record.value, made, &[])));
    }
    let orders = [Ok(no)].into_iter().chain(sent.value.orders.iter().map(|other| read(other)));
    let merging = Merging { orders: orders.collect::<Result<_, _>>()?, guardian: caller.id.clone(), request };
    let whole = merge(&mut record.value, merging, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "order.merge", app.now());
    commit.save_record(&record)?;
    app.store().commit(commit).await?;
    let whole = record.value.order(&whole).ok_or(AccessError::NotFound)?;
    Ok(Answer::created(OrderView::of(&record.value, whole, &[])))
}

fn read(no: &str) -> Result<OrderNo, RequestError> {
    let unusable = |_unreadable| RequestError::FieldUnusable {
        pointer: "/orders".to_owned(),
        reason: "订单号不正确".to_owned(),
    };
    no.parse().map_err(unusable)
}

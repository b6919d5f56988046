//! Giving up an order that is not paid: its seats are free as soon as the provider has closed the payment. P6.3.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use domain::audit::Actor;
use domain::id::OrderNo;
use domain::order::cancel;
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, parse};
use edge::{App, Caller, Problem};
use store::{Commit, StoreError};

use crate::show::OrderView;
use edge::reach::{Reached, reach};

/// How often it is decided anew when somebody else writes the record meanwhile.
const DECISIONS: usize = 5;

/// 取消未支付订单
#[utoipa::path(
    post, path = "/orders/{order_no}/cancel", operation_id = "cancel_order", tag = "订单",
    params(
        ("order_no" = String, Path, description = "订单号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    responses(
        (status = 200, description = "已取消;支付通道未确认关闭时为 closing", body = OrderView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已支付,不能取消", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn cancel_order(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(_key): IdempotencyKey,
    Path(order_no): Path<String>,
) -> Outcome<Answer<OrderView>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let actor = begin(&app, &caller, &no).await?;
    let cashier = Cashier::new(app.store(), app.ambient(), actor);
    // The provider may be slow to close; the sweeper goes on from here.
    if let Err(error) = cashier.end_order(app.channels().await?, &no).await {
        tracing::warn!(order_no = no.as_str(), %error, "order not ended at once");
    }
    let Reached { record, order, .. } = reach::<may::Pay>(&app, &caller, &no).await?;
    Ok(Answer::ok(OrderView::of(&record.value, &order, &[])).at_version(record.ver))
}

/// Marks the order as ending. Cancelling twice is cancelling once, whatever the key: the state itself remembers it. The
/// archive writes a record minutes after it was placed: whoever is overtaken by it decides anew.
async fn begin(app: &App, caller: &Caller, no: &OrderNo) -> Outcome<Actor> {
    for _ in 0..DECISIONS {
        let mut reached = reach::<may::Pay>(app, caller, no).await?;
        let actor = caller.actor(&reached.granted);
        let Some(order) = reached.record.value.order_mut(no) else { break };
        if !cancel(order)? {
            return Ok(actor);
        }
        let mut commit = Commit::new(actor.clone(), "order.cancel", app.now());
        commit.save_record(&reached.record)?;
        match app.store().commit(commit).await {
            Err(StoreError::Stale) => {}
            written => return Ok(written.map(|()| actor)?),
        }
    }
    Err(StoreError::Stale.into())
}

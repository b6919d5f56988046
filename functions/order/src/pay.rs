//! Paying an order: the attempt is written down first, then the provider is asked under its number. P6.1 P6.2 P6.4, R1.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use domain::audit::Actor;
use domain::id::OrderNo;
use domain::order::{PayError, PayRequest, Paying, pay};
use domain::payment::{Channel, PayMethod, Payment};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::reply::Reply;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::checkout::prepare;
use edge::reach::{Reached, reach};

/// How long the answer to a request is remembered.
const REPLY_DAYS: i64 = 30;

/// How the guardian wants to pay.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayOrder {
    /// The provider: `wechat`, `alipay` or `chinaums`.
    #[schema(value_type = String, example = "wechat")]
    pub channel: Channel,
    /// The checkout: `jsapi`, `mini_program`, `native` or `h5` at WeChat Pay; `page`, `wap` or `app` at Alipay; `h5` at
    /// China UMS.
    #[schema(value_type = String, example = "native")]
    pub method: PayMethod,
    /// The payer's openid: wanted by `jsapi` and `mini_program`.
    pub payer: Option<String>,
}

/// What the front end shows the checkout with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentBegun {
    /// Its number.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub payment_no: String,
    /// How much, in fen.
    pub amount_fen: i64,
    /// The last moment of paying.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Passed on to the provider's script (`invoke`), shown as a QR code (`scan`), opened (`redirect`), or handed to the
    /// provider's application (`order`).
    #[schema(value_type = Object)]
    pub checkout: Value,
}

/// 支付订单
#[utoipa::path(
    post, path = "/orders/{order_no}/payments", operation_id = "pay_order", tag = "订单",
    params(
        ("order_no" = String, Path, description = "订单号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = PayOrder,
    responses(
        (status = 201, description = "已发起支付", body = PaymentBegun),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "订单不能支付", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "支付通道繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn pay_order(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    Path(order_no): Path<String>,
    sent: Sent<PayOrder>,
) -> Outcome<Answer<PaymentBegun>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let reached = reach::<may::Pay>(&app, &caller, &no).await?;
    let (actor, order) = (caller.actor(&reached.granted), reached.order.clone());
    let reply_key = store::key::reply(caller.id.as_str(), "pay_order", &format!("{no}#{key}"));
    let payment = match app.store().reply(&reply_key).await? {
        Some(reply) if reply.body != sent.hash => return Err(RequestError::IdempotencyKeyReused.into()),
        Some(reply) => reached.payment(&app, &parse("payment_no", &reply.subject)?).await?.value,
        None => {
            let keep = Reply {
                body: sent.hash,
                subject: String::new(),
                expires_at: app.now().plus_minutes(REPLY_DAYS * 24 * 60).seconds(),
            };
            Box::pin(begin(&app, &caller, reached, sent.value, (reply_key, keep))).await?
        }
    };
    Box::pin(prepare(&app, actor, &order, payment)).await
}

/// Writes the attempt down, in one transaction with the order and the answer to this request.
async fn begin(
    app: &App,
    caller: &Caller,
    mut reached: Reached<may::Pay>,
    wanted: PayOrder,
    (reply_key, mut reply): (store::key::Key, Reply),
) -> Result<Payment, Problem> {
    let (actor, order) = (caller.actor(&reached.granted), reached.order.clone());
    let school = app.store().school(&reached.record.value.school).await?.ok_or(AccessError::NotFound)?.value;
    let request = PayRequest {
        channel: wanted.channel,
        method: wanted.method,
        payer: wanted.payer,
        payer_ip: caller.address.clone(),
        sub_merchant: app.channels().await?.merchant(wanted.channel, &school),
    };
    let open = match order.open_attempt() {
        Some(open) => Some(reached.payment(app, &open).await?.value),
        None => None,
    };
    let paying = match pay(&mut reached.record.value, &order.no, open.as_ref(), request.clone(), app.now()) {
        Err(PayError::AnotherAttemptOpen) => {
            close_other(app, actor.clone(), &order.no).await?;
            reached = reach(app, caller, &order.no).await?;
            pay(&mut reached.record.value, &order.no, None, request, app.now())?
        }
        decided => decided?,
    };
    let payment = match paying {
        Paying::Again(open) => return Ok(reached.payment(app, &open).await?.value),
        Paying::Begin(payment) => *payment,
    };
    reply.subject = payment.no.to_string();
    let mut commit = Commit::new(actor, "order.pay", app.now());
    commit.save_payment(&Versioned::absent(payment.clone()))?;
    commit.save_record(&reached.record)?;
    commit.reply(reply_key, &reply)?;
    match app.store().commit(commit).await {
        Ok(()) => Ok(payment),
        // This very attempt may have been written and its answer lost; if not, the client tries again.
        Err(StoreError::Stale) => {
            let written = app.store().payment(&payment.no).await?.and_then(|found| found.within(&reached.granted));
            let ours = written.is_some_and(|written| written.value == payment);
            if ours { Ok(payment) } else { Err(StoreError::Stale.into()) }
        }
        Err(error) => Err(error.into()),
    }
}

/// Another way of paying is open: it is closed first, so that a family cannot pay twice.
async fn close_other(app: &App, actor: Actor, no: &OrderNo) -> Result<(), Problem> {
    let cashier = Cashier::new(app.store(), app.ambient(), actor);
    let closed = cashier.close_open_attempt(app.channels().await?, no).await?;
    if closed { Ok(()) } else { Err(PayError::AnotherAttemptOpen.into()) }
}

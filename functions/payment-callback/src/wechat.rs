//! WeChat Pay's notification: verified on the raw bytes, applied with its evidence in one transaction, and only then
//! acknowledged. R2 R3 R7.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cashier::{Cashier, RefundSettled, Settled};
use domain::audit::Actor;
use domain::payment::Channel;
use domain::task::Queue;
use domain::{Fault, Kind, Moment};
use edge::{App, Problem, Variable};
use gateway::channel::wechat::LARGEST_CALLBACK_BYTES;
use gateway::channel::{CallbackError, Notice};
use serde_json::json;
use store::money::RawEvent;

/// Headers of the signature, kept with the body as evidence.
const SIGNATURE_HEADERS: [&str; 5] =
    ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "wechatpay-signature", "wechatpay-signature-type"];

/// 微信支付结果通知
///
/// Called by WeChat Pay. The signature is the guard; anything but 200 makes WeChat Pay call again.
#[utoipa::path(
    post, path = "/callbacks/wechat", operation_id = "wechat_callback", tag = "支付回调", security(()),
    request_body(content = String, description = "原始通知报文", content_type = "application/json"),
    responses(
        (status = 200, description = "已入账或已知悉"),
        (status = 400, description = "报文无法识别"),
        (status = 401, description = "签名无效"),
        (status = 500, description = "暂未入账,请重发"),
    ),
)]
pub(crate) async fn wechat_callback(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let Ok(body) = to_bytes(body, LARGEST_CALLBACK_BYTES).await else {
        return refused(&CallbackError::BadEnvelope);
    };
    let channels = match app.channels().await {
        Ok(channels) => channels,
        Err(fault) => return failed(fault),
    };
    let raw = |event| RawEvent {
        channel: Channel::Wechat,
        event,
        body: String::from_utf8_lossy(&body).into_owned(),
        headers: signature(&headers),
        received_at: app.now(),
        quarantined: None,
    };
    let cashier = Cashier::new(app.store(), app.ambient(), Actor::system("wechat"));
    match channels.open_callback(Channel::Wechat, &headers, &body) {
        Err(error) => refused(&error),
        Ok(Notice::Paid { event_id, evidence }) => {
            let mut settled = cashier.settle(&evidence, Some(raw(event_id))).await;
            if matches!(settled, Ok(Settled::Quarantined)) {
                // What was told does not fit; what is true the provider says when asked.
                settled = cashier.ask(channels, &evidence.payment).await.map(|found| found.unwrap_or(Settled::Known));
            }
            if matches!(settled, Ok(Settled::Counted | Settled::Returned(_))) {
                wake_archive(&app, evidence.payment.as_str(), evidence.paid_at).await;
            }
            settled.map_or_else(failed, |_| acknowledged())
        }
        // Signed, but of no payment of ours: kept for a person to look at, since the provider will not ask again.
        Ok(Notice::Foreign { event_id, .. }) => {
            cashier.quarantine(Some(raw(event_id)), "payment/foreign").await.map_or_else(failed, |_| acknowledged())
        }
        Ok(Notice::Echo { event_id }) => {
            tracing::info!(event_id, "self-test of the channel received");
            acknowledged()
        }
        Ok(Notice::Refund { event_id, evidence }) => {
            let settled = cashier.settle_refund(&evidence, Some(raw(event_id))).await;
            if matches!(settled, Ok(RefundSettled::Done)) {
                wake_archive(&app, &evidence.refund, evidence.at).await;
            }
            settled.map_or_else(failed, |_| acknowledged())
        }
        Ok(Notice::Other { event_id, event_type }) => {
            tracing::warn!(event_id, event_type, "notification without a rule");
            cashier.quarantine(Some(raw(event_id)), "payment/no-rule").await.map_or_else(failed, |_| acknowledged())
        }
    }
}

/// The task is written; waking its consumer now only makes it quicker.
async fn wake_archive(app: &App, entity: &str, at: Moment) {
    if let Ok(queue) = app.variable(Variable::ArchiveQueueUrl) {
        edge::queue::wake(app, queue, Queue::Archive, entity, at.seconds()).await;
    }
}

fn signature(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    SIGNATURE_HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?))).collect()
}

fn acknowledged() -> Response {
    StatusCode::OK.into_response()
}

/// One line in the security log, nothing in the tables.
fn refused(error: &CallbackError) -> Response {
    tracing::warn!(security = true, slug = error.slug(), %error, "callback refused");
    let status = if error.kind() == Kind::Malformed { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED };
    answer(status, "callback not accepted")
}

fn failed(fault: impl Fault) -> Response {
    // The conversion logs the causes.
    drop(Problem::from(fault));
    answer(StatusCode::INTERNAL_SERVER_ERROR, "try again later")
}

fn answer(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({"code": "FAIL", "message": message}))).into_response()
}

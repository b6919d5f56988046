//! WeChat Pay's notification: verified on the raw bytes, applied with its evidence in one transaction, and only then
//! acknowledged. R2 R3 R7.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::payment::Channel;
use domain::{Fault, Kind};
use edge::{App, Problem};
use gateway::channel::{CallbackError, LARGEST_CALLBACK_BYTES};
use serde_json::json;

use crate::apply::{Message, apply};

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
    match channels.open_callback(Channel::Wechat, &headers, &body) {
        Err(error) => refused(&error),
        Ok(notice) => {
            let message = Message { body: &body, headers: signature(&headers) };
            let applied = apply(&app, channels, Channel::Wechat, notice, message).await;
            applied.map_or_else(failed, |()| StatusCode::OK.into_response())
        }
    }
}

fn signature(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    SIGNATURE_HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?))).collect()
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

//! Notifications that are forms, of Alipay and of China UMS: verified over the values they cover, applied, and only
//! then answered with the word that ends them. R2 R3 R7.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::payment::Channel;
use domain::{Fault, Kind};
use edge::{App, Problem};
use gateway::channel::{CallbackError, LARGEST_CALLBACK_BYTES};

use crate::apply::{Message, apply};

/// The one answer after which the provider does not call again; it looks at these letters alone.
const ALIPAY_ACCEPTED: &str = "success";
const CHINAUMS_ACCEPTED: &str = "SUCCESS";
const NOT_ACCEPTED: &str = "fail";

/// 支付宝异步通知
///
/// Called by Alipay with a form. The signature in it is the guard; anything but `success` makes Alipay call again.
#[utoipa::path(
    post, path = "/callbacks/alipay", operation_id = "alipay_callback", tag = "支付回调", security(()),
    request_body(content = String, description = "原始通知表单", content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "已入账或已知悉:success"),
        (status = 400, description = "报文无法识别"),
        (status = 401, description = "签名无效"),
        (status = 500, description = "暂未入账,请重发"),
    ),
)]
pub(crate) async fn alipay_callback(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    Box::pin(answer(&app, Channel::Alipay, &headers, body, ALIPAY_ACCEPTED)).await
}

/// 银联商务异步通知
///
/// Called by China UMS with a form. What it says is asked for before anything is believed.
#[utoipa::path(
    post, path = "/callbacks/chinaums", operation_id = "chinaums_callback", tag = "支付回调", security(()),
    request_body(content = String, description = "原始通知表单", content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "已入账或已知悉:SUCCESS"),
        (status = 400, description = "报文无法识别"),
        (status = 401, description = "签名无效或通道未开通"),
        (status = 500, description = "暂未入账,请重发"),
    ),
)]
pub(crate) async fn chinaums_callback(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    Box::pin(answer(&app, Channel::Chinaums, &headers, body, CHINAUMS_ACCEPTED)).await
}

async fn answer(app: &App, channel: Channel, headers: &HeaderMap, body: Body, accepted: &'static str) -> Response {
    let Ok(body) = to_bytes(body, LARGEST_CALLBACK_BYTES).await else {
        return refused(&CallbackError::BadEnvelope);
    };
    let channels = match app.channels().await {
        Ok(channels) => channels,
        Err(fault) => return failed(fault),
    };
    match channels.open_callback(channel, headers, &body) {
        Err(error) => refused(&error),
        Ok(notice) => {
            // What proves it stands in the form itself.
            let message = Message { body: &body, headers: Vec::new() };
            let applied = apply(app, channels, channel, notice, message).await;
            applied.map_or_else(failed, |()| (StatusCode::OK, accepted).into_response())
        }
    }
}

/// One line in the security log, nothing in the tables.
fn refused(error: &CallbackError) -> Response {
    tracing::warn!(security = true, slug = error.slug(), %error, "callback refused");
    let status = if error.kind() == Kind::Malformed { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED };
    (status, NOT_ACCEPTED).into_response()
}

fn failed(fault: impl Fault) -> Response {
    // The conversion logs the causes.
    drop(Problem::from(fault));
    (StatusCode::INTERNAL_SERVER_ERROR, NOT_ACCEPTED).into_response()
}

//! Alipay's notification: verified over the values it covers, applied, and only then answered with the word that ends
//! it. R2 R3 R7.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::payment::Channel;
use domain::{Fault, Kind};
use edge::{App, Problem};
use gateway::channel::{CallbackError, LARGEST_CALLBACK_BYTES};

use crate::apply::{Message, apply};

/// The one answer after which Alipay does not call again; it looks at these letters alone.
const ACCEPTED: &str = "success";
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
    let Ok(body) = to_bytes(body, LARGEST_CALLBACK_BYTES).await else {
        return refused(&CallbackError::BadEnvelope);
    };
    let channels = match app.channels().await {
        Ok(channels) => channels,
        Err(fault) => return failed(fault),
    };
    match channels.open_callback(Channel::Alipay, &headers, &body) {
        Err(error) => refused(&error),
        Ok(notice) => {
            // What proves it stands in the form itself.
            let message = Message { body: &body, headers: Vec::new() };
            let applied = apply(&app, channels, Channel::Alipay, notice, message).await;
            applied.map_or_else(failed, |()| (StatusCode::OK, ACCEPTED).into_response())
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

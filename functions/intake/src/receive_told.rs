//! The city sends what it tells (监管系统推送): a signed message, each record of which is taken or refused by itself, and
//! a signed answer. B5.1.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::audit::Actor;
use domain::supervision::Received;
use domain::{Fault, Kind, Moment};
use edge::{App, Problem};
use gateway::supervision::{IncomingError, Intake, Message, SignedAnswer, read_each};
use lambda_http::request::RequestContext;
use report::Receiver;
use serde_json::json;
use store::StoreError;

/// Most bytes of a message.
const LARGEST_MESSAGE_BYTES: usize = 1 << 20;

/// Seconds after which no further record is begun: the door waits 29.
const SECONDS: i64 = 20;

/// Prices that are followed at once; the night's run sees to the others.
const FOLLOWED: i32 = 20;

/// Why a message is not answered: the city sends it again, and what was taken of it is known then.
#[derive(Debug, thiserror::Error)]
enum ReceiveError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its records take longer than a request may.
    #[error("message takes longer than a request may")]
    OutOfTime,
}

impl Fault for ReceiveError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::OutOfTime => Kind::Unavailable,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::OutOfTime => "intake/out-of-time",
        }
    }
}

/// 监管系统推送数据
///
/// Called by the supervision system. The signature is the guard; it is made over the path that was called, with the
/// stage before it (`/v1/callbacks/supervision`). What is not answered by 200 is sent again.
#[utoipa::path(
    post, path = "/callbacks/supervision", operation_id = "receive_told", tag = "数据接收", security(()),
    request_body(content = String, description = "推送报文:records 为各数据集的记录", content_type = "application/json"),
    responses(
        (status = 200, description = "逐条接收结果,带签名"),
        (status = 400, description = "报文无法识别"),
        (status = 401, description = "签名无效"),
        (status = 503, description = "暂未处理完,请重发"),
    ),
)]
pub(crate) async fn receive_told(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_MESSAGE_BYTES).await else { return refused(IncomingError::Malformed) };
    let supervision = match app.supervision().await {
        Ok(supervision) => supervision,
        Err(fault) => return failed(fault),
    };
    let called = called(&parts);
    let message = Message { method: parts.method.as_str(), target: &called, headers: &parts.headers, body: &body };
    let records = match supervision.open(message) {
        Ok(records) => records,
        Err(error) => return refused(error),
    };
    let receipts = match Box::pin(take(&app, read_each(supervision.map(), &records))).await {
        Ok(receipts) => receipts,
        Err(fault) => return failed(fault),
    };
    match supervision.answer(&parts.headers, &receipts) {
        Ok(answer) => signed(answer),
        Err(fault) => failed(fault),
    }
}

/// The path and query that the city has called, as it has signed them: the router knows the path without its stage.
fn called(parts: &Parts) -> String {
    let of_gateway = match parts.extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV1(context)) => context.path.clone(),
        None | Some(_) => None,
    };
    let path = of_gateway.unwrap_or_else(|| parts.uri.path().to_owned());
    match parts.uri.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// Takes each record, what is named before what names it, and says in the order of the message what came of it.
async fn take(app: &App, read: Vec<Result<Received, Intake>>) -> Result<Vec<Intake>, ReceiveError> {
    let until = app.now().plus_seconds(SECONDS);
    let receiver = Receiver { store: app.store(), ambient: app.ambient(), actor: Actor::system("supervision") };
    let mut order: Vec<(usize, Result<Received, Intake>)> = read.into_iter().enumerate().collect();
    order.sort_by_key(|(at, one)| (one.as_ref().ok().map(|received| received.inbound), *at));
    let mut receipts = BTreeMap::new();
    for (at, one) in order {
        let receipt = match one {
            Ok(record) if app.now() <= until => receipt(&receiver, &record).await?,
            Ok(_) => return Err(ReceiveError::OutOfTime),
            Err(refused) => refused,
        };
        receipts.insert(at, receipt);
    }
    follow(app, &receiver, until).await;
    Ok(receipts.into_values().collect())
}

async fn receipt(receiver: &Receiver<'_>, record: &Received) -> Result<Intake, StoreError> {
    let (source_id, version) = (record.source_id.to_string(), record.version);
    match receiver.take(record).await {
        Ok(_) => Ok(Intake::Accepted { source_id, version }),
        Err(error) if matches!(error.kind(), Kind::Unavailable | Kind::Stale | Kind::TooMany) => Err(error),
        Err(error) => {
            tracing::error!(slug = error.slug(), %error, source_id, "record of the city is not kept");
            Ok(Intake::Refused { source_id, reason: "平台暂不能保存该记录,请联系平台运维".to_owned() })
        }
    }
}

/// Offerings follow prices at once, as far as there is time. What is left says so, and the night's run goes on with it.
async fn follow(app: &App, receiver: &Receiver<'_>, until: Moment) {
    let followed = async {
        for entry in app.store().followed_intakes(app.now(), FOLLOWED).await? {
            receiver.follow(&entry.value, until).await?;
        }
        Ok::<(), StoreError>(())
    };
    if let Err(error) = followed.await {
        tracing::warn!(slug = error.slug(), %error, "offerings follow a price later");
    }
}

fn signed(answer: SignedAnswer) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    for (name, value) in answer.headers {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    (headers, Body::from(answer.body)).into_response()
}

/// One line in the security log, nothing in the tables.
fn refused(error: IncomingError) -> Response {
    tracing::warn!(security = true, slug = error.slug(), %error, "message of the supervision system refused");
    let (status, code) = match error {
        IncomingError::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
        IncomingError::Unsigned => (StatusCode::UNAUTHORIZED, "unsigned"),
    };
    (status, axum::Json(json!({"code": code}))).into_response()
}

fn failed(fault: impl Fault) -> Response {
    // The conversion logs the causes.
    drop(Problem::from(fault));
    (StatusCode::SERVICE_UNAVAILABLE, axum::Json(json!({"code": "later"}))).into_response()
}

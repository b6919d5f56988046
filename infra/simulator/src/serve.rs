//! Routes (路由): WeChat Pay under `/v3`, Alipay under `/gateway.do` and `/alipay`, the province's platform under `/pscp`, our mini program
//! under `/cgi-bin` and `/sns`, the supervision system under `/exchange` and `/supervision`, pages for people, `/_sim` for programs.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get, post, put};
use http::{HeaderValue, Request, StatusCode, Uri};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::mini_program::{Arrived, MiniProgramFaults};
use simulator::province::{PREFIX, ProvinceFaults};
use simulator::wechat::{Faults, PayRefusal, RefundRefusal, RefundStep};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::deliver::deliver;
use crate::keep::{Keeper, now};
use crate::{city, counter, login, page};

const LARGEST_REQUEST_BYTES: usize = 1024 * 1024;

/// Nothing but our own style sheet and our own forms.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Serves until SIGTERM or Ctrl-C.
pub(crate) async fn serve(listen: SocketAddr, keeper: Keeper) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(listen).await?;
    println!("simulator: http://{}/", listener.local_addr()?);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    tokio::select! {
        served = axum::serve(listener, router(keeper.clone())).with_graceful_shutdown(stop) => served?,
        delivered = deliver(keeper) => delivered?,
    }
    Ok(())
}

fn router(keeper: Keeper) -> Router {
    Router::new()
        .merge(counter::routes())
        .merge(city::routes())
        .route("/v3/{*rest}", any(provider))
        .route("/", get(overview))
        .route("/faults", post(switch_by_form))
        .route("/pay/{out_trade_no}", get(checkout).post(pay_by_form))
        .route("/refunds/{number}/{step}", post(step_by_form))
        .route("/_sim/style.css", get(style))
        .route("/_sim/health", get(|| async { "ok" }))
        .route("/_sim/pay/{out_trade_no}", post(pay))
        .route("/_sim/faults", get(faults).put(switch))
        .route("/_sim/payments", get(payments))
        .route("/_sim/callbacks", get(callbacks))
        .route("/_sim/refunds", get(refunds))
        .route("/_sim/refunds/{number}", post(step_refund))
        .route("/_sim/console/{out_trade_no}", post(refund_in_console))
        .route("/_sim/schools", put(name_schools))
        .route("/_sim/province/faults", put(switch_province))
        .route("/_sim/messages", get(messages))
        .route("/_sim/messages/faults", put(switch_messages))
        .route("/_sim/messages/codes/{open_id}", post(sign_in_at_mini_program))
        .route("/cgi-bin/{*call}", post(mini_program))
        .route("/sns/{call}", get(mini_program))
        .route("/_sim/back", get(login::back))
        .route(&format!("{PREFIX}/authorize"), get(login::show).post(login::press))
        .route(&format!("{PREFIX}/{{call}}"), get(province))
        .with_state(keeper)
}

/// The provider itself.
async fn provider(State(keeper): State<Keeper>, request: axum::extract::Request) -> Response {
    match whole(request).await {
        Some(request) => keeper.change(|provider| provider.call(&request, now())).map(Body::from),
        None => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// A request with its body read.
pub(crate) async fn whole(request: axum::extract::Request) -> Option<Request<Bytes>> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_REQUEST_BYTES).await.ok()?;
    // Links in answers have to lead back here, so the provider wants to know its own address.
    let host = parts.headers.get("Host").and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    if let Ok(uri) = format!("http://{host}{target}").parse::<Uri>() {
        parts.uri = uri;
    }
    Some(Request::from_parts(parts, body))
}

pub(crate) fn html(page: String) -> Response {
    let mut response = Html(page).into_response();
    response.headers_mut().insert("Content-Security-Policy", HeaderValue::from_static(CONTENT_POLICY));
    response.headers_mut().insert("Cache-Control", HeaderValue::from_static("no-store"));
    response
}

async fn style() -> impl IntoResponse {
    ([("Content-Type", "text/css; charset=utf-8")], page::STYLE)
}

async fn overview(State(keeper): State<Keeper>) -> Response {
    html(keeper.read(|provider| page::overview(provider, now())))
}

async fn checkout(State(keeper): State<Keeper>, Path(out_trade_no): Path<String>) -> Response {
    match keeper.read(|provider| page::checkout(provider, &out_trade_no, now())) {
        Some(page) => html(page),
        None => (StatusCode::NOT_FOUND, html(page::missing())).into_response(),
    }
}

async fn pay_by_form(State(keeper): State<Keeper>, Path(out_trade_no): Path<String>) -> Redirect {
    // Whatever came of it, the page tells: the payment shows its own state.
    let _shown_by_the_page = keeper.change(|provider| provider.pay(&out_trade_no, now()));
    Redirect::to(&format!("/pay/{out_trade_no}"))
}

async fn switch_by_form(State(keeper): State<Keeper>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    match page::faults_of_form(&form) {
        Some(faults) => {
            keeper.change(|provider| provider.set_faults(faults));
            Redirect::to("/").into_response()
        }
        None => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}

#[derive(Deserialize)]
struct PayQuery {
    amount_fen: Option<i64>,
    /// It was on its way when the payment was closed.
    #[serde(default)]
    late: bool,
    /// So many days before now, as if it had only become known today.
    #[serde(default)]
    days_ago: i64,
}

async fn pay(
    State(keeper): State<Keeper>,
    Path(out_trade_no): Path<String>,
    Query(query): Query<PayQuery>,
) -> (StatusCode, Json<Value>) {
    let before = SignedDuration::from_hours(query.days_ago.saturating_mul(24));
    let at = now().saturating_sub(before).unwrap_or_else(|_out_of_range| now());
    let paid = keeper.change(|provider| match query.amount_fen {
        Some(fen) => provider.pay_amount(&out_trade_no, fen, at),
        None if query.late => provider.pay_although_closed(&out_trade_no, at),
        None => provider.pay(&out_trade_no, at),
    });
    match paid {
        Ok(transaction_id) => (StatusCode::OK, Json(json!({ "transaction_id": transaction_id }))),
        Err(refusal) => {
            let (status, code) = match refusal {
                PayRefusal::Unknown => (StatusCode::NOT_FOUND, "unknown"),
                PayRefusal::Expired => (StatusCode::CONFLICT, "expired"),
                PayRefusal::Closed => (StatusCode::CONFLICT, "closed"),
                PayRefusal::AlreadyPaid => (StatusCode::CONFLICT, "already_paid"),
            };
            (status, Json(json!({ "code": code })))
        }
    }
}

#[derive(Deserialize)]
struct FaultsQuery {
    #[serde(default)]
    payment: String,
}

async fn faults(State(keeper): State<Keeper>, Query(query): Query<FaultsQuery>) -> Json<Faults> {
    Json(keeper.read(|provider| provider.faults(&query.payment).clone()))
}

/// `null` takes the faults of a payment, or all general ones, away.
async fn switch(
    State(keeper): State<Keeper>,
    Query(query): Query<FaultsQuery>,
    Json(faults): Json<Option<Faults>>,
) -> StatusCode {
    keeper.change(|provider| {
        if query.payment.is_empty() {
            provider.set_faults(faults.unwrap_or_default());
        } else {
            provider.set_faults_of(&query.payment, faults);
        }
    });
    StatusCode::NO_CONTENT
}

async fn step_by_form(State(keeper): State<Keeper>, Path((number, step)): Path<(String, RefundStep)>) -> Redirect {
    // Whatever came of it, the page tells.
    let _shown_by_the_page = keeper.change(|provider| provider.step_refund(&number, step, now()));
    Redirect::to("/")
}

#[derive(Deserialize)]
struct StepQuery {
    step: RefundStep,
}

async fn step_refund(
    State(keeper): State<Keeper>,
    Path(number): Path<String>,
    Query(query): Query<StepQuery>,
) -> Response {
    match keeper.change(|provider| provider.step_refund(&number, query.step, now())) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refund_refused(refusal),
    }
}

#[derive(Deserialize)]
struct ConsoleQuery {
    amount_fen: i64,
}

async fn refund_in_console(
    State(keeper): State<Keeper>,
    Path(out_trade_no): Path<String>,
    Query(query): Query<ConsoleQuery>,
) -> Response {
    match keeper.change(|provider| provider.refund_in_console(&out_trade_no, query.amount_fen, now())) {
        Ok(number) => Json(json!({ "out_refund_no": number })).into_response(),
        Err(refusal) => refund_refused(refusal),
    }
}

fn refund_refused(refusal: RefundRefusal) -> Response {
    let (status, code) = match refusal {
        RefundRefusal::Unknown => (StatusCode::NOT_FOUND, "unknown"),
        RefundRefusal::WrongState => (StatusCode::CONFLICT, "wrong_state"),
        RefundRefusal::TooMuch => (StatusCode::CONFLICT, "too_much"),
    };
    (status, Json(json!({ "code": code }))).into_response()
}

async fn refunds(State(keeper): State<Keeper>) -> Json<Value> {
    Json(keeper.read(|provider| json!(provider.refunds().values().collect::<Vec<_>>())))
}

async fn payments(State(keeper): State<Keeper>) -> Json<Value> {
    Json(keeper.read(|provider| json!(provider.payments().values().collect::<Vec<_>>())))
}

async fn callbacks(State(keeper): State<Keeper>) -> Json<Value> {
    Json(keeper.read(|provider| json!(provider.notifications().collect::<Vec<_>>())))
}

async fn name_schools(State(keeper): State<Keeper>, Json(names): Json<BTreeMap<String, String>>) -> StatusCode {
    keeper.change(|provider| {
        for (sub_mchid, name) in &names {
            provider.name_school(sub_mchid, name);
        }
    });
    StatusCode::NO_CONTENT
}

/// The province's platform, as its clients call it.
async fn province(State(keeper): State<Keeper>, uri: Uri) -> Response {
    tokio::time::sleep(Duration::from_secs(keeper.province(|province| province.faults().slow_seconds))).await;
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    keeper.province(|province| province.call(&request, now())).map(Body::from)
}

async fn switch_province(State(keeper): State<Keeper>, Json(faults): Json<ProvinceFaults>) -> StatusCode {
    keeper.province(|province| province.set_faults(faults));
    StatusCode::NO_CONTENT
}

/// Our mini program at WeChat, as we call it.
async fn mini_program(State(keeper): State<Keeper>, request: axum::extract::Request) -> Response {
    tokio::time::sleep(Duration::from_secs(keeper.mini_program(|program| program.faults().slow_seconds))).await;
    match whole(request).await {
        Some(request) => keeper.mini_program(|program| program.call(&request, now())).map(Body::from),
        None => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// What has arrived at guardians.
async fn messages(State(keeper): State<Keeper>) -> Json<Vec<Arrived>> {
    Json(keeper.mini_program(|program| program.arrived().to_vec()))
}

async fn switch_messages(State(keeper): State<Keeper>, Json(faults): Json<MiniProgramFaults>) -> StatusCode {
    keeper.mini_program(|program| program.set_faults(faults));
    StatusCode::NO_CONTENT
}

/// Somebody opens the mini program.
async fn sign_in_at_mini_program(State(keeper): State<Keeper>, Path(open_id): Path<String>) -> Json<Value> {
    Json(json!({ "code": keeper.mini_program(|program| program.sign_in(&open_id)) }))
}

//! The second payment provider over HTTP (支付宝模拟服务): its gateway, its pay page, commands for programs.

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::alipay::{PAGES, PayRefusal, Trade, TradeState};
use simulator::wechat::Faults;

use crate::keep::{Keeper, now};
use crate::page::{escaped, page, time, yuan};
use crate::serve::{html, whole};

pub(crate) fn routes() -> Router<Keeper> {
    Router::new()
        .route("/gateway.do", any(gateway))
        .route("/alipay/bill/{token}", get(gateway))
        .route(PAGES, get(overview))
        .route("/alipay/pay/{out_trade_no}", get(checkout).post(pay_by_form))
        .route("/_sim/alipay/open", post(open))
        .route("/_sim/alipay/pay/{out_trade_no}", post(pay))
        .route("/_sim/alipay/console/{out_trade_no}", post(refund_in_console))
        .route("/_sim/alipay/faults", get(faults).put(switch))
        .route("/_sim/alipay/trades", get(trades))
        .route("/_sim/alipay/callbacks", get(callbacks))
}

async fn gateway(State(keeper): State<Keeper>, request: axum::extract::Request) -> Response {
    match whole(request).await {
        Some(request) => keeper.change_alipay(|provider| provider.call(&request, now())).map(Body::from),
        None => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

const fn state(trade: &Trade) -> &'static str {
    match trade.state {
        TradeState::Waiting => "待支付",
        TradeState::Paid => "支付成功",
        TradeState::Finished => "交易完结",
        TradeState::Closed => "交易关闭",
    }
}

async fn overview(State(keeper): State<Keeper>) -> Response {
    let row = |trade: &Trade| {
        let number = escaped(&trade.out_trade_no);
        format!(
            "<tr><td><a href=\"/alipay/pay/{number}\">{number}</a></td><td>{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&trade.subject),
            yuan(trade.total_fen),
            yuan(trade.refunded_fen()),
            state(trade),
            time(trade.created_at),
        )
    };
    let rows: String = keeper.read_alipay(|provider| provider.trades().values().map(row).collect());
    let content = format!(
        "<h1>支付宝模拟</h1><p class=\"soft\">本机演示用，不产生真实交易 · <a href=\"/\">微信支付模拟</a></p>\
         <section class=\"card wide\"><table><thead><tr><th>商户订单号</th><th>商品</th><th>金额</th><th>已退</th>\
         <th>状态</th><th>创建时间</th></tr></thead><tbody>{rows}</tbody></table></section>"
    );
    html(page("支付宝模拟", "", &content))
}

async fn checkout(State(keeper): State<Keeper>, Path(out_trade_no): Path<String>) -> Response {
    let shown = keeper.read_alipay(|provider| {
        let trade = provider.trades().get(&out_trade_no)?;
        let end = if trade.state == TradeState::Waiting && now() <= trade.expires_at {
            format!("<form method=\"post\" action=\"/alipay/pay/{}\"><button>支付</button></form>", escaped(&out_trade_no))
        } else {
            format!("<p class=\"state\" role=\"status\">{}</p>", state(trade))
        };
        let content = format!(
            "<h1>收银台</h1><p class=\"soft\">支付宝模拟，不产生真实交易</p><section class=\"card\">\
             <p class=\"amount\">{}</p><dl><dt>收款方</dt><dd>{}</dd><dt>商品</dt><dd>{}</dd><dt>商户订单号</dt><dd>{}</dd>\
             <dt>支付截止</dt><dd>{}</dd></dl>{end}</section>",
            yuan(trade.total_fen),
            escaped(&trade.seller),
            escaped(&trade.subject),
            escaped(&trade.out_trade_no),
            time(trade.expires_at),
        );
        Some(page("收银台", "narrow", &content))
    });
    match shown {
        Some(page) => html(page),
        None => (StatusCode::NOT_FOUND, html(crate::page::missing())).into_response(),
    }
}

async fn pay_by_form(State(keeper): State<Keeper>, Path(out_trade_no): Path<String>) -> Redirect {
    // Whatever came of it, the page tells: the payment shows its own state.
    let _shown_by_the_page = keeper.change_alipay(|provider| provider.pay(&out_trade_no, now()));
    Redirect::to(&format!("{PAGES}/pay/{out_trade_no}"))
}

/// The application on the payer's device opens the signed text.
async fn open(State(keeper): State<Keeper>, signed: String) -> Response {
    match keeper.change_alipay(|provider| provider.open(&signed, now())) {
        Ok(number) => Json(json!({ "out_trade_no": number })).into_response(),
        Err(why) => (StatusCode::CONFLICT, Json(json!({ "code": why }))).into_response(),
    }
}

async fn pay(State(keeper): State<Keeper>, Path(out_trade_no): Path<String>) -> Response {
    match keeper.change_alipay(|provider| provider.pay(&out_trade_no, now())) {
        Ok(trade_no) => Json(json!({ "transaction_id": trade_no })).into_response(),
        Err(refusal) => refused(refusal),
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
    match keeper.change_alipay(|provider| provider.refund_in_console(&out_trade_no, query.amount_fen, now())) {
        Ok(number) => Json(json!({ "out_request_no": number })).into_response(),
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: PayRefusal) -> Response {
    let (status, code) = match refusal {
        PayRefusal::Unknown => (StatusCode::NOT_FOUND, "unknown"),
        PayRefusal::Expired => (StatusCode::CONFLICT, "expired"),
        PayRefusal::Closed => (StatusCode::CONFLICT, "closed"),
        PayRefusal::AlreadyPaid => (StatusCode::CONFLICT, "already_paid"),
        PayRefusal::NotPaid => (StatusCode::CONFLICT, "not_paid"),
    };
    (status, Json(json!({ "code": code }))).into_response()
}

#[derive(Deserialize)]
struct FaultsQuery {
    #[serde(default)]
    payment: String,
}

async fn faults(State(keeper): State<Keeper>, Query(query): Query<FaultsQuery>) -> Json<Faults> {
    Json(keeper.read_alipay(|provider| provider.faults(&query.payment).clone()))
}

async fn switch(
    State(keeper): State<Keeper>,
    Query(query): Query<FaultsQuery>,
    Json(faults): Json<Option<Faults>>,
) -> StatusCode {
    keeper.change_alipay(|provider| {
        if query.payment.is_empty() {
            provider.set_faults(faults.unwrap_or_default());
        } else {
            provider.set_faults_of(&query.payment, faults);
        }
    });
    StatusCode::NO_CONTENT
}

async fn trades(State(keeper): State<Keeper>) -> Json<Value> {
    Json(keeper.read_alipay(|provider| json!(provider.trades().values().collect::<Vec<_>>())))
}

async fn callbacks(State(keeper): State<Keeper>) -> Json<Value> {
    Json(keeper.read_alipay(|provider| json!(provider.notifications().collect::<Vec<_>>())))
}

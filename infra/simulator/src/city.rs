//! The supervision system over HTTP (监管系统模拟服务): the exchange itself, a page to look at it, commands for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::supervision::{Held, SupervisionFaults};

use crate::deliver::client;
use crate::keep::{Keeper, now};
use crate::page::{escaped, page, time};
use crate::serve::{html, whole};

/// Records the page shows at most: the newest.
const SHOWN: usize = 100;

/// What the page's buttons switch, and what they are called.
const BUTTONS: [(&str, &str); 8] = [
    ("well", "恢复正常"),
    ("down", "停机"),
    ("silent", "收到但应答丢失"),
    ("lose", "丢失下 10 条"),
    ("refuse", "拒绝全部"),
    ("delay", "延迟 1 小时入库"),
    ("closed", "关闭接收时段"),
    ("throttle", "每分钟限 5 次"),
];

pub(crate) fn routes() -> Router<Keeper> {
    Router::new()
        .route("/exchange/v1/{*rest}", any(exchange))
        .route("/supervision", get(overview))
        .route("/supervision/{switch}", post(press))
        .route("/_sim/supervision/faults", get(faults).put(switch))
        .route("/_sim/supervision/records", get(records))
        .route("/_sim/supervision/records/{act}", post(meddle))
        .route("/_sim/supervision/told", get(told).put(decide))
        .route("/_sim/supervision/push", post(push))
}

/// The supervision system, as its clients call it.
async fn exchange(State(keeper): State<Keeper>, request: axum::extract::Request) -> Response {
    tokio::time::sleep(Duration::from_secs(keeper.read_city(|city| city.faults().slow_seconds))).await;
    match whole(request).await {
        Some(request) => keeper.change_city(|city| city.call(&request, now())).map(Body::from),
        None => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

async fn overview(State(keeper): State<Keeper>) -> Response {
    let counts: String = keeper.read_city(|city| {
        let row = |((school, set), count): (&(String, String), &usize)| {
            format!("<tr><td>{}</td><td>{}</td><td class=\"number\">{count}</td></tr>", escaped(school), escaped(set))
        };
        city.store().counts().iter().map(row).collect()
    });
    let button = |(name, words): &(&str, &str)| {
        ["<form method=\"post\" action=\"/supervision/", name, "\"><button>", words, "</button></form>"].concat()
    };
    let buttons: String = BUTTONS.iter().map(button).collect();
    let switched = keeper.read_city(|city| json!(city.faults()).to_string());
    let content = format!(
        "<h1>监管系统模拟</h1><p class=\"soft\">本机演示用，不与任何政务系统相连 · <a href=\"/\">微信支付模拟</a></p>\
         <h2>已上报</h2><section class=\"card wide\"><table><thead><tr><th>学校</th><th>数据集</th><th>记录数</th></tr>\
         </thead><tbody>{counts}</tbody></table></section><h2>最近 {SHOWN} 条</h2><section class=\"card wide\"><table>\
         <thead><tr><th>数据集</th><th>业务编号</th><th>版本</th><th>回执</th><th>时间</th></tr></thead><tbody>{}</tbody>\
         </table></section><h2>下发</h2><section class=\"card wide\"><table><thead><tr><th>数据集</th><th>业务编号</th>\
         <th>版本</th><th>操作</th><th>更新时间</th></tr></thead><tbody>{}</tbody></table></section><h2>故障开关</h2><section class=\"card\"><p class=\"soft\">{}</p>{buttons}</section>",
        latest(&keeper),
        decided(&keeper),
        escaped(&switched),
    );
    html(page("监管系统模拟", "", &content))
}

/// The newest records. What they say is personal in part: it is shown to programs of this machine only.
fn latest(keeper: &Keeper) -> String {
    keeper.read_city(|city| {
        let mut held: Vec<&Held> = city.store().all().collect();
        held.sort_by_key(|held| std::cmp::Reverse(held.at));
        let text = |held: &Held, name: &str| escaped(held.record.get(name).and_then(Value::as_str).unwrap_or_default());
        let row = |held: &Held| {
            let gone = if held.gone { "（已删除）" } else { "" };
            format!(
                "<tr><td>{}</td><td>{}{gone}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td></tr>",
                text(held, "SJJ"),
                text(held, "YWBH"),
                held.version,
                escaped(&held.receipt),
                time(held.at)
            )
        };
        held.into_iter().take(SHOWN).map(row).collect()
    })
}

/// What the city tells, to be pulled; what it says is shown to programs of this machine only.
fn decided(keeper: &Keeper) -> String {
    keeper.read_city(|city| {
        let text = |record: &Value, name: &str| escaped(record.get(name).and_then(Value::as_str).unwrap_or_default());
        let row = |record: &Value| {
            let version = record.get("BBH").and_then(Value::as_u64).unwrap_or_default();
            format!(
                "<tr><td>{}</td><td>{}</td><td class=\"number\">{version}</td><td>{}</td><td>{}</td></tr>",
                text(record, "SJJ"),
                text(record, "YWBH"),
                text(record, "CZLX"),
                text(record, "GXSJ")
            )
        };
        city.decided().map(row).collect()
    })
}

/// What a button of the page switches; none: there is no such button.
fn of_button(name: &str) -> Option<SupervisionFaults> {
    let none = SupervisionFaults::default();
    Some(match name {
        "well" => none,
        "down" => SupervisionFaults { down: true, ..none },
        "silent" => SupervisionFaults { silent: true, ..none },
        "lose" => SupervisionFaults { lose: 10, ..none },
        "refuse" => {
            let words = ("1004".to_owned(), "监管系统不予接收".to_owned());
            SupervisionFaults { refuse: [("*".to_owned(), words)].into(), ..none }
        }
        "delay" => SupervisionFaults { delay_seconds: 3600, ..none },
        // From midnight to midnight: never.
        "closed" => SupervisionFaults { window: Some((0, 0)), ..none },
        "throttle" => SupervisionFaults { per_minute: Some(5), ..none },
        _ => return None,
    })
}

async fn press(
    State(keeper): State<Keeper>,
    Path(name): Path<String>,
    Form(_): Form<BTreeMap<String, String>>,
) -> Response {
    match of_button(&name) {
        Some(faults) => {
            keeper.change_city(|city| city.set_faults(faults));
            Redirect::to("/supervision").into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn faults(State(keeper): State<Keeper>) -> Json<SupervisionFaults> {
    Json(keeper.read_city(|city| city.faults().clone()))
}

async fn switch(State(keeper): State<Keeper>, Json(faults): Json<SupervisionFaults>) -> StatusCode {
    keeper.change_city(|city| city.set_faults(faults));
    StatusCode::NO_CONTENT
}

/// Everything it holds.
async fn records(State(keeper): State<Keeper>) -> Json<Value> {
    Json(keeper.read_city(|city| json!(city.store().all().collect::<Vec<_>>())))
}

/// Which record is meddled with.
#[derive(Deserialize)]
struct Meddled {
    dataset: String,
    source_id: String,
    /// Of `alter`: which field of what it says.
    #[serde(default)]
    field: String,
    /// Of `alter`: what it shall say. Of `invent`: the number of the copy.
    #[serde(default)]
    value: Value,
}

/// Forgets, alters or invents a record behind everybody's back.
async fn meddle(State(keeper): State<Keeper>, Path(act): Path<String>, Json(meddled): Json<Meddled>) -> StatusCode {
    let Meddled { dataset, source_id, field, value } = meddled;
    let done = keeper.change_city(|city| {
        let store = city.store_mut();
        match act.as_str() {
            "forget" => Some(store.forget(&dataset, &source_id)),
            "alter" => Some(store.alter(&dataset, &source_id, &field, value)),
            "invent" => value.as_str().map(|number| store.invent(&dataset, &source_id, number)),
            _ => None,
        }
    });
    match done {
        Some(true) => StatusCode::NO_CONTENT,
        Some(false) => StatusCode::NOT_FOUND,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// What the city tells.
async fn told(State(keeper): State<Keeper>) -> Json<Value> {
    Json(keeper.read_city(|city| json!(city.decided().collect::<Vec<_>>())))
}

/// The city decides something.
async fn decide(State(keeper): State<Keeper>, Json(records): Json<Vec<Value>>) -> Response {
    let decided = keeper.change_city(|city| records.into_iter().try_for_each(|record| city.decide(record)));
    match decided {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(complaints) => (StatusCode::UNPROCESSABLE_ENTITY, Json(complaints)).into_response(),
    }
}

/// Where a message goes, and what it tells; nothing named: everything the city has decided.
#[derive(Deserialize)]
struct PushQuery {
    to: String,
    /// The path that is signed, where a gateway on the way is called by another one; else that of `to`.
    #[serde(default)]
    target: String,
    #[serde(default)]
    dataset: String,
    #[serde(default)]
    method: String,
}

/// Tells the platform, whose answer is given back. It goes to this machine only.
async fn push(State(keeper): State<Keeper>, Query(query): Query<PushQuery>) -> Response {
    if !query.to.starts_with("http://127.0.0.1:") {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    let message = keeper.change_city(|city| {
        let wanted = |record: &&Value| {
            query.dataset.is_empty() || record.get("SJJ").and_then(Value::as_str) == Some(&*query.dataset)
        };
        let records: Vec<Value> = city.decided().filter(wanted).cloned().collect();
        let target = if query.target.is_empty() { &query.to } else { &query.target };
        city.message(target, &records, &query.method, now())
    });
    let (parts, body) = message.into_parts();
    match carry(&query.to, parts.headers, body).await {
        Ok(told) => told.into_response(),
        Err(_unreachable) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn carry(to: &str, headers: HeaderMap, body: Bytes) -> Result<(StatusCode, String), reqwest::Error> {
    let answer = client()?.post(to).headers(headers).body(body).send().await?;
    Ok((answer.status(), answer.text().await?))
}

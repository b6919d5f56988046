//! The city's supervision system (监管系统模拟): it takes records, gives receipts, tells digests, and tells what the city
//! decides; on command it refuses, loses, delays, forgets and alters.
#![expect(clippy::indexing_slicing, reason = "what a JSON value lacks is null")]

mod schema;
mod sign;
pub mod store;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use sign::{APP_ID, PLATFORM_SM2_KEY, SHARED_KEY, SM2_ID, city_sm2_public_key};
pub use store::{Held, Store, Taken};

use sign::SignMethod;

/// Its name in the tests.
pub const HOST: &str = "supervision.example";
/// Most records of a batch.
const BATCH_RECORDS: usize = 200;
/// Clocks differ at most by so much.
const SKEW_SECONDS: i64 = 300;
const MINUTES_OF_A_DAY: i64 = 24 * 60;

/// What goes wrong, for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct SupervisionFaults {
    /// Records of these data sets, or of `*`, are refused with this code and these words.
    pub refuse: BTreeMap<String, (String, String)>,
    /// So many records are acknowledged and never held.
    pub lose: u32,
    /// So many records are held, and their receipts are left out.
    pub mute: u32,
    /// Receipts are given twice.
    pub duplicate: bool,
    /// Records are acknowledged now and held so much later.
    pub delay_seconds: i64,
    /// Minutes of the day between which it takes anything; none: always.
    pub window: Option<(i64, i64)>,
    /// Requests of a minute; none: any number.
    pub per_minute: Option<u32>,
    /// Answers have status 502, and nothing was done.
    pub down: bool,
    /// What was asked is done, and the answer has status 502.
    pub silent: bool,
    /// Answers are half a JSON document.
    pub broken: bool,
    /// Answers are signed wrongly.
    pub unsigned: bool,
    /// Answers take so long, where they are carried.
    pub slow_seconds: u64,
}

/// The supervision system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Supervision {
    store: Store,
    faults: SupervisionFaults,
    /// What is acknowledged and not held yet.
    late: Vec<(Timestamp, Value)>,
    told: told::Told,
    minute: (i64, u32),
    nonces: u64,
}

/// Whether two whole answers came to the same is told by what was signed of them.
fn request_text(request: &Request<Bytes>, app: &str, timestamp: &str, nonce: &str) -> Vec<u8> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let head = format!("{}\n{target}\n{app}\n{timestamp}\n{nonce}\n", request.method());
    [head.as_bytes(), request.body(), b"\n"].concat()
}

impl Default for Supervision {
    fn default() -> Self {
        Self::new()
    }
}

impl Supervision {
    /// A supervision system to which nobody has reported, with what the city has decided.
    pub fn new() -> Self {
        Self {
            store: Store::default(),
            faults: SupervisionFaults::default(),
            late: Vec::new(),
            told: told::Told::begin(),
            minute: (0, 0),
            nonces: 0,
        }
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&mut self, faults: SupervisionFaults) {
        self.faults = faults;
    }

    /// What goes wrong.
    pub const fn faults(&self) -> &SupervisionFaults {
        &self.faults
    }

    /// What it holds.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What it holds, to be meddled with.
    pub const fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    /// The city decides something: a record of a data set that it tells.
    pub fn decide(&mut self, record: Value) -> Result<(), Vec<String>> {
        self.told.decide(record)
    }

    /// What the city tells, by data set.
    pub fn decided(&self) -> impl Iterator<Item = &Value> {
        self.told.all()
    }

    /// A message to the platform with records that the city tells, to be sent to `target` there.
    pub fn message(&mut self, target: &str, records: &[Value], method: &str, now: Timestamp) -> Request<Bytes> {
        let method = SignMethod::of(method).unwrap_or(SignMethod::HmacSm3);
        self.nonces += 1;
        let (timestamp, nonce) = (now.as_second().to_string(), format!("{:032x}", self.nonces));
        let request = Request::builder()
            .method(Method::POST)
            .uri(target)
            .header("content-type", "application/json")
            .header("x-app-id", APP_ID)
            .header("x-timestamp", &timestamp)
            .header("x-nonce", &nonce)
            .header("x-sign-method", method.name());
        let body = Bytes::from(json!({"records": records}).to_string());
        let mut request = request.body(body).expect("an address of the platform reads");
        let signature = method.sign(&request_text(&request, APP_ID, &timestamp, &nonce));
        request.headers_mut().insert("x-sign", header(&signature));
        request
    }

    /// Answers a call.
    pub fn call(&mut self, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        self.settle(now);
        if self.faults.down {
            return plain(StatusCode::BAD_GATEWAY, &[], "<html>502</html>");
        }
        let Some(method) = authentic(request, now) else {
            return plain(StatusCode::UNAUTHORIZED, &[], &json!({"code": "unsigned"}).to_string());
        };
        if let Some(refusal) = self.closed(now).or_else(|| self.busy(now)) {
            return refusal;
        }
        let answer = self.route(request, now);
        if self.faults.silent {
            return plain(StatusCode::BAD_GATEWAY, &[], "<html>502</html>");
        }
        match answer {
            Ok(value) => self.signed(&value, method, request.headers(), now),
            Err(status) => plain(status, &[], &json!({"code": "refused"}).to_string()),
        }
    }

    fn route(&mut self, request: &Request<Bytes>, now: Timestamp) -> Result<Value, StatusCode> {
        let path = request.uri().path().strip_prefix("/exchange/v1/").ok_or(StatusCode::NOT_FOUND)?;
        if let Some(name) = path.strip_prefix("inbound/") {
            let query = request.uri().query().unwrap_or_default();
            return self.told.page(name, query).ok_or(StatusCode::NOT_FOUND);
        }
        let body: Value = serde_json::from_slice(request.body()).map_err(|_unreadable| StatusCode::BAD_REQUEST)?;
        let school = body["school"].as_str().unwrap_or_default();
        let nodes = body["nodes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match path {
            "records" => self.records(&body, now),
            "digests" => Ok(json!({"nodes": nodes.map(|node| self.store.digests(school, node)).collect::<Vec<_>>()})),
            "listings" => Ok(json!({"nodes": nodes.map(|node| self.store.listing(school, node)).collect::<Vec<_>>()})),
            "record" => {
                let text = |name: &str| body[name].as_str().unwrap_or_default();
                let held = self.store.get(text("dataset"), text("source_id"));
                Ok(json!({"record": held.map(|held| &held.record)}))
            }
            _ => Err(StatusCode::NOT_FOUND),
        }
    }

    fn records(&mut self, body: &Value, now: Timestamp) -> Result<Value, StatusCode> {
        let records = body["records"].as_array().ok_or(StatusCode::BAD_REQUEST)?;
        if records.len() > BATCH_RECORDS {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let mut receipts = Vec::new();
        for record in records {
            let taken = self.take(record, now);
            if self.faults.mute > 0 {
                self.faults.mute -= 1;
                continue;
            }
            let receipt = receipt(record, &taken);
            if self.faults.duplicate {
                receipts.push(receipt.clone());
            }
            receipts.push(receipt);
        }
        Ok(json!({"receipts": receipts}))
    }

    /// Takes a record as the switches have it.
    pub fn take(&mut self, record: &Value, now: Timestamp) -> Taken {
        self.settle(now);
        let set = record["SJJ"].as_str().unwrap_or_default();
        if let Some((code, reason)) = self.faults.refuse.get(set).or_else(|| self.faults.refuse.get("*")) {
            return Taken::Refused { code: code.clone(), reason: reason.clone() };
        }
        if self.faults.lose == 0 && self.faults.delay_seconds == 0 {
            return self.store.take(record, now);
        }
        if let Some(answered) = self.store.judge(record) {
            return answered;
        }
        if self.faults.lose > 0 {
            self.faults.lose -= 1;
        } else {
            let later = now.as_second().saturating_add(self.faults.delay_seconds);
            self.late.push((Timestamp::from_second(later).unwrap_or(Timestamp::MAX), record.clone()));
        }
        self.store.promise()
    }

    /// Holds what was delayed and is due.
    fn settle(&mut self, now: Timestamp) {
        let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= now);
        self.late = late;
        let due: Vec<(Timestamp, Value)> = due;
        for (at, record) in due {
            // Something newer may have come meanwhile.
            let _newest_counts = self.store.take(&record, at);
        }
    }

    fn closed(&self, now: Timestamp) -> Option<Response<Bytes>> {
        let (from, until) = self.faults.window?;
        let clock = Offset::constant(8).to_datetime(now);
        let minute = i64::from(clock.hour()) * 60 + i64::from(clock.minute());
        if (from..until).contains(&minute) {
            return None;
        }
        let wait = (from - minute).rem_euclid(MINUTES_OF_A_DAY) * 60 - i64::from(clock.second());
        let after = [(RETRY_AFTER.as_str(), wait.max(1).to_string())];
        Some(plain(StatusCode::SERVICE_UNAVAILABLE, &after, &json!({"code": "closed"}).to_string()))
    }

    fn busy(&mut self, now: Timestamp) -> Option<Response<Bytes>> {
        let most = self.faults.per_minute?;
        let minute = now.as_second().div_euclid(60);
        if self.minute.0 != minute {
            self.minute = (minute, 0);
        }
        self.minute.1 += 1;
        if self.minute.1 <= most {
            return None;
        }
        let after = [(RETRY_AFTER.as_str(), (60 - now.as_second().rem_euclid(60)).to_string())];
        Some(plain(StatusCode::TOO_MANY_REQUESTS, &after, &json!({"code": "busy"}).to_string()))
    }

    fn signed(&self, value: &Value, method: SignMethod, asked: &HeaderMap, now: Timestamp) -> Response<Bytes> {
        let whole = value.to_string();
        let half = whole.chars().count() / 2;
        let body: String = if self.faults.broken { whole.chars().take(half).collect() } else { whole };
        let timestamp = now.as_second().to_string();
        let nonce = if self.faults.unsigned { "another" } else { sign::told(asked, "x-nonce") };
        let text = [format!("200\n{timestamp}\n{nonce}\n").as_bytes(), body.as_bytes(), b"\n"].concat();
        let headers =
            [("x-timestamp", timestamp), ("x-sign-method", method.name().to_owned()), ("x-sign", method.sign(&text))];
        plain(StatusCode::OK, &headers, &body)
    }
}

/// How a request is signed, if it is the platform's own and of now.
fn authentic(request: &Request<Bytes>, now: Timestamp) -> Option<SignMethod> {
    let told = |name: &str| sign::told(request.headers(), name);
    let method = SignMethod::of(told("x-sign-method"))?;
    let (app, timestamp, nonce) = (told("x-app-id"), told("x-timestamp"), told("x-nonce"));
    let said: i64 = timestamp.parse().ok()?;
    let fresh = now.as_second().abs_diff(said) <= SKEW_SECONDS.unsigned_abs();
    let text = request_text(request, app, timestamp, nonce);
    (fresh && app == APP_ID && !nonce.is_empty() && method.verifies(&text, told("x-sign"))).then_some(method)
}

fn receipt(record: &Value, taken: &Taken) -> Value {
    let named = json!({"dataset": record["SJJ"], "source_id": record["YWBH"], "version": record["BBH"]});
    let said = match taken {
        Taken::Accepted { receipt } => json!({"result": "accepted", "receipt": receipt}),
        Taken::Stale { version, hash } => json!({"result": "stale", "held_version": version, "held_hash": hash}),
        Taken::Refused { code, reason } => json!({"result": "refused", "code": code, "reason": reason}),
    };
    [named, said]
        .iter()
        .filter_map(Value::as_object)
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

fn plain(status: StatusCode, headers: &[(&'static str, String)], body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        response.headers_mut().insert(*name, header(value));
    }
    response
}

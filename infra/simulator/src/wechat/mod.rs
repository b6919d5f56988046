//! The payment provider (微信支付模拟): its partner endpoints with real signatures. Reference: payments §1.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::keys::{self, Signer};

mod bill;
mod fault;
mod fund_flow;
mod notify;
mod order;
mod refund;

pub use fault::Faults;
pub use notify::{Callback, Notification, RESEND_SECONDS};
pub use order::{PayRefusal, Payment, PaymentState};
pub use refund::{REFUND_SECONDS, Refund, RefundRefusal, RefundState, RefundStep, UNFUNDED_SECONDS};

use bill::Bill;

/// How far the time of a request may lie from ours.
const FRESHNESS_SECONDS: i64 = 300;

/// Marks an answer (in its extensions) that the caller shall never see: the provider acted, and then the line broke.
/// A carrier that does not look sees an unsigned 504.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLost;

/// The provider. Serialize it to keep it; nothing of it lies elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct WechatPay {
    dice: Dice,
    payments: BTreeMap<String, Payment>,
    #[serde(default)]
    refunds: BTreeMap<String, Refund>,
    notifications: BTreeMap<u64, Notification>,
    bills: BTreeMap<String, Bill>,
    faults: Faults,
    faults_of: BTreeMap<String, Faults>,
    schools: BTreeMap<String, String>,
}

/// An answer before it is signed.
struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
    signed: bool,
}

/// A refusal, as the provider words it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

impl Refusal {
    const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message }
    }

    const fn parameter(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PARAM_ERROR", message)
    }

    const fn signature(message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "SIGN_ERROR", message)
    }

    const fn busy() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "SYSTEM_ERROR", "系统异常，请稍后重试")
    }

    fn answer(&self) -> Answer {
        Answer::json(self.status, &json!({ "code": self.code, "message": self.message }))
    }
}

impl Answer {
    fn json(status: StatusCode, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { status, content_type: "application/json; charset=utf-8", body, signed: true }
    }

    const fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, content_type: "", body: Vec::new(), signed: true }
    }
}

impl WechatPay {
    /// A provider without payments. The same seed and the same calls give the same bytes.
    pub const fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            payments: BTreeMap::new(),
            refunds: BTreeMap::new(),
            notifications: BTreeMap::new(),
            bills: BTreeMap::new(),
            faults: Faults::NONE,
            faults_of: BTreeMap::new(),
            schools: BTreeMap::new(),
        }
    }

    /// All payments, by our number.
    pub const fn payments(&self) -> &BTreeMap<String, Payment> {
        &self.payments
    }

    /// Gives a school's merchant number a name that payers see.
    pub fn name_school(&mut self, sub_mchid: &str, name: &str) {
        self.schools.insert(sub_mchid.to_owned(), name.to_owned());
    }

    /// The name payers see.
    pub fn school(&self, sub_mchid: &str) -> Option<&str> {
        self.schools.get(sub_mchid).map(String::as_str)
    }

    /// Answers a request of the merchant.
    pub fn call(&mut self, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        let signer = match authenticate(request, now) {
            Ok(signer) => signer,
            Err(refusal) => return unsigned(refusal.answer()),
        };
        self.step_refunds(now);
        let subject = self.subject(request);
        if self.use_up(&subject, |faults| &mut faults.busy) {
            return self.signed(Refusal::busy().answer(), signer, now, false);
        }
        let answer = self.route(request, now).unwrap_or_else(|refusal| refusal.answer());
        if self.use_up(&subject, |faults| &mut faults.answer_lost) {
            let mut lost = Response::new(Bytes::new());
            *lost.status_mut() = StatusCode::GATEWAY_TIMEOUT;
            lost.extensions_mut().insert(AnswerLost);
            return lost;
        }
        if !answer.signed {
            return unsigned(answer);
        }
        let tamper = self.use_up(&subject, |faults| &mut faults.tamper_answer);
        self.signed(answer, signer, now, tamper)
    }

    fn route(&mut self, request: &Request<Bytes>, now: Timestamp) -> Result<Answer, Refusal> {
        let segments: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let query = request.uri().query().unwrap_or_default();
        match (request.method(), segments.as_slice()) {
            (&Method::POST, ["v3", "pay", "partner", "transactions", kind @ ("jsapi" | "native" | "h5")]) => {
                self.create(kind, request.body(), request.uri(), now)
            }
            (&Method::GET, ["v3", "pay", "partner", "transactions", "out-trade-no", number]) => {
                self.query_by_number(number, query, now)
            }
            (&Method::GET, ["v3", "pay", "partner", "transactions", "id", transaction]) => {
                self.query_by_transaction(transaction, query, now)
            }
            (&Method::POST, ["v3", "pay", "partner", "transactions", "out-trade-no", number, "close"]) => {
                self.close(number, request.body(), now)
            }
            (&Method::POST, ["v3", "refund", "domestic", "refunds"]) => self.refund(request.body(), now),
            (&Method::GET, ["v3", "refund", "domestic", "refunds", number]) => self.query_refund(number, query),
            (&Method::POST, ["v3", "refund", "domestic", "refunds", refund_id, "apply-abnormal-refund"]) => {
                self.apply_abnormal(refund_id, request.headers(), request.body(), now)
            }
            (&Method::POST, ["v3", "security", "echo"]) => self.echo(request.body(), now),
            (&Method::GET, ["v3", "certificates"]) => Ok(Answer::json(StatusCode::OK, &json!({ "data": [] }))),
            (&Method::GET, ["v3", "bill", "tradebill"]) => self.bill(query, request.uri(), now),
            (&Method::GET, ["v3", "bill", "sub-merchant-fundflowbill"]) => self.fund_flow(query, request.uri(), now),
            (&Method::GET, ["v3", "billdownload", "file"]) => self.bill_file(query, now),
            _ => Err(Refusal::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", "无此接口")),
        }
    }

    /// The payment a request is about, for faults of a single payment.
    fn subject(&self, request: &Request<Bytes>) -> String {
        let segments: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let refund = |number: &str| self.refunds.get(number).map(|refund| refund.out_trade_no.clone());
        let of_transaction = |wanted: &str| {
            let is_it = |payment: &&Payment| matches!(&payment.state, PaymentState::Paid { transaction_id, .. } if transaction_id == wanted);
            self.payments.values().find(is_it).map(|payment| payment.out_trade_no.clone())
        };
        let named = match segments.as_slice() {
            ["v3", "pay", "partner", "transactions", "out-trade-no", number, ..] => Some((*number).to_owned()),
            ["v3", "refund", "domestic", "refunds", number] => refund(number),
            _ => text("out_trade_no")
                .map(str::to_owned)
                .or_else(|| text("transaction_id").and_then(of_transaction))
                .or_else(|| text("out_refund_no").and_then(refund)),
        };
        named.unwrap_or_default()
    }

    fn signed(&mut self, answer: Answer, signer: Signer, now: Timestamp, tamper: bool) -> Response<Bytes> {
        let nonce = self.dice.hex(32);
        let request_id = self.dice.hex(24).to_uppercase();
        let mut response = unsigned(answer);
        let (serial, timestamp) = (serial(signer), now.as_second().to_string());
        let mut signature = sign_message(signer, &timestamp, &nonce, response.body());
        if tamper {
            signature = spoiled(&signature);
        }
        put_signature(response.headers_mut(), &timestamp, &nonce, &signature, serial);
        put(response.headers_mut(), "Request-ID", &request_id);
        response
    }
}

/// The part of a text the provider signs: time, nonce, body, each with a line end.
fn sign_message(signer: Signer, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    keys::sign(signer, &[timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat())
}

/// The same signature with one letter changed, still base64.
fn spoiled(signature: &str) -> String {
    let other = if signature.starts_with('A') { "B" } else { "A" };
    format!("{other}{}", signature.get(1..).unwrap_or_default())
}

const fn serial(signer: Signer) -> &'static str {
    match signer {
        Signer::Platform => keys::PUBLIC_KEY_ID,
        Signer::Certificate => keys::CERTIFICATE_SERIAL,
        Signer::Merchant | Signer::Alipay | Signer::Application => keys::MERCHANT_SERIAL,
    }
}

fn put_signature(headers: &mut HeaderMap, timestamp: &str, nonce: &str, signature: &str, serial: &str) {
    put(headers, "Wechatpay-Timestamp", timestamp);
    put(headers, "Wechatpay-Nonce", nonce);
    put(headers, "Wechatpay-Signature", signature);
    put(headers, "Wechatpay-Serial", serial);
    put(headers, "Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048");
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a header name of ours");
    headers.insert(name, HeaderValue::from_str(value).expect("a header value of ours"));
}

fn unsigned(answer: Answer) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(answer.body));
    *response.status_mut() = answer.status;
    if !answer.content_type.is_empty() {
        put(response.headers_mut(), "Content-Type", answer.content_type);
    }
    response
}

/// Checks who asks, and finds by which key the answer shall be signed.
fn authenticate(request: &Request<Bytes>, now: Timestamp) -> Result<Signer, Refusal> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let authorization = header("Authorization").ok_or(Refusal::signature("缺少 Authorization"))?;
    let fields = authorization
        .strip_prefix("WECHATPAY2-SHA256-RSA2048 ")
        .map(|fields| fields.split(',').filter_map(|field| field.split_once('=')).collect::<BTreeMap<&str, &str>>())
        .ok_or(Refusal::signature("认证类型不正确"))?;
    let field = |name: &str| {
        fields.get(name).map(|value| value.trim_matches('"')).ok_or(Refusal::signature("Authorization 不完整"))
    };
    let (timestamp, nonce) = (field("timestamp")?, field("nonce_str")?);
    if field("mchid")? != keys::SP_MCHID || field("serial_no")? != keys::MERCHANT_SERIAL {
        return Err(Refusal::signature("商户号或证书序列号不正确"));
    }
    let signed_at: i64 = timestamp.parse().map_err(|_unreadable| Refusal::signature("时间戳不正确"))?;
    if now.as_second().abs_diff(signed_at) > FRESHNESS_SECONDS.unsigned_abs() {
        return Err(Refusal::signature("时间戳已过期"));
    }
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let head = format!("{}\n{target}\n{timestamp}\n{nonce}\n", request.method());
    let signed = [head.as_bytes(), request.body(), b"\n"].concat();
    if !keys::is_signed_by_merchant(&signed, field("signature")?) {
        return Err(Refusal::signature("签名错误"));
    }
    if header("User-Agent").is_none_or(str::is_empty) || header("Accept").is_none() {
        return Err(Refusal::parameter("缺少 User-Agent 或 Accept"));
    }
    match header("Wechatpay-Serial") {
        Some(keys::PUBLIC_KEY_ID) => Ok(Signer::Platform),
        Some(keys::CERTIFICATE_SERIAL) | None => Ok(Signer::Certificate),
        Some(_) => Err(Refusal::parameter("Wechatpay-Serial 不正确")),
    }
}

/// The value of a parameter in a query string. None of the provider's values needs escapes.
fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Where the provider lives, as its caller sees it.
fn origin(uri: &http::Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    let authority = uri.authority().map_or("api.mch.weixin.qq.com", http::uri::Authority::as_str);
    format!("{scheme}://{authority}")
}

/// The time zone of everything the provider writes.
fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// RFC 3339 with `+08:00`, in whole seconds.
fn rfc3339(at: Timestamp) -> String {
    let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
    whole.display_with_offset(Offset::constant(8)).to_string()
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

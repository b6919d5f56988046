//! The second payment provider (支付宝模拟): its open platform with real signatures. Reference: payments §2.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::form;
use crate::keys::{self, Signer};
use crate::wechat::{AnswerLost, Faults};

mod bill;
mod notify;
mod trade;

pub use notify::{Notification, RESEND_SECONDS};
pub use trade::{PayRefusal, Trade, TradeRefund, TradeState};

use bill::Bill;

/// Our application.
pub const APP_ID: &str = "2021000000000109";
/// The account of whoever owns it.
pub const OWNER: &str = "2088000000000109";
/// Its host in the tests.
pub const HOST: &str = "openapi.alipay.com";
/// What the paths of its pages for people begin with.
pub const PAGES: &str = "/alipay";

/// A school that has authorised our application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seller {
    /// Its account.
    pub pid: &'static str,
    /// Its own application.
    pub auth_app_id: &'static str,
    /// What our application acts for it with.
    pub token: &'static str,
}

const fn seller(pid: &'static str, auth_app_id: &'static str, token: &'static str) -> Seller {
    Seller { pid, auth_app_id, token }
}

/// The schools of the tests and of the demo.
pub const SELLERS: [Seller; 5] = [
    seller("2088000000000201", "2021000000000201", "fictive-token-201"),
    seller("2088000000000601", "2021000000000601", "fictive-token-601"),
    seller("2088000000000602", "2021000000000602", "fictive-token-602"),
    seller("2088000000000603", "2021000000000603", "fictive-token-603"),
    seller("2088000000000604", "2021000000000604", "fictive-token-604"),
];

/// The provider. Serialize it to keep it; nothing of it lies elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct Alipay {
    dice: Dice,
    trades: BTreeMap<String, Trade>,
    notifications: BTreeMap<u64, Notification>,
    bills: BTreeMap<String, Bill>,
    faults: Faults,
    faults_of: BTreeMap<String, Faults>,
}

/// A refusal, as the provider words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    code: &'static str,
    sub_code: &'static str,
    sub_msg: &'static str,
}

impl Refusal {
    const fn business(sub_code: &'static str, sub_msg: &'static str) -> Self {
        Self { code: "40004", sub_code, sub_msg }
    }

    const fn parameter(sub_msg: &'static str) -> Self {
        Self { code: "40002", sub_code: "isv.invalid-parameter", sub_msg }
    }
}

/// A request whose signature holds.
struct Asked {
    method: String,
    seller: Seller,
    notify_url: Option<String>,
    content: Value,
}

impl Asked {
    fn text(&self, name: &str) -> Option<&str> {
        self.content.get(name).and_then(Value::as_str)
    }
}

impl Alipay {
    /// A provider without payments. The same seed and the same calls give the same bytes.
    pub const fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            trades: BTreeMap::new(),
            notifications: BTreeMap::new(),
            bills: BTreeMap::new(),
            faults: Faults::NONE,
            faults_of: BTreeMap::new(),
        }
    }

    /// All payments that a payer has opened, by our number.
    pub const fn trades(&self) -> &BTreeMap<String, Trade> {
        &self.trades
    }

    /// Sets what goes wrong for all payments without faults of their own.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Sets what goes wrong for one payment, which may not exist yet. `None` makes it share the general faults again.
    pub fn set_faults_of(&mut self, out_trade_no: &str, faults: Option<Faults>) {
        match faults {
            Some(faults) => self.faults_of.insert(out_trade_no.to_owned(), faults),
            None => self.faults_of.remove(out_trade_no),
        };
    }

    /// What goes wrong for a payment; for an empty number, for all without faults of their own.
    pub fn faults(&self, out_trade_no: &str) -> &Faults {
        self.faults_of.get(out_trade_no).unwrap_or(&self.faults)
    }

    fn use_up(&mut self, out_trade_no: &str, counter: fn(&mut Faults) -> &mut u32) -> bool {
        let left = counter(self.faults_of.get_mut(out_trade_no).unwrap_or(&mut self.faults));
        let any = *left > 0;
        *left = left.saturating_sub(1);
        any
    }

    /// Answers a request of the application, of a payer's browser, or for a bill.
    pub fn call(&mut self, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        let path = request.uri().path();
        match (request.method(), path) {
            (&Method::POST, "/gateway.do") => self.gateway(request, now),
            (&Method::GET, "/gateway.do") => match self.open(request.uri().query().unwrap_or_default(), now) {
                Ok(number) => redirect(&format!("{PAGES}/pay/{number}")),
                Err(why) => plain(StatusCode::BAD_REQUEST, why),
            },
            (&Method::GET, path) => {
                match path.strip_prefix("/alipay/bill/").and_then(|token| self.bill_file(token, now)) {
                    Some(file) => plain(StatusCode::OK, file),
                    None => plain(StatusCode::NOT_FOUND, "not found"),
                }
            }
            _ => plain(StatusCode::NOT_FOUND, "not found"),
        }
    }

    fn gateway(&mut self, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        let Some(parameters) = form::parse(request.body()) else {
            return refused_whole(&Refusal::parameter("请求不是表单"));
        };
        let asked = match authenticate(&parameters) {
            Ok(asked) => asked,
            Err(refusal) => return refused_whole(&refusal),
        };
        let subject = self.subject(&asked);
        let busy = Refusal { code: "20000", sub_code: "aop.unknow-error", sub_msg: "系统繁忙" };
        if self.use_up(&subject, |faults| &mut faults.busy) {
            return signed(&asked.method, Err(busy), false);
        }
        let origin = origin(request);
        let answer = self.route(&asked, &origin, now);
        if self.use_up(&subject, |faults| &mut faults.answer_lost) {
            let mut lost = Response::new(Bytes::new());
            *lost.status_mut() = StatusCode::GATEWAY_TIMEOUT;
            lost.extensions_mut().insert(AnswerLost);
            return lost;
        }
        let tamper = self.use_up(&subject, |faults| &mut faults.tamper_answer);
        signed(&asked.method, answer, tamper)
    }

    fn route(&mut self, asked: &Asked, origin: &str, now: Timestamp) -> Result<Value, Refusal> {
        match asked.method.as_str() {
            "alipay.trade.query" => self.query(asked),
            "alipay.trade.close" => self.close(asked, now),
            "alipay.trade.refund" => self.refund(asked, now),
            "alipay.trade.fastpay.refund.query" => self.query_refund(asked),
            "alipay.data.dataservice.bill.downloadurl.query" => self.bill(asked, origin, now),
            _ => Err(Refusal { code: "40002", sub_code: "isv.invalid-method", sub_msg: "不存在的方法名" }),
        }
    }

    /// The payment a request is about, for faults of a single payment.
    fn subject(&self, asked: &Asked) -> String {
        let by_number = asked.text("out_trade_no").map(str::to_owned);
        let of_trade = |wanted: &str| {
            self.trades.values().find(|trade| trade.trade_no == wanted).map(|trade| trade.out_trade_no.clone())
        };
        by_number.or_else(|| asked.text("trade_no").and_then(of_trade)).unwrap_or_default()
    }
}

/// Who asks, for which school, and what.
fn authenticate(parameters: &BTreeMap<String, String>) -> Result<Asked, Refusal> {
    let text = |name: &str| parameters.get(name).map_or("", String::as_str);
    let covered = form::signed_text(parameters.iter().filter(|(name, _)| *name != "sign"));
    if text("app_id") != APP_ID {
        return Err(Refusal { code: "40002", sub_code: "isv.invalid-app-id", sub_msg: "无效的 AppID 参数" });
    }
    if text("sign_type") != "RSA2" || !keys::is_signed_by_application(covered.as_bytes(), text("sign")) {
        return Err(Refusal { code: "40002", sub_code: "isv.invalid-signature", sub_msg: "验签出错" });
    }
    for (name, wanted) in [("format", "JSON"), ("charset", "utf-8"), ("version", "1.0")] {
        if text(name) != wanted {
            return Err(Refusal::parameter("公共参数不正确"));
        }
    }
    if moment(text("timestamp")).is_none() {
        return Err(Refusal { code: "40002", sub_code: "isv.invalid-timestamp", sub_msg: "非法的时间戳参数" });
    }
    let seller = SELLERS.into_iter().find(|seller| seller.token == text("app_auth_token"));
    let seller = seller.ok_or(Refusal {
        code: "20001",
        sub_code: "aop.invalid-app-auth-token",
        sub_msg: "无效的应用授权令牌",
    })?;
    let content = serde_json::from_str(text("biz_content")).map_err(|_bad| Refusal::parameter("biz_content 不正确"))?;
    let notify_url = parameters.get("notify_url").cloned();
    Ok(Asked { method: text("method").to_owned(), seller, notify_url, content })
}

/// The inner answer with slashes escaped, as the provider writes it, and the signature over exactly that.
fn signed(method: &str, answer: Result<Value, Refusal>, tamper: bool) -> Response<Bytes> {
    let inner = match answer {
        Ok(mut answer) => {
            if let Some(answer) = answer.as_object_mut() {
                answer.insert("code".to_owned(), json!("10000"));
                answer.insert("msg".to_owned(), json!("Success"));
            }
            answer
        }
        Err(refusal) => worded(&refusal),
    };
    let inner = inner.to_string().replace('/', "\\/");
    let mut signature = keys::sign(Signer::Alipay, inner.as_bytes());
    if tamper {
        signature = spoiled(&signature);
    }
    let name = method.replace('.', "_");
    answered(format!("{{\"{name}_response\":{inner},\"sign\":\"{signature}\"}}"))
}

fn worded(refusal: &Refusal) -> Value {
    let msg = match refusal.code {
        "40004" => "Business Failed",
        "20000" => "Service Currently Unavailable",
        "20001" => "Insufficient Token Permissions",
        _ => "Invalid Arguments",
    };
    json!({ "code": refusal.code, "msg": msg, "sub_code": refusal.sub_code, "sub_msg": refusal.sub_msg })
}

/// What does not get as far as a method is refused without a signature.
fn refused_whole(refusal: &Refusal) -> Response<Bytes> {
    answered(json!({ "error_response": worded(refusal) }).to_string())
}

fn answered(text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    response.headers_mut().insert("Content-Type", HeaderValue::from_static("application/json;charset=utf-8"));
    response
}

fn plain(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

fn redirect(target: &str) -> Response<Bytes> {
    let mut response = plain(StatusCode::FOUND, "");
    response.headers_mut().insert("Location", HeaderValue::from_str(target).expect("a path of ours"));
    response
}

/// The same signature with one letter changed, still base64.
fn spoiled(signature: &str) -> String {
    let other = if signature.starts_with('A') { "B" } else { "A" };
    format!("{other}{}", signature.get(1..).unwrap_or_default())
}

/// Where the provider lives, as its caller sees it.
fn origin(request: &Request<Bytes>) -> String {
    let uri = request.uri();
    let authority = uri.authority().map_or(HOST, http::uri::Authority::as_str);
    format!("{}://{authority}", uri.scheme_str().unwrap_or("https"))
}

fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// `2026-09-01 08:00:00`, in the zone of China.
fn civil(at: Timestamp) -> String {
    china().to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn moment(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once(' ')?;
    format!("{day}T{time}+08:00").parse().ok()
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

fn yuan(fen: i64) -> String {
    let (sign, fen) = (if fen < 0 { "-" } else { "" }, fen.abs());
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// Yuan with two decimals, as they have to be sent.
fn fen(yuan: &str) -> Option<i64> {
    let (whole, cents) = yuan.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(cents) || cents.len() != 2 {
        return None;
    }
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents.parse().ok()?)
}

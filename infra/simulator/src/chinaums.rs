//! A bank's aggregated channel (银联商务模拟): requests signed with a shared key, unsigned answers, hashed notifications.
//! Reference: payments §3.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::form;
use crate::wechat::{AnswerLost, Callback, Faults};

/// Its host in the tests.
pub const HOST: &str = "api-mop.chinaums.com";
/// Our application.
pub const APP_ID: &str = "fictive0ums0application";
/// The key that signs its requests.
pub const APP_KEY: &str = "fictive-ums-app-key";
/// The key that notifications are signed with.
pub const NOTIFY_KEY: &str = "fictive-ums-notify-key";
/// What our numbers begin with.
pub const SOURCE: &str = "31AB";
/// The product.
pub const INST_MID: &str = "H5DEFAULT";
/// The school that has an account: its merchant number and terminal.
pub const MERCHANT: (&str, &str) = ("898000000000201", "88880001");
/// How long a refund takes.
pub const REFUND_SECONDS: i64 = 5;

const RESEND_SECONDS: [i64; 3] = [60, 300, 1_800];

/// A payment, as the provider keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Its number: ours, behind the source.
    pub number: String,
    /// The provider's number.
    pub seq_id: String,
    /// Fen.
    pub total_fen: i64,
    /// Where it is reported.
    pub notify_url: String,
    /// The last moment of paying.
    pub expires_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Whether it was closed.
    pub closed: bool,
    /// What goes back, by number: how much, and when it was asked for.
    pub refunds: BTreeMap<String, (i64, Timestamp)>,
}

impl Bill {
    const fn status(&self) -> &'static str {
        match (self.paid_at.is_some(), self.closed) {
            (true, _) => "TRADE_SUCCESS",
            (false, true) => "TRADE_CLOSED",
            (false, false) => "NEW_ORDER",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Notification {
    id: String,
    number: String,
    url: String,
    due: Option<Timestamp>,
    deliveries: u32,
    fields: BTreeMap<String, String>,
}

/// The provider. Serialize it to keep it; nothing of it lies elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct Chinaums {
    dice: Dice,
    bills: BTreeMap<String, Bill>,
    notifications: Vec<Notification>,
    faults: Faults,
}

type Refusal = (&'static str, &'static str);

const ABSENT: Refusal = ("NO_ORDER", "订单不存在");

/// The secret of a platform that works against it.
pub fn secret() -> Value {
    let (mid, tid) = MERCHANT;
    json!({
        "app_id": APP_ID,
        "app_key": APP_KEY,
        "notify_key": NOTIFY_KEY,
        "source": SOURCE,
        "inst_mid": INST_MID,
        "merchants": [{ "mid": mid, "tid": tid }],
    })
}

impl Chinaums {
    /// A provider without payments. The same seed and the same calls give the same bytes.
    pub const fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), bills: BTreeMap::new(), notifications: Vec::new(), faults: Faults::NONE }
    }

    /// All payments that a payer has opened.
    pub const fn bills(&self) -> &BTreeMap<String, Bill> {
        &self.bills
    }

    /// Sets what goes wrong.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Answers a request of the application.
    pub fn call(&mut self, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        let header = request.headers().get("Authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let answer = if !authorized(header, request.body()) {
            Err(("INVALID_AUTHENTICATION", "认证失败"))
        } else if used_up(&mut self.faults.busy) {
            Err(("SYS_BUSY", "系统繁忙"))
        } else {
            self.route(request, now)
        };
        if used_up(&mut self.faults.answer_lost) {
            let mut lost = Response::new(Bytes::new());
            *lost.status_mut() = StatusCode::GATEWAY_TIMEOUT;
            lost.extensions_mut().insert(AnswerLost);
            return lost;
        }
        let body = match answer {
            Ok(mut answer) => {
                if let Some(answer) = answer.as_object_mut() {
                    answer.insert("errCode".to_owned(), json!("SUCCESS"));
                }
                answer
            }
            Err((code, message)) => json!({ "errCode": code, "errMsg": message }),
        };
        Response::new(Bytes::from(body.to_string()))
    }

    fn route(&mut self, request: &Request<Bytes>, now: Timestamp) -> Result<Value, Refusal> {
        let content: Value = serde_json::from_slice(request.body()).map_err(|_bad| ("BAD_REQUEST", "报文不正确"))?;
        identified(&content)?;
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/v1/netpay/query") => self.shown(&content),
            (&Method::POST, "/v1/netpay/close") => self.close(&content),
            (&Method::POST, "/v1/netpay/refund") => self.refund(&content, now),
            (&Method::POST, "/v1/netpay/refund-query") => self.query_refund(&content, now),
            _ => Err(("BAD_REQUEST", "无此接口")),
        }
    }

    /// A payer's browser opens a signed address: the part behind the question mark. Gives the number.
    pub fn open(&mut self, query: &str, now: Timestamp) -> Result<String, &'static str> {
        let fields = form::parse(query.as_bytes()).ok_or("不是签名参数")?;
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let signature = signature(field("timestamp"), field("nonce"), field("content").as_bytes());
        let right = field("authorization") == "OPEN-FORM-PARAM" && field("appId") == APP_ID;
        if !right || field("signature") != signature {
            return Err("认证失败");
        }
        let content: Value = serde_json::from_str(field("content")).map_err(|_bad| "报文不正确")?;
        identified(&content).map_err(|(_, message)| message)?;
        let number = text(&content, "merOrderId");
        let plain = number.bytes().all(|c| c.is_ascii_alphanumeric()) && number.starts_with(SOURCE);
        if !plain || number.len() > 32 {
            return Err("merOrderId 不正确");
        }
        let total_fen = content.get("totalAmount").and_then(Value::as_i64).filter(|fen| *fen > 0);
        let bill = Bill {
            number: number.to_owned(),
            seq_id: self.dice.digits(12),
            total_fen: total_fen.ok_or("totalAmount 不正确")?,
            notify_url: text(&content, "notifyUrl").to_owned(),
            expires_at: moment(text(&content, "expireTime")).ok_or("expireTime 不正确")?,
            paid_at: None,
            closed: false,
            refunds: BTreeMap::new(),
        };
        let known = self.bills.entry(number.to_owned()).or_insert_with(|| bill.clone());
        if known.total_fen != bill.total_fen || known.closed || now > known.expires_at {
            return Err("订单不可支付");
        }
        Ok(number.to_owned())
    }

    /// The payer pays. Gives the provider's number; a notification follows. None: it cannot be paid.
    pub fn pay(&mut self, number: &str, now: Timestamp) -> Option<String> {
        let bill = self.bills.get_mut(number)?;
        if bill.closed || bill.paid_at.is_some() || now > bill.expires_at {
            return None;
        }
        bill.paid_at = Some(now);
        let seq_id = bill.seq_id.clone();
        self.notify(number, "", now);
        Some(seq_id)
    }

    fn shown(&self, content: &Value) -> Result<Value, Refusal> {
        let bill = self.bills.get(text(content, "merOrderId")).ok_or(ABSENT)?;
        let mut shown = json!({
            "merOrderId": bill.number,
            "mid": MERCHANT.0,
            "tid": MERCHANT.1,
            "seqId": bill.seq_id,
            "status": if bill.refunds.is_empty() { bill.status() } else { "TRADE_REFUND" },
            "totalAmount": bill.total_fen,
        });
        if let (Some(paid_at), Some(shown)) = (bill.paid_at, shown.as_object_mut()) {
            shown.insert("payTime".to_owned(), json!(civil(paid_at)));
        }
        Ok(shown)
    }

    fn close(&mut self, content: &Value) -> Result<Value, Refusal> {
        let bill = self.bills.get_mut(text(content, "merOrderId")).ok_or(ABSENT)?;
        if bill.paid_at.is_some() {
            return Err(("BAD_REQUEST", "订单已支付"));
        }
        bill.closed = true;
        Ok(json!({ "merOrderId": bill.number, "status": bill.status() }))
    }

    fn refund(&mut self, content: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let (number, refund) = (text(content, "merOrderId").to_owned(), text(content, "refundOrderId").to_owned());
        let bill = self.bills.get_mut(&number).ok_or(ABSENT)?;
        let fen = content.get("refundAmount").and_then(Value::as_i64).filter(|fen| *fen > 0);
        let fen = fen.ok_or(("BAD_REQUEST", "refundAmount 不正确"))?;
        let gone = bill.refunds.values().fold(0i64, |sum, (fen, _)| sum.saturating_add(*fen));
        if bill.paid_at.is_none() || bill.refunds.contains_key(&refund) || fen > bill.total_fen.saturating_sub(gone) {
            return Err(("BAD_REQUEST", "退款请求不正确"));
        }
        bill.refunds.insert(refund.clone(), (fen, now));
        self.notify(&number, &refund, now);
        Ok(json!({ "refundOrderId": refund, "refundAmount": fen, "refundStatus": "PROCESSING" }))
    }

    fn query_refund(&self, content: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let number = text(content, "merOrderId");
        let found = self.bills.values().find_map(|bill| bill.refunds.get(number));
        let (fen, at) = found.ok_or(ABSENT)?;
        let done = now.duration_since(*at).as_secs() >= REFUND_SECONDS;
        let status = if done { "SUCCESS" } else { "PROCESSING" };
        Ok(json!({ "refundOrderId": number, "refundAmount": fen, "refundStatus": status }))
    }

    /// The deliveries that are due now. Unless [`Self::answered`] reports that one was accepted, it comes again.
    pub fn take_callbacks(&mut self, now: Timestamp) -> Vec<Callback> {
        let mut callbacks = Vec::new();
        for notification in self.notifications.iter_mut().filter(|one| one.due.is_some_and(|due| due <= now)) {
            let before = notification.deliveries;
            notification.deliveries = before.saturating_add(1);
            let wait = usize::try_from(before).ok().and_then(|before| RESEND_SECONDS.get(before));
            notification.due = wait.map(|seconds| later(now, *seconds));
            let Some(arrived) = before.checked_sub(self.faults.drop) else { continue };
            let spoil = if arrived < self.faults.deliveries { &self.faults } else { &Faults::NONE };
            let mut fields = notification.fields.clone();
            if spoil.wrong_amount {
                fields.insert("totalAmount".to_owned(), "1".to_owned());
            }
            let covered = form::signed_text(fields.iter());
            let mut sign = hex::encode_upper(digest(&SHA256, format!("{covered}{NOTIFY_KEY}").as_bytes()));
            if spoil.tamper_signature {
                sign = hex::encode_upper(digest(&SHA256, covered.as_bytes()));
            }
            fields.insert("sign".to_owned(), sign);
            let mut request = Request::new(Bytes::from(form::written(&fields)));
            *request.method_mut() = Method::POST;
            *request.uri_mut() = notification.url.parse().unwrap_or_default();
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert("Content-Type", kind);
            callbacks.push(Callback { id: notification.id.clone(), request });
        }
        callbacks
    }

    /// The platform answered a delivery. Only this word ends the notification.
    pub fn answered(&mut self, id: &str, body: &[u8]) {
        for notification in self.notifications.iter_mut().filter(|one| one.id == id && body == b"SUCCESS") {
            notification.due = None;
        }
    }

    /// When the next delivery is due, if there is one.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.notifications.iter().filter_map(|notification| notification.due).min()
    }

    fn notify(&mut self, number: &str, refund: &str, now: Timestamp) {
        let id = self.dice.hex(16);
        let Some(bill) = self.bills.get(number) else { return };
        let fields = [
            ("mid", MERCHANT.0.to_owned()),
            ("tid", MERCHANT.1.to_owned()),
            ("instMid", INST_MID.to_owned()),
            ("merOrderId", number.to_owned()),
            ("refundOrderId", refund.to_owned()),
            ("seqId", bill.seq_id.clone()),
            ("status", if refund.is_empty() { bill.status() } else { "TRADE_REFUND" }.to_owned()),
            ("totalAmount", bill.total_fen.to_string()),
            ("signType", "SHA256".to_owned()),
        ];
        self.notifications.push(Notification {
            id,
            number: number.to_owned(),
            url: bill.notify_url.clone(),
            due: Some(later(now, self.faults.delay_seconds)),
            deliveries: 0,
            fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        });
    }
}

const fn used_up(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

fn text<'c>(content: &'c Value, name: &str) -> &'c str {
    content.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a request names the account.
fn identified(content: &Value) -> Result<(), Refusal> {
    let right = [("mid", MERCHANT.0), ("tid", MERCHANT.1), ("instMid", INST_MID)];
    let timed = moment(text(content, "requestTimestamp")).is_some();
    let named = right.iter().all(|(name, value)| text(content, name) == *value);
    if timed && named { Ok(()) } else { Err(("INACTIVE_MERCHANT", "商户不可用")) }
}

fn authorized(header: &str, body: &[u8]) -> bool {
    let Some(fields) = header.strip_prefix("OPEN-BODY-SIG ") else { return false };
    let fields: BTreeMap<&str, &str> = fields
        .split(", ")
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    let field = |name: &str| fields.get(name).copied().unwrap_or_default();
    field("AppId") == APP_ID && field("Signature") == signature(field("Timestamp"), field("Nonce"), body)
}

fn signature(timestamp: &str, nonce: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_KEY.as_bytes());
    let signed = format!("{APP_ID}{timestamp}{nonce}{}", hex::encode(digest(&SHA256, body)));
    BASE64_STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
}

fn civil(at: Timestamp) -> String {
    TimeZone::fixed(Offset::constant(8)).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn moment(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once(' ')?;
    format!("{day}T{time}+08:00").parse().ok()
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

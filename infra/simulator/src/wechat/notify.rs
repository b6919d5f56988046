//! Notifications (回调通知): signed, sealed, sent again until they are accepted. Reference: payments §1.4, §1.9.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Faults, Refusal, WechatPay, later, put, put_signature, rfc3339, serial, sign_message, spoiled};
use crate::keys::{self, Signer};

/// How long after one delivery the next one follows, until one is accepted or the last was made.
pub const RESEND_SECONDS: [i64; 15] =
    [15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600];

/// How old a stale signature is.
const STALE_SECONDS: i64 = 301;

/// A notification and how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The provider's number of it, the same in every delivery.
    pub id: String,
    /// `TRANSACTION.SUCCESS`, `REFUND.…` or `SECURITY_ECHO.SUCCESS`.
    pub event_type: String,
    /// The payment, also of a refund; empty for an echo.
    pub out_trade_no: String,
    /// Where it goes.
    pub url: String,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it goes out next, if it does.
    pub due: Option<Timestamp>,
    /// How often it went out.
    pub deliveries: u32,
    /// The last answer.
    pub last_status: Option<u16>,
    /// What it says, unless that a payment was paid.
    content: Value,
}

/// A delivery on its way.
#[derive(Debug, Clone)]
pub struct Callback {
    /// The notification, for [`WechatPay::answered`].
    pub id: String,
    /// What goes over the line.
    pub request: Request<Bytes>,
}

impl WechatPay {
    /// All notifications, in the order they came to be.
    pub fn notifications(&self) -> impl Iterator<Item = &Notification> {
        self.notifications.values()
    }

    /// When there is something to deliver next, if there is: a notification, or a refund that goes on.
    pub fn next_due(&self) -> Option<Timestamp> {
        let refunds = self.refunds.values().filter_map(|refund| refund.due);
        self.notifications.values().filter_map(|notification| notification.due).chain(refunds).min()
    }

    /// The deliveries that are due now. Each is the caller's to carry, or to lose: unless [`Self::answered`] reports a
    /// success, it comes again.
    pub fn take_callbacks(&mut self, now: Timestamp) -> Vec<Callback> {
        self.step_refunds(now);
        let mut due: Vec<(Timestamp, u64)> = self
            .notifications
            .iter()
            .filter_map(|(key, notification)| notification.due.map(|due| (due, *key)))
            .filter(|(due, _)| *due <= now)
            .collect();
        due.sort_unstable();
        let mut callbacks = Vec::new();
        for (_, key) in due {
            let Some(notification) = self.notifications.get_mut(&key) else { continue };
            let before = notification.deliveries;
            notification.deliveries = before.saturating_add(1);
            let wait = usize::try_from(before).ok().and_then(|before| RESEND_SECONDS.get(before));
            notification.due = wait.map(|seconds| later(now, *seconds));
            let notification = notification.clone();
            let faults = self.faults(&notification.out_trade_no).clone();
            let Some(arrived) = before.checked_sub(faults.drop) else { continue };
            let spoil = if arrived < faults.deliveries { &faults } else { &Faults::NONE };
            let callback = Callback { request: self.compose(&notification, spoil, now), id: notification.id };
            callbacks.extend((0..=faults.duplicate).map(|_copy| callback.clone()));
        }
        if self.faults.reorder {
            callbacks.reverse();
        }
        callbacks
    }

    /// The merchant answered a delivery. A status of 2xx ends the notification, whatever the body says.
    pub fn answered(&mut self, id: &str, status: StatusCode) {
        let one = self.notifications.values_mut().find(|notification| notification.id == id);
        if let Some(notification) = one {
            notification.last_status = Some(status.as_u16());
            if status.is_success() {
                notification.due = None;
            }
        }
    }

    /// The payment is reported, from now on.
    pub(super) fn notify_paid(&mut self, out_trade_no: &str, now: Timestamp) {
        let Some(payment) = self.payments.get(out_trade_no) else { return };
        let url = payment.notify_url.clone();
        let due = later(now, self.faults(out_trade_no).delay_seconds);
        self.enqueue("TRANSACTION.SUCCESS", out_trade_no, url, Value::Null, now, due);
    }

    /// What became of a refund is reported, from now on, if anybody wants to know.
    pub(super) fn notify_refund(&mut self, number: &str, event_type: &str, now: Timestamp) {
        let Some(refund) = self.refunds.get(number) else { return };
        let Some(url) = refund.notify_url.clone() else { return };
        let (content, payment) = (self.told(refund), refund.out_trade_no.clone());
        let due = later(now, self.faults(&payment).delay_seconds);
        self.enqueue(event_type, &payment, url, content, now, due);
    }

    pub(super) fn echo(&mut self, body: &Bytes, now: Timestamp) -> Result<Answer, Refusal> {
        let body: Value = serde_json::from_slice(body).map_err(|_unreadable| Refusal::parameter("请求体不是 JSON"))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let message = text("echo_message").ok_or(Refusal::parameter("echo_message 缺失"))?;
        let content = json!({ "echo_message": message });
        if let Some(url) = text("notify_url") {
            self.enqueue("SECURITY_ECHO.SUCCESS", "", url, content.clone(), now, now);
        }
        Ok(Answer::json(StatusCode::OK, &content))
    }

    fn enqueue(
        &mut self,
        event_type: &str,
        out_trade_no: &str,
        url: String,
        content: Value,
        now: Timestamp,
        due: Timestamp,
    ) {
        let parts = [8, 4, 4, 4, 12].map(|letters| self.dice.hex(letters));
        let notification = Notification {
            id: parts.join("-"),
            event_type: event_type.to_owned(),
            out_trade_no: out_trade_no.to_owned(),
            url,
            created_at: now,
            due: Some(due),
            deliveries: 0,
            last_status: None,
            content,
        };
        let key = self.notifications.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        self.notifications.insert(key, notification);
    }

    fn compose(&mut self, notification: &Notification, spoil: &Faults, now: Timestamp) -> Request<Bytes> {
        let (original_type, summary, content) = match self.payments.get(&notification.out_trade_no) {
            Some(payment) if notification.content.is_null() => {
                // A repetition says what the first one said, whatever was refunded meanwhile.
                ("transaction", "支付成功", payment.transaction(now, false))
            }
            Some(_) => ("refund", "退款通知", notification.content.clone()),
            None => ("security", "安全回声", notification.content.clone()),
        };
        let content = spoiled_content(content, spoil);
        let nonce = self.dice.hex(12);
        let envelope = json!({
            "id": notification.id,
            "create_time": rfc3339(notification.created_at),
            "event_type": notification.event_type,
            "resource_type": "encrypt-resource",
            "summary": summary,
            "resource": {
                "original_type": original_type,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": keys::seal(content.to_string().as_bytes(), &nonce, original_type),
                "associated_data": original_type,
                "nonce": nonce,
            },
        });
        self.sign_callback(notification, envelope.to_string(), spoil, now)
    }

    fn sign_callback(
        &mut self,
        notification: &Notification,
        mut body: String,
        spoil: &Faults,
        now: Timestamp,
    ) -> Request<Bytes> {
        let signer = if spoil.old_certificate { Signer::Certificate } else { Signer::Platform };
        let signed_at = if spoil.stale { later(now, -STALE_SECONDS) } else { now };
        let (timestamp, nonce) = (signed_at.as_second().to_string(), self.dice.hex(32));
        let mut signature = sign_message(signer, &timestamp, &nonce, body.as_bytes());
        if spoil.tamper_signature {
            signature = spoiled(&signature);
        }
        if spoil.probe {
            signature = format!("WECHATPAY/SIGNTEST/{signature}");
        }
        if spoil.tamper_body {
            body = body.replacen("encrypt-resource", "encrypt-resourcf", 1);
        }
        let serial = if spoil.unknown_serial { "PUB_KEY_ID_OF_NOBODY" } else { serial(signer) };
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = notification.url.parse().unwrap_or_default();
        let headers = request.headers_mut();
        put(headers, "Content-Type", "application/json");
        put(headers, "Accept", "*/*");
        put(headers, "User-Agent", "Mozilla/4.0");
        put_signature(headers, &timestamp, &nonce, &signature, serial);
        request
    }
}

/// The content of a notification that lies, though rightly signed.
fn spoiled_content(mut content: Value, spoil: &Faults) -> Value {
    let mut set = |pointer: &str, lie: &dyn Fn(&Value) -> Value| {
        if let Some(place) = content.pointer_mut(pointer) {
            *place = lie(place);
        }
    };
    if spoil.wrong_amount {
        let more = |truth: &Value| json!(truth.as_i64().unwrap_or_default().saturating_add(1));
        set("/amount/refund", &more);
        set("/amount/total", &more);
    }
    if spoil.other_school {
        set("/sub_mchid", &|_truth| json!("1999999999"));
    }
    if spoil.wrong_app {
        set("/sp_appid", &|_truth| json!("wx0000fictive99999"));
    }
    if spoil.wrong_currency {
        set("/amount/currency", &|_truth| json!("USD"));
    }
    content
}

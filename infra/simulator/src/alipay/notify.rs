//! Notifications (异步通知): signed forms, sent again until they are answered `success`. Reference: payments §2.1.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::trade::auth_app_id;
use super::{APP_ID, Alipay, TradeState, civil, later, spoiled, yuan};
use crate::form;
use crate::keys::{self, Signer};
use crate::wechat::{Callback, Faults};

/// How long after one delivery the next one follows, until one is accepted or the last was made.
pub const RESEND_SECONDS: [i64; 7] = [240, 600, 600, 3_600, 7_200, 21_600, 54_000];

/// A notification and how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The provider's number of it, the same in every delivery.
    pub id: String,
    /// The payment.
    pub out_trade_no: String,
    /// The refund, if it is about one.
    pub out_biz_no: Option<String>,
    /// Where it goes.
    pub url: String,
    /// When it goes out next, if it does.
    pub due: Option<Timestamp>,
    /// How often it went out.
    pub deliveries: u32,
    /// Whether the last delivery was answered as it should.
    pub accepted: bool,
    /// What it says.
    fields: BTreeMap<String, String>,
}

impl Alipay {
    /// All notifications, in the order they came to be.
    pub fn notifications(&self) -> impl Iterator<Item = &Notification> {
        self.notifications.values()
    }

    /// When the next delivery is due, if there is one.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.notifications.values().filter_map(|notification| notification.due).min()
    }

    /// The deliveries that are due now. Each is the caller's to carry, or to lose: unless [`Self::answered`] reports
    /// that it was accepted, it comes again.
    pub fn take_callbacks(&mut self, now: Timestamp) -> Vec<Callback> {
        let mut callbacks = Vec::new();
        let (faults, faults_of) = (self.faults.clone(), self.faults_of.clone());
        for notification in self.notifications.values_mut().filter(|one| one.due.is_some_and(|due| due <= now)) {
            let before = notification.deliveries;
            notification.deliveries = before.saturating_add(1);
            let wait = usize::try_from(before).ok().and_then(|before| RESEND_SECONDS.get(before));
            notification.due = wait.map(|seconds| later(now, *seconds));
            let faults = faults_of.get(&notification.out_trade_no).unwrap_or(&faults);
            let Some(arrived) = before.checked_sub(faults.drop) else { continue };
            let spoil = if arrived < faults.deliveries { faults } else { &Faults::NONE };
            let callback = Callback { request: compose(notification, spoil, now), id: notification.id.clone() };
            callbacks.extend((0..=faults.duplicate).map(|_copy| callback.clone()));
        }
        if faults.reorder {
            callbacks.reverse();
        }
        callbacks
    }

    /// The platform answered a delivery. Only these seven letters end the notification.
    pub fn answered(&mut self, id: &str, body: &[u8]) {
        let one = self.notifications.values_mut().find(|notification| notification.id == id);
        if let Some(notification) = one {
            notification.accepted = body == b"success";
            if notification.accepted {
                notification.due = None;
            }
        }
    }

    /// The payment is reported as it stands, or a refund of it, from now on.
    pub(super) fn notify(&mut self, out_trade_no: &str, refund: Option<&str>, now: Timestamp) {
        let id = self.dice.hex(34);
        let Some(trade) = self.trades.get(out_trade_no) else { return };
        let mut fields = BTreeMap::from(
            [
                ("notify_type", "trade_status_sync".to_owned()),
                ("notify_id", id.clone()),
                ("charset", "utf-8".to_owned()),
                ("version", "1.0".to_owned()),
                ("app_id", APP_ID.to_owned()),
                ("auth_app_id", auth_app_id(&trade.seller).to_owned()),
                ("seller_id", trade.seller.clone()),
                ("buyer_id", "2088000000090001".to_owned()),
                ("trade_no", trade.trade_no.clone()),
                ("out_trade_no", trade.out_trade_no.clone()),
                ("trade_status", trade.status().to_owned()),
                ("subject", trade.subject.clone()),
                ("total_amount", yuan(trade.total_fen)),
                ("gmt_create", civil(trade.created_at)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let mut add = |name: &str, value: String| drop(fields.insert(name.to_owned(), value));
        if let Some(paid_at) = trade.paid_at {
            add("gmt_payment", civil(paid_at));
            add("receipt_amount", yuan(trade.total_fen));
            add(
                "fund_bill_list",
                format!("[{{\"amount\":\"{}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]", yuan(trade.total_fen)),
            );
        }
        if let Some(refund) = refund {
            add("out_biz_no", refund.to_owned());
            add("refund_fee", yuan(trade.refunded_fen()));
            add("gmt_refund", format!("{}.123", civil(now)));
        }
        if matches!(trade.state, TradeState::Closed) {
            add("gmt_close", civil(now));
        }
        let notification = Notification {
            id,
            out_trade_no: out_trade_no.to_owned(),
            out_biz_no: refund.map(str::to_owned),
            url: trade.notify_url.clone(),
            due: Some(later(now, self.faults(out_trade_no).delay_seconds)),
            deliveries: 0,
            accepted: false,
            fields,
        };
        let key = self.notifications.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        self.notifications.insert(key, notification);
    }
}

/// The form of one delivery. Algorithm and signature are not covered by the signature.
fn compose(notification: &Notification, spoil: &Faults, now: Timestamp) -> Request<Bytes> {
    let mut fields = notification.fields.clone();
    let mut set = |name: &str, value: &str| drop(fields.insert(name.to_owned(), value.to_owned()));
    set("notify_time", &civil(now));
    if spoil.wrong_amount {
        set("total_amount", "0.01");
    }
    if spoil.other_school {
        set("seller_id", "2088999999999999");
    }
    if spoil.wrong_app {
        set("app_id", "2021999999999999");
    }
    let mut signature = keys::sign(Signer::Alipay, form::signed_text(fields.iter()).as_bytes());
    if spoil.tamper_signature {
        signature = spoiled(&signature);
    }
    if spoil.tamper_body {
        fields.insert("subject".to_owned(), "另一商品".to_owned());
    }
    fields.insert("sign".to_owned(), signature);
    fields.insert("sign_type".to_owned(), "RSA2".to_owned());
    let mut request = Request::new(Bytes::from(form::written(&fields)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = notification.url.parse().unwrap_or_default();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded;charset=utf-8");
    request.headers_mut().insert("Content-Type", kind);
    request
}

//! Notifications (异步通知): a signed form, told apart into payments and refunds. Reference: payments §2.1, §2.2.

use std::collections::BTreeMap;

use domain::Money;
use domain::id::{PaymentNo, RefundNo};
use domain::payment::{Channel, Evidence, Source};

use super::{Alipay, moment};
use crate::channel::{CallbackError, LARGEST_CALLBACK_BYTES, Notice, form};

/// The one kind of notification about payments. Other kinds are signed otherwise.
const TRADE: &str = "trade_status_sync";
const RSA2: &str = "RSA2";

/// What makes a notification one of a refund, whatever its state says: after a partial refund it reads
/// `TRADE_SUCCESS`, as that of the payment did.
const OF_REFUNDS: [&str; 3] = ["out_biz_no", "refund_fee", "gmt_refund"];

/// The values of a notification whose signature holds.
struct Told(BTreeMap<String, String>);

impl Told {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn is_of_refund(&self) -> bool {
        OF_REFUNDS.iter().any(|name| !matches!(self.text(name), "" | "0" | "0.00"))
    }
}

impl Alipay {
    /// Verifies a notification and opens it. `body` is what came over the wire, byte for byte.
    ///
    /// Checked here is all that needs no record of ours; amount and school are compared with the payment by whoever
    /// applies the evidence. It bears no time that could be too old: the same fact may come again after a day.
    pub fn open_callback(&self, body: &[u8]) -> Result<Notice, CallbackError> {
        if body.len() > LARGEST_CALLBACK_BYTES {
            return Err(CallbackError::BadEnvelope);
        }
        let told = self.verified(form::parse(body).ok_or(CallbackError::BadEnvelope)?)?;
        let event_id = told.text("notify_id").to_owned();
        if event_id.is_empty() {
            return Err(CallbackError::BadEnvelope);
        }
        if told.text("app_id") != self.app {
            return Err(CallbackError::WrongApp);
        }
        let seller = self.sellers.get(told.text("seller_id")).ok_or(CallbackError::WrongMerchant)?;
        if told.text("auth_app_id") != seller.auth_app_id {
            return Err(CallbackError::WrongMerchant);
        }
        let number = told.text("out_trade_no");
        if number.is_empty() {
            return Err(CallbackError::BadResource);
        }
        let Ok(payment) = number.parse::<PaymentNo>() else {
            return Ok(Notice::Foreign { event_id, number: number.to_owned() });
        };
        if told.is_of_refund() {
            return Ok(of_refund(event_id, payment, &told));
        }
        match told.text("trade_status") {
            "TRADE_SUCCESS" | "TRADE_FINISHED" => {
                let evidence = self.told_evidence(payment, &event_id, &told).ok_or(CallbackError::BadResource)?;
                Ok(Notice::Paid { event_id, evidence })
            }
            "TRADE_CLOSED" | "WAIT_BUYER_PAY" => Ok(Notice::Ask { event_id, payment, refund: None }),
            _ => Err(CallbackError::BadResource),
        }
    }

    /// The signature of this kind covers all but itself and the name of its algorithm.
    fn verified(&self, fields: BTreeMap<String, String>) -> Result<Told, CallbackError> {
        let told = Told(fields);
        if told.text("sign").is_empty() {
            return Err(CallbackError::MissingHeader("sign"));
        }
        let charset = told.text("charset");
        if told.text("sign_type") != RSA2 || !(charset.is_empty() || charset.eq_ignore_ascii_case("utf-8")) {
            return Err(CallbackError::UnsupportedAlgorithm);
        }
        let covered = told.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let covered = form::signed_text(covered.filter(|(name, _)| !matches!(*name, "sign" | "sign_type")));
        self.verify(covered.as_bytes(), told.text("sign"))?;
        if told.text("notify_type") != TRADE {
            return Err(CallbackError::BadEnvelope);
        }
        Ok(told)
    }

    fn told_evidence(&self, payment: PaymentNo, event_id: &str, told: &Told) -> Option<Evidence> {
        Some(Evidence {
            source: Source::Callback,
            channel: Channel::Alipay,
            event: Some(event_id.to_owned()),
            payment,
            transaction: Some(told.text("trade_no").to_owned()).filter(|number| !number.is_empty())?,
            merchant: self.owner.clone(),
            app: self.app.clone(),
            sub_merchant: told.text("seller_id").to_owned(),
            total: Money::parse_yuan(told.text("total_amount")).ok()?,
            currency: "CNY".to_owned(),
            paid_at: moment(told.text("gmt_payment"))?,
        })
    }
}

/// A notification of a refund says how much went back of the payment in all, not how much under this number: what is
/// true of it, the provider says when asked.
fn of_refund(event_id: String, payment: PaymentNo, told: &Told) -> Notice {
    let number = told.text("out_biz_no");
    match number.parse::<RefundNo>() {
        Ok(of) if of.payment() == payment => Notice::Ask { event_id, payment, refund: Some(number.to_owned()) },
        // Made in the provider's own console, or by another system.
        _ => Notice::Foreign { event_id, number: number.to_owned() },
    }
}

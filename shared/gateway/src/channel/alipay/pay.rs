//! Paying, asking, closing (下单、查询、关单). Reference: payments §2.2.
//!
//! A checkout is signed here and opened by the payer: until then the provider knows no such payment.

use domain::Money;
use domain::id::PaymentNo;
use domain::payment::{Channel, CloseAnswer, Evidence, PayMethod, Payment, ProviderState, Source};
use serde::Deserialize;
use serde_json::json;

use super::{Alipay, civil, moment};
use crate::channel::{ChannelError, Checkout, Prepared, form};

/// The provider's bound on a subject.
const SUBJECT_CHARACTERS: usize = 128;

/// A payment as the provider describes it when asked.
#[derive(Deserialize)]
struct Described {
    trade_no: String,
    out_trade_no: String,
    trade_status: String,
    total_amount: String,
    /// When it was paid: what was never paid lacks it.
    #[serde(default)]
    send_pay_date: Option<String>,
}

#[derive(Deserialize)]
struct Closed {}

impl Alipay {
    /// Signs the checkout. May be repeated: the number decides that it is the same payment.
    pub fn create(&self, checkout: &Checkout) -> Result<Prepared, ChannelError> {
        let (method, product) = match checkout.method {
            PayMethod::Page => ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
            PayMethod::Wap => ("alipay.trade.wap.pay", "QUICK_WAP_WAY"),
            PayMethod::App => ("alipay.trade.app.pay", "QUICK_MSECURITY_PAY"),
            PayMethod::Jsapi | PayMethod::MiniProgram | PayMethod::Native | PayMethod::H5 => {
                return Err(ChannelError::Unsendable("method"));
            }
        };
        if checkout.amount.fen() <= 0 {
            return Err(ChannelError::Unsendable("amount"));
        }
        let content = json!({
            "out_trade_no": checkout.payment.as_str(),
            "product_code": product,
            "subject": subject(&checkout.description),
            "time_expire": civil(checkout.expires_at),
            "total_amount": checkout.amount.to_string(),
            "extend_params": { "sys_service_provider_id": self.owner },
        });
        let parameters = self.parameters(method, &checkout.sub_merchant, Some(&checkout.notify_url), &content)?;
        let signed = form::written(&parameters);
        Ok(if checkout.method == PayMethod::App {
            Prepared::Order { order_string: signed }
        } else {
            Prepared::Redirect { h5_url: format!("{}/gateway.do?{signed}", self.base) }
        })
    }

    /// What the provider knows about the payment.
    pub async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        let content = json!({ "out_trade_no": payment.no.as_str() });
        let trade: Described = match self.call("alipay.trade.query", &payment.sub_merchant, &content).await {
            Ok(trade) => trade,
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => return Ok(ProviderState::Unknown),
            Err(error) => return Err(error),
        };
        if trade.out_trade_no != payment.no.as_str() {
            return Err(ChannelError::Malformed("answer about another payment"));
        }
        let paid = |trade: Described| {
            let evidence = self.evidence(payment.no.clone(), &payment.sub_merchant, trade);
            evidence.map(ProviderState::Paid).ok_or(ChannelError::Malformed("paid without amount, time or number"))
        };
        match trade.trade_status.as_str() {
            "WAIT_BUYER_PAY" => Ok(ProviderState::Unpaid),
            "TRADE_SUCCESS" | "TRADE_FINISHED" => paid(trade),
            // Closed without having been paid, or because all of it went back: only what was paid has a time.
            "TRADE_CLOSED" if trade.send_pay_date.is_some() => paid(trade),
            "TRADE_CLOSED" => Ok(ProviderState::Closed),
            _ => Err(ChannelError::Malformed("trade_status")),
        }
    }

    /// Closes the payment, so that it can never be paid.
    pub async fn close(&self, payment: &Payment) -> Result<CloseAnswer, ChannelError> {
        let content = json!({ "out_trade_no": payment.no.as_str() });
        match self.call::<Closed>("alipay.trade.close", &payment.sub_merchant, &content).await {
            Ok(Closed {}) => Ok(CloseAnswer::Closed),
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => Ok(CloseAnswer::Unknown),
            // It says only that it cannot be closed now; why, it says when asked.
            Err(ChannelError::Refused { code, .. }) if is_in_another_state(&code) => {
                Ok(match self.query(payment).await? {
                    ProviderState::Paid(_) => CloseAnswer::Paid,
                    ProviderState::Closed => CloseAnswer::Closed,
                    ProviderState::Unpaid | ProviderState::Paying => CloseAnswer::Paying,
                    ProviderState::Unknown => CloseAnswer::Unknown,
                })
            }
            Err(error) => Err(error),
        }
    }

    fn evidence(&self, payment: PaymentNo, seller: &str, trade: Described) -> Option<Evidence> {
        Some(Evidence {
            source: Source::Query,
            channel: Channel::Alipay,
            event: None,
            payment,
            transaction: Some(trade.trade_no).filter(|number| !number.is_empty())?,
            merchant: self.owner.clone(),
            app: self.app.clone(),
            sub_merchant: seller.to_owned(),
            total: Money::parse_yuan(&trade.total_amount).ok()?,
            // Anything else would be named beside the amount, and is no product of a school's.
            currency: "CNY".to_owned(),
            paid_at: moment(&trade.send_pay_date?)?,
        })
    }
}

pub(super) fn is_unknown(code: &str) -> bool {
    code == "ACQ.TRADE_NOT_EXIST"
}

fn is_in_another_state(code: &str) -> bool {
    matches!(code, "ACQ.TRADE_STATUS_ERROR" | "ACQ.REASON_TRADE_STATUS_INVALID" | "ACQ.REASON_ILLEGAL_STATUS")
}

/// The subject as the provider may have it: these letters it takes for markup or for the end of a value.
fn subject(text: &str) -> String {
    let safe = text.chars().map(|c| if c.is_control() || "/=&<>\"'`,".contains(c) { ' ' } else { c });
    safe.take(SUBJECT_CHARACTERS).collect()
}

//! Paying, asking, closing (下单、查询、关单). Reference: payments §3.

use domain::Money;
use domain::payment::{Channel, CloseAnswer, Evidence, PayMethod, Payment, ProviderState, Source};
use serde::Deserialize;
use serde_json::json;

use super::{Chinaums, civil, moment};
use crate::channel::{ChannelError, Checkout, Prepared};

/// The page on which the payer chooses a card.
const CHECKOUT: &str = "/v1/netpay/uac/order";
const DESCRIPTION_CHARACTERS: usize = 60;

/// A payment as the provider describes it when asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    mer_order_id: String,
    mid: String,
    status: String,
    #[serde(default)]
    total_amount: Option<i64>,
    #[serde(default)]
    seq_id: String,
    #[serde(default)]
    pay_time: Option<String>,
}

#[derive(Deserialize)]
struct Closed {}

impl Chinaums {
    /// Signs the checkout, which the payer's browser asks for. May be repeated with the same values.
    pub fn create(&self, checkout: &Checkout) -> Result<Prepared, ChannelError> {
        if checkout.method != PayMethod::H5 {
            return Err(ChannelError::Unsendable("method"));
        }
        if checkout.amount.fen() <= 0 {
            return Err(ChannelError::Unsendable("amount"));
        }
        let description = checkout.description.chars().filter(|c| !c.is_control());
        let content = self.content(
            &checkout.sub_merchant,
            json!({
                "merOrderId": self.outer(checkout.payment.as_str()),
                "orderDesc": description.take(DESCRIPTION_CHARACTERS).collect::<String>(),
                "totalAmount": checkout.amount.fen(),
                "expireTime": civil(checkout.expires_at),
                "notifyUrl": checkout.notify_url,
            }),
        )?;
        Ok(Prepared::Redirect { h5_url: self.address(CHECKOUT, &content) })
    }

    /// What the provider knows about the payment.
    pub async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        let number = self.outer(payment.no.as_str());
        let content = self.content(&payment.sub_merchant, json!({ "merOrderId": number }))?;
        let known: Known = match self.call("/v1/netpay/query", &content).await {
            Ok(known) => known,
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => return Ok(ProviderState::Unknown),
            Err(error) => return Err(error),
        };
        if known.mer_order_id != number || known.mid != payment.sub_merchant {
            return Err(ChannelError::Malformed("answer about another payment"));
        }
        match known.status.as_str() {
            "NEW_ORDER" | "WAIT_BUYER_PAY" => Ok(ProviderState::Unpaid),
            "UNKNOWN" => Ok(ProviderState::Paying),
            "TRADE_CLOSED" => Ok(ProviderState::Closed),
            "TRADE_SUCCESS" | "TRADE_REFUND" => self
                .evidence(payment, known)
                .map(ProviderState::Paid)
                .ok_or(ChannelError::Malformed("paid without amount, time or number")),
            _ => Err(ChannelError::Malformed("status")),
        }
    }

    /// Closes the payment, so that it can never be paid.
    pub async fn close(&self, payment: &Payment) -> Result<CloseAnswer, ChannelError> {
        let content = self.content(&payment.sub_merchant, json!({ "merOrderId": self.outer(payment.no.as_str()) }))?;
        match self.call::<Closed>("/v1/netpay/close", &content).await {
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => return Ok(CloseAnswer::Unknown),
            Ok(Closed {}) | Err(ChannelError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        // A yes is no proof, and a no does not say why: it says so when asked.
        Ok(match self.query(payment).await? {
            ProviderState::Paid(_) => CloseAnswer::Paid,
            ProviderState::Closed => CloseAnswer::Closed,
            ProviderState::Unpaid | ProviderState::Paying => CloseAnswer::Paying,
            ProviderState::Unknown => CloseAnswer::Unknown,
        })
    }

    fn evidence(&self, payment: &Payment, known: Known) -> Option<Evidence> {
        Some(Evidence {
            source: Source::Query,
            channel: Channel::Chinaums,
            event: None,
            payment: payment.no.clone(),
            transaction: Some(known.seq_id).filter(|number| !number.is_empty())?,
            merchant: self.app.clone(),
            app: self.app.clone(),
            sub_merchant: known.mid,
            total: Money::from_fen(known.total_amount?),
            currency: "CNY".to_owned(),
            paid_at: moment(&known.pay_time?)?,
        })
    }
}

pub(super) fn is_unknown(code: &str) -> bool {
    code == "NO_ORDER"
}

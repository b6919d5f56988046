//! Refunds (退款): asked for, asked about, and sent elsewhere when the payer's card takes nothing. Reference: payments
//! §1.7.

use bytes::Bytes;
use domain::payment::{Channel, Source};
use domain::refund::settle::{RefundEvidence, Status};
use domain::{Moment, Money};
use http::{Method, Response};
use serde::Deserialize;
use serde_json::json;

use super::Wechat;
use super::client::{is_unknown, merchant, read};
use crate::channel::{ChannelError, Redirection, RefundOrder};

const REFUNDS: &str = "/v3/refund/domestic/refunds";

/// The provider's bound on a reason.
const REASON_BYTES: usize = 80;
/// The provider's bound on a number of a refund.
const NUMBER_BYTES: usize = 64;

/// A refund as the provider describes it in its answers. It names no school: it answers about that of the request.
#[derive(Deserialize)]
struct Answered {
    refund_id: String,
    out_refund_no: String,
    transaction_id: String,
    out_trade_no: String,
    status: String,
    create_time: String,
    #[serde(default)]
    success_time: Option<String>,
    amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    total: i64,
    refund: i64,
    currency: String,
}

impl Wechat {
    /// Has money go back. May be repeated with the same values.
    pub async fn refund(&self, order: &RefundOrder) -> Result<RefundEvidence, ChannelError> {
        if order.amount.fen() <= 0 || order.amount > order.total {
            return Err(ChannelError::Unsendable("amount"));
        }
        let body = json!({
            "sub_mchid": merchant(&order.sub_merchant)?,
            "transaction_id": safe(&order.transaction, "transaction")?,
            "out_refund_no": safe(&order.refund, "refund")?,
            "reason": reason(&order.reason),
            "notify_url": order.notify_url,
            "amount": { "refund": order.amount.fen(), "total": order.total.fen(), "currency": "CNY" },
        });
        match self.call(&Method::POST, REFUNDS, &body.to_string()).await {
            Ok(answer) => evidence(order, &answer),
            Err(refusal @ ChannelError::Refused { .. }) => self.taken_before(order, refusal).await,
            Err(error) => Err(error),
        }
    }

    /// How the refund stands; none when the provider does not know the number.
    pub async fn query_refund(&self, order: &RefundOrder) -> Result<Option<RefundEvidence>, ChannelError> {
        let (number, school) = (safe(&order.refund, "refund")?, merchant(&order.sub_merchant)?);
        let target = format!("{REFUNDS}/{number}?sub_mchid={school}");
        match self.call(&Method::GET, &target, "").await {
            Ok(answer) => evidence(order, &answer).map(Some),
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a refund elsewhere that the payer's card did not take. Number and name of the other card are sealed with
    /// the provider's key, whose serial every request names.
    pub async fn redirect_abnormal(
        &self,
        order: &RefundOrder,
        provider_no: &str,
        to: &Redirection,
    ) -> Result<RefundEvidence, ChannelError> {
        let sealed = |text: &str, what: &'static str| {
            let sealed = self.verifiers.seal(&self.answer_serial, text).filter(|_| !text.is_empty());
            sealed.ok_or(ChannelError::Unsendable(what))
        };
        let (school, number) = (merchant(&order.sub_merchant)?, safe(&order.refund, "refund")?);
        let body = match to {
            Redirection::Payer { bank, account, name } => json!({
                "sub_mchid": school,
                "out_refund_no": number,
                "type": "USER_BANK_CARD",
                "bank_type": bank,
                "bank_account": sealed(account, "account")?,
                "real_name": sealed(name, "name")?,
            }),
            Redirection::School => json!({
                "sub_mchid": school,
                "out_refund_no": number,
                "type": "MERCHANT_BANK_CARD",
            }),
        };
        let target = format!("{REFUNDS}/{}/apply-abnormal-refund", safe(provider_no, "provider_no")?);
        evidence(order, &self.call(&Method::POST, &target, &body.to_string()).await?)
    }

    /// A refusal of a number that the provider knows is none: it had taken the refund on before, or another one under
    /// the same number.
    async fn taken_before(&self, order: &RefundOrder, refusal: ChannelError) -> Result<RefundEvidence, ChannelError> {
        match self.query_refund(order).await {
            Ok(Some(evidence)) if evidence.amount == order.amount => Ok(evidence),
            Ok(Some(_)) => Err(ChannelError::NumberUsed),
            // One that refuses to say has not taken it on either.
            Ok(None) | Err(ChannelError::Refused { .. }) => Err(refusal),
            Err(error) => Err(error),
        }
    }
}

/// What an answer states, if it is about this refund.
fn evidence(order: &RefundOrder, answer: &Response<Bytes>) -> Result<RefundEvidence, ChannelError> {
    let answered: Answered = read(answer, "refund")?;
    let same = answered.out_refund_no == order.refund && answered.out_trade_no == order.payment.as_str();
    if !same || answered.amount.total != order.total.fen() || answered.amount.currency != "CNY" {
        return Err(ChannelError::Malformed("answer about another refund"));
    }
    let status = status(&answered.status).ok_or(ChannelError::Malformed("status"))?;
    let accepted_at = Moment::parse(&answered.create_time).ok_or(ChannelError::Malformed("create_time"))?;
    let success = answered.success_time.as_deref().filter(|_| status == Status::Done);
    let at = match success {
        Some(time) => Moment::parse(time).ok_or(ChannelError::Malformed("success_time"))?,
        None if status == Status::Done => return Err(ChannelError::Malformed("done without a time")),
        None => accepted_at,
    };
    if answered.refund_id.is_empty() || answered.transaction_id.is_empty() {
        return Err(ChannelError::Malformed("refund without a number"));
    }
    Ok(RefundEvidence {
        source: Source::Query,
        channel: Channel::Wechat,
        refund: answered.out_refund_no,
        provider_no: answered.refund_id,
        transaction: answered.transaction_id,
        sub_merchant: order.sub_merchant.clone(),
        amount: Money::from_fen(answered.amount.refund),
        status,
        at,
        accepted_at: Some(accepted_at),
    })
}

/// The provider's word for how a refund stands.
pub(super) fn status(word: &str) -> Option<Status> {
    match word {
        "PROCESSING" => Some(Status::Processing),
        "ABNORMAL" => Some(Status::Abnormal),
        "CLOSED" => Some(Status::Closed),
        "SUCCESS" => Some(Status::Done),
        _ => None,
    }
}

/// A number that may stand in a URL as it is.
fn safe<'n>(number: &'n str, what: &'static str) -> Result<&'n str, ChannelError> {
    let letters = number.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
    if letters && (1..=NUMBER_BYTES).contains(&number.len()) { Ok(number) } else { Err(ChannelError::Unsendable(what)) }
}

/// The reason, as much of it as the provider takes.
fn reason(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if short.len().saturating_add(c.len_utf8()) > REASON_BYTES {
            break;
        }
        short.push(c);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_letters() {
        assert_eq!(reason("退课\n退费"), "退课退费");
        assert_eq!(reason(&"课".repeat(40)).len(), 78);
    }
}

//! Refunds (退款): done at once, or asked for again. Reference: payments §2.2.
//!
//! The provider has no number of its own for a refund: it is known by the payment's number and ours. What it calls
//! `refund_fee` is all that ever went back of the payment, so that it is never the amount of one refund.

use domain::Money;
use domain::payment::{Channel, Source};
use domain::refund::settle::{RefundEvidence, Status};
use serde::Deserialize;
use serde_json::json;

use super::{Alipay, moment};
use crate::channel::{ChannelError, RefundOrder};

/// The provider's bound on a reason.
const REASON_CHARACTERS: usize = 128;
/// The provider's bound on a number of a refund.
const NUMBER_BYTES: usize = 64;
const DONE: &str = "REFUND_SUCCESS";

/// What a refund is answered with.
#[derive(Deserialize)]
struct Taken {
    trade_no: String,
    out_trade_no: String,
    /// `Y`: this call moved the money. Else it was moved before, or not yet.
    #[serde(default)]
    fund_change: String,
    /// All that went back of the payment so far.
    refund_fee: String,
}

/// What a question for a refund is answered with: without the fields of the refund when there is none.
#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    trade_no: String,
    #[serde(default)]
    out_trade_no: String,
    #[serde(default)]
    out_request_no: String,
    #[serde(default)]
    total_amount: String,
    #[serde(default)]
    refund_amount: String,
    #[serde(default)]
    refund_status: String,
    #[serde(default)]
    gmt_refund_pay: Option<String>,
}

impl Alipay {
    /// Has money go back. May be repeated with the same values, and has to be until the provider says that it is done.
    pub async fn refund(&self, order: &RefundOrder) -> Result<RefundEvidence, ChannelError> {
        if order.amount.fen() <= 0 || order.amount > order.total {
            return Err(ChannelError::Unsendable("amount"));
        }
        if !(1..=NUMBER_BYTES).contains(&order.refund.len()) {
            return Err(ChannelError::Unsendable("refund"));
        }
        let content = json!({
            "trade_no": order.transaction,
            "refund_amount": order.amount.to_string(),
            "out_request_no": order.refund,
            "refund_reason": order.reason.chars().filter(|c| !c.is_control()).take(REASON_CHARACTERS).collect::<String>(),
        });
        let taken: Taken = self.call("alipay.trade.refund", &order.sub_merchant, &content).await?;
        if taken.out_trade_no != order.payment.as_str() || taken.trade_no != order.transaction {
            return Err(ChannelError::Malformed("answer about another payment"));
        }
        let all = Money::parse_yuan(&taken.refund_fee).map_err(|_no_amount| ChannelError::Malformed("refund_fee"))?;
        if all < order.amount && taken.fund_change == "Y" {
            return Err(ChannelError::Malformed("less went back than was asked for"));
        }
        // When, and how much under this number, only the question for it tells.
        Ok(match self.query_refund(order).await? {
            Some(evidence) => evidence,
            None => self.refund_evidence(order, order.amount, Status::Processing, None)?,
        })
    }

    /// How the refund stands; none when the provider does not say that it is done: to be sent again under its number.
    pub async fn query_refund(&self, order: &RefundOrder) -> Result<Option<RefundEvidence>, ChannelError> {
        let content = json!({
            "trade_no": order.transaction,
            "out_request_no": order.refund,
            "query_options": ["gmt_refund_pay"],
        });
        let known: Known = match self.call("alipay.trade.fastpay.refund.query", &order.sub_merchant, &content).await {
            Ok(known) => known,
            Err(ChannelError::Refused { code, .. }) if super::pay::is_unknown(&code) => return Ok(None),
            Err(error) => return Err(error),
        };
        if known.refund_status != DONE {
            return Ok(None);
        }
        let same = known.out_request_no == order.refund
            && known.out_trade_no == order.payment.as_str()
            && known.trade_no == order.transaction
            && Money::parse_yuan(&known.total_amount) == Ok(order.total);
        if !same {
            return Err(ChannelError::Malformed("answer about another refund"));
        }
        let amount = Money::parse_yuan(&known.refund_amount);
        let amount = amount.map_err(|_no_amount| ChannelError::Malformed("refund_amount"))?;
        self.refund_evidence(order, amount, Status::Done, known.gmt_refund_pay.as_deref()).map(Some)
    }

    fn refund_evidence(
        &self,
        order: &RefundOrder,
        amount: Money,
        status: Status,
        at: Option<&str>,
    ) -> Result<RefundEvidence, ChannelError> {
        let at = match at {
            Some(text) => moment(text).ok_or(ChannelError::Malformed("gmt_refund_pay"))?,
            // It tells the time of some refunds only.
            None => self.ambient.now(),
        };
        Ok(RefundEvidence {
            source: Source::Query,
            channel: Channel::Alipay,
            refund: order.refund.clone(),
            provider_no: order.refund.clone(),
            transaction: order.transaction.clone(),
            sub_merchant: order.sub_merchant.clone(),
            amount,
            status,
            at,
            accepted_at: Some(at),
        })
    }
}

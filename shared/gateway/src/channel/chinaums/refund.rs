//! Refunds (退款). Reference: payments §3.

use domain::Money;
use domain::payment::{Channel, Source};
use domain::refund::settle::{RefundEvidence, Status};
use serde::Deserialize;
use serde_json::json;

use super::Chinaums;
use super::pay::is_unknown;
use crate::channel::{ChannelError, RefundOrder};

/// A refund as the provider describes it.
#[derive(Deserialize)]
struct Known {
    #[serde(default, rename = "refundOrderId")]
    number: String,
    #[serde(default, rename = "refundStatus")]
    status: String,
    #[serde(default, rename = "refundAmount")]
    amount: Option<i64>,
}

impl Chinaums {
    /// Has money go back. May be repeated with the same values.
    pub async fn refund(&self, order: &RefundOrder) -> Result<RefundEvidence, ChannelError> {
        if order.amount.fen() <= 0 || order.amount > order.total {
            return Err(ChannelError::Unsendable("amount"));
        }
        // The number is no key for a repetition everywhere: what is known is not sent again.
        if let Some(known) = self.query_refund(order).await? {
            return if known.amount == order.amount { Ok(known) } else { Err(ChannelError::NumberUsed) };
        }
        let content = self.content(
            &order.sub_merchant,
            json!({
                "merOrderId": self.outer(order.payment.as_str()),
                "refundOrderId": self.outer(&order.refund),
                "refundAmount": order.amount.fen(),
                "refundDesc": order.reason,
            }),
        )?;
        let known: Known = self.call("/v1/netpay/refund", &content).await?;
        self.refund_evidence(order, &known)
    }

    /// How the refund stands; none when the provider does not know the number.
    pub async fn query_refund(&self, order: &RefundOrder) -> Result<Option<RefundEvidence>, ChannelError> {
        let content = self.content(&order.sub_merchant, json!({ "merOrderId": self.outer(&order.refund) }))?;
        match self.call::<Known>("/v1/netpay/refund-query", &content).await {
            Ok(known) => self.refund_evidence(order, &known).map(Some),
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn refund_evidence(&self, order: &RefundOrder, known: &Known) -> Result<RefundEvidence, ChannelError> {
        if known.number != self.outer(&order.refund) {
            return Err(ChannelError::Malformed("answer about another refund"));
        }
        let status = match known.status.as_str() {
            "SUCCESS" => Status::Done,
            "FAIL" => Status::Closed,
            "PROCESSING" | "UNKNOWN" => Status::Processing,
            _ => return Err(ChannelError::Malformed("refundStatus")),
        };
        let amount = known.amount.ok_or(ChannelError::Malformed("refundAmount"))?;
        // It tells no time of its own.
        let at = self.ambient.now();
        Ok(RefundEvidence {
            source: Source::Query,
            channel: Channel::Chinaums,
            refund: order.refund.clone(),
            provider_no: known.number.clone(),
            transaction: order.transaction.clone(),
            sub_merchant: order.sub_merchant.clone(),
            amount: Money::from_fen(amount),
            status,
            at,
            accepted_at: Some(at),
        })
    }
}

//! All channels (全部支付通道): what is asked about a payment goes to the provider it was made at. P6.2 P6.4 P7.3.

use domain::payment::{Channel, CloseAnswer, Payment, ProviderState};
use domain::refund::settle::RefundEvidence;
use http::HeaderMap;

use super::wechat::Wechat;
use super::{CallbackError, ChannelError, Checkout, Notice, Prepared, Redirection, RefundOrder};

/// The providers that the platform has accounts at.
#[derive(Debug)]
pub struct Channels {
    wechat: Wechat,
}

impl Channels {
    /// The channels of a platform.
    pub const fn new(wechat: Wechat) -> Self {
        Self { wechat }
    }

    /// WeChat Pay, for what it alone can do.
    pub const fn wechat(&self) -> &Wechat {
        &self.wechat
    }

    /// Creates the payment, or gets its parameters again. May be repeated with the same values.
    pub async fn create(&self, checkout: &Checkout) -> Result<Prepared, ChannelError> {
        match checkout.channel {
            Channel::Wechat => self.wechat.create(checkout).await,
        }
    }

    /// What the provider knows about the payment.
    pub async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        match payment.channel {
            Channel::Wechat => self.wechat.query(&payment.no, &payment.sub_merchant).await,
        }
    }

    /// Closes the payment, so that it can never be paid.
    pub async fn close(&self, payment: &Payment) -> Result<CloseAnswer, ChannelError> {
        match payment.channel {
            Channel::Wechat => self.wechat.close(&payment.no, &payment.sub_merchant).await,
        }
    }

    /// Has money go back. An answer says that the provider has taken the refund on, and how it stands.
    pub async fn refund(&self, order: &RefundOrder) -> Result<RefundEvidence, ChannelError> {
        match order.channel {
            Channel::Wechat => self.wechat.refund(order).await,
        }
    }

    /// How the provider says the refund stands; none when it does not know the number.
    pub async fn query_refund(&self, order: &RefundOrder) -> Result<Option<RefundEvidence>, ChannelError> {
        match order.channel {
            Channel::Wechat => self.wechat.query_refund(order).await,
        }
    }

    /// Sends a refund elsewhere that the payer's card did not take. `provider_no` is the provider's number of it.
    pub async fn redirect_abnormal(
        &self,
        order: &RefundOrder,
        provider_no: &str,
        to: &Redirection,
    ) -> Result<RefundEvidence, ChannelError> {
        match order.channel {
            Channel::Wechat => self.wechat.redirect_abnormal(order, provider_no, to).await,
        }
    }

    /// Verifies a notification and opens it. `body` is what came over the wire, byte for byte.
    pub fn open_callback(&self, channel: Channel, headers: &HeaderMap, body: &[u8]) -> Result<Notice, CallbackError> {
        match channel {
            Channel::Wechat => self.wechat.open_callback(headers, body),
        }
    }
}

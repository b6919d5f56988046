//! All channels (全部支付通道): what is asked about a payment goes to the provider it was made at. P6.2 P6.4 P7.3.

use std::io::Write;

use domain::directory::School;
use domain::payment::{Channel, CloseAnswer, Payment, ProviderState};
use domain::refund::settle::RefundEvidence;
use http::HeaderMap;
use jiff::civil::Date;

use super::alipay::Alipay;
use super::chinaums::Chinaums;
use super::wechat::Wechat;
use super::{Bill, CallbackError, ChannelError, Checkout, Notice, Prepared, Redirection, RefundOrder};

/// The providers that the platform has accounts at.
#[derive(Debug)]
pub struct Channels {
    wechat: Wechat,
    alipay: Option<Alipay>,
    chinaums: Option<Chinaums>,
}

impl Channels {
    /// The channels of a platform: WeChat Pay, and those that are opened besides.
    pub const fn new(wechat: Wechat, alipay: Option<Alipay>, chinaums: Option<Chinaums>) -> Self {
        Self { wechat, alipay, chinaums }
    }

    fn alipay(&self) -> Result<&Alipay, ChannelError> {
        self.alipay.as_ref().ok_or(ChannelError::NotOpened(Channel::Alipay))
    }

    fn chinaums(&self) -> Result<&Chinaums, ChannelError> {
        self.chinaums.as_ref().ok_or(ChannelError::NotOpened(Channel::Chinaums))
    }

    /// Where a school's money goes at a provider; none: it cannot be paid there.
    pub fn merchant(&self, channel: Channel, school: &School) -> Option<String> {
        let number = school.merchants.at(channel)?;
        let served = match channel {
            Channel::Wechat => true,
            Channel::Alipay => self.alipay.as_ref()?.serves(number),
            Channel::Chinaums => self.chinaums.as_ref()?.serves(number),
        };
        served.then(|| number.to_owned())
    }

    /// WeChat Pay, for what it alone can do.
    pub const fn wechat(&self) -> &Wechat {
        &self.wechat
    }

    /// Creates the payment, or gets its parameters again. May be repeated with the same values.
    pub async fn create(&self, checkout: &Checkout) -> Result<Prepared, ChannelError> {
        match checkout.channel {
            Channel::Wechat => self.wechat.create(checkout).await,
            Channel::Alipay => self.alipay()?.create(checkout),
            Channel::Chinaums => self.chinaums()?.create(checkout),
        }
    }

    /// What the provider knows about the payment.
    pub async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        match payment.channel {
            Channel::Wechat => self.wechat.query(&payment.no, &payment.sub_merchant).await,
            Channel::Alipay => self.alipay()?.query(payment).await,
            Channel::Chinaums => self.chinaums()?.query(payment).await,
        }
    }

    /// Closes the payment, so that it can never be paid.
    pub async fn close(&self, payment: &Payment) -> Result<CloseAnswer, ChannelError> {
        match payment.channel {
            Channel::Wechat => self.wechat.close(&payment.no, &payment.sub_merchant).await,
            Channel::Alipay => self.alipay()?.close(payment).await,
            Channel::Chinaums => self.chinaums()?.close(payment).await,
        }
    }

    /// Has money go back. An answer says that the provider has taken the refund on, and how it stands.
    pub async fn refund(&self, order: &RefundOrder) -> Result<RefundEvidence, ChannelError> {
        match order.channel {
            Channel::Wechat => self.wechat.refund(order).await,
            Channel::Alipay => self.alipay()?.refund(order).await,
            Channel::Chinaums => self.chinaums()?.refund(order).await,
        }
    }

    /// How the provider says the refund stands; none when it does not know the number.
    pub async fn query_refund(&self, order: &RefundOrder) -> Result<Option<RefundEvidence>, ChannelError> {
        match order.channel {
            Channel::Wechat => self.wechat.query_refund(order).await,
            Channel::Alipay => self.alipay()?.query_refund(order).await,
            Channel::Chinaums => self.chinaums()?.query_refund(order).await,
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
            // There a refund is done, given up or refused: none becomes abnormal.
            Channel::Alipay | Channel::Chinaums => Err(ChannelError::Unsendable("redirection")),
        }
    }

    /// Verifies a notification and opens it. `body` is what came over the wire, byte for byte.
    pub fn open_callback(&self, channel: Channel, headers: &HeaderMap, body: &[u8]) -> Result<Notice, CallbackError> {
        match channel {
            Channel::Wechat => self.wechat.open_callback(headers, body),
            Channel::Alipay => {
                self.alipay.as_ref().ok_or(CallbackError::NotOpened(Channel::Alipay))?.open_callback(body)
            }
            Channel::Chinaums => {
                self.chinaums.as_ref().ok_or(CallbackError::NotOpened(Channel::Chinaums))?.open_callback(body)
            }
        }
    }

    /// Writes down what a provider moved on a school's account on a day; none: it has no such figures for us.
    pub async fn fund_flow(
        &self,
        channel: Channel,
        day: Date,
        sub_merchant: &str,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        match channel {
            Channel::Wechat => self.wechat.fund_flow(day, sub_merchant, into).await,
            // What arrived the school enters from its bank statement.
            Channel::Alipay | Channel::Chinaums => Ok(Bill::None),
        }
    }

    /// Writes down what was paid and given back on a day. WeChat Pay has one file for all schools, and files of one
    /// school; others have only those.
    pub async fn bill(
        &self,
        channel: Channel,
        day: Date,
        sub_merchant: Option<&str>,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        match channel {
            Channel::Wechat => self.wechat.bill(day, sub_merchant, into).await,
            Channel::Alipay => {
                let seller = sub_merchant.ok_or(ChannelError::Unsendable("sub_merchant"))?;
                self.alipay()?.bill(day, seller, into).await
            }
            // Handed over by the bank, each in its own way.
            Channel::Chinaums => Err(ChannelError::Unsendable("bill")),
        }
    }
}

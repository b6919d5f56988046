//! Payment channels (支付通道): what is asked of a provider and what it may answer, whoever the provider is. P6.2, P6.3.

use std::fmt;

use domain::fault::{Fault, Kind};
use domain::id::PaymentNo;
use domain::payment::{Channel, Evidence, PayMethod};
use domain::refund::settle::RefundEvidence;
use domain::{Moment, Money};
use http::Uri;
use serde::{Deserialize, Serialize};

use crate::http::HttpError;

pub mod alipay;
mod channels;
pub mod chinaums;
mod form;
mod sign;
pub mod wechat;

pub use channels::Channels;

/// No notification is near this long; what is longer is not looked at.
pub const LARGEST_CALLBACK_BYTES: usize = 64 * 1024;

/// One attempt to pay, as it is put to a provider. The same number with the same values may be sent again; a number
/// with other values is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The provider.
    pub channel: Channel,
    /// Our number of the attempt.
    pub payment: PaymentNo,
    /// The school's merchant number.
    pub sub_merchant: String,
    /// The school's own application, if the guardian pays inside it. `payer` then belongs to it.
    pub sub_app: Option<String>,
    /// What is paid for, as the guardian reads it at the provider.
    pub description: String,
    /// How much.
    pub amount: Money,
    /// The last moment of paying. A provider may move a near one to one minute from now.
    pub expires_at: Moment,
    /// How the checkout is shown.
    pub method: PayMethod,
    /// The payer's identifier in the application (`openid`): wanted by JSAPI and mini-program.
    pub payer: Option<String>,
    /// The payer's network address: wanted by H5.
    pub payer_ip: Option<String>,
    /// Where the provider reports the payment.
    pub notify_url: String,
}

/// What the front end needs to show the checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Prepared {
    /// Passed on to the provider's own script, inside its application.
    Invoke(Invoke),
    /// Shown as a QR code.
    Scan {
        /// The text of the code.
        code_url: String,
    },
    /// Opened by the browser.
    Redirect {
        /// The provider's page.
        h5_url: String,
    },
    /// Handed to the provider's application on the payer's device.
    Order {
        /// The signed text.
        order_string: String,
    },
}

/// Parameters of the provider's script, by the names it wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoke {
    /// The application it runs in.
    pub app_id: String,
    /// Seconds since 1970, as text.
    pub time_stamp: String,
    /// A text used once.
    pub nonce_str: String,
    /// The prepared payment.
    pub package: String,
    /// Always `RSA`.
    pub sign_type: String,
    /// Signature over the other values.
    pub pay_sign: String,
}

/// Money that goes back, as it is put to a provider. The same number with the same values may be sent again, and has to
/// be while the outcome is not known; a number with other values is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// The provider.
    pub channel: Channel,
    /// The payment it goes back from.
    pub payment: PaymentNo,
    /// Our number of the refund.
    pub refund: String,
    /// The provider's number of the payment's transaction.
    pub transaction: String,
    /// The school's merchant number.
    pub sub_merchant: String,
    /// How much goes back.
    pub amount: Money,
    /// How much was paid.
    pub total: Money,
    /// Why, as the payer reads it.
    pub reason: String,
    /// Where the provider reports what became of it.
    pub notify_url: String,
}

/// Where money goes that the payer's card does not take (异常退款).
#[derive(Clone, PartialEq, Eq)]
pub enum Redirection {
    /// To a debit card of the payer's.
    Payer {
        /// The provider's name of the bank.
        bank: String,
        /// The number of the card.
        account: String,
        /// Whose it is.
        name: String,
    },
    /// To the school's own account: the school pays it out by hand.
    School,
}

/// Number and name are not shown.
impl fmt::Debug for Redirection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payer { bank, .. } => f.debug_struct("Payer").field("bank", bank).finish_non_exhaustive(),
            Self::School => f.write_str("School"),
        }
    }
}

/// What a provider says was paid and given back on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bill {
    /// The file was written down as it came, its hash verified where the provider tells one.
    Written,
    /// Nothing was paid or given back that day.
    None,
    /// It is not written yet: to be asked for again later.
    NotReady,
}

/// Why a provider did not do what it was asked. Only [`ChannelError::outcome_is_known`] tells whether it did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// It could not be reached or could not answer. It may have acted.
    #[error("payment channel is unavailable")]
    Unavailable(#[source] Outage),
    /// It said no, and will say no again.
    #[error("payment channel refused: {code} {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// The payment is paid already. No evidence: ask for it.
    #[error("payment is paid already")]
    AlreadyPaid,
    /// The payment is closed.
    #[error("payment is closed")]
    Closed,
    /// The number was used with other values.
    #[error("number was used with other values")]
    NumberUsed,
    /// The school's balance at the provider does not cover the refund now. To be sent again later, with the same number.
    #[error("balance of the merchant does not cover the refund")]
    NotEnough,
    /// The platform has no account at this provider.
    #[error("payment channel {0} is not opened")]
    NotOpened(Channel),
    /// The answer is not signed by the provider, so it is no answer at all. It may have acted.
    #[error("answer of the payment channel is not signed by it")]
    BadSignature(#[source] CallbackError),
    /// The answer is signed but does not read as it should. It may have acted.
    #[error("answer of the payment channel does not read: {0}")]
    Malformed(&'static str),
    /// A value cannot be sent; the provider was not asked.
    #[error("value cannot be sent to the payment channel: {0}")]
    Unsendable(&'static str),
    /// The request could not be signed; the provider was not asked.
    #[error("request to the payment channel could not be signed")]
    Unsigned,
    /// A bill came and could not be written down.
    #[error("bill could not be written down")]
    Unwritten(#[source] HttpError),
}

impl ChannelError {
    /// A file that could not be fetched, by whose fault.
    pub(crate) fn unfetched(error: HttpError) -> Self {
        match error {
            full @ (HttpError::Unwritten(_) | HttpError::TooLarge) => Self::Unwritten(full),
            silent @ (HttpError::Request(_)
            | HttpError::Connection(_)
            | HttpError::Timeout(_)
            | HttpError::Broken(_)
            | HttpError::Unreadable(_)) => Self::Unavailable(Outage::NoAnswer(silent)),
        }
    }
}

/// How a provider failed to answer.
#[derive(Debug, thiserror::Error)]
pub enum Outage {
    /// No answer came.
    #[error("no answer")]
    NoAnswer(#[source] HttpError),
    /// It answered that it cannot answer now.
    #[error("answer {status} {code}")]
    Busy {
        /// HTTP status.
        status: u16,
        /// Its code, if it gave one.
        code: String,
    },
}

impl ChannelError {
    /// Whether it is certain that this call changed nothing at the provider. Otherwise ask before deciding anything.
    pub const fn outcome_is_known(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::BadSignature(_) | Self::Malformed(_) => false,
            Self::Refused { .. }
            | Self::AlreadyPaid
            | Self::Closed
            | Self::NumberUsed
            | Self::NotEnough
            | Self::NotOpened(_)
            | Self::Unsendable(_)
            | Self::Unsigned
            | Self::Unwritten(_) => true,
        }
    }
}

impl Fault for ChannelError {
    fn kind(&self) -> Kind {
        if self.outcome_is_known() { Kind::Internal } else { Kind::Unavailable }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "gateway/provider-unavailable",
            Self::Refused { .. } => "gateway/provider-refused",
            Self::AlreadyPaid => "gateway/provider-already-paid",
            Self::Closed => "gateway/provider-closed",
            Self::NumberUsed => "gateway/provider-number-used",
            Self::NotEnough => "gateway/provider-not-enough",
            Self::NotOpened(_) => "gateway/provider-not-opened",
            Self::BadSignature(_) => "gateway/provider-bad-signature",
            Self::Malformed(_) => "gateway/provider-malformed",
            Self::Unsendable(_) => "gateway/provider-unsendable",
            Self::Unsigned => "gateway/provider-unsigned",
            Self::Unwritten(_) => "gateway/bill-unwritten",
        }
    }
}

/// A notification whose signature was verified and whose content was decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A payment succeeded.
    Paid {
        /// The provider's number of the notification; the same in every repetition.
        event_id: String,
        /// What it states.
        evidence: Evidence,
    },
    /// What became of a refund.
    Refund {
        /// The provider's number of the notification; the same in every repetition.
        event_id: String,
        /// What it states.
        evidence: RefundEvidence,
    },
    /// Something happened to a payment or a refund, and the notification does not say enough, or not surely enough, to
    /// be believed: what is true the provider says when asked.
    Ask {
        /// The provider's number of the notification.
        event_id: String,
        /// The payment.
        payment: PaymentNo,
        /// The refund of it, if it is about one.
        refund: Option<String>,
    },
    /// About a payment or refund whose number is not one of ours: another system of the same merchant, another
    /// environment, a refund made in the provider's own console.
    Foreign {
        /// The provider's number of the notification.
        event_id: String,
        /// The number of the payment or refund.
        number: String,
    },
    /// The provider's self-test.
    Echo {
        /// The provider's number of the notification.
        event_id: String,
    },
    /// Something that is not handled yet.
    Other {
        /// The provider's number of the notification.
        event_id: String,
        /// The provider's name of what happened.
        event_type: String,
    },
}

impl Notice {
    /// The provider's number of the notification; the same in every repetition.
    pub fn event_id(&self) -> &str {
        match self {
            Self::Paid { event_id, .. }
            | Self::Refund { event_id, .. }
            | Self::Ask { event_id, .. }
            | Self::Foreign { event_id, .. }
            | Self::Echo { event_id }
            | Self::Other { event_id, .. } => event_id,
        }
    }
}

/// Why a notification has no effect. `Display` is the reason in the security log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// A header of the signature is not there, is there twice, or is no text.
    #[error("header {0} is missing")]
    MissingHeader(&'static str),
    /// The signature was made too long ago, or in the future.
    #[error("timestamp is out of range")]
    StaleTimestamp,
    /// No key of that serial is trusted.
    #[error("key serial {0} is not trusted")]
    UnknownSerial(String),
    /// The signature does not belong to this body, timestamp and nonce.
    #[error("signature does not verify")]
    BadSignature,
    /// Signed or encrypted by an algorithm that is not ours.
    #[error("algorithm is not supported")]
    UnsupportedAlgorithm,
    /// Signed, but the envelope does not read.
    #[error("envelope does not read")]
    BadEnvelope,
    /// Signed, but not encrypted with our key.
    #[error("content does not decrypt")]
    BadDecryption,
    /// Decrypted, but the content does not read or contradicts its envelope.
    #[error("content does not read")]
    BadResource,
    /// Meant for another merchant.
    #[error("content belongs to another merchant")]
    WrongMerchant,
    /// Meant for another application.
    #[error("content belongs to another application")]
    WrongApp,
    /// The platform has no account at this provider.
    #[error("payment channel {0} is not opened")]
    NotOpened(Channel),
}

impl Fault for CallbackError {
    fn kind(&self) -> Kind {
        match self {
            Self::BadEnvelope | Self::BadResource => Kind::Malformed,
            Self::MissingHeader(_)
            | Self::StaleTimestamp
            | Self::UnknownSerial(_)
            | Self::BadSignature
            | Self::UnsupportedAlgorithm
            | Self::BadDecryption
            | Self::WrongMerchant
            | Self::WrongApp
            | Self::NotOpened(_) => Kind::UnknownCaller,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::MissingHeader(_) => "callback/missing-header",
            Self::StaleTimestamp => "callback/stale-timestamp",
            Self::UnknownSerial(_) => "callback/unknown-serial",
            Self::BadSignature => "callback/bad-signature",
            Self::UnsupportedAlgorithm => "callback/unsupported-algorithm",
            Self::BadEnvelope => "callback/bad-envelope",
            Self::BadDecryption => "callback/bad-decryption",
            Self::BadResource => "callback/bad-resource",
            Self::WrongMerchant => "callback/wrong-merchant",
            Self::WrongApp => "callback/wrong-app",
            Self::NotOpened(_) => "callback/not-opened",
        }
    }
}

/// Scheme and authority of a base URL that has nothing else.
pub(crate) fn base(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !authority.as_str().contains('@');
    (bare && matches!(scheme, "https" | "http")).then(|| format!("{scheme}://{authority}"))
}

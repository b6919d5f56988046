//! 微信支付, third version of its interface, partner mode (服务商): one service provider acts for all schools. P6.2, P6.3.
//!
//! Reference: payments §1. What the provider says counts only with its signature, verified over raw bytes.

use std::fmt;
use std::sync::Arc;

use domain::fault::{Fault, Kind};
use http::HeaderMap;
use serde::Deserialize;

use crate::ambient::Ambient;
use crate::channel::{CallbackError, LARGEST_CALLBACK_BYTES, Notice};
use crate::http::Http;

mod bill;
mod callback;
mod client;
mod fund_flow;
mod refund;
mod sign;
mod verify;

pub use verify::FRESHNESS_SECONDS;

use callback::Opener;
use sign::Signer;
use verify::Verifiers;

/// The service provider's account, as its secret holds it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatSettings {
    /// The service provider's merchant number.
    pub sp_mchid: String,
    /// The service provider's application.
    pub sp_appid: String,
    /// Serial of the merchant's API certificate.
    pub serial_no: String,
    /// The merchant's private key, PEM (PKCS#8).
    pub private_key: String,
    /// The key shared for notifications, 32 bytes.
    pub api_v3_key: String,
    /// Keys of the provider that are trusted.
    pub verifiers: Vec<VerifierSettings>,
    /// Which of them shall sign answers. The provider chooses by itself which one signs callbacks.
    pub answer_serial: String,
}

/// One key of the provider.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierSettings {
    /// `PUB_KEY_ID_…`, or the serial of a platform certificate.
    pub serial: String,
    /// Public key or certificate, PEM.
    pub pem: String,
}

impl fmt::Debug for WechatSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatSettings")
            .field("sp_mchid", &self.sp_mchid)
            .field("sp_appid", &self.sp_appid)
            .field("serial_no", &self.serial_no)
            .field("verifiers", &self.verifiers)
            .field("answer_serial", &self.answer_serial)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifierSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierSettings").field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// Why the channel cannot be set up. None of the texts holds a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WechatSetupError {
    /// Not scheme and host alone. A path would be signed by us and not be seen by the provider.
    #[error("base url of the payment channel is not a scheme and a host")]
    BaseUrl,
    /// The merchant number is not all digits, or the application or the certificate's serial is missing.
    #[error("merchant of the payment channel is not described")]
    Merchant,
    /// The private key is no RSA key in PKCS#8.
    #[error("private key of the merchant does not read")]
    PrivateKey,
    /// The key shared for notifications has not 32 bytes.
    #[error("shared key of the payment channel has not 32 bytes")]
    SharedKey,
    /// A verifier is neither public key nor certificate, or its certificate has another serial.
    #[error("verifier {0} does not read")]
    Verifier(String),
    /// Answers are wanted from a key that is not trusted.
    #[error("no verifier for the serial that shall sign answers")]
    AnswerSerial,
}

impl Fault for WechatSetupError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "gateway/provider-setup"
    }
}

/// The channel, ready to use.
pub struct Wechat {
    merchant: String,
    app: String,
    base: String,
    signer: Signer,
    verifiers: Verifiers,
    opener: Opener,
    answer_serial: String,
    http: Http,
    ambient: Arc<dyn Ambient>,
}

impl Wechat {
    /// The channel of the merchant in `settings`, at the provider under `base_url` (`https://api.mch.weixin.qq.com`).
    pub fn new(
        settings: WechatSettings,
        base_url: &str,
        http: Http,
        ambient: Arc<dyn Ambient>,
    ) -> Result<Self, WechatSetupError> {
        let base = crate::channel::base(base_url).ok_or(WechatSetupError::BaseUrl)?;
        let described = is_merchant(&settings.sp_mchid) && !settings.sp_appid.is_empty();
        if !described || !settings.serial_no.bytes().all(|c| c.is_ascii_hexdigit()) || settings.serial_no.is_empty() {
            return Err(WechatSetupError::Merchant);
        }
        let signer = Signer::new(&settings.sp_mchid, &settings.serial_no, &settings.private_key)
            .ok_or(WechatSetupError::PrivateKey)?;
        let opener = Opener::new(&settings.api_v3_key).ok_or(WechatSetupError::SharedKey)?;
        let mut verifiers = Verifiers::new();
        for verifier in settings.verifiers {
            if !verifiers.trust(&verifier.serial, &verifier.pem) {
                return Err(WechatSetupError::Verifier(verifier.serial));
            }
        }
        if !verifiers.knows(&settings.answer_serial) {
            return Err(WechatSetupError::AnswerSerial);
        }
        Ok(Self {
            merchant: settings.sp_mchid,
            app: settings.sp_appid,
            base,
            signer,
            verifiers,
            opener,
            answer_serial: settings.answer_serial,
            http,
            ambient,
        })
    }

    /// The service provider's merchant number: what evidence has to name.
    pub fn merchant(&self) -> &str {
        &self.merchant
    }

    /// The service provider's application: what evidence has to name.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// Verifies a notification and opens it. `body` is what came over the wire, byte for byte.
    ///
    /// Checked here is all that needs no record of ours; amount, currency and school are compared with the payment by
    /// whoever applies the evidence.
    pub fn open_callback(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notice, CallbackError> {
        if body.len() > LARGEST_CALLBACK_BYTES {
            return Err(CallbackError::BadEnvelope);
        }
        self.verifiers.verify(headers, body, self.ambient.now())?;
        self.opener.open(body, &self.merchant, &self.app)
    }
}

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wechat")
            .field("merchant", &self.merchant)
            .field("app", &self.app)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Merchant numbers are digits, so they may stand in a URL and in a header as they are.
fn is_merchant(number: &str) -> bool {
    (1..=32).contains(&number.len()) && number.bytes().all(|c| c.is_ascii_digit())
}

//! 支付宝, open platform (`gateway.do`, RSA2), for a third-party application (第三方应用): each school authorises it
//! and gets its money itself. P6.2 P6.4 P7.3.
//!
//! Reference: payments §2. What the provider says counts only with its signature over the raw text.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use domain::Moment;
use domain::fault::{Fault, Kind};
use serde::Deserialize;
use x509_parser::pem::Pem;

use crate::ambient::Ambient;
use crate::channel::sign::Signer;
use crate::http::Http;

mod bill;
mod call;
mod callback;
mod pay;
mod refund;

/// The application's account, as its secret holds it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlipaySettings {
    /// The application.
    pub app_id: String,
    /// The account of whoever owns the application (`pid`): rebates are counted by it.
    pub pid: String,
    /// The application's private key, PEM (PKCS#8).
    pub private_key: String,
    /// The provider's public key for this application, PEM.
    pub alipay_public_key: String,
    /// The schools that have authorised the application.
    pub sellers: Vec<SellerSettings>,
}

/// A school that has authorised the application.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellerSettings {
    /// The school's account (`pid`), which gets the money.
    pub pid: String,
    /// The school's own application, as notifications name it.
    pub auth_app_id: String,
    /// What the application acts for the school with.
    pub app_auth_token: String,
}

impl fmt::Debug for AlipaySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlipaySettings")
            .field("app_id", &self.app_id)
            .field("pid", &self.pid)
            .field("sellers", &self.sellers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SellerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SellerSettings").field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// Why the channel cannot be set up. None of the texts holds a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlipaySetupError {
    /// Not scheme and host alone.
    #[error("base url of the payment channel is not a scheme and a host")]
    BaseUrl,
    /// Application or account are not all digits.
    #[error("application of the payment channel is not described")]
    Application,
    /// The private key is no RSA key in PKCS#8.
    #[error("private key of the application does not read")]
    PrivateKey,
    /// The provider's key does not read.
    #[error("public key of the payment channel does not read")]
    PublicKey,
    /// An account that is none, has no application or no token, or is there twice.
    #[error("seller {0} of the payment channel is not described")]
    Seller(String),
}

impl Fault for AlipaySetupError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "gateway/alipay-setup"
    }
}

/// The channel, ready to use.
pub struct Alipay {
    app: String,
    owner: String,
    base: String,
    signer: Signer,
    verifier: ParsedPublicKey,
    /// By account.
    sellers: BTreeMap<String, SellerSettings>,
    http: Http,
    ambient: Arc<dyn Ambient>,
}

impl Alipay {
    /// The channel of the application in `settings`, at the provider under `base_url`
    /// (`https://openapi.alipay.com`).
    pub fn new(
        settings: AlipaySettings,
        base_url: &str,
        http: Http,
        ambient: Arc<dyn Ambient>,
    ) -> Result<Self, AlipaySetupError> {
        let base = crate::channel::base(base_url).ok_or(AlipaySetupError::BaseUrl)?;
        if !is_number(&settings.app_id) || !is_number(&settings.pid) {
            return Err(AlipaySetupError::Application);
        }
        let signer = Signer::new(&settings.private_key).ok_or(AlipaySetupError::PrivateKey)?;
        let verifier = public_key(&settings.alipay_public_key).ok_or(AlipaySetupError::PublicKey)?;
        let mut sellers = BTreeMap::new();
        for seller in settings.sellers {
            let described = is_number(&seller.pid) && is_number(&seller.auth_app_id);
            let pid = seller.pid.clone();
            let usable = described && !seller.app_auth_token.is_empty();
            if !usable || sellers.insert(pid.clone(), seller).is_some() {
                return Err(AlipaySetupError::Seller(pid));
            }
        }
        Ok(Self { app: settings.app_id, owner: settings.pid, base, signer, verifier, sellers, http, ambient })
    }

    /// Whether whose account it is has authorised the application.
    pub fn serves(&self, account: &str) -> bool {
        self.sellers.contains_key(account)
    }
}

impl fmt::Debug for Alipay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alipay").field("app", &self.app).field("base", &self.base).finish_non_exhaustive()
    }
}

/// Numbers of applications and accounts are digits.
fn is_number(text: &str) -> bool {
    (8..=32).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit())
}

fn public_key(pem: &str) -> Option<ParsedPublicKey> {
    let pem = Pem::iter_from_buffer(pem.as_bytes()).next()?.ok()?;
    (pem.label == "PUBLIC KEY").then(|| ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pem.contents).ok())?
}

/// The provider's times are civil, in the zone of China: `2026-09-01 08:00:00`.
fn moment(text: &str) -> Option<Moment> {
    let (day, time) = text.split_once(' ')?;
    // Refunds are told to the millisecond.
    let time = time.split_once('.').map_or(time, |(seconds, _)| seconds);
    Moment::parse(&format!("{day}T{time}+08:00"))
}

/// A moment as the provider writes it.
fn civil(at: Moment) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {}", time.split_once('+').map_or(time, |(time, _)| time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_civil() {
        let at = Moment::from_seconds(1_788_220_800);
        assert_eq!(civil(at), "2026-09-01 08:00:00");
        assert_eq!((moment("2026-09-01 08:00:00"), moment("2026-09-01 08:00:00.123")), (Some(at), Some(at)));
        assert_eq!((moment("2026-09-01"), moment("2026-09-01T08:00:00")), (None, None));
    }
}

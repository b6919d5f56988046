//! China UMS (银联商务), as an example of a bank's aggregated channel (`netpay`, OPEN-BODY-SIG). P6.2 P6.4 P7.3.
//!
//! Reference: payments §3. Neither its answers nor, strongly, its notifications are signed: what counts is what it says
//! when asked, over a connection that proves who answers. Cities and banks differ; one that is opened here first has to
//! be held against the contract.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac::{HMAC_SHA256, Key};
use domain::Moment;
use domain::fault::{Fault, Kind};
use domain::id::{PaymentNo, RefundNo};
use http::Uri;
use serde::Deserialize;

use crate::ambient::Ambient;
use crate::http::Http;

mod call;
mod callback;
mod pay;
mod refund;

/// The letters that our numbers begin with at the provider.
const SOURCE_LETTERS: usize = 4;

/// The platform's account, as its secret holds it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChinaumsSettings {
    /// The application.
    pub app_id: String,
    /// The key that signs requests.
    pub app_key: String,
    /// The key that notifications are signed with.
    pub notify_key: String,
    /// What every number has to begin with: four letters or digits (来源编号).
    pub source: String,
    /// The product (`H5DEFAULT`).
    pub inst_mid: String,
    /// The schools that have an account.
    pub merchants: Vec<MerchantSettings>,
}

/// A school's account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantSettings {
    /// Its merchant number.
    pub mid: String,
    /// Its terminal.
    pub tid: String,
}

impl fmt::Debug for ChinaumsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChinaumsSettings")
            .field("app_id", &self.app_id)
            .field("source", &self.source)
            .field("inst_mid", &self.inst_mid)
            .field("merchants", &self.merchants)
            .finish_non_exhaustive()
    }
}

/// Why the channel cannot be set up. None of the texts holds a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChinaumsSetupError {
    /// Not scheme and host alone, or not a connection that proves who answers.
    #[error("base url of the payment channel is not https and a host")]
    BaseUrl,
    /// Application, keys, source or product are missing.
    #[error("application of the payment channel is not described")]
    Application,
    /// An account that is none, has no terminal, or is there twice.
    #[error("merchant {0} of the payment channel is not described")]
    Merchant(String),
}

impl Fault for ChinaumsSetupError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "gateway/chinaums-setup"
    }
}

/// The channel, ready to use.
pub struct Chinaums {
    app: String,
    key: Key,
    notify_key: String,
    source: String,
    product: String,
    /// By merchant number.
    merchants: BTreeMap<String, MerchantSettings>,
    base: String,
    http: Http,
    ambient: Arc<dyn Ambient>,
}

impl Chinaums {
    /// The channel of the application in `settings`, at the provider under `base_url`
    /// (`https://api-mop.chinaums.com`).
    pub fn new(
        settings: ChinaumsSettings,
        base_url: &str,
        http: Http,
        ambient: Arc<dyn Ambient>,
    ) -> Result<Self, ChinaumsSetupError> {
        let base = crate::channel::base(base_url).filter(|base| proves_itself(base));
        let base = base.ok_or(ChinaumsSetupError::BaseUrl)?;
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric());
        let described = plain(&settings.app_id)
            && plain(&settings.inst_mid)
            && plain(&settings.source)
            && settings.source.len() == SOURCE_LETTERS
            && !settings.app_key.is_empty()
            && !settings.notify_key.is_empty();
        if !described {
            return Err(ChinaumsSetupError::Application);
        }
        let mut merchants = BTreeMap::new();
        for merchant in settings.merchants {
            let (mid, usable) = (merchant.mid.clone(), plain(&merchant.mid) && plain(&merchant.tid));
            if !usable || merchants.insert(mid.clone(), merchant).is_some() {
                return Err(ChinaumsSetupError::Merchant(mid));
            }
        }
        Ok(Self {
            app: settings.app_id,
            key: Key::new(HMAC_SHA256, settings.app_key.as_bytes()),
            notify_key: settings.notify_key,
            source: settings.source,
            product: settings.inst_mid,
            merchants,
            base,
            http,
            ambient,
        })
    }

    /// Whether the platform acts for this account.
    pub fn serves(&self, account: &str) -> bool {
        self.merchants.contains_key(account)
    }

    /// Our number as the provider may have it: letters and digits behind the source.
    fn outer(&self, number: &str) -> String {
        format!("{}{}", self.source, number.replace('-', ""))
    }

    /// A payment's number that the provider knows; none if it is not one of ours.
    fn inner(&self, number: &str) -> Option<PaymentNo> {
        let rest = number.strip_prefix(&self.source)?;
        let (term, rest) = rest.split_at_checked(5)?;
        let (student, rest) = rest.split_at_checked(10)?;
        let (order, attempt) = rest.split_at_checked(2)?;
        let payment: PaymentNo = format!("{term}-{student}-{order}-{attempt}").parse().ok()?;
        (self.outer(payment.as_str()) == number).then_some(payment)
    }

    /// The same for a refund.
    fn inner_refund(&self, number: &str) -> Option<(PaymentNo, String)> {
        let (payment, seq) = number.rsplit_once('R')?;
        let payment = self.inner(payment)?;
        let refund = format!("{payment}-R{seq}");
        refund.parse::<RefundNo>().ok().map(|_ours| (payment, refund))
    }
}

impl fmt::Debug for Chinaums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chinaums").field("app", &self.app).field("base", &self.base).finish_non_exhaustive()
    }
}

/// Answers bear no signature: who answers has to be proved by the connection, or be this machine.
fn proves_itself(base: &str) -> bool {
    let uri: Option<Uri> = base.parse().ok();
    let local = uri.as_ref().and_then(Uri::host).is_some_and(|host| matches!(host, "127.0.0.1" | "localhost"));
    local || uri.as_ref().and_then(Uri::scheme_str) == Some("https")
}

/// The provider's times are civil, in the zone of China: `2026-09-01 08:00:00`.
fn moment(text: &str) -> Option<Moment> {
    let (day, time) = text.split_once(' ')?;
    Moment::parse(&format!("{day}T{time}+08:00"))
}

fn civil(at: Moment) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {}", time.split_once('+').map_or(time, |(time, _)| time))
}

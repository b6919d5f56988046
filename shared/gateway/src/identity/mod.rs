//! Identity providers (身份提供方): who vouches for a person at sign-in. B1.2.
//!
//! The province's platform stands here alone; a city's hub in front of it would be another variant, chosen by the same
//! secret. What a provider says becomes an [`Identified`]; whether that is enough is decided in `domain`.

mod province;

use std::fmt;

use domain::fault::{Fault, Kind};
use domain::sign_in::Identified;
use serde::Deserialize;

pub use province::{Province, ProvinceSettings};

use crate::http::{Http, HttpError};

/// What the secret of the identity provider holds: which one it is, and our account there.
#[derive(Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum IdentitySettings {
    /// The province's unified identity (广东省统一身份认证平台).
    Province(ProvinceSettings),
}

/// An identity provider with our account there.
#[derive(Debug, Clone)]
pub enum IdentityProvider {
    /// The province's unified identity.
    Province(Province),
}

/// The provider cannot be set up from its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("settings of the identity provider: {0} cannot be used")]
pub struct IdentitySetupError(pub(crate) &'static str);

impl Fault for IdentitySetupError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "gateway/identity-setup"
    }
}

/// Why a provider does not say who somebody is. Its addresses carry secrets, so none of the texts holds one.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The provider does not take the code: never given, used, or too old.
    #[error("identity provider refuses the code")]
    Refused,
    /// No answer.
    #[error("identity provider does not answer")]
    NoAnswer(#[source] HttpError),
    /// The answer has another status than those agreed upon.
    #[error("identity provider answers with status {0}")]
    Status(u16),
    /// The answer lacks something or reads otherwise than agreed upon.
    #[error("identity provider's answer does not read: {0}")]
    Malformed(&'static str),
}

impl Fault for IdentityError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused => Kind::Refused,
            // Whatever is the matter with the provider: another try may succeed, and nothing is ours to mend.
            Self::NoAnswer(_) | Self::Status(_) | Self::Malformed(_) => Kind::Unavailable,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Refused => "gateway/identity-refused",
            Self::NoAnswer(_) => "gateway/identity-no-answer",
            Self::Status(_) => "gateway/identity-status",
            Self::Malformed(_) => "gateway/identity-malformed",
        }
    }
}

impl fmt::Debug for IdentitySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Province(_) => f.write_str("IdentitySettings::Province"),
        }
    }
}

impl IdentityProvider {
    /// The provider at `base_url` that sends people back to `return_url`, which is registered there letter by letter.
    pub fn new(
        settings: IdentitySettings,
        base_url: &str,
        return_url: &str,
        http: Http,
    ) -> Result<Self, IdentitySetupError> {
        match settings {
            IdentitySettings::Province(settings) => {
                Province::new(settings, base_url, return_url, http).map(Self::Province)
            }
        }
    }

    /// Where the browser goes. `state` comes back with the answer.
    pub fn authorize_url(&self, state: &str) -> String {
        match self {
            Self::Province(province) => province.authorize_url(state),
        }
    }

    /// Who has come back with this code. The provider takes a code once.
    pub async fn identify(&self, code: &str) -> Result<Identified, IdentityError> {
        match self {
            Self::Province(province) => province.identify(code).await,
        }
    }
}

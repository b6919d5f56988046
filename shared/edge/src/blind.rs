//! Blind index (盲索引): keyed hashes of numbers and phones, so that a person is found without the number being a key.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::import::Keys;
use domain::{Fault, Kind};
use gateway::secret::SecretError;
use serde::Deserialize;

use crate::app::App;
use crate::config::{MissingVariable, Variable};

/// The key of the blind index.
#[derive(Debug, Clone)]
pub struct Blind {
    key: hmac::Key,
}

/// What the secret holds: `{"key": "<base 64 of 32 bytes>"}`.
#[derive(Deserialize)]
struct BlindSecret {
    key: String,
}

/// Why the key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlindError {
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
    /// The secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret holds no key of 32 bytes.
    #[error("secret of the blind index holds no key of 32 bytes")]
    Unusable,
}

impl Fault for BlindError {
    fn kind(&self) -> Kind {
        match self {
            Self::Variable(error) => error.kind(),
            Self::Secret(error) => error.kind(),
            Self::Unusable => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Variable(error) => error.slug(),
            Self::Secret(error) => error.slug(),
            Self::Unusable => "edge/blind-key-unusable",
        }
    }
}

impl Blind {
    /// The key that the secret holds.
    pub async fn of(app: &App) -> Result<Self, BlindError> {
        Self::with(app.secrets().get(app.variable(Variable::BlindSecret)?).await?)
    }

    /// The key in the text of a secret.
    pub fn read(secret: &str) -> Result<Self, BlindError> {
        Self::with(serde_json::from_str(secret).map_err(|_unreadable| BlindError::Unusable)?)
    }

    fn with(secret: BlindSecret) -> Result<Self, BlindError> {
        let bytes = STANDARD.decode(secret.key).map_err(|_not_base64| BlindError::Unusable)?;
        if bytes.len() != 32 {
            return Err(BlindError::Unusable);
        }
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &bytes) })
    }
}

impl Keys for Blind {
    fn keyed(&self, label: &str, text: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(label.as_bytes());
        // A label ends where its text begins.
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().zip(context.sign().as_ref()) {
            *place = *byte;
        }
        hash
    }
}

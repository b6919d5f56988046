//! Signers (报文签名): how either side proves that a message is its own. The city's guide says which; each works alike.
//! B5.1 B6.1.

use std::fmt;
use std::str::FromStr as _;

use aws_lc_rs::hmac as lc;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm3::Sm3;

/// Shortest key of an HMAC.
const SHORTEST_KEY: usize = 16;

/// Proves messages, and tells whether one is the other side's.
pub trait Signer: fmt::Debug + Send + Sync + 'static {
    /// What the method is called on the wire.
    fn method(&self) -> &'static str;

    /// The signature of a message.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;

    /// Whether a signature is the other side's, of this message.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// A message could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("message could not be signed")]
pub struct SigningError;

/// A key that cannot be used: which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("key of the supervision system is not usable: {0}")]
pub struct KeyError(pub &'static str);

/// How messages are signed, with the keys, as the secret store holds it. All keys are hexadecimal.
#[derive(Clone, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SignSettings {
    /// HMAC with SHA-256.
    HmacSha256 {
        /// What both sides know.
        key: String,
    },
    /// HMAC with SM3 (GB/T 32905).
    HmacSm3 {
        /// What both sides know.
        key: String,
    },
    /// SM2 with SM3 (GB/T 32918.2).
    Sm2 {
        /// The distinguishing identifier of both sides.
        id: String,
        /// Our private key, 32 bytes.
        private_key: String,
        /// The city's public key, an uncompressed point of 65 bytes.
        city_public_key: String,
    },
}

impl fmt::Debug for SignSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HmacSha256 { .. } => "HmacSha256",
            Self::HmacSm3 { .. } => "HmacSm3",
            Self::Sm2 { .. } => "Sm2",
        })
    }
}

impl SignSettings {
    /// The signer that is meant.
    pub fn signer(&self) -> Result<Box<dyn Signer>, KeyError> {
        Ok(match self {
            Self::HmacSha256 { key } => Box::new(HmacSha256(lc::Key::new(lc::HMAC_SHA256, &shared_key(key)?))),
            Self::HmacSm3 { key } => {
                let key = shared_key(key)?;
                Box::new(HmacSm3(Hmac::new_from_slice(&key).map_err(|_any_length_fits| KeyError("key"))?))
            }
            Self::Sm2 { id, private_key, city_public_key } => Box::new(Sm2::new(id, private_key, city_public_key)?),
        })
    }
}

fn shared_key(text: &str) -> Result<Vec<u8>, KeyError> {
    hex::decode(text).ok().filter(|key| key.len() >= SHORTEST_KEY).ok_or(KeyError("key"))
}

/// HMAC with SHA-256.
#[derive(Debug)]
pub struct HmacSha256(lc::Key);

impl Signer for HmacSha256 {
    fn method(&self) -> &'static str {
        "hmac-sha256"
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        Ok(lc::sign(&self.0, message).as_ref().to_vec())
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        lc::verify(&self.0, message, signature).is_ok()
    }
}

/// HMAC with SM3. KMS has no such key, so it is worked out here.
pub struct HmacSm3(Hmac<Sm3>);

impl fmt::Debug for HmacSm3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacSm3")
    }
}

impl Signer for HmacSm3 {
    fn method(&self) -> &'static str {
        "hmac-sm3"
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(signature).is_ok()
    }
}

/// SM2 with SM3; a signature is `r` and `s`, 64 bytes. It draws no number: the same message has the same signature.
#[derive(Debug)]
pub struct Sm2 {
    ours: SigningKey,
    theirs: VerifyingKey,
}

impl Sm2 {
    fn new(id: &str, private_key: &str, city_public_key: &str) -> Result<Self, KeyError> {
        let private = hex::decode(private_key).map_err(|_not_hex| KeyError("private key"))?;
        let public = hex::decode(city_public_key).map_err(|_not_hex| KeyError("public key of the city"))?;
        let id = String::from_str(id).ok().filter(|id| !id.is_empty()).ok_or(KeyError("id"))?;
        Ok(Self {
            ours: SigningKey::from_slice(&id, &private).map_err(|_no_scalar| KeyError("private key"))?,
            theirs: VerifyingKey::from_sec1_bytes(&id, &public)
                .map_err(|_no_point| KeyError("public key of the city"))?,
        })
    }
}

impl Signer for Sm2 {
    fn method(&self) -> &'static str {
        "sm2"
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signature: Signature = self.ours.try_sign(message).map_err(|_unlucky| SigningError)?;
        Ok(signature.to_bytes().to_vec())
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.theirs.verify(message, &signature).is_ok())
    }
}

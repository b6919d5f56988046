//! Signatures (报文签名) of both sides by the three methods that the platform may use.

use aws_lc_rs::hmac as lc;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey};
use sm3::Sm3;

/// The platform's number.
pub const APP_ID: &str = "P4420000001";
/// What both sides know, for the HMACs.
pub const SHARED_KEY: &str = "66696374697665207368617265642073757065727669736f7279206b65792121";
/// The identifier in SM2 signatures.
pub const SM2_ID: &str = "1234567812345678";
/// The platform's private key.
pub const PLATFORM_SM2_KEY: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
/// The city's private key.
const CITY_SM2_KEY: &str = "128b2fa8bd433c6c068c8d803dff79792a519a55171b1b650c23661d15897263";

/// How a side signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignMethod {
    HmacSha256,
    HmacSm3,
    Sm2,
}

impl SignMethod {
    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::HmacSha256, Self::HmacSm3, Self::Sm2].into_iter().find(|method| method.name() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSm3 => "hmac-sm3",
            Self::Sm2 => "sm2",
        }
    }

    /// The city's signature.
    pub(super) fn sign(self, message: &[u8]) -> String {
        hex::encode(match self {
            Self::HmacSha256 => lc::sign(&lc::Key::new(lc::HMAC_SHA256, &shared()), message).as_ref().to_vec(),
            Self::HmacSm3 => hmac_sm3().chain_update(message).finalize().into_bytes().to_vec(),
            Self::Sm2 => {
                let signature: Signature = sm2_key(CITY_SM2_KEY).sign(message);
                signature.to_bytes().to_vec()
            }
        })
    }

    /// Whether a signature is the platform's.
    pub(super) fn verifies(self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        match self {
            Self::HmacSha256 => lc::verify(&lc::Key::new(lc::HMAC_SHA256, &shared()), message, &signature).is_ok(),
            Self::HmacSm3 => hmac_sm3().chain_update(message).verify_slice(&signature).is_ok(),
            Self::Sm2 => Signature::from_slice(&signature)
                .is_ok_and(|signature| sm2_key(PLATFORM_SM2_KEY).verifying_key().verify(message, &signature).is_ok()),
        }
    }
}

/// The city's public key, an uncompressed point in hexadecimal.
pub fn city_sm2_public_key() -> String {
    hex::encode(sm2_key(CITY_SM2_KEY).verifying_key().to_sec1_bytes())
}

fn shared() -> Vec<u8> {
    hex::decode(SHARED_KEY).expect("the key is hexadecimal")
}

fn hmac_sm3() -> Hmac<Sm3> {
    Hmac::new_from_slice(&shared()).expect("a key of any length fits")
}

fn sm2_key(hexadecimal: &str) -> SigningKey {
    let bytes = hex::decode(hexadecimal).expect("the key is hexadecimal");
    SigningKey::from_slice(SM2_ID, &bytes).expect("the key is a scalar")
}

pub(super) fn told<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

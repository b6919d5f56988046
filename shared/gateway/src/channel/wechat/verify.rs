//! Verification of what the provider signed (应答与回调验签): by serial, over raw bytes, within five minutes.

use std::collections::BTreeMap;

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::prelude::{BASE64_STANDARD, Engine};
use domain::Moment;
use http::HeaderMap;
use x509_parser::pem::Pem;

use crate::channel::CallbackError;

/// How far the time of a signature may lie from ours, both ways.
pub const FRESHNESS_SECONDS: i64 = 300;

const TIMESTAMP: &str = "Wechatpay-Timestamp";
const NONCE: &str = "Wechatpay-Nonce";
const SIGNATURE: &str = "Wechatpay-Signature";
const SERIAL: &str = "Wechatpay-Serial";
const SIGNATURE_TYPE: &str = "Wechatpay-Signature-Type";
const RSA: &str = "WECHATPAY2-SHA256-RSA2048";

/// How much of a stranger's serial is repeated in our log.
const SERIAL_SHOWN: usize = 64;

/// The keys that are trusted now. While a merchant moves from certificates to the public key, both are.
pub(super) struct Verifiers {
    keys: BTreeMap<String, Trusted>,
}

/// A key of the provider: it verifies what the provider says, and seals what only the provider shall read.
struct Trusted {
    verifies: ParsedPublicKey,
    seals: OaepPublicEncryptingKey,
}

impl Verifiers {
    pub(super) const fn new() -> Self {
        Self { keys: BTreeMap::new() }
    }

    /// Trusts the public key or certificate in `pem` under `serial`. False if it is neither, or if the certificate
    /// bears another serial. The dates of a certificate are not looked at: what is no longer trusted is taken out.
    pub(super) fn trust(&mut self, serial: &str, pem: &str) -> bool {
        let Some(key) = public_key(serial, pem) else { return false };
        self.keys.insert(serial.to_owned(), key);
        true
    }

    pub(super) fn knows(&self, serial: &str) -> bool {
        self.keys.contains_key(serial)
    }

    /// A text that only the holder of the key of `serial` can read, base64.
    pub(super) fn seal(&self, serial: &str, text: &str) -> Option<String> {
        let key = &self.keys.get(serial)?.seals;
        let mut sealed = vec![0; key.ciphertext_size()];
        let sealed = key.encrypt(&OAEP_SHA1_MGF1SHA1, text.as_bytes(), &mut sealed, None).ok()?;
        Some(BASE64_STANDARD.encode(sealed))
    }

    /// Whether the provider signed `body` with these headers. There is no branch for the provider's probes
    /// (`WECHATPAY/SIGNTEST/`): they are wrong signatures, and must fail like any other.
    pub(super) fn verify(&self, headers: &HeaderMap, body: &[u8], now: Moment) -> Result<(), CallbackError> {
        let timestamp = single(headers, TIMESTAMP)?;
        let nonce = single(headers, NONCE)?;
        let signature = single(headers, SIGNATURE)?;
        let serial = single(headers, SERIAL)?;
        if headers.contains_key(SIGNATURE_TYPE) && single(headers, SIGNATURE_TYPE)? != RSA {
            return Err(CallbackError::UnsupportedAlgorithm);
        }
        let signed_at: i64 = timestamp.parse().map_err(|_unreadable| CallbackError::StaleTimestamp)?;
        if now.seconds_since(Moment::from_seconds(signed_at)).unsigned_abs() > FRESHNESS_SECONDS.unsigned_abs() {
            return Err(CallbackError::StaleTimestamp);
        }
        let Some(key) = self.keys.get(serial) else {
            return Err(CallbackError::UnknownSerial(serial.chars().take(SERIAL_SHOWN).collect()));
        };
        let signature = BASE64_STANDARD.decode(signature).map_err(|_unreadable| CallbackError::BadSignature)?;
        let signed = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
        key.verifies.verify_sig(&signed, &signature).map_err(|_unspecified| CallbackError::BadSignature)
    }
}

/// Whether an answer claims to be signed at all.
pub(super) fn claims_signature(headers: &HeaderMap) -> bool {
    headers.contains_key(SIGNATURE)
}

/// The one value of a header. Two values are as bad as none: which one was signed?
fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, CallbackError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_opaque| CallbackError::MissingHeader(name)),
        _ => Err(CallbackError::MissingHeader(name)),
    }
}

fn public_key(serial: &str, pem: &str) -> Option<Trusted> {
    let pem = Pem::iter_from_buffer(pem.as_bytes()).next()?.ok()?;
    let spki = match pem.label.as_str() {
        "PUBLIC KEY" => pem.contents,
        "CERTIFICATE" => {
            let certificate = pem.parse_x509().ok()?;
            let own = hex::encode_upper(certificate.tbs_certificate.raw_serial());
            let same = own.trim_start_matches('0') == serial.trim_start_matches('0');
            same.then(|| certificate.public_key().raw.to_vec())?
        }
        _ => return None,
    };
    let seals = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(&spki).ok()?).ok()?;
    Some(Trusted { verifies: ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki).ok()?, seals })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_trusted_under_its_own_serial_only() {
        let pem = include_str!("../../../../../infra/simulator/keys/platform-old.crt.pem");
        let mut verifiers = Verifiers::new();
        assert!(verifiers.trust("5C9D7A31F04E2B86D1A70C44B5E39F1286AA03D7", pem));
        assert!(!verifiers.trust("5C9D7A31F04E2B86D1A70C44B5E39F1286AA03D8", pem));
        assert!(!verifiers.trust("PUB_KEY_ID_1", "no key"));
        assert!(!verifiers.trust("PUB_KEY_ID_1", ""));
        let private = include_str!("../../../../../infra/simulator/keys/merchant.key.pem");
        assert!(!verifiers.trust("PUB_KEY_ID_1", private));
    }

    /// Made by `openssl dgst -sha256 -sign`; the second one covers an empty body, as the answer 204 has.
    const SIGNED: [(&str, &str, &str); 2] = [
        (
            PUBLIC_KEY,
            "{\"id\":\"1\"}",
            "rB5XpHz9iZh7Bi9BLQJuysmiA2D/yHjBwp84lxw6U+oq/ZRd8V8IPTsJAm0TSvsTzzACczFrFQa9bB3PSGltjLI0iiVlvqR6eIRsH3Yplz7hr3MVKAFN9/jaIbYaqnbh5fYPqcnJ1ctMkCAULzJSfOV4T6leILpQGR6ohoJJbeA0Rjbx/hDpR3ULEkBdySZG/JKnLGRNGU5pzz9ds7mnvya3M9jmlxjGt+tu1g/RjF0T/CgSpIBc7JR3nTHqUvCejAYYaWHmiPsUjYVuLACedy7OwUgnyCv+E6ScIWN0g14Yl12bPs5YTM0HApXRxjMD6v+ECAtNXkHjl8aJ5A95Rg==",
        ),
        (
            CERTIFICATE,
            "",
            "r31lhBJIHJFffIWrPigbb+XR5YRZ7g8SeXo0N/D0i6bjYZXsDqqPd7eHc4S2ygIcfdegwAOTTmaavT8Mg6yYxQCIi9MKRWpPf3h5OgVEqMwcDkZhXsnoZRWJskJ3W2TwzSo+SzKImQ41sble4NcI4AyS4+biZ0Twv6pcXx5Ucb+ZcAoUso4KrilZHOaEmafdQ9eKcOxYMKWYfTPvM+lRDZexeT8crc4e1X5GyeKkYxsMxzOc85Nefz7k88SMRdRYNTPGaIsBmYQ6wOxLFIJLhnz0E9neAljQNEUqkscRw53iYH+CNxLtx3zlnJkxLMTyX3lyz6uAzeJz9Omds5w6Fw==",
        ),
    ];
    const PUBLIC_KEY: &str = "PUB_KEY_ID_1";
    const CERTIFICATE: &str = "5C9D7A31F04E2B86D1A70C44B5E39F1286AA03D7";
    const SIGNED_AT: i64 = 1_788_220_800;

    fn headers(serial: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TIMESTAMP, SIGNED_AT.into());
        headers.insert(NONCE, "abcdef".parse().unwrap());
        headers.insert(SIGNATURE, signature.parse().unwrap());
        headers.insert(SERIAL, serial.parse().unwrap());
        headers
    }

    #[test]
    fn what_openssl_signed_verifies_under_its_own_serial() {
        let mut verifiers = Verifiers::new();
        assert!(verifiers.trust(PUBLIC_KEY, include_str!("../../../../../infra/simulator/keys/platform.pub.pem")));
        let certificate = include_str!("../../../../../infra/simulator/keys/platform-old.crt.pem");
        assert!(verifiers.trust(CERTIFICATE, certificate));
        let now = Moment::from_seconds(SIGNED_AT);
        for (serial, body, signature) in SIGNED {
            assert_eq!(verifiers.verify(&headers(serial, signature), body.as_bytes(), now), Ok(()));
            let other = if serial == CERTIFICATE { PUBLIC_KEY } else { CERTIFICATE };
            let crossed = verifiers.verify(&headers(other, signature), body.as_bytes(), now);
            assert_eq!(crossed, Err(CallbackError::BadSignature), "the key is chosen by serial alone");
        }
    }
}

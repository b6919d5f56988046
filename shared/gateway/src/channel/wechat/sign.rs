//! Signing of requests and pay parameters (请求签名): RSA PKCS#1 v1.5 with SHA-256 under the merchant's key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::prelude::{BASE64_STANDARD, Engine};
use domain::Moment;
use x509_parser::pem::Pem;

use crate::channel::ChannelError;

/// The name of the scheme in the `Authorization` header.
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// The service provider's key. Schools need none: in partner mode everything is signed by the service provider.
pub(super) struct Signer {
    merchant: String,
    serial: String,
    key: KeyPair,
}

impl Signer {
    /// A signer, if `pem` is a private key in PKCS#8.
    pub(super) fn new(merchant: &str, serial: &str, pem: &str) -> Option<Self> {
        let pem = Pem::iter_from_buffer(pem.as_bytes()).next()?.ok()?;
        let key = KeyPair::from_pkcs8(&pem.contents).ok()?;
        Some(Self { merchant: merchant.to_owned(), serial: serial.to_owned(), key })
    }

    /// The `Authorization` header of a request. `target` is path and query exactly as they are sent.
    pub(super) fn authorization(
        &self,
        method: &http::Method,
        target: &str,
        body: &str,
        now: Moment,
        nonce: &str,
    ) -> Result<String, ChannelError> {
        let timestamp = now.seconds();
        let signature = self.sign(&format!("{method}\n{target}\n{timestamp}\n{nonce}\n{body}\n"))?;
        let (merchant, serial) = (&self.merchant, &self.serial);
        Ok(format!(
            r#"{SCHEME} mchid="{merchant}",nonce_str="{nonce}",signature="{signature}",timestamp="{timestamp}",serial_no="{serial}""#
        ))
    }

    /// The signature over pay parameters (`paySign`).
    pub(super) fn pay_sign(
        &self,
        app: &str,
        time_stamp: &str,
        nonce: &str,
        package: &str,
    ) -> Result<String, ChannelError> {
        self.sign(&format!("{app}\n{time_stamp}\n{nonce}\n{package}\n"))
    }

    fn sign(&self, text: &str) -> Result<String, ChannelError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        // This padding takes no randomness: the same text has the same signature, also in a replayed simulation.
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_unspecified| ChannelError::Unsigned)?;
        Ok(BASE64_STANDARD.encode(signature))
    }
}

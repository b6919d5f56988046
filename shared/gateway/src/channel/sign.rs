//! Signing of what is sent (请求签名): RSA PKCS#1 v1.5 with SHA-256, base64, under a key of ours.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::prelude::{BASE64_STANDARD, Engine};
use x509_parser::pem::Pem;

use crate::channel::ChannelError;

/// A private key.
pub(super) struct Signer(KeyPair);

impl Signer {
    /// A signer, if `pem` is a private key in PKCS#8.
    pub(super) fn new(pem: &str) -> Option<Self> {
        KeyPair::from_pkcs8(&pkcs8(pem)?).ok().map(Self)
    }

    /// The signature over a text.
    pub(super) fn sign(&self, text: &str) -> Result<String, ChannelError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        // This padding takes no randomness: the same text has the same signature, also in a replayed simulation.
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_unspecified| ChannelError::Unsigned)?;
        Ok(BASE64_STANDARD.encode(signature))
    }
}

/// The key in a PEM text.
pub(super) fn pkcs8(pem: &str) -> Option<Vec<u8>> {
    Some(Pem::iter_from_buffer(pem.as_bytes()).next()?.ok()?.contents)
}

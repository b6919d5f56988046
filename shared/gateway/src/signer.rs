//! Signer (签名): a key in KMS signs for the platform, and its public half verifies anywhere. Promise P9.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use aws_sdk_kms::Client;
use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::operation::get_public_key::GetPublicKeyError;
use aws_sdk_kms::operation::sign::SignError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use domain::audit::verify::PublicKey;
use domain::fault::{Fault, Kind};

use crate::outage::is_outage;

/// What comes before the 65 bytes of a point of P-256 in a public key as KMS gives it: DER of `SubjectPublicKeyInfo`.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
    0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The length of an uncompressed point of P-256.
const POINT: usize = 65;

/// Why nothing was signed, or a public key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The key did not sign.
    #[error("key did not sign")]
    Sign {
        /// What KMS said.
        #[source]
        source: Box<SdkError<SignError>>,
    },
    /// The public key was not given.
    #[error("public key could not be fetched")]
    Public {
        /// What KMS said.
        #[source]
        source: Box<SdkError<GetPublicKeyError>>,
    },
    /// An answer without what was asked for.
    #[error("answer of the key service is empty")]
    Empty,
    /// The key is not one of P-256.
    #[error("public key is not of P-256")]
    Kind,
}

impl Fault for SignerError {
    fn kind(&self) -> Kind {
        let outage = match self {
            Self::Sign { source } => is_outage(source),
            Self::Public { source } => is_outage(source),
            Self::Empty | Self::Kind => false,
        };
        if outage { Kind::Unavailable } else { Kind::Internal }
    }

    fn slug(&self) -> &'static str {
        match (self.kind(), self) {
            (Kind::Unavailable, _) => "gateway/signer-unavailable",
            (_, Self::Kind) => "gateway/signer-key-unusable",
            _ => "gateway/signer-refused",
        }
    }
}

/// The keys that sign.
#[derive(Debug, Clone)]
pub struct Signer {
    client: Client,
}

impl Signer {
    /// Keys behind `client`.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Signs a message of any length: only its SHA-256 leaves this machine. ECDSA over P-256, DER.
    pub async fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let hash = digest(&SHA256, message);
        let request = self.client.sign().key_id(key).message(Blob::new(hash.as_ref()));
        let request = request.message_type(MessageType::Digest).signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let answer = request.send().await.map_err(|error| SignerError::Sign { source: Box::new(error) })?;
        answer.signature.map(Blob::into_inner).ok_or(SignerError::Empty)
    }

    /// The public half of a key.
    pub async fn public_key(&self, key: &str) -> Result<VerifyingKey, SignerError> {
        let sent = self.client.get_public_key().key_id(key).send().await;
        let answer = sent.map_err(|error| SignerError::Public { source: Box::new(error) })?;
        VerifyingKey::from_der(answer.public_key.ok_or(SignerError::Empty)?.as_ref())
    }
}

/// The public half of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    point: Vec<u8>,
}

impl VerifyingKey {
    /// Reads a public key as KMS gives it: DER of `SubjectPublicKeyInfo`.
    pub fn from_der(der: &[u8]) -> Result<Self, SignerError> {
        match der.strip_prefix(&P256_PREFIX) {
            Some(point) if point.len() == POINT => Ok(Self { point: point.to_vec() }),
            _ => Err(SignerError::Kind),
        }
    }

    /// The same as DER, to be kept.
    pub fn to_der(&self) -> Vec<u8> {
        [&P256_PREFIX, self.point.as_slice()].concat()
    }
}

impl PublicKey for VerifyingKey {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point).verify(message, signature).is_ok()
    }
}

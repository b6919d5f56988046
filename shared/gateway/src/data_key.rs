//! Data keys (数据密钥): made and opened by KMS, each bound to its tenant and to its purpose. K3.

use std::fmt;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::operation::generate_data_key::GenerateDataKeyError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use domain::fault::{Fault, Kind};

use crate::outage::is_outage;

/// What the keys are for; roles may use the key of the platform for this purpose only.
pub const PURPOSE: &str = "personal-data";

/// Bytes of a data key.
const KEY_BYTES: usize = 32;

/// Why a data key cannot be had. None of the texts holds a part of it.
#[derive(Debug, thiserror::Error)]
pub enum DataKeyError {
    /// None could be made.
    #[error("data key of {tenant} could not be made")]
    Make {
        /// Whose.
        tenant: String,
        /// What KMS said.
        #[source]
        source: Box<SdkError<GenerateDataKeyError>>,
    },
    /// It could not be opened.
    #[error("data key of {tenant} could not be opened")]
    Open {
        /// Whose.
        tenant: String,
        /// What KMS said.
        #[source]
        source: Box<SdkError<DecryptError>>,
    },
    /// It has another length than was asked for.
    #[error("data key of {tenant} has not 32 bytes")]
    Unusable {
        /// Whose.
        tenant: String,
    },
}

impl Fault for DataKeyError {
    fn kind(&self) -> Kind {
        let outage = match self {
            Self::Make { source, .. } => is_outage(source),
            Self::Open { source, .. } => is_outage(source),
            Self::Unusable { .. } => false,
        };
        if outage { Kind::Unavailable } else { Kind::Internal }
    }

    fn slug(&self) -> &'static str {
        if self.kind() == Kind::Unavailable { "gateway/data-key-unavailable" } else { "gateway/data-key-refused" }
    }
}

/// A data key that was just made.
pub struct Made {
    /// The key itself.
    pub bytes: [u8; KEY_BYTES],
    /// The same as only KMS can open it, for this tenant.
    pub wrapped: Vec<u8>,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Made")
    }
}

/// The key of KMS under which data keys are wrapped.
#[derive(Debug, Clone)]
pub struct DataKeys {
    client: Client,
    key: String,
}

impl DataKeys {
    /// Data keys under the key of that ARN, behind `client`.
    pub fn new(client: Client, key: impl Into<String>) -> Self {
        Self { client, key: key.into() }
    }

    /// Makes a data key for a tenant.
    pub async fn make(&self, tenant: &str) -> Result<Made, DataKeyError> {
        let made = self
            .client
            .generate_data_key()
            .key_id(&self.key)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("tenant", tenant)
            .encryption_context("purpose", PURPOSE)
            .send()
            .await
            .map_err(|error| DataKeyError::Make { tenant: tenant.to_owned(), source: Box::new(error) })?;
        let wrapped = made.ciphertext_blob.map(Blob::into_inner).filter(|wrapped| !wrapped.is_empty());
        let parts = usable(made.plaintext).zip(wrapped);
        let (bytes, wrapped) = parts.ok_or_else(|| DataKeyError::Unusable { tenant: tenant.to_owned() })?;
        Ok(Made { bytes, wrapped })
    }

    /// Opens a data key that was wrapped for this tenant.
    pub async fn open(&self, tenant: &str, wrapped: &[u8]) -> Result<[u8; KEY_BYTES], DataKeyError> {
        let opened = self
            .client
            .decrypt()
            // Named, so that a key which somebody wrapped elsewhere does not open.
            .key_id(&self.key)
            .ciphertext_blob(Blob::new(wrapped))
            .encryption_context("tenant", tenant)
            .encryption_context("purpose", PURPOSE)
            .send()
            .await
            .map_err(|error| DataKeyError::Open { tenant: tenant.to_owned(), source: Box::new(error) })?;
        usable(opened.plaintext).ok_or_else(|| DataKeyError::Unusable { tenant: tenant.to_owned() })
    }
}

fn usable(bytes: Option<Blob>) -> Option<[u8; KEY_BYTES]> {
    bytes.and_then(|bytes| bytes.as_ref().try_into().ok())
}

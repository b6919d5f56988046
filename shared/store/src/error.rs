//! Failures of the tables (数据表故障), told to the log; one of them is told to the caller.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Fault, Kind};

use crate::envelope::EnvelopeError;
use crate::key::Key;
use crate::keyring::KeyFailure;

/// A failure of the tables, told to the log; the caller reads a general sentence, and of what was destroyed a sentence
/// of its own.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "store/")]
pub enum StoreError {
    /// The item has another version than the writer read: read again and decide again.
    #[error("item changed since it was read")]
    Stale,
    /// The outcome is unknown or the table does not answer now.
    #[error("table unavailable during {operation}")]
    Unavailable {
        /// What was asked of it.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The table refuses the request: a defect of ours, or a missing permission.
    #[error("table rejected {operation}")]
    Rejected {
        /// What was asked of it.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An item cannot be read or written as what it should be.
    #[error("item of kind {kind} cannot be converted")]
    Unreadable {
        /// What it should be.
        kind: &'static str,
        /// Why.
        #[source]
        source: serde_dynamo::Error,
    },
    /// An item that must exist does not.
    #[error("item is missing: {0:?}")]
    Missing(Key),
    /// An item to be written holds personal data, and nobody said whose: nothing is written.
    #[error("item of kind {kind} holds personal data of no tenant")]
    NoTenant {
        /// What it should be.
        kind: &'static str,
    },
    /// A value to be written has an attribute that the table adds itself: nothing is written.
    #[error("value of kind {kind} has an attribute of the table's own")]
    MarkTaken {
        /// What it should be.
        kind: &'static str,
    },
    /// A personal datum cannot be sealed or opened.
    #[error("personal data cannot be sealed or opened")]
    Envelope(#[from] EnvelopeError),
    /// The key service does not answer now.
    #[error("key service unavailable")]
    KeyUnavailable(#[source] KeyFailure),
    /// The key service gives no key: a defect of ours, or a missing permission.
    #[error("key service refuses")]
    KeyRefused(#[source] KeyFailure),
    /// The keys of the personal data are destroyed, and it with them.
    #[error("相关个人信息已按规定销毁,不能再查看或修改")]
    Shredded,
}

impl From<KeyFailure> for StoreError {
    fn from(failure: KeyFailure) -> Self {
        if failure.outage { Self::KeyUnavailable(failure) } else { Self::KeyRefused(failure) }
    }
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Stale | Self::Unavailable { .. } | Self::KeyUnavailable(_) => Kind::Unavailable,
            Self::Rejected { .. }
            | Self::Unreadable { .. }
            | Self::Missing(_)
            | Self::NoTenant { .. }
            | Self::MarkTaken { .. }
            | Self::Envelope(_)
            | Self::KeyRefused(_) => Kind::Internal,
            Self::Shredded => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Codes by which DynamoDB says: not now.
const BUSY: [&str; 6] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TransactionConflictException",
    "TransactionInProgressException",
    "InternalServerError",
];

impl StoreError {
    /// What an SDK error means for the caller: unknown outcomes are unavailability, answers are refusals.
    pub(crate) fn from_sdk<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let answered = error.as_service_error().is_some();
        let busy = error.code().is_some_and(|code| BUSY.contains(&code));
        let source = Box::new(error);
        if answered && !busy { Self::Rejected { operation, source } } else { Self::Unavailable { operation, source } }
    }
}

/// Whether a write was refused because its condition did not hold.
pub(crate) fn condition_failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// The item a failed condition came with.
pub(crate) type Image = std::collections::HashMap<String, AttributeValue>;

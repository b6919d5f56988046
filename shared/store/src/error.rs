//! Failures of the tables (数据表故障), told to the log.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Fault, Kind};

use crate::key::Key;

/// A failure of the tables, told to the log; the caller reads a general sentence.
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
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Stale | Self::Unavailable { .. } => Kind::Unavailable,
            Self::Rejected { .. } | Self::Unreadable { .. } | Self::Missing(_) => Kind::Internal,
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

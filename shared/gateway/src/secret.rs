//! Secrets (密钥): JSON documents from the secret store, fetched once in the life of a function's environment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use domain::fault::{Fault, Kind};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::outage::is_outage;

/// Why a secret cannot be used. None of the texts holds a part of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It could not be fetched.
    #[error("secret {name} could not be fetched")]
    Fetch {
        /// Its name.
        name: String,
        /// What the store said.
        #[source]
        source: Box<SdkError<GetSecretValueError>>,
    },
    /// It holds bytes instead of text.
    #[error("secret {name} holds no text")]
    NoText {
        /// Its name.
        name: String,
    },
    /// Its text is not the JSON that is wanted. The parser's own words could quote the text, so only the place is kept.
    #[error("secret {name} does not read, line {line} column {column}")]
    Shape {
        /// Its name.
        name: String,
        /// Where reading stopped.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
}

impl Fault for SecretError {
    fn kind(&self) -> Kind {
        match self {
            Self::Fetch { source, .. } if is_outage(source) => Kind::Unavailable,
            Self::Fetch { .. } | Self::NoText { .. } | Self::Shape { .. } => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        match (self.kind(), self) {
            (Kind::Unavailable, _) => "gateway/secret-unavailable",
            (_, Self::Fetch { .. }) => "gateway/secret-refused",
            _ => "gateway/secret-unreadable",
        }
    }
}

/// The secrets a function may read. A new version of a secret reaches new environments only: rotation keeps the old
/// value valid until they are all new.
#[derive(Clone)]
pub struct Secrets {
    client: Client,
    fetched: Arc<Mutex<BTreeMap<String, Arc<str>>>>,
}

impl Secrets {
    /// Secrets behind `client`.
    pub fn new(client: Client) -> Self {
        Self { client, fetched: Arc::default() }
    }

    /// The JSON secret called `name`, read as `T`.
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, SecretError> {
        let text = self.text(name).await?;
        serde_json::from_str(&text).map_err(|error| SecretError::Shape {
            name: name.to_owned(),
            line: error.line(),
            column: error.column(),
        })
    }

    /// The same; none if there is no such secret, or if it holds `null`: what it would open is not opened.
    pub async fn find<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SecretError> {
        match self.get(name).await {
            Err(SecretError::Fetch { source, .. }) if is_absent(&source) => Ok(None),
            found => found,
        }
    }

    /// The lock is held while fetching, so that two requests of a cold start fetch once.
    async fn text(&self, name: &str) -> Result<Arc<str>, SecretError> {
        let mut fetched = self.fetched.lock().await;
        if let Some(text) = fetched.get(name) {
            return Ok(Arc::clone(text));
        }
        let answer = self.client.get_secret_value().secret_id(name).send().await;
        let answer = answer.map_err(|error| SecretError::Fetch { name: name.to_owned(), source: Box::new(error) })?;
        let text: Arc<str> =
            answer.secret_string().ok_or_else(|| SecretError::NoText { name: name.to_owned() })?.into();
        fetched.insert(name.to_owned(), Arc::clone(&text));
        Ok(text)
    }
}

fn is_absent(error: &SdkError<GetSecretValueError>) -> bool {
    error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

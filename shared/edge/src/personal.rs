//! The keys of personal data (个人信息密钥): the tables ask for them here, KMS gives them. K3.

use std::sync::OnceLock;

use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_types::SdkConfig;
use domain::{Fault, Kind, Tenant};
use futures::future::BoxFuture;
use gateway::data_key::DataKeys;
use store::KeyService;
use store::envelope::KEY_BYTES;
use store::keyring::{FreshKey, KeyFailure};

use crate::config::{MissingVariable, Variable};

/// Keys from KMS. Its client is made when the first key is asked for: most functions never see a name.
pub struct PersonalKeys {
    aws: SdkConfig,
    retries: RetryPartition,
    key: Option<String>,
    keys: OnceLock<DataKeys>,
}

impl PersonalKeys {
    /// Keys under the key of that ARN; none: a function that must not read names.
    pub const fn new(aws: SdkConfig, retries: RetryPartition, key: Option<String>) -> Self {
        Self { aws, retries, key, keys: OnceLock::new() }
    }

    fn keys(&self) -> Result<&DataKeys, KeyFailure> {
        let key = self.key.as_ref().ok_or_else(|| failure(MissingVariable(Variable::PersonalKeyArn)))?;
        Ok(self.keys.get_or_init(|| {
            let config = aws_sdk_kms::config::Builder::from(&self.aws).retry_partition(self.retries.clone()).build();
            DataKeys::new(aws_sdk_kms::Client::from_conf(config), key)
        }))
    }
}

impl KeyService for PersonalKeys {
    fn make<'a>(&'a self, tenant: &'a Tenant) -> BoxFuture<'a, Result<FreshKey, KeyFailure>> {
        Box::pin(async move {
            let made = self.keys()?.make(&tenant.to_string()).await.map_err(failure)?;
            Ok(FreshKey { bytes: made.bytes, wrapped: made.wrapped })
        })
    }

    fn open<'a>(&'a self, tenant: &'a Tenant, wrapped: &'a [u8]) -> BoxFuture<'a, Result<[u8; KEY_BYTES], KeyFailure>> {
        Box::pin(async move { self.keys()?.open(&tenant.to_string(), wrapped).await.map_err(failure) })
    }
}

fn failure(fault: impl Fault) -> KeyFailure {
    KeyFailure { outage: fault.kind() == Kind::Unavailable, source: Box::new(fault) }
}

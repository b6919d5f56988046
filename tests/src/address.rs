//! Addresses (地址): where the launcher put the cloud.

use crate::failure::{Failure, Outcome};

/// A running local cloud, as the launcher describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// The API, with its stage.
    pub api: String,
    /// The emulator of AWS.
    pub endpoint: String,
    /// The simulator of the payment provider and of logins.
    pub simulator: String,
    /// The name of the stack.
    pub stack: String,
    /// The bucket of audit segments.
    pub audit_bucket: String,
    /// The key that signs them.
    pub signing_key: String,
    /// Where the demo logins are written down, if anywhere.
    pub logins: Option<String>,
}

impl Cloud {
    /// The cloud in which this process was started.
    pub fn here() -> Outcome<Self> {
        let wanted =
            |name| variable(name).ok_or_else(|| Failure(format!("{name} is not set: run by infra/local/cloud.py")));
        Ok(Self {
            api: wanted("CLOUD_API_URL")?,
            endpoint: wanted("CLOUD_ENDPOINT_URL")?,
            simulator: wanted("CLOUD_SIMULATOR_URL")?,
            stack: wanted("CLOUD_STACK")?,
            audit_bucket: wanted("CLOUD_AUDIT_BUCKET")?,
            signing_key: wanted("CLOUD_SIGNING_KEY")?,
            logins: variable("CLOUD_LOGINS"),
        })
    }
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "how the launcher tells a program where the cloud is")]
    std::env::var(name).ok()
}

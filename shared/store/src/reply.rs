//! Replies (幂等应答): what was answered to a request with an `Idempotency-Key`, written with its effect.

use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::key::Key;
use crate::table::Store;

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Hash of the request's body.
    pub body: String,
    /// What the answer is made from: the number of the thing that the request made.
    pub subject: String,
    /// When the table may forget it, in seconds since 1970: by then no client tries again.
    pub expires_at: i64,
}

impl Store {
    /// What was answered to this request before.
    pub async fn reply(&self, key: &Key) -> Result<Option<Reply>, StoreError> {
        Ok(self.get("reply", key).await?.map(|found| found.value))
    }
}

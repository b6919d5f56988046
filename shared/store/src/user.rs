//! Users (用户) in their table, and what the check of an account needs of them.

use domain::Tenant;
use domain::access::Guarded;
use domain::id::PersonId;
use domain::user::User;
use serde::Deserialize;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key;
use crate::table::Store;

/// What a session is checked against: nothing personal.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// See [`User::session_ver`].
    #[serde(default)]
    pub session_ver: u64,
    #[serde(default)]
    frozen: Option<serde::de::IgnoredAny>,
}

impl Account {
    /// Whether a session that began at `session_ver` is still what the account allows.
    pub const fn honours(&self, session_ver: u64) -> bool {
        self.frozen.is_none() && self.session_ver == session_ver
    }
}

impl Store {
    /// A user.
    pub async fn user(&self, id: &PersonId) -> Result<Option<Guarded<Versioned<User>>>, StoreError> {
        Ok(self.get_opened("user", &key::user(id)).await?.map(Guarded::new))
    }

    /// The state of an account as it is now. A guardian who was never given a role has none.
    pub async fn account(&self, id: &PersonId) -> Result<Option<Account>, StoreError> {
        Ok(self.get("user", &key::user(id)).await?.map(|found: Versioned<Account>| found.value))
    }
}

impl Commit {
    /// Writes the next version of a user.
    pub fn save_user(&mut self, user: &Versioned<User>) -> Result<(), StoreError> {
        let tenant = user.value.home.clone().map_or(Tenant::Platform, Tenant::School);
        self.put_personal("user", tenant, key::user(&user.value.id), user)
    }
}

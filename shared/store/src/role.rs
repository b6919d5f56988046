//! Roles (角色) in their table: those that differ from the built-in ones.

use std::sync::Arc;

use domain::access::{Role, RoleBook};
use domain::id::RoleId;
use tokio::time::Instant;

use crate::cache::DIRECTORY_REFRESH;
use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

impl Store {
    /// The roles in force, at most [`DIRECTORY_REFRESH`] old.
    pub async fn role_book(&self) -> Result<Arc<RoleBook>, StoreError> {
        if let Some(book) = self.caches().roles.recall(&(), DIRECTORY_REFRESH) {
            return Ok(book);
        }
        let read_at = Instant::now();
        let stored = self.stored_roles().await?;
        let book = RoleBook::of(stored.into_iter().map(|found| found.value));
        Ok(self.caches().roles.remember((), read_at, book))
    }

    /// The stored roles, with their versions.
    pub async fn stored_roles(&self) -> Result<Vec<Versioned<Role>>, StoreError> {
        self.all("role", (Table::Directory, key::ROLES, "ROLE#")).await
    }

    /// A stored role as it is now.
    pub async fn stored_role(&self, id: &RoleId) -> Result<Option<Versioned<Role>>, StoreError> {
        self.get("role", &key::role(id)).await
    }

    /// After this environment itself has changed a role.
    pub fn forget_roles(&self) {
        self.caches().roles.forget(&());
    }
}

impl Commit {
    /// Writes the next version of a role.
    pub fn save_role(&mut self, role: &Versioned<Role>) -> Result<(), StoreError> {
        self.put("role", key::role(&role.value.id), role, None)
    }
}

//! Roles (角色) in their table: those that differ from the built-in ones.

use std::sync::Arc;

use domain::access::change::RoleChange;
use domain::access::{Grant, Role, RoleBook};
use domain::id::{RoleChangeId, RoleId};
use futures::future::try_join_all;
use tokio::time::Instant;

use crate::cache::DIRECTORY_REFRESH;
use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::{Page, Store};

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

    /// The roles of these grants as they are this moment: for what moves money or permissions.
    pub async fn roles_now(&self, grants: &[Grant]) -> Result<RoleBook, StoreError> {
        let stored = try_join_all(grants.iter().map(|grant| self.stored_role(&grant.role))).await?;
        Ok(RoleBook::of(stored.into_iter().flatten().map(|found| found.value)))
    }

    /// A proposed change of roles.
    pub async fn role_change(&self, id: &RoleChangeId) -> Result<Option<Versioned<RoleChange>>, StoreError> {
        self.get("role-change", &key::role_change(id)).await
    }

    /// A page of the proposed changes of roles.
    pub async fn role_changes(&self, after: Option<&str>, limit: i32) -> Result<Page<RoleChange>, StoreError> {
        self.page("role-change", (Table::Directory, key::ROLE_CHANGES, "CHANGE#"), after, limit).await
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
    /// Writes the next version of a proposed change of roles.
    pub fn save_role_change(&mut self, change: &Versioned<RoleChange>) -> Result<(), StoreError> {
        self.put("role-change", key::role_change(&change.value.id), change, None)
    }

    /// Writes the next version of a role.
    pub fn save_role(&mut self, role: &Versioned<Role>) -> Result<(), StoreError> {
        self.put("role", key::role(&role.value.id), role, None)
    }
}

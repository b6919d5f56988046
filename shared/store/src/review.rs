//! Access reviews (权限审查) in their table, and what they look at: when who used which sensitive permission. K5.2.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Moment;
use domain::access::Permission;
use domain::access::review::AccessReview;
use domain::id::{PersonId, ReviewId};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::{Marks, Versioned, encode};
use crate::key::{self, Table};
use crate::table::{Page, Store};

/// How often an environment writes the same use down.
const ONCE: Duration = Duration::from_hours(24);

/// A use of a permission.
#[derive(Debug, Serialize, Deserialize)]
struct Used {
    permission: Permission,
    at: Moment,
}

impl Store {
    /// Writes down that a person uses a permission; once a day is exact enough for a review.
    pub async fn mark_used(&self, person: &PersonId, permission: Permission, now: Moment) -> Result<(), StoreError> {
        let known = (person.clone(), permission);
        if self.caches().used.recall(&known, ONCE).is_some() {
            return Ok(());
        }
        let marked_at = Instant::now();
        let key = key::used(person, permission);
        let marks = Marks { kind: "used", ver: 1, created_at: now, updated_at: now, due: None };
        let image = encode(&key, marks, &Used { permission, at: now })?;
        let sent = self.client().put_item().table_name(self.name(key.table)).set_item(Some(image)).send().await;
        sent.map_err(|error| StoreError::from_sdk("PutItem", error))?;
        self.caches().used.remember(known, marked_at, ());
        Ok(())
    }

    /// When a person last used which sensitive permission.
    pub async fn used(&self, person: &PersonId) -> Result<BTreeMap<Permission, Moment>, StoreError> {
        let pk = key::used_by(person);
        let all = self.all::<Used>("used", (Table::Directory, &pk, "PERMISSION#")).await?;
        Ok(all.into_iter().map(|found| (found.value.permission, found.value.at)).collect())
    }

    /// An access review.
    pub async fn review(&self, id: &ReviewId) -> Result<Option<Versioned<AccessReview>>, StoreError> {
        self.get("review", &key::review(id)).await
    }

    /// A page of the access reviews.
    pub async fn reviews(&self, after: Option<&str>, limit: i32) -> Result<Page<AccessReview>, StoreError> {
        self.page("review", (Table::Directory, key::REVIEWS, "REVIEW#"), after, limit).await
    }
}

impl Commit {
    /// Writes the next version of an access review.
    pub fn save_review(&mut self, review: &Versioned<AccessReview>) -> Result<(), StoreError> {
        self.put("review", key::review(&review.value.id), review, None)
    }
}

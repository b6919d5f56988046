//! Calendar feeds (日历订阅) in their table: those of each person, and whose a token is. T3 P8.

use domain::id::PersonId;
use domain::teaching::feed::Feeds;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key;
use crate::table::Store;

/// Whose feed a token's hash names. It stays when the feed is revoked, and leads nowhere then.
#[derive(Debug, Serialize, Deserialize)]
struct FeedOwner {
    person: PersonId,
}

impl Store {
    /// The feeds of a person.
    pub async fn feeds(&self, person: &PersonId) -> Result<Versioned<Feeds>, StoreError> {
        let found = self.get("feeds", &key::feeds(person)).await?;
        Ok(found.unwrap_or_else(|| Versioned::absent(Feeds::new(person.clone()))))
    }

    /// The feeds among which the one of a token's hash is, unless it was revoked.
    pub async fn feeds_with(&self, hash: &str) -> Result<Option<Feeds>, StoreError> {
        let owner: Option<Versioned<FeedOwner>> = self.get("feed-owner", &key::feed_owner(hash)).await?;
        match owner {
            Some(owner) => Ok(Some(self.feeds(&owner.value.person).await?.value)),
            None => Ok(None),
        }
    }
}

impl Commit {
    /// Writes the next version of a person's feeds.
    pub fn save_feeds(&mut self, feeds: &Versioned<Feeds>) -> Result<(), StoreError> {
        self.put("feeds", key::feeds(&feeds.value.person), feeds, None)
    }

    /// Lets a token's hash lead to a person's feeds.
    pub fn name_feed(&mut self, hash: &str, person: &PersonId) -> Result<(), StoreError> {
        let owner = Versioned::absent(FeedOwner { person: person.clone() });
        self.put_untraced("feed-owner", key::feed_owner(hash), &owner, None)
    }
}

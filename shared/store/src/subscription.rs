//! Subscriptions (消息订阅) in their table, beside what the guardian has agreed to. P9.1 K3.

use std::collections::{BTreeMap, BTreeSet};

use domain::Tenant;
use domain::access::Guarded;
use domain::id::GuardianId;
use domain::subscription::Subscription;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::{Versioned, decode};
use crate::key::{self, Key};
use crate::table::Store;

impl Store {
    /// What a guardian has subscribed to, with the name at WeChat: needs the platform's key.
    pub async fn open_subscription(
        &self,
        guardian: &GuardianId,
    ) -> Result<Option<Guarded<Versioned<Subscription>>>, StoreError> {
        Ok(self.get_opened("subscription", &key::subscription(guardian)).await?.map(Guarded::new))
    }

    /// What many guardians have subscribed to, a call for each hundred: for whoever sends them what is theirs.
    pub async fn open_subscriptions(
        &self,
        guardians: &BTreeSet<GuardianId>,
    ) -> Result<BTreeMap<GuardianId, Versioned<Subscription>>, StoreError> {
        let keys: Vec<Key> = guardians.iter().map(key::subscription).collect();
        let mut images = self.images(keys.clone()).await?;
        let mut found = BTreeMap::new();
        for key in keys {
            let Some(image) = images.remove(&(key.pk.clone(), key.sk.clone())) else { continue };
            let subscription = decode::<Subscription>("subscription", self.unseal(&key, image).await?)?;
            found.insert(subscription.value.guardian.clone(), subscription);
        }
        Ok(found)
    }
}

impl Commit {
    /// Writes the next version of what a guardian has subscribed to.
    pub fn save_subscription(&mut self, subscription: &Versioned<Subscription>) -> Result<(), StoreError> {
        let place = key::subscription(&subscription.value.guardian);
        self.put_personal("subscription", Tenant::Platform, place, subscription)
    }
}

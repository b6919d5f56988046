//! Keyring (密钥环): the data keys of each tenant, made on first use, changed by rotation, destroyed with all they seal.
//! K3, promise P13.
//!
//! A key lies wrapped beside its tenant's others; the highest number is current, older ones still open what they
//! sealed. Destroying puts a last number behind them that is no key: whoever wanted to add one at the same moment finds
//! the number taken.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::Actor;
use domain::{Moment, Tenant};
use futures::future::BoxFuture;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::time::Instant;

use crate::commit::Commit;
use crate::envelope::{DataKey, KEY_BYTES};
use crate::error::StoreError;
use crate::item::{Versioned, decode};
use crate::key;
use crate::table::Store;

/// How long an opened key may be used, and for how long a rotation or a destruction may stay unseen elsewhere.
pub const KEY_REFRESH: Duration = Duration::from_mins(5);

/// How often an opened key may be used before it is asked for again.
pub const KEY_USES: u32 = 100_000;

/// How often the keys are read anew because somebody else changed them meanwhile.
const DECISIONS: u32 = 10;

/// Keys destroyed in one transaction: each is two items of the hundred it may have.
const DESTROYED_AT_ONCE: usize = 40;

/// A data key that was just made.
pub struct FreshKey {
    /// The key itself, which is nowhere kept.
    pub bytes: [u8; KEY_BYTES],
    /// The same as only the key service can open it.
    pub wrapped: Vec<u8>,
}

impl fmt::Debug for FreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreshKey")
    }
}

/// Why the key service gives no key.
#[derive(Debug, thiserror::Error)]
#[error("key service gives no data key")]
pub struct KeyFailure {
    /// Whether it is out of reach now, so that trying again is right.
    pub outage: bool,
    /// What it said.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What makes data keys and opens wrapped ones. A key is bound to its tenant: wrapped for one, it opens for no other.
pub trait KeyService: Send + Sync {
    /// Makes a data key for a tenant.
    fn make<'a>(&'a self, tenant: &'a Tenant) -> BoxFuture<'a, Result<FreshKey, KeyFailure>>;

    /// Opens a wrapped data key of a tenant.
    fn open<'a>(&'a self, tenant: &'a Tenant, wrapped: &'a [u8]) -> BoxFuture<'a, Result<[u8; KEY_BYTES], KeyFailure>>;
}

/// A wrapped key as a binary attribute.
#[derive(Clone, PartialEq, Eq)]
struct Wrapped(Vec<u8>);

impl Serialize for Wrapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Wrapped;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a wrapped key")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Wrapped, E> {
                Ok(Wrapped(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// When a key was destroyed, and by whom.
#[derive(Clone, Serialize, Deserialize)]
struct Destroyed {
    at: Moment,
    by: Actor,
}

/// A number among the keys of a tenant: a wrapped key, or the tombstone of one.
#[derive(Clone, Serialize, Deserialize)]
struct KeyItem {
    number: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wrapped: Option<Wrapped>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destroyed: Option<Destroyed>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_by: Option<Actor>,
    /// The request it was made for, so that the same request makes no second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
}

/// What may be told of a key: nothing that opens anything.
#[derive(Debug, Clone)]
pub struct KeyFacts {
    /// Its number; the highest one seals.
    pub number: u32,
    /// When it was made.
    pub made_at: Option<Moment>,
    /// Who made it; none: it was made before this was kept, or is the mark that no key follows.
    pub made_by: Option<Actor>,
    /// When it was destroyed, and by whom.
    pub destroyed: Option<(Moment, Actor)>,
}

impl KeyItem {
    fn wrapped(&self) -> Result<&[u8], StoreError> {
        self.wrapped.as_ref().map(|wrapped| wrapped.0.as_slice()).ok_or(StoreError::Shredded)
    }
}

/// The opened keys of an environment.
pub(crate) struct Keyring {
    service: Arc<dyn KeyService>,
    tenants: Mutex<HashMap<Tenant, Arc<tokio::sync::Mutex<Held>>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

impl Keyring {
    pub(crate) fn new(service: Arc<dyn KeyService>) -> Self {
        Self { service, tenants: Mutex::default() }
    }

    /// What is held of a tenant. Its lock is kept while keys are fetched, so that many who need one fetch it once.
    fn of(&self, tenant: &Tenant) -> Arc<tokio::sync::Mutex<Held>> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant.clone()).or_default())
    }
}

/// The opened keys of a tenant.
#[derive(Default)]
struct Held {
    /// The current number, and when it was.
    current: Option<(u32, Instant)>,
    keys: BTreeMap<u32, Opened>,
}

struct Opened {
    key: Arc<DataKey>,
    at: Instant,
    uses: u32,
}

impl Held {
    fn take(&mut self, number: u32) -> Option<Arc<DataKey>> {
        let opened = self.keys.get_mut(&number)?;
        if opened.at.elapsed() >= KEY_REFRESH || opened.uses >= KEY_USES {
            self.keys.remove(&number);
            return None;
        }
        opened.uses = opened.uses.saturating_add(1);
        Some(Arc::clone(&opened.key))
    }

    fn take_current(&mut self) -> Option<Arc<DataKey>> {
        let (number, _) = self.current.filter(|(_, at)| at.elapsed() < KEY_REFRESH)?;
        self.take(number)
    }

    fn keep(&mut self, key: DataKey, at: Instant) -> Arc<DataKey> {
        let key = Arc::new(key);
        self.keys.insert(key.number(), Opened { key: Arc::clone(&key), at, uses: 1 });
        key
    }
}

impl Store {
    /// The key that a tenant's personal data is sealed with now; the first use makes one.
    pub(crate) async fn current_key(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        now: Moment,
    ) -> Result<Arc<DataKey>, StoreError> {
        let held = self.keyring().of(tenant);
        let mut held = held.lock().await;
        if let Some(key) = held.take_current() {
            return Ok(key);
        }
        for _ in 0..DECISIONS {
            let at = Instant::now();
            let Some(newest) = self.key_items(tenant, true).await?.pop() else {
                match self.make_key(tenant, 1, None, (actor, "key.make", now)).await {
                    Ok(key) => {
                        held.current = Some((key.number(), at));
                        return Ok(held.keep(key, at));
                    }
                    // Another environment made it.
                    Err(StoreError::Stale) => continue,
                    Err(error) => return Err(error),
                }
            };
            let wrapped = newest.value.wrapped()?;
            held.current = Some((newest.value.number, at));
            if let Some(key) = held.take(newest.value.number) {
                return Ok(key);
            }
            let key = self.open_key(tenant, newest.value.number, wrapped).await?;
            return Ok(held.keep(key, at));
        }
        Err(StoreError::Stale)
    }

    /// A key that was sealed with before.
    pub(crate) async fn numbered_key(&self, tenant: &Tenant, number: u32) -> Result<Arc<DataKey>, StoreError> {
        let held = self.keyring().of(tenant);
        let mut held = held.lock().await;
        if let Some(key) = held.take(number) {
            return Ok(key);
        }
        let (at, place) = (Instant::now(), key::data_key(tenant, number));
        let item = self.get::<KeyItem>("key", &place).await?.ok_or(StoreError::Missing(place))?;
        let key = self.open_key(tenant, number, item.value.wrapped()?).await?;
        Ok(held.keep(key, at))
    }

    /// Gives a tenant the next key. What is sealed from now on is sealed with it, elsewhere within [`KEY_REFRESH`];
    /// everything older still opens. Returns its number.
    pub async fn rotate_key(&self, tenant: &Tenant, actor: &Actor, now: Moment) -> Result<u32, StoreError> {
        self.rotate_key_for(tenant, None, actor, now).await
    }

    /// The same for a request that has a name: sent again, it finds the key it has made.
    pub async fn rotate_key_for(
        &self,
        tenant: &Tenant,
        request: Option<&str>,
        actor: &Actor,
        now: Moment,
    ) -> Result<u32, StoreError> {
        for _ in 0..DECISIONS {
            let items = self.key_items(tenant, request.is_none()).await?;
            let made = items.iter().find(|item| request.is_some() && item.value.request.as_deref() == request);
            if let Some(made) = made {
                return made.value.wrapped().map(|_| made.value.number);
            }
            let next = match items.last() {
                Some(newest) => newest.value.wrapped().map(|_| newest.value.number.saturating_add(1))?,
                None => 1,
            };
            match self.make_key(tenant, next, request, (actor, "key.rotate", now)).await {
                Ok(_) => {
                    self.keyring().of(tenant).lock().await.current = None;
                    return Ok(next);
                }
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Stale)
    }

    /// Destroys all keys of a tenant, and with them whatever they seal, wherever a copy of it lies. When and by whom
    /// stays written in their place. Elsewhere an opened key is used for at most [`KEY_REFRESH`] more. Doing it twice
    /// is doing it once; who was interrupted does it again.
    pub async fn shred(&self, tenant: &Tenant, actor: &Actor, now: Moment) -> Result<(), StoreError> {
        for _ in 0..DECISIONS {
            let items = self.key_items(tenant, false).await?;
            let destroyed = || Some(Destroyed { at: now, by: actor.clone() });
            let end = |number| KeyItem { number, wrapped: None, destroyed: destroyed(), made_by: None, request: None };
            let tombstone = |item: &KeyItem| KeyItem { wrapped: None, destroyed: destroyed(), ..item.clone() };
            let last = items.last().map_or(0, |item| item.value.number);
            let ended = items.last().is_some_and(|item| item.value.wrapped.is_none());
            // The end goes first: behind it there is no next key.
            let end = (!ended).then(|| Versioned::absent(end(last.saturating_add(1))));
            let keys = items.iter().filter(|item| item.value.wrapped.is_some());
            let doomed: Vec<_> = end.into_iter().chain(keys.map(|item| item.with(tombstone(&item.value)))).collect();
            let mut outcome = Ok(());
            for some in doomed.chunks(DESTROYED_AT_ONCE) {
                let mut commit = Commit::new(actor.clone(), "key.shred", now);
                for item in some {
                    commit.put("key", key::data_key(tenant, item.value.number), item, None)?;
                }
                outcome = self.write(commit).await;
                if outcome.is_err() {
                    break;
                }
            }
            match outcome {
                Ok(()) => {
                    *self.keyring().of(tenant).lock().await = Held::default();
                    return Ok(());
                }
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Stale)
    }

    /// What may be told of a tenant's keys, in order of their numbers.
    pub async fn key_facts(&self, tenant: &Tenant) -> Result<Vec<KeyFacts>, StoreError> {
        let facts = |item: Versioned<KeyItem>| {
            let KeyItem { number, wrapped: _, destroyed, made_by, request: _ } = item.value;
            let destroyed = destroyed.map(|destroyed| (destroyed.at, destroyed.by));
            KeyFacts { number, made_at: item.created_at, made_by, destroyed }
        };
        Ok(self.key_items(tenant, false).await?.into_iter().map(facts).collect())
    }

    /// Makes a key and keeps it under its number, unless somebody took the number meanwhile.
    async fn make_key(
        &self,
        tenant: &Tenant,
        number: u32,
        request: Option<&str>,
        (actor, action, now): (&Actor, &'static str, Moment),
    ) -> Result<DataKey, StoreError> {
        let fresh = self.keyring().service.make(tenant).await?;
        let item = KeyItem {
            number,
            wrapped: Some(Wrapped(fresh.wrapped)),
            destroyed: None,
            made_by: Some(actor.clone()),
            request: request.map(str::to_owned),
        };
        let mut commit = Commit::new(actor.clone(), action, now);
        commit.put("key", key::data_key(tenant, number), &Versioned::absent(item), None)?;
        self.write(commit).await?;
        Ok(DataKey::new(number, &fresh.bytes)?)
    }

    async fn open_key(&self, tenant: &Tenant, number: u32, wrapped: &[u8]) -> Result<DataKey, StoreError> {
        let bytes = self.keyring().service.open(tenant, wrapped).await?;
        Ok(DataKey::new(number, &bytes)?)
    }

    /// The keys of a tenant as they are now, in order; or the newest alone.
    async fn key_items(&self, tenant: &Tenant, newest: bool) -> Result<Vec<Versioned<KeyItem>>, StoreError> {
        let pk = key::data_key(tenant, 0).pk;
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let answer = self
                .client()
                .query()
                .table_name(self.name(key::Table::Directory))
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .consistent_read(true)
                .scan_index_forward(!newest)
                .set_limit(newest.then_some(1))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::from_sdk("Query", error))?;
            for image in answer.items.unwrap_or_default() {
                found.push(decode("key", image)?);
            }
            start = answer.last_evaluated_key;
            if newest || start.is_none() {
                return Ok(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_an_opened_key_is_used_so_often_and_no_more() {
        let mut held = Held::default();
        held.keep(DataKey::new(1, &[1; KEY_BYTES]).unwrap(), Instant::now());
        for use_number in 1..KEY_USES {
            assert!(held.take(1).is_some(), "{use_number}");
        }
        assert!(held.take(1).is_none());
        assert!(held.keys.is_empty());
    }
}

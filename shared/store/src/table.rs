//! Reading (读取): the client, the names of the tables, one item or many.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Guarded;
use serde::de::DeserializeOwned;

use crate::cache::Caches;
use crate::error::StoreError;
use crate::item::{Versioned, decode};
use crate::key::{Key, Table};
use crate::keyring::{KeyService, Keyring};

/// The tables of one stack. Cheap to clone; clones share their caches.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    prefix: String,
    caches: Caches,
    keyring: Keyring,
}

/// A page of a partition.
#[derive(Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<Versioned<T>>,
    /// The sort key after which the next page begins; none at the end.
    pub next: Option<String>,
}

/// Which sort keys of a partition.
#[derive(Debug, Clone, Copy)]
enum Sorted<'a> {
    /// Those that begin so.
    Beginning(&'a str),
    /// Those between two, both among them.
    Between(&'a str, &'a str),
}

impl Store {
    /// The tables named `<prefix>-directory`, `<prefix>-catalog`, …; their personal data lies under keys that `keys`
    /// makes and opens.
    pub fn new(client: Client, prefix: impl Into<String>, keys: Arc<dyn KeyService>) -> Self {
        let keyring = Keyring::new(keys);
        let inner = Inner { client, prefix: prefix.into(), caches: Caches::default(), keyring };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.inner.client
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.inner.caches
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// The name of a table.
    pub(crate) fn name(&self, table: Table) -> String {
        format!("{}-{}", self.inner.prefix, table.suffix())
    }

    /// Reads an item as it is now: a strongly consistent read.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        key: &Key,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        self.image(key, true).await?.map(|image| decode(kind, image)).transpose()
    }

    /// The same of what belongs to somebody: it opens only to whom it concerns.
    pub(crate) async fn guarded<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        key: &Key,
    ) -> Result<Option<Guarded<Versioned<T>>>, StoreError> {
        Ok(self.get(kind, key).await?.map(Guarded::new))
    }

    /// Reads the raw attributes of an item.
    pub(crate) async fn image(&self, key: &Key, now: bool) -> Result<Option<crate::error::Image>, StoreError> {
        let answer = self
            .client()
            .get_item()
            .table_name(self.name(key.table))
            .key("pk", AttributeValue::S(key.pk.clone()))
            .key("sk", AttributeValue::S(key.sk.clone()))
            .consistent_read(now)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("GetItem", error))?;
        Ok(answer.item)
    }

    /// Reads a page of a partition: items whose sort key begins with `prefix` and lies after `after`.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        within: (Table, &str, &str),
        after: Option<&str>,
        limit: i32,
    ) -> Result<Page<T>, StoreError> {
        let (table, pk, prefix) = within;
        self.page_read(kind, (table, pk, Sorted::Beginning(prefix)), (after, limit), false).await
    }

    async fn page_read<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        (table, pk, sorted): (Table, &str, Sorted<'_>),
        (after, limit): (Option<&str>, i32),
        now: bool,
    ) -> Result<Page<T>, StoreError> {
        let start = after.map(|sk| {
            [("pk", pk), ("sk", sk)].map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).into()
        });
        let query = self
            .client()
            .query()
            .table_name(self.name(table))
            .consistent_read(now)
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        // A key is never compared with nothing: without a prefix the partition alone is asked for.
        let query = match sorted {
            Sorted::Beginning("") => query.key_condition_expression("pk = :pk"),
            Sorted::Beginning(prefix) => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", AttributeValue::S(prefix.to_owned())),
            Sorted::Between(first, last) => query
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
                .expression_attribute_values(":last", AttributeValue::S(last.to_owned())),
        };
        let answer = query
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(|key| key.get("sk"))
            .and_then(|value| value.as_s().ok())
            .cloned();
        let items = answer.items.unwrap_or_default();
        Ok(Page { items: items.into_iter().map(|item| decode(kind, item)).collect::<Result<_, _>>()?, next })
    }

    /// Reads the last of the items of a partition whose sort keys begin with a prefix.
    pub(crate) async fn newest<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        (table, pk, prefix): (Table, &str, &str),
    ) -> Result<Option<Versioned<T>>, StoreError> {
        let answer = self
            .client()
            .query()
            .table_name(self.name(table))
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":sk", AttributeValue::S(prefix.to_owned()))
            .scan_index_forward(false)
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        answer.items.unwrap_or_default().pop().map(|item| decode(kind, item)).transpose()
    }

    /// Reads a whole partition, page by page.
    pub(crate) async fn all<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        within: (Table, &str, &str),
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        let (table, pk, prefix) = within;
        self.all_read(kind, (table, pk, Sorted::Beginning(prefix)), false).await
    }

    /// Reads what lies between two places of a partition, both among them, page by page.
    pub(crate) async fn between<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        (first, last): (&Key, &Key),
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        self.all_read(kind, (first.table, &first.pk, Sorted::Between(&first.sk, &last.sk)), false).await
    }

    /// The same as it is now: everything that was written before is seen.
    pub(crate) async fn all_now<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        within: (Table, &str, &str),
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        let (table, pk, prefix) = within;
        self.all_read(kind, (table, pk, Sorted::Beginning(prefix)), true).await
    }

    async fn all_read<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        within: (Table, &str, Sorted<'_>),
        now: bool,
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let page = self.page_read(kind, within, (after.as_deref(), 1000), now).await?;
            items.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(items);
            }
        }
    }

    /// Pages through the sparse index of a table for items that are due by `now`, oldest first, at most `limit` of
    /// each shard.
    pub(crate) async fn due(&self, table: Table, now: domain::Moment, limit: i32) -> Result<Vec<Key>, StoreError> {
        self.due_in(table, (0..DUE_SHARDS).map(|shard| format!("{shard:02}")), now, limit).await
    }

    /// The same in partitions of the index that are named.
    pub(crate) async fn due_in(
        &self,
        table: Table,
        shards: impl Iterator<Item = String>,
        now: domain::Moment,
        limit: i32,
    ) -> Result<Vec<Key>, StoreError> {
        let shards = shards.map(|shard| self.due_of_shard(table, shard, now, limit));
        let mut due = Vec::new();
        for shard in futures::future::join_all(shards).await {
            due.extend(shard?);
        }
        Ok(due)
    }

    async fn due_of_shard(
        &self,
        table: Table,
        shard: String,
        now: domain::Moment,
        limit: i32,
    ) -> Result<Vec<Key>, StoreError> {
        let answer = self
            .client()
            .query()
            .table_name(self.name(table))
            .index_name("by_due")
            .key_condition_expression("due_shard = :shard AND due <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(shard))
            .expression_attribute_values(":now", AttributeValue::N(now.seconds().to_string()))
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        let text = |item: &crate::error::Image, name| {
            item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned()
        };
        let items = answer.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| Some(Key { table, pk: text(item, "pk")?, sk: text(item, "sk")? })).collect())
    }
}

/// Partitions of each sparse index: enough that none of them is hot, few enough to ask each every minute.
pub(crate) const DUE_SHARDS: u8 = 4;

/// The partition of the sparse index in which an item stands.
pub(crate) fn due_shard(pk: &str) -> String {
    let sum = pk.bytes().fold(0u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    format!("{:02}", sum % DUE_SHARDS)
}

/// The waiting time before trying a conflicting write again: grows with the attempts, differs by chance.
pub(crate) fn pause(attempt: u32) -> Duration {
    let ceiling = 20u64.saturating_mul(1 << attempt.min(5));
    Duration::from_millis(fastrand::u64(5..ceiling))
}

//! The books of the sealer (审计封存): which entries wait, which segment is the last, and what each holds. P9.
//!
//! Entries themselves are never written here, and the sealer's role may not: it takes away the items by which it finds
//! them, and writes the head and the tables of contents. Before it takes them away, it has the supervision system told of
//! whatever they speak of ([`reportable`]): an entry exists exactly when its change does, so no change is left out.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use domain::Moment;
use domain::audit::Entry;
use domain::audit::segment::{Head, Segment};
use domain::supervision::thing::Thing;
use serde::{Deserialize, Serialize};

use crate::audit::{Unsealed, entry_of};
use crate::commit::unchanged;
use crate::error::{Image, StoreError, condition_failed};
use crate::item::{Marks, decode, encode, text};
use crate::key::{self, Table};
use crate::supervision::reportable;
use crate::table::{DUE_SHARDS, Store, pause};

/// Writes one `BatchWriteItem` takes.
const BATCH: usize = 25;

/// Things raised at once.
const AT_ONCE: usize = 25;

/// Entries that wait for the sealer.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The entries, those of one change together, the oldest changes first.
    pub entries: Vec<Entry>,
    /// When the oldest change was made.
    pub oldest: Option<Moment>,
    /// Changes one of whose entries is not there: its transaction is just being written, unless it stays so.
    pub incomplete: Vec<String>,
}

/// Which entries of a day a segment holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Contents {
    /// The first moment of them.
    #[serde(rename = "f")]
    pub(crate) first: Moment,
    /// The last.
    #[serde(rename = "l")]
    pub(crate) last: Moment,
    /// Thing, place, moment and actor of each, in order of time.
    #[serde(rename = "es")]
    pub(crate) rows: Vec<(String, String, Moment, String)>,
}

impl Store {
    /// The last segment.
    pub async fn audit_head(&self) -> Result<Head, StoreError> {
        Ok(self.get("head", &key::head()).await?.map_or_else(Head::none, |found| found.value))
    }

    /// Entries that no segment up to the head holds, about `limit` of them.
    ///
    /// Read after the head: an entry that is found here was not in any segment up to it, because the head is moved only
    /// after the items of its entries are gone.
    pub async fn unsealed(&self, limit: usize) -> Result<Waiting, StoreError> {
        let shards = (0..DUE_SHARDS).map(|shard| self.unsealed_of_shard(shard, limit));
        let mut changes: Vec<(String, Unsealed)> = Vec::new();
        for shard in futures::future::join_all(shards).await {
            changes.extend(shard?);
        }
        changes.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut count = 0usize;
        changes.retain(|(_, change)| {
            let room = count < limit;
            count = count.saturating_add(change.places.len());
            room
        });
        let mut images = self.images(changes.iter().flat_map(|(_, change)| change.keys()).collect()).await?;
        let mut waiting = Waiting { oldest: changes.first().map(|(_, change)| change.at), ..Waiting::default() };
        for (name, change) in changes {
            let there: Vec<Image> = change.places.iter().filter_map(|place| images.remove(place)).collect();
            if there.len() == change.places.len() {
                waiting.entries.extend(there.into_iter().map(entry_of).collect::<Result<Vec<_>, _>>()?);
            } else {
                waiting.incomplete.push(name);
            }
        }
        Ok(waiting)
    }

    async fn unsealed_of_shard(&self, shard: u8, limit: usize) -> Result<Vec<(String, Unsealed)>, StoreError> {
        let answer = self
            .client()
            .query()
            .table_name(self.name(Table::Audit))
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(format!("UNSEALED#{shard:02}")))
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        let named = |image: Image| {
            let name = image.get("sk").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            Ok((name, decode::<Unsealed>("unsealed", image)?.value))
        };
        answer.items.unwrap_or_default().into_iter().map(named).collect()
    }

    /// Notes which entries a segment holds, has the supervision system told of what they speak of, and that they wait no
    /// more; then moves the head to it. Each step may be repeated by anybody who has the segment; false when somebody
    /// else has moved the head.
    pub async fn book_segment(&self, head: &Head, segment: &Segment, now: Moment) -> Result<bool, StoreError> {
        for (first, last, entries) in segment.days() {
            let key = key::contents(&first.day().to_string(), segment.number);
            let row = |entry: &&Entry| {
                let trace = &entry.trace;
                (entry.thing.clone(), entry.place.clone(), trace.at, trace.actor.as_str().to_owned())
            };
            let contents = Contents { first, last, rows: entries.iter().map(row).collect() };
            let marks = Marks { kind: "contents", ver: segment.number, created_at: now, updated_at: now, due: None };
            let image = encode(&key, marks, &contents)?;
            let put = self.client().put_item().table_name(self.name(key.table)).set_item(Some(image));
            put.send().await.map_err(|error| StoreError::from_sdk("PutItem", error))?;
        }
        self.raise_reports(segment, now).await?;
        let changes: BTreeSet<&str> = segment.entries.iter().map(|entry| entry.commit.as_str()).collect();
        let changes: Vec<&str> = changes.into_iter().collect();
        for some in changes.chunks(BATCH) {
            self.wait_no_more(some).await?;
        }
        self.move_head(head, &segment.head_after(head), now).await
    }

    async fn raise_reports(&self, segment: &Segment, now: Moment) -> Result<(), StoreError> {
        let things: BTreeSet<Thing> = segment.entries.iter().filter_map(|entry| reportable(&entry.thing)).collect();
        let things: Vec<Thing> = things.into_iter().collect();
        for some in things.chunks(AT_ONCE) {
            let raised = futures::future::join_all(some.iter().map(|thing| self.raise_report(thing, now))).await;
            raised.into_iter().collect::<Result<Vec<()>, _>>()?;
        }
        Ok(())
    }

    async fn wait_no_more(&self, changes: &[&str]) -> Result<(), StoreError> {
        let rejected = |error| StoreError::Rejected { operation: "BatchWriteItem", source: Box::new(error) };
        let name = self.name(Table::Audit);
        let delete = |change: &&str| {
            let key = key::unsealed(change);
            let key = HashMap::from([("pk".to_owned(), text(key.pk)), ("sk".to_owned(), text(key.sk))]);
            let request = DeleteRequest::builder().set_key(Some(key)).build().map_err(rejected)?;
            Ok(WriteRequest::builder().delete_request(request).build())
        };
        let mut wanted = Some(changes.iter().map(delete).collect::<Result<Vec<_>, StoreError>>()?);
        let mut attempt = 0;
        while let Some(deletes) = wanted.take().filter(|deletes| !deletes.is_empty()) {
            let sent = self.client().batch_write_item().request_items(&name, deletes).send().await;
            let answer = sent.map_err(|error| StoreError::from_sdk("BatchWriteItem", error))?;
            wanted = answer.unprocessed_items.and_then(|mut rest| rest.remove(&name));
            if wanted.is_some() {
                tokio::time::sleep(pause(attempt)).await;
                attempt = attempt.saturating_add(1);
            }
        }
        Ok(())
    }

    async fn move_head(&self, from: &Head, to: &Head, now: Moment) -> Result<bool, StoreError> {
        let key = key::head();
        // The version of the head is its number.
        let marks = Marks { kind: "head", ver: to.number, created_at: now, updated_at: now, due: None };
        let (condition, values) = unchanged(from.number);
        let put = self
            .client()
            .put_item()
            .table_name(self.name(key.table))
            .set_item(Some(encode(&key, marks, to)?))
            .condition_expression(condition)
            .set_expression_attribute_values(values);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::from_sdk("PutItem", error)),
        }
    }
}

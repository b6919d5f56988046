//! Searching the audit (审计查询): the entries of a thing, and those of a span of time, newest first, page by page. K4.2.
//!
//! No index is kept for it: the sealer writes, for each segment and day, which entries it holds, so that a search reads
//! some lists and then just the entries it shows.

use std::collections::HashMap;

use domain::Moment;
use domain::audit::Entry;
use domain::time::Span;

use crate::audit::{Unsealed, entry_of};
use crate::error::{Image, StoreError};
use crate::item::{decode, text};
use crate::key::{Key, Table, thing};
use crate::seal::Contents;
use crate::table::{DUE_SHARDS, Store};

/// Lists of contents that one page reads at most: a search that finds little says so soon, and goes on from there.
const LISTS: i32 = 12;

/// A page of entries.
#[derive(Debug)]
pub struct Found {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where the next page begins; none at the end. A page may be empty and not be the last.
    pub next: Option<String>,
}

/// Where a search stands.
enum Cursor {
    /// Among the entries that wait for the sealer, before the change of this name.
    Waiting(Option<String>),
    /// On a day, below the segment of this number.
    Day(jiff::civil::Date, u64),
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        if let Some(change) = text.strip_prefix("w.") {
            return Some(Self::Waiting(Some(change.to_owned())));
        }
        let (day, segment) = text.strip_prefix("d.")?.split_once('.')?;
        Some(Self::Day(day.parse().ok()?, segment.parse().ok()?))
    }

    fn write(&self) -> String {
        match self {
            Self::Waiting(change) => format!("w.{}", change.as_deref().unwrap_or_default()),
            Self::Day(day, segment) => format!("d.{day}.{segment}"),
        }
    }
}

impl Store {
    /// The entries about a thing, newest first: its versions, then the acts that changed nothing. `next` of the page
    /// before as `after`.
    pub async fn entries_of(&self, key: &Key, after: Option<&str>, limit: i32) -> Result<Found, StoreError> {
        self.entries_about(&thing(key), after, limit).await
    }

    /// The same for whatever entries call `concerns`.
    pub async fn entries_about(&self, concerns: &str, after: Option<&str>, limit: i32) -> Result<Found, StoreError> {
        let start =
            after.map(|place| HashMap::from([("pk".to_owned(), text(concerns)), ("sk".to_owned(), text(place))]));
        let answer = self
            .client()
            .query()
            .table_name(self.name(Table::Audit))
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(concerns))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        let next = answer.last_evaluated_key.as_ref().and_then(|key| key.get("sk")).and_then(|sk| sk.as_s().ok());
        let next = next.cloned();
        let entries = answer.items.unwrap_or_default().into_iter().map(entry_of).collect::<Result<_, _>>()?;
        Ok(Found { entries, next })
    }

    /// The last acts about a thing that changed nothing, newest first: who looked.
    pub async fn notices_of(&self, key: &Key, limit: i32) -> Result<Vec<Entry>, StoreError> {
        let query = self.client().query().table_name(self.name(Table::Audit));
        let answer = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", text(thing(key)))
            .expression_attribute_values(":sk", text("E#"))
            .scan_index_forward(false)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        answer.items.unwrap_or_default().into_iter().map(entry_of).collect()
    }

    /// The entries of a span of time, of one actor or of all, newest first: those that are not sealed yet, then day by
    /// day and segment by segment. An entry that is sealed meanwhile may be shown twice, never left out. About `limit`
    /// entries a page: what a list holds is shown at once. A cursor that is none begins at the beginning.
    pub async fn entries_between(
        &self,
        span: Span,
        actor: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let wanted = |at: Moment, who: &str| span.contains(at) && actor.is_none_or(|actor| actor == who);
        match after.and_then(Cursor::read).unwrap_or(Cursor::Waiting(None)) {
            Cursor::Waiting(before) => {
                let (changes, next) = self.waiting_before(before, limit).await?;
                let keys = changes.iter().flat_map(Unsealed::keys).collect();
                let mut entries = self.read_entries(keys).await?;
                entries.retain(|entry| wanted(entry.trace.at, entry.trace.actor.as_str()));
                let last_day = span.until.plus_seconds(-1).day();
                let next = next.map_or(Cursor::Day(last_day, u64::MAX), |change| Cursor::Waiting(Some(change)));
                Ok(Found { entries, next: Some(next.write()) })
            }
            Cursor::Day(day, below) => {
                let (lists, mut at) = self.contents_below(day, below).await?;
                let mut keys = Vec::new();
                for (segment, contents) in lists {
                    at = Some(segment);
                    let rows = contents.rows.into_iter().filter(|(_, _, at, who)| wanted(*at, who));
                    keys.extend(rows.map(|(pk, sk, _, _)| Key { table: Table::Audit, pk, sk }));
                    if keys.len() >= limit {
                        break;
                    }
                }
                let entries = self.read_entries(keys).await?;
                let next = match at {
                    Some(segment) => Some(Cursor::Day(day, segment)),
                    None if day > span.from.day() => day.yesterday().ok().map(|day| Cursor::Day(day, u64::MAX)),
                    None => None,
                };
                Ok(Found { entries, next: next.map(|next| next.write()) })
            }
        }
    }

    /// Changes that wait, the newest first, and the last of them when there may be more.
    async fn waiting_before(
        &self,
        before: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Unsealed>, Option<String>), StoreError> {
        let before = before.unwrap_or_else(|| "~".to_owned());
        let most = i32::try_from(limit).unwrap_or(i32::MAX);
        let of_shard = async |shard: u8| -> Result<Vec<Image>, StoreError> {
            let query = self.client().query().table_name(self.name(Table::Audit));
            let answer = query
                .key_condition_expression("pk = :pk AND sk < :before")
                .expression_attribute_values(":pk", text(format!("UNSEALED#{shard:02}")))
                .expression_attribute_values(":before", text(&before))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(most)
                .send()
                .await
                .map_err(|error| StoreError::from_sdk("Query", error))?;
            Ok(answer.items.unwrap_or_default())
        };
        let mut changes = Vec::new();
        for images in futures::future::join_all((0..DUE_SHARDS).map(of_shard)).await {
            for image in images? {
                let name = image.get("sk").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
                changes.push((name, decode::<Unsealed>("unsealed", image)?.value));
            }
        }
        changes.sort_by(|(one, _), (other, _)| other.cmp(one));
        changes.truncate(limit);
        let next = changes.last().map(|(name, _)| name.clone());
        Ok((changes.into_iter().map(|(_, change)| change).collect(), next))
    }

    /// Lists of a day from segments below a number, the newest first, and the last looked at when there may be more.
    async fn contents_below(
        &self,
        day: jiff::civil::Date,
        below: u64,
    ) -> Result<(Vec<(u64, Contents)>, Option<u64>), StoreError> {
        let answer = self
            .client()
            .query()
            .table_name(self.name(Table::Audit))
            .key_condition_expression("pk = :pk AND sk < :sk")
            .expression_attribute_values(":pk", text(format!("DAY#{day}")))
            .expression_attribute_values(":sk", text(format!("S#{below:010}")))
            .scan_index_forward(false)
            .limit(LISTS)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk("Query", error))?;
        let read = |image: Image| {
            let found = decode::<Contents>("contents", image)?;
            Ok((found.ver, found.value))
        };
        let lists = answer.items.unwrap_or_default().into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        let last = lists.last().map(|(segment, _)| *segment);
        Ok((lists, last))
    }

    /// The entries at these places, the newest first.
    async fn read_entries(&self, keys: Vec<Key>) -> Result<Vec<Entry>, StoreError> {
        let images = self.images(keys).await?;
        let mut entries = images.into_values().map(entry_of).collect::<Result<Vec<_>, _>>()?;
        let place = |entry: &Entry| (entry.trace.at, entry.thing.clone(), entry.place.clone());
        entries.sort_by_key(|entry| std::cmp::Reverse(place(entry)));
        Ok(entries)
    }
}

//! Audit (审计) in its table: entries as they lie there, acts that change nothing, and things as they stand, to be counted
//! against their entries. K4.2 K5.1, promise P9.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Moment;
use domain::audit::census::Standing;
use domain::audit::{Act, Actor, Entry, Trace};
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::{Image, StoreError};
use crate::item::{content_hash, decode, text};
use crate::key::{self, Key, Table};
use crate::table::Store;

/// Tables with things whose versions have entries.
pub const AUDITED: [Table; 6] =
    [Table::Directory, Table::Catalog, Table::Enrollments, Table::Money, Table::Teaching, Table::Exchange];

/// Kinds of items whose versions are no act of anybody: they follow from something that has its entry, or are evidence
/// themselves. Whatever is not named here must have an entry for each version.
const NO_ACT: [&str; 21] = [
    "member",
    "user-place",
    "used",
    "journal",
    "event",
    "row",
    "refund-place",
    "turn",
    "rules-version",
    "settlement-rules-version",
    "accrual-run",
    "teaching-request-place",
    "feed-owner",
    "agreement",
    "findings",
    "comparison",
    "intake-book",
    "pull",
    "agreement-report",
    "delivery",
    "batch-sheet",
];

/// Kinds of which some versions are acts, and others only say how far the work has come.
const SOME_ACTS: [&str; 3] = ["import", "holding", "gate"];

/// An entry as an item: its thing and place are its key.
#[derive(Debug, Serialize)]
pub(crate) struct Filed {
    #[serde(flatten)]
    pub(crate) trace: Trace,
    #[serde(rename = "c")]
    pub(crate) change: String,
}

/// The entries of one change, waiting for the sealer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Unsealed {
    #[serde(rename = "t")]
    pub(crate) at: Moment,
    #[serde(rename = "es")]
    pub(crate) places: Vec<(String, String)>,
}

impl Unsealed {
    pub(crate) fn of(at: Moment, places: Vec<Key>) -> Self {
        Self { at, places: places.into_iter().map(|place| (place.pk, place.sk)).collect() }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.places.iter().map(|(pk, sk)| Key { table: Table::Audit, pk: pk.clone(), sk: sk.clone() })
    }
}

/// The name of a change: when it was made, and its first entry.
pub(crate) fn change_of(at: Moment, first: &Key) -> String {
    format!("{:010}#{}#{}", at.seconds(), first.pk, first.sk)
}

/// The entry of an item.
pub(crate) fn entry_of(image: Image) -> Result<Entry, StoreError> {
    let part = |name: &str| image.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let (thing, place, commit) = (part("pk"), part("sk"), part("c"));
    Ok(Entry { thing, place, commit, trace: decode("trace", image)?.value })
}

/// A page of a table, with the key after which the next one begins.
#[derive(Debug)]
pub struct Scanned<T> {
    /// What was found.
    pub found: Vec<T>,
    /// Where to go on; none at the end.
    pub next: Option<(String, String)>,
}

impl Store {
    /// Keeps an act that changes nothing: a refusal, a look at a person's full data. See [`Commit::note`].
    pub async fn note(&self, actor: Actor, act: Act, concerns: &str, now: Moment, mark: u64) -> Result<(), StoreError> {
        let mut commit = Commit::new(actor.clone(), act.into(), now);
        commit.note(actor, act, concerns, mark)?;
        match self.commit(commit).await {
            // It was kept before, and the answer was lost.
            Err(StoreError::Stale) => Ok(()),
            done => done,
        }
    }

    /// Entries of the audit table, sealed or not, a page at a time: for whoever counts all of them.
    pub async fn scan_entries(&self, after: Option<(String, String)>) -> Result<Scanned<Entry>, StoreError> {
        let (images, next) = self.scan(Table::Audit, after).await?;
        let entries = images.into_iter().filter(|image| kind(image) == "trace").map(entry_of);
        Ok(Scanned { found: entries.collect::<Result<_, _>>()?, next })
    }

    /// Names of the entries that wait for the sealer, a page at a time.
    pub async fn scan_unsealed(
        &self,
        after: Option<(String, String)>,
    ) -> Result<Scanned<(String, String)>, StoreError> {
        let (images, next) = self.scan(Table::Audit, after).await?;
        let waiting = images.into_iter().filter(|image| kind(image) == "unsealed");
        let waiting = waiting.map(|image| Ok(decode::<Unsealed>("unsealed", image)?.value.places));
        Ok(Scanned { found: waiting.collect::<Result<Vec<_>, StoreError>>()?.concat(), next })
    }

    /// Things of a table as they stand, a page at a time.
    pub async fn scan_standing(
        &self,
        table: Table,
        after: Option<(String, String)>,
    ) -> Result<Scanned<Standing>, StoreError> {
        let (images, next) = self.scan(table, after).await?;
        let things = images.into_iter().filter(|image| !NO_ACT.contains(&kind(image).as_str()));
        Ok(Scanned { found: things.map(|image| standing(table, image)).collect::<Result<_, _>>()?, next })
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<(String, String)>,
    ) -> Result<(Vec<Image>, Option<(String, String)>), StoreError> {
        let start = after.map(|(pk, sk)| HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))]));
        let scan = self.client().scan().table_name(self.name(table)).consistent_read(true);
        let sent = scan.set_exclusive_start_key(start).send().await;
        let answer = sent.map_err(|error| StoreError::from_sdk("Scan", error))?;
        let next = answer.last_evaluated_key.as_ref().and_then(place);
        Ok((answer.items.unwrap_or_default(), next))
    }
}

fn place(image: &Image) -> Option<(String, String)> {
    let part = |name: &str| image.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
    Some((part("pk")?, part("sk")?))
}

fn kind(image: &Image) -> String {
    image.get("kind").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

fn standing(table: Table, image: Image) -> Result<Standing, StoreError> {
    /// What a thing may carry with it.
    #[derive(Deserialize)]
    struct Carrying {
        #[serde(rename = "tr", default)]
        trail: Vec<Trace>,
    }
    let (pk, sk) = place(&image).unwrap_or_default();
    let every = !SOME_ACTS.contains(&kind(&image).as_str());
    let content = content_hash(&image);
    let carrying = decode::<Carrying>("thing", image)?;
    let thing = key::thing(&Key { table, pk, sk });
    Ok(Standing { thing, version: carrying.ver, every, carried: carrying.value.trail, content })
}

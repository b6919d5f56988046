//! Shelf (核对底册): all that the city should have of a school, built anew from the tables and not from what was noted
//! when it was told, so that nothing that was never told can hide. K7.2.

use std::collections::{BTreeMap, BTreeSet};

use domain::Moment;
use domain::id::SchoolCode;
use domain::supervision::agreement::{Held, Row, Shelf};
use domain::supervision::resend::Name;
use domain::supervision::statement::{Known, Line};
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, FieldMap, Record};
use domain::task::Queue;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{Store, StoreError};

use crate::build::build;
use crate::things::{AT_ONCE, Choice, things};

/// A school's records as they should be at the city.
#[derive(Debug, Default)]
pub(crate) struct Ours {
    /// The records with their hashes.
    pub(crate) shelf: Shelf,
    /// Records that the city has acknowledged.
    pub(crate) acknowledged: BTreeSet<Name>,
    /// What is known of records that the city lacks, or has otherwise.
    pub(crate) known: BTreeMap<Name, Known>,
    /// How many there are of each data set, before anything is compared.
    pub(crate) lines: BTreeMap<Dataset, Line>,
}

/// One thing's part of it.
#[derive(Debug, Default)]
struct Part {
    rows: Vec<Row>,
    unfit: Vec<Dataset>,
    acknowledged: Vec<Name>,
    known: Vec<(Name, Known)>,
}

/// All records of a school, and what the city is known to have of them.
pub(crate) async fn ours(store: &Store, map: &FieldMap, school: &SchoolCode, now: Moment) -> Result<Ours, StoreError> {
    let things = things(store, school, &Choice::default()).await?;
    let parts: Vec<Part> = stream::iter(things)
        .map(|thing| async move { part(store, map, (school, &thing), now).await })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let mut all = Ours::default();
    let (mut rows, mut counts) = (Vec::new(), BTreeMap::<Dataset, u64>::new());
    for part in parts {
        for row in &part.rows {
            let count = counts.entry(row.dataset).or_default();
            *count = count.saturating_add(1);
        }
        for dataset in part.unfit {
            all.lines.entry(dataset).or_default().count_unfit();
        }
        rows.extend(part.rows);
        all.acknowledged.extend(part.acknowledged);
        all.known.extend(part.known);
    }
    for (dataset, count) in counts {
        let line = all.lines.entry(dataset).or_default();
        *line = Line { ours: line.ours.saturating_add(count), theirs: count, ..*line };
    }
    for ((dataset, _), known) in &all.known {
        all.lines.entry(*dataset).or_default().count_known(*known);
    }
    all.shelf = Shelf::of(rows);
    Ok(all)
}

async fn part(
    store: &Store,
    map: &FieldMap,
    (school, thing): (&SchoolCode, &Thing),
    now: Moment,
) -> Result<Part, StoreError> {
    let waits = async || Ok::<_, StoreError>(store.task(Queue::Municipal, &thing.to_string()).await?);
    // What waits to be told is no difference yet: read before the thing, so that what changes meanwhile is among it.
    let mut task = waits().await?;
    let built = build(store, thing, now).await?;
    let holding = store.holding(thing).await?.value;
    if task.is_none() && holding.records.iter().any(|held| held.sent.is_some()) {
        // It is being told since a moment ago. What was sent and has no task was lost, against all design, and is no
        // excuse for a difference.
        task = waits().await?;
    }
    let since = task.as_ref().map(domain::task::Task::waits_since);
    let mut part = Part::default();
    for record in built.records.into_iter().filter(|record| record.school == *school) {
        let name = (record.dataset, record.source_id.clone());
        let held = holding.held(name.0, &name.1);
        if held.is_some_and(|held| held.parked.is_some()) {
            part.known.push((name.clone(), Known::Parked));
        } else if let Some(since) = since {
            part.known.push((name.clone(), Known::UnderWay(since)));
        }
        let Ok(rendered) = map.render(&record) else {
            part.unfit.push(record.dataset);
            continue;
        };
        let version = held.and_then(|held| held.acknowledged.as_ref()).map_or(0, |has| has.said.version);
        if version > 0 {
            part.acknowledged.push(name);
        }
        let held = Held { version, hash: rendered.hash };
        let Record { term, dataset, day, source_id, .. } = record;
        part.rows.push(Row { term, dataset, day, source_id, held });
    }
    // What the thing has no more, and the city is yet to be told so, or does not take it.
    let told: BTreeSet<Name> = part.known.iter().map(|(name, _)| name.clone()).collect();
    let waiting = holding.records.iter().filter(|held| held.place.school == *school).filter_map(|held| {
        let name = (held.dataset, held.source_id.clone());
        if held.parked.is_some() {
            return Some((name, Known::Parked));
        }
        let since = since.filter(|_| held.acknowledged.is_some() || held.sent.is_some())?;
        Some((name, Known::UnderWay(since)))
    });
    part.known.extend(waiting.filter(|(name, _)| !told.contains(name)));
    Ok(part)
}

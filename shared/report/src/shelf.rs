//! Shelf (核对底册): all that the city should have of a school, built anew from the tables and not from what was noted
//! when it was told, so that nothing that was never told can hide. K7.2.

use std::collections::{BTreeMap, BTreeSet};

use domain::Moment;
use domain::access::Guarded;
use domain::id::{ClassId, PaymentNo, SchoolCode, StudentId, TermCode};
use domain::supervision::agreement::{Held, Row, Shelf};
use domain::supervision::record::Place;
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, FieldMap, SourceId};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::register::Stretch;
use store::{Store, StoreError};

use crate::build::build;

/// Things that are built at once.
const AT_ONCE: usize = 16;
/// Rows of a register read at once.
const ROWS: i32 = 1000;
/// Users read at once.
const USERS: i32 = 100;

/// A school's records as they should be at the city.
#[derive(Debug, Default)]
pub(crate) struct Ours {
    /// The records with their hashes.
    pub(crate) shelf: Shelf,
    /// Records that the city has acknowledged.
    pub(crate) acknowledged: BTreeSet<(Dataset, SourceId)>,
    /// Records that are on their way, or parked: that the city lacks them is known.
    pub(crate) under_way: BTreeSet<(Dataset, SourceId)>,
    /// How many there are of each data set.
    pub(crate) counts: BTreeMap<Dataset, u64>,
}

/// One thing's part of it.
#[derive(Debug, Default)]
struct Part {
    rows: Vec<Row>,
    acknowledged: Vec<(Dataset, SourceId)>,
    under_way: Vec<(Dataset, SourceId)>,
}

/// All records of a school, and what the city is known to have of them.
pub(crate) async fn ours(store: &Store, map: &FieldMap, school: &SchoolCode, now: Moment) -> Result<Ours, StoreError> {
    let things = things(store, school).await?;
    let parts: Vec<Part> = stream::iter(things)
        .map(|thing| async move { part(store, map, (school, &thing), now).await })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let mut all = Ours::default();
    let mut rows = Vec::new();
    for part in parts {
        for row in &part.rows {
            let count = all.counts.entry(row.dataset).or_default();
            *count = count.saturating_add(1);
        }
        rows.extend(part.rows);
        all.acknowledged.extend(part.acknowledged);
        all.under_way.extend(part.under_way);
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
    // What waits to be told is no difference yet: read before the thing, so that what changes meanwhile is among it.
    let waits = store.task(domain::task::Queue::Municipal, &thing.to_string()).await?.is_some();
    let built = build(store, thing, now).await?;
    let holding = store.holding(thing).await?.value;
    let mut part = Part::default();
    for record in built.records.into_iter().filter(|record| record.school == *school) {
        let name = (record.dataset, record.source_id.clone());
        let held = holding.held(name.0, &name.1);
        if waits || held.is_some_and(|held| held.parked.is_some() || held.sent.is_some()) {
            part.under_way.push(name.clone());
        }
        let Ok(rendered) = map.render(&record) else { continue };
        let version = held.and_then(|held| held.acknowledged.as_ref()).map_or(0, |has| has.said.version);
        if version > 0 {
            part.acknowledged.push(name);
        }
        let (Place { term, day, .. }, held) = (
            Place { school: record.school, term: record.term, day: record.day },
            Held { version, hash: rendered.hash },
        );
        part.rows.push(Row { term, dataset: record.dataset, day, source_id: record.source_id, held });
    }
    // What the thing has no more, and the city is yet to be told so.
    let waiting = holding.records.iter().filter(|held| waits || held.sent.is_some());
    part.under_way.extend(waiting.map(|held| (held.dataset, held.source_id.clone())));
    Ok(part)
}

/// Everything of a school that the city is told of.
async fn things(store: &Store, school: &SchoolCode) -> Result<BTreeSet<Thing>, StoreError> {
    let mut things = BTreeSet::new();
    let mut pupils: BTreeSet<StudentId> = BTreeSet::new();
    for (homeroom, members) in store.homerooms_with_members(school).await? {
        things.insert(Thing::Homeroom(homeroom.id));
        pupils.extend(members);
    }
    let mut after = None;
    loop {
        let (users, next) = store.users(Some(school), after.as_deref(), USERS).await?;
        things.extend(users.into_iter().map(|user| Thing::Staff(user.unguarded().value.id)));
        after = next;
        if after.is_none() {
            break;
        }
    }
    for term in store.terms(school).await? {
        let term = term.value.code;
        let takers = takers(store, school, &term).await?;
        for student in takers.union(&pupils) {
            things.extend(orders(store, student, &term).await?);
        }
        for class in store.classes_in(school, &term).await? {
            things.extend(lessons(store, class.id).await?);
        }
        pupils.extend(takers);
    }
    things.extend(pupils.into_iter().map(Thing::Pupil));
    Ok(things)
}

/// The pupils who have an order in the register of a term.
async fn takers(store: &Store, school: &SchoolCode, term: &TermCode) -> Result<BTreeSet<StudentId>, StoreError> {
    let (mut takers, mut after) = (BTreeSet::new(), None);
    loop {
        let page = store.rows(Stretch { school, term, placed: None }, after.as_ref(), ROWS).await?;
        takers.extend(page.rows.into_iter().map(|row| row.unguarded().value.no.student()));
        after = page.next;
        if after.is_none() {
            return Ok(takers);
        }
    }
}

/// A pupil's orders of a term, and every attempt to pay one.
async fn orders(store: &Store, student: &StudentId, term: &TermCode) -> Result<Vec<Thing>, StoreError> {
    let Some(record) = store.record(student, term).await?.map(Guarded::unguarded) else { return Ok(Vec::new()) };
    let attempts = |order: &domain::record::Order| {
        let no = order.no.clone();
        (1..=order.attempts).map(move |attempt| Thing::Payment(PaymentNo::new(&no, attempt)))
    };
    let payments: Vec<Thing> = record.value.orders.iter().flat_map(attempts).collect();
    Ok([Thing::Record(student.clone(), term.clone())].into_iter().chain(payments).collect())
}

async fn lessons(store: &Store, class: ClassId) -> Result<Vec<Thing>, StoreError> {
    let rolled = store.rolled_now(&class).await?;
    Ok([Thing::Class(class)].into_iter().chain(rolled.into_iter().map(Thing::Roll)).collect())
}

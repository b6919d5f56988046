//! The writer (提交): one transaction holds the changed items, each on the condition that nobody else changed it, the
//! tasks that follow, the audit entries and the answer to the request. Either all of it is there, or nothing.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use domain::audit::{Act, Actor, Trace};
use domain::supervision::thing::Thing;
use domain::task::Task;
use domain::{Moment, Tenant};
use serde::Serialize;

use crate::audit::{Filed, Unsealed, change_of};
use crate::error::{Image, StoreError, condition_failed};
use crate::item::{Marks, Versioned, content_hash, encode, number, text};
use crate::key::{self, Key, Table};
use crate::personal::is_personal;
use crate::reply::Reply;
use crate::table::{Store, due_shard, pause};
use crate::task::{raising, shard_of};

/// How often a transaction that met another one is tried again.
const CONFLICTS: u32 = 6;

/// A change to be written as one: who makes it, and what it writes.
#[derive(Debug)]
pub struct Commit {
    actor: Actor,
    action: &'static str,
    now: Moment,
    writes: Vec<Write>,
    entries: Vec<Entry>,
}

/// An audit entry and the thing it is about.
#[derive(Debug)]
struct Entry {
    thing: Key,
    trace: Trace,
    /// Which write makes the version it speaks of; none when that was written before.
    made_by: Option<usize>,
}

#[derive(Debug)]
enum Write {
    Put { kind: &'static str, key: Key, image: Image, expected: u64, tenant: Option<Tenant> },
    Seat(Box<(Key, SeatChange)>),
    Raise { task: Task, image: Image },
    Report(Thing),
    Rest { key: Key, expected: u64 },
}

/// Confirms a claimed seat or gives one back, if it still is what the record says.
#[derive(Debug)]
struct SeatChange {
    student: String,
    stamp: i64,
    freed: bool,
}

impl Commit {
    /// A change by `actor`; `action` names the operation, as `order.pay`.
    pub const fn new(actor: Actor, action: &'static str, now: Moment) -> Self {
        Self { actor, action, now, writes: Vec::new(), entries: Vec::new() }
    }

    /// Writes the next version of a value, with its audit entry.
    pub(crate) fn put<T: Serialize>(
        &mut self,
        kind: &'static str,
        key: Key,
        value: &Versioned<T>,
        due: Option<Moment>,
    ) -> Result<(), StoreError> {
        // What the version is like is told once its personal data is sealed: the hash is of what lies in the table.
        let trace = Trace { version: value.ver.saturating_add(1), ..self.trace_of_nothing() };
        self.entries.push(Entry { thing: key.clone(), trace, made_by: Some(self.writes.len()) });
        self.put_untraced(kind, key, value, due)
    }

    /// Writes the next version of a value with personal data of `tenant`, with its audit entry.
    pub(crate) fn put_personal<T: Serialize>(
        &mut self,
        kind: &'static str,
        of: Tenant,
        key: Key,
        value: &Versioned<T>,
    ) -> Result<(), StoreError> {
        self.put(kind, key, value, None)?;
        self.seal_last_for(of);
        Ok(())
    }

    /// The personal data of what was just put is of `of`.
    pub(crate) fn seal_last_for(&mut self, of: Tenant) {
        if let Some(Write::Put { tenant, .. }) = self.writes.last_mut() {
            *tenant = Some(of);
        }
    }

    /// Writes the next version of a value that is no act of anybody, or carries its own trail.
    pub(crate) fn put_untraced<T: Serialize>(
        &mut self,
        kind: &'static str,
        key: Key,
        value: &Versioned<T>,
        due: Option<Moment>,
    ) -> Result<(), StoreError> {
        let image = self.image(kind, &key, value, due)?;
        self.writes.push(Write::Put { kind, key, image, expected: value.ver, tenant: None });
        Ok(())
    }

    /// What was just put stands in a partition of the sparse index of its own.
    pub(crate) fn list_last_in(&mut self, shard: &str) {
        if let Some(Write::Put { image, .. }) = self.writes.last_mut()
            && image.contains_key("due")
        {
            image.insert("due_shard".into(), text(shard));
        }
    }

    /// The item of the next version of a value.
    pub(crate) fn image<T: Serialize>(
        &self,
        kind: &'static str,
        key: &Key,
        value: &Versioned<T>,
        due: Option<Moment>,
    ) -> Result<Image, StoreError> {
        let marks = Marks {
            kind,
            ver: value.ver.saturating_add(1),
            created_at: value.created_at.unwrap_or(self.now),
            updated_at: self.now,
            due,
        };
        encode(key, marks, &value.value)
    }

    /// Writes entries that a thing has carried with it until now.
    pub(crate) fn drain(&mut self, thing: &Key, trail: Vec<Trace>) {
        self.entries.extend(trail.into_iter().map(|trace| Entry { thing: thing.clone(), trace, made_by: None }));
    }

    /// Keeps an act that changes nothing, by `actor`. `concerns` names the thing or the person, without personal data;
    /// `mark` is a random number, the same when the call is repeated.
    pub fn note(&mut self, actor: Actor, act: Act, concerns: &str, mark: u64) -> Result<(), StoreError> {
        let entry = key::notice(concerns, self.now, mark);
        let action = <&str>::from(act).to_owned();
        let trace = Trace { actor, action, at: self.now, version: 0, after: None };
        let change = change_of(self.now, &entry);
        self.file(entry.clone(), trace, &change)?;
        self.wait(&change, vec![entry])
    }

    /// All writes: what was collected, the entries, and one item by which the sealer finds them.
    fn into_writes(mut self) -> Result<Vec<Write>, StoreError> {
        let entries = std::mem::take(&mut self.entries);
        let places: Vec<Key> = entries.iter().map(|entry| key::audit(&entry.thing, entry.trace.version)).collect();
        if let Some(first) = places.first() {
            let change = change_of(self.now, first);
            for (place, Entry { mut trace, made_by, .. }) in places.iter().zip(entries) {
                if let Some(Write::Put { image, .. }) = made_by.and_then(|write| self.writes.get(write)) {
                    trace.after = Some(content_hash(image));
                }
                self.file(place.clone(), trace, &change)?;
            }
            self.wait(&change, places)?;
        }
        Ok(self.writes)
    }

    fn file(&mut self, place: Key, trace: Trace, change: &str) -> Result<(), StoreError> {
        self.put_untraced("trace", place, &Versioned::absent(Filed { trace, change: change.to_owned() }), None)
    }

    fn wait(&mut self, change: &str, places: Vec<Key>) -> Result<(), StoreError> {
        let unsealed = Unsealed::of(self.now, places);
        self.put_untraced("unsealed", key::unsealed(change), &Versioned::absent(unsealed), None)
    }

    /// Confirms claimed seats in the same transaction. Only for orders that come late or cost nothing: on the way of
    /// the rush, transactions on a ledger would stand in each other's way.
    pub(crate) fn confirm_seat(&mut self, key: Key, student: &str, stamp: i64) {
        let change = SeatChange { student: student.to_owned(), stamp, freed: false };
        self.writes.push(Write::Seat(Box::new((key, change))));
    }

    /// Gives a seat back in the same transaction, confirmed or not: for orders that were paid, whose seat no claim
    /// protects. The ledger is left armed, so that the sweeper posts it to the board.
    pub(crate) fn free_seat(&mut self, key: Key, student: &str, stamp: i64) {
        let change = SeatChange { student: student.to_owned(), stamp, freed: true };
        self.writes.push(Write::Seat(Box::new((key, change))));
    }

    /// Lets the change rest on what it does not write: it is stale when that was changed since it was read.
    pub(crate) fn rest_on(&mut self, key: Key, expected: u64) {
        self.writes.push(Write::Rest { key, expected });
    }

    /// Promises work. A task of the same entity that waits already is raised to the higher version.
    pub fn task(&mut self, task: Task) -> Result<(), StoreError> {
        let image = serde_dynamo::to_item(&task).map_err(|source| StoreError::Unreadable { kind: "task", source })?;
        self.writes.push(Write::Raise { task, image });
        Ok(())
    }

    /// Has the supervision system told of a thing.
    pub fn report(&mut self, thing: Thing) {
        self.writes.push(Write::Report(thing));
    }

    /// Keeps the answer for the case that the request comes again.
    pub fn reply(&mut self, key: Key, reply: &Reply) -> Result<(), StoreError> {
        self.put_untraced("reply", key, &Versioned::absent(reply), None)
    }

    /// Whether nothing would be written.
    pub const fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// When the change is made.
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// Who makes it, as a trace of the version that `image` is.
    pub(crate) fn trace(&self, version: u64, image: &Image) -> Trace {
        let (actor, action) = (self.actor.clone(), self.action.to_owned());
        Trace { actor, action, at: self.now, version, after: Some(content_hash(image)) }
    }

    /// Who makes it, as a trace of an act that changes nothing.
    pub(crate) fn trace_of_nothing(&self) -> Trace {
        let (actor, action) = (self.actor.clone(), self.action.to_owned());
        Trace { actor, action, at: self.now, version: 0, after: None }
    }
}

impl Store {
    /// Writes a change as one. [`StoreError::Stale`]: something was changed by somebody else; nothing is written.
    /// [`StoreError::Unavailable`]: the outcome is unknown; read again to learn it. [`StoreError::NoTenant`]: personal
    /// data of nobody; nothing is written. [`StoreError::Shredded`]: of somebody whose keys are destroyed; nothing is
    /// written.
    pub async fn commit(&self, mut commit: Commit) -> Result<(), StoreError> {
        for write in &mut commit.writes {
            match write {
                Write::Put { kind, key, image, tenant, .. } if is_personal(image) => {
                    let tenant = tenant.as_ref().ok_or(StoreError::NoTenant { kind })?;
                    // Behind a pointer: most changes hold nothing personal.
                    Box::pin(self.seal((key, image), tenant, (&commit.actor, commit.now))).await?;
                }
                Write::Raise { image, .. } if is_personal(image) => return Err(StoreError::NoTenant { kind: "task" }),
                Write::Put { .. } | Write::Raise { .. } | Write::Report(_) | Write::Rest { .. } | Write::Seat(_) => {}
            }
        }
        self.write(commit).await
    }

    /// Writes a change whose personal data is sealed.
    pub(crate) async fn write(&self, commit: Commit) -> Result<(), StoreError> {
        let now = commit.now;
        let writes = commit.into_writes()?;
        if let [Write::Put { key, image, expected, .. }] = writes.as_slice() {
            return self.put_alone(key, image.clone(), *expected).await;
        }
        let items: Vec<TransactWriteItem> =
            writes.iter().map(|write| self.transact_item(write, now)).collect::<Result<_, _>>()?;
        let mut attempt = 0;
        loop {
            let sent = self.client().transact_write_items().set_transact_items(Some(items.clone())).send().await;
            let Err(error) = sent else { return Ok(()) };
            match verdict(&error) {
                Verdict::Stale => return Err(StoreError::Stale),
                Verdict::Conflict if attempt < CONFLICTS => {
                    tokio::time::sleep(pause(attempt)).await;
                    attempt = attempt.saturating_add(1);
                }
                Verdict::Conflict => {
                    let source = Box::new(error);
                    return Err(StoreError::Unavailable { operation: "TransactWriteItems", source });
                }
                Verdict::Other => return Err(StoreError::from_sdk("TransactWriteItems", error)),
            }
        }
    }

    /// One item needs no transaction, and costs half.
    async fn put_alone(&self, key: &Key, image: Image, expected: u64) -> Result<(), StoreError> {
        let (condition, values) = unchanged(expected);
        let sent = self
            .client()
            .put_item()
            .table_name(self.name(key.table))
            .set_item(Some(image))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Err(StoreError::Stale),
            Err(error) => Err(StoreError::from_sdk("PutItem", error)),
        }
    }

    fn transact_item(&self, write: &Write, now: Moment) -> Result<TransactWriteItem, StoreError> {
        let built = match write {
            Write::Put { key, image, expected, .. } => {
                let (condition, values) = unchanged(*expected);
                Put::builder()
                    .table_name(self.name(key.table))
                    .set_item(Some(image.clone()))
                    .condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .build()
                    .map(|put| TransactWriteItem::builder().put(put).build())
            }
            Write::Seat(change) => {
                let (key, change) = change.as_ref();
                self.change_seat(key, change)
            }
            Write::Raise { task, image } => self.raise(task, image),
            Write::Report(thing) => self.report(thing, now),
            Write::Rest { key, expected } => self.rest(key, *expected),
        };
        built.map_err(|error| StoreError::Rejected { operation: "TransactWriteItems", source: Box::new(error) })
    }

    fn change_seat(
        &self,
        key: &Key,
        change: &SeatChange,
    ) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let update = Update::builder()
            .table_name(self.name(key.table))
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .expression_attribute_names("#s", &change.student)
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":stamp", number(change.stamp));
        let update = if change.freed {
            update
                .update_expression(
                    "REMOVE m.#s SET due = if_not_exists(due, :zero), due_shard = if_not_exists(due_shard, :shard) \
                     ADD n :less, ver :one",
                )
                .condition_expression("m.#s = :zero OR m.#s = :stamp")
                .expression_attribute_values(":shard", text(due_shard(&key.pk)))
                .expression_attribute_values(":less", number(-1))
        } else {
            update.update_expression("SET m.#s = :zero ADD ver :one").condition_expression("m.#s = :stamp")
        };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn rest(&self, key: &Key, expected: u64) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let (condition, values) = unchanged(expected);
        let check = ConditionCheck::builder()
            .table_name(self.name(key.table))
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .condition_expression(condition)
            .set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
    }

    /// Sets the task, whether it is there or not: of two changes, the later one's version is the higher one, since
    /// both are ordered by the entity they change in the same transaction.
    fn raise(&self, task: &Task, image: &Image) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let key = key::task(task.queue, &task.entity);
        let mut item = image.clone();
        item.insert("due_shard".into(), text(shard_of(task.queue, &key.pk)));
        item.insert("pk".into(), text(key.pk));
        item.insert("sk".into(), text(key.sk));
        item.insert("kind".into(), text("task"));
        let put = Put::builder().table_name(self.name(key.table)).set_item(Some(item)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn report(&self, thing: &Thing, now: Moment) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let raised = raising(thing, now);
        let update = Update::builder()
            .table_name(self.name(Table::Tasks))
            .set_key(Some(raised.key))
            .update_expression(raised.expression)
            .set_expression_attribute_names(Some(raised.names))
            .set_expression_attribute_values(Some(raised.values));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

/// The condition that an item is still at the version it was read at.
pub(crate) fn unchanged(expected: u64) -> (&'static str, Option<std::collections::HashMap<String, AttributeValue>>) {
    if expected == 0 {
        ("attribute_not_exists(pk)", None)
    } else {
        ("ver = :expected", Some([(":expected".to_owned(), number(expected))].into()))
    }
}

enum Verdict {
    Stale,
    Conflict,
    Other,
}

fn verdict<R>(error: &SdkError<TransactWriteItemsError, R>) -> Verdict {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return Verdict::Other;
    };
    let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    if codes().any(|code| code == "ConditionalCheckFailed") {
        Verdict::Stale
    } else if codes().any(|code| code == "TransactionConflict") {
        Verdict::Conflict
    } else {
        Verdict::Other
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::Pii;
    use futures::future::BoxFuture;
    use serde_json::json;
    use testkit::simulate;

    use super::*;
    use crate::envelope::KEY_BYTES;
    use crate::keyring::{FreshKey, KeyFailure, KeyService};

    /// A function that may not read names has no key service.
    struct NoKeys;

    fn none() -> KeyFailure {
        KeyFailure { outage: false, source: "no key service".into() }
    }

    impl KeyService for NoKeys {
        fn make<'a>(&'a self, _: &'a Tenant) -> BoxFuture<'a, Result<FreshKey, KeyFailure>> {
            Box::pin(async { Err(none()) })
        }

        fn open<'a>(&'a self, _: &'a Tenant, _: &'a [u8]) -> BoxFuture<'a, Result<[u8; KEY_BYTES], KeyFailure>> {
            Box::pin(async { Err(none()) })
        }
    }

    #[test]
    fn p9_a_value_does_not_overwrite_what_the_table_adds() {
        for mark in ["pk", "kind", "ver", "due"] {
            let mut commit = Commit::new(Actor::system("test"), "test.change", Moment::from_seconds(0));
            let (place, value) = (key::data_key(&Tenant::Platform, 9), json!({mark: 1}));
            let refused = commit.put("note", place, &Versioned::absent(&value), None);
            assert!(matches!(refused, Err(StoreError::MarkTaken { kind: "note" })), "{mark}: {refused:?}");
        }
    }

    /// Whatever the kind, however deep it stands, whoever wrote it.
    #[test]
    fn p13_personal_data_of_no_tenant_is_not_written() {
        simulate(1, async |world| {
            world.create_tables("t");
            let store = Store::new(world.dynamodb(), "t", Arc::new(NoKeys));
            let datum = Pii::new("欧阳小明".to_owned());
            for value in [
                json!({"name": datum}),
                json!({"contacts": [{"a": 1}, {"phone": {"home": datum}}]}),
                json!({"list": [[datum]]}),
            ] {
                let mut commit = Commit::new(Actor::system("test"), "test.change", Moment::from_seconds(0));
                let place = key::data_key(&Tenant::Platform, 9);
                commit.put("note", place.clone(), &Versioned::absent(&value), None).unwrap();
                let refused = store.commit(commit).await;
                assert!(matches!(refused, Err(StoreError::NoTenant { kind: "note" })), "{refused:?}");

                let mut commit = Commit::new(Actor::system("test"), "test.change", Moment::from_seconds(0));
                commit.put_personal("note", Tenant::Platform, place, &Versioned::absent(&value)).unwrap();
                let refused = store.commit(commit).await;
                assert!(matches!(refused, Err(StoreError::KeyRefused(_))), "{refused:?}");
            }
            for table in testkit::TABLES {
                assert!(world.scan(&testkit::table_name("t", table.name)).is_empty(), "{}", table.name);
            }
        });
    }
}

//! Tasks (待办) in their table: reading, raising, putting off, parking and removing.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Moment;
use domain::supervision::thing::Thing;
use domain::task::{Queue, Task};

use crate::error::{Image, StoreError, condition_failed};
use crate::item::{decode, number, text};
use crate::key::{self, Table};
use crate::table::{DUE_SHARDS, Store, due_shard};

/// What the version of a task begins with that is raised without one: the moment, in steps as small as this. A task that
/// is raised, done and raised again is never mistaken for the one it was.
const STEPS_OF_SECOND: i64 = 1000;

/// That a task is there as it was read, and wakes its consumer.
const WAKES: &str = "attribute_exists(pk) AND wanted = :wanted AND attribute_not_exists(parked)";

/// That a task is there, was raised since it was read, and wakes its consumer.
const RAISED: &str = "attribute_exists(pk) AND wanted <> :wanted AND attribute_not_exists(parked)";

/// The partition of the sparse index in which a task stands. What the supervision system is told stands in partitions
/// of its own: when it is out of reach for hours, its backlog is not in front of anybody's payment.
pub(crate) fn shard_of(queue: Queue, pk: &str) -> String {
    let shard = due_shard(pk);
    match queue {
        Queue::Municipal => municipal(&shard),
        Queue::Archive | Queue::Import | Queue::Refund | Queue::Notice | Queue::Agreement => shard,
    }
}

fn municipal(shard: &str) -> String {
    format!("M{shard}")
}

impl Store {
    /// The task of a queue for an entity.
    pub async fn task(&self, queue: Queue, entity: &str) -> Result<Option<Task>, StoreError> {
        Ok(self.get("task", &key::task(queue, entity)).await?.map(|found| found.value))
    }

    /// Tasks whose consumer must be woken again.
    pub async fn due_tasks(&self, now: Moment, limit: i32) -> Result<Vec<Task>, StoreError> {
        let mut tasks = Vec::new();
        for key in self.due(Table::Tasks, now, limit).await? {
            tasks.extend(self.get::<Task>("task", &key).await?.map(|found| found.value));
        }
        Ok(tasks)
    }

    /// Things the supervision system must be told of, those that wait longest first, some of each partition.
    pub async fn due_reports(&self, now: Moment, limit: i32) -> Result<Vec<Task>, StoreError> {
        let shards = (0..DUE_SHARDS).map(|shard| municipal(&format!("{shard:02}")));
        let due = self.due_in(Table::Tasks, shards, now, limit).await?;
        let images = self.images(due).await?.into_values();
        let tasks = images.map(|image| Ok(decode::<Task>("task", image)?.value));
        let mut tasks: Vec<Task> = tasks.collect::<Result<_, StoreError>>()?;
        // Of those that became due at the same moment, the same order each time.
        tasks.sort_by(|one, other| (one.due, &one.entity).cmp(&(other.due, &other.entity)));
        Ok(tasks)
    }

    /// Since when what the supervision system must be told of by now waits longest: the first of each partition.
    pub async fn oldest_report(&self, now: Moment) -> Result<Option<Moment>, StoreError> {
        Ok(self.due_reports(now, 1).await?.iter().map(Task::waits_since).min())
    }

    /// Has the supervision system told of a thing. One that waits already waits on in its place, and is not done by
    /// whoever has looked before; what it was put off to stays. Twice is harmless.
    pub async fn raise_report(&self, thing: &Thing, now: Moment) -> Result<(), StoreError> {
        let raised = raising(thing, now);
        let update = self.client().update_item().table_name(self.name(Table::Tasks));
        let sent = update
            .set_key(Some(raised.key))
            .update_expression(raised.expression)
            .set_expression_attribute_names(Some(raised.names))
            .set_expression_attribute_values(Some(raised.values))
            .send()
            .await;
        sent.map(|_raised| ()).map_err(|error| StoreError::from_sdk("UpdateItem", error))
    }

    /// Removes a task that is done, unless a later version of its entity has asked for more meanwhile.
    pub async fn finish_task(&self, task: &Task) -> Result<(), StoreError> {
        self.remove_task(task).await.map(drop)
    }

    /// Ends a look at a thing that the supervision system is told of: its task is done, or put off if something of it
    /// waits. One that was raised meanwhile begins anew: it is due at once, whenever it was to be woken for again.
    pub async fn end_look(&self, task: &Task, waits: bool, now: Moment) -> Result<(), StoreError> {
        let is_as_read = if waits { self.put_off(task, now).await? } else { self.remove_task(task).await? };
        if is_as_read {
            return Ok(());
        }
        self.begin_anew(task, now, RAISED).await
    }

    /// A task is due at a moment, as if nobody had looked at it.
    async fn begin_anew(&self, task: &Task, due: Moment, condition: &str) -> Result<(), StoreError> {
        let values = [(":due", number(due.seconds())), (":shard", shard_of_task(task)), (":zero", number(0))];
        let change = "SET due = :due, due_shard = :shard, attempts = :zero REMOVE rests_until";
        self.change_task(task, change, condition, values).await.map(drop)
    }

    /// Whether it was as read, or is not there any more.
    async fn remove_task(&self, task: &Task) -> Result<bool, StoreError> {
        let key = key::task(task.queue, &task.entity);
        let sent = self
            .client()
            .delete_item()
            .table_name(self.name(key.table))
            .key("pk", text(key.pk))
            .key("sk", text(key.sk))
            .condition_expression("attribute_not_exists(pk) OR wanted = :wanted")
            .expression_attribute_values(":wanted", number(task.wanted))
            .send()
            .await;
        match sent {
            Ok(_removed) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::from_sdk("DeleteItem", error)),
        }
    }

    /// Puts a task off once more, each time for longer.
    pub async fn put_off_task(&self, task: &Task, now: Moment) -> Result<(), StoreError> {
        self.put_off(task, now).await.map(drop)
    }

    async fn put_off(&self, task: &Task, now: Moment) -> Result<bool, StoreError> {
        let next = number(task.next_due(now).seconds());
        let values = [(":due", next), (":shard", shard_of_task(task)), (":one", number(1))];
        let change = "SET due = :due, rests_until = :due, due_shard = :shard ADD attempts :one";
        self.change_task(task, change, WAKES, values).await
    }

    /// Wakes nobody for a task before a moment. That is not held against it: it is not put off for longer next time.
    pub async fn put_off_task_until(&self, task: &Task, next: Moment) -> Result<(), StoreError> {
        let values = [(":due", number(next.seconds())), (":shard", shard_of_task(task))];
        self.change_task(task, "SET due = :due, due_shard = :shard", WAKES, values).await.map(drop)
    }

    /// Puts a task back where it was before its consumer was woken: it was not its fault that nothing could be done.
    pub async fn put_back_task(&self, task: &Task) -> Result<(), StoreError> {
        self.begin_anew(task, task.waits_since(), WAKES).await
    }

    /// Sets a task aside for a person, with the reason: it is visible and counted, and wakes nobody.
    pub async fn park_task(&self, task: &Task, reason: &str) -> Result<(), StoreError> {
        let values = [(":reason", text(reason))];
        self.change_task(task, "SET parked = :reason REMOVE due_shard", "wanted = :wanted", values).await.map(drop)
    }

    /// Changes a task if it stands to the version that was read as it must; whether it did.
    async fn change_task(
        &self,
        task: &Task,
        change: &str,
        condition: &str,
        values: impl IntoIterator<Item = (&str, AttributeValue)>,
    ) -> Result<bool, StoreError> {
        let key = key::task(task.queue, &task.entity);
        let update = self
            .client()
            .update_item()
            .table_name(self.name(key.table))
            .key("pk", text(key.pk))
            .key("sk", text(key.sk))
            .update_expression(change)
            .condition_expression(condition)
            .expression_attribute_values(":wanted", number(task.wanted));
        let update =
            values.into_iter().fold(update, |update, (name, value)| update.expression_attribute_values(name, value));
        match update.send().await {
            Ok(_changed) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::from_sdk("UpdateItem", error)),
        }
    }
}

/// The partition of the index in which a task stands.
fn shard_of_task(task: &Task) -> AttributeValue {
    text(shard_of(task.queue, &key::task(task.queue, &task.entity).pk))
}

/// An update that raises a task.
#[derive(Debug)]
pub(crate) struct Raising {
    pub(crate) key: Image,
    pub(crate) expression: &'static str,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: Image,
}

/// How a task of the supervision system's is raised, alone or in a transaction.
pub(crate) fn raising(thing: &Thing, now: Moment) -> Raising {
    let entity = thing.to_string();
    let key = key::task(Queue::Municipal, &entity);
    let (since, shard) = (number(now.seconds()), shard_of(Queue::Municipal, &key.pk));
    let named = |name: &str, value| (name.to_owned(), value);
    Raising {
        key: [named("pk", text(key.pk)), named("sk", text(key.sk))].into(),
        expression: "SET #queue = :queue, #entity = :entity, #kind = :kind, wanted = if_not_exists(wanted, :base) \
                     + :one, #since = if_not_exists(#since, :now), due = if_not_exists(due, :now), due_shard = \
                     if_not_exists(due_shard, :shard), attempts = if_not_exists(attempts, :zero)",
        names: ["queue", "entity", "kind", "since"].map(|name| (format!("#{name}"), name.to_owned())).into(),
        values: [
            named(":queue", text(Queue::Municipal.to_string())),
            named(":entity", text(entity)),
            named(":kind", text("task")),
            named(":base", number(now.seconds().saturating_mul(STEPS_OF_SECOND))),
            named(":one", number(1)),
            named(":zero", number(0)),
            named(":now", since),
            named(":shard", text(shard)),
        ]
        .into(),
    }
}

//! Tasks (待办) in their table: reading, putting off, parking and removing.

use domain::Moment;
use domain::task::{Queue, Task};

use crate::error::{StoreError, condition_failed};
use crate::item::{number, text};
use crate::key::{self, Table};
use crate::table::{Store, due_shard};

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

    /// Removes a task that is done, unless a later version of its entity has asked for more meanwhile.
    pub async fn finish_task(&self, task: &Task) -> Result<(), StoreError> {
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
            Err(error) if !condition_failed(&error) => Err(StoreError::from_sdk("DeleteItem", error)),
            _ => Ok(()),
        }
    }

    /// Puts a task off after its consumer was woken once more.
    pub async fn put_off_task(&self, task: &Task, now: Moment) -> Result<(), StoreError> {
        let key = key::task(task.queue, &task.entity);
        let next = task.next_due(now);
        let update = self
            .client()
            .update_item()
            .table_name(self.name(key.table))
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression("SET due = :due, due_shard = :shard ADD attempts :one")
            .condition_expression("attribute_exists(pk) AND wanted = :wanted AND attribute_not_exists(parked)")
            .expression_attribute_values(":due", number(next.seconds()))
            .expression_attribute_values(":shard", text(due_shard(&key.pk)))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":wanted", number(task.wanted));
        match update.send().await {
            Err(error) if !condition_failed(&error) => Err(StoreError::from_sdk("UpdateItem", error)),
            _ => Ok(()),
        }
    }

    /// Sets a task aside for a person, with the reason: it is visible and counted, and wakes nobody.
    pub async fn park_task(&self, task: &Task, reason: &str) -> Result<(), StoreError> {
        let key = key::task(task.queue, &task.entity);
        let update = self
            .client()
            .update_item()
            .table_name(self.name(key.table))
            .key("pk", text(&key.pk))
            .key("sk", text(&key.sk))
            .update_expression("SET parked = :reason REMOVE due_shard")
            .condition_expression("wanted = :wanted")
            .expression_attribute_values(":reason", text(reason))
            .expression_attribute_values(":wanted", number(task.wanted));
        match update.send().await {
            Err(error) if !condition_failed(&error) => Err(StoreError::from_sdk("UpdateItem", error)),
            _ => Ok(()),
        }
    }
}

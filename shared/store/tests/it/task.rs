//! Tasks: none is lost because an older one was done. P7 P8.

use domain::task::{Queue, Task};
use testkit::{World, simulate};

use crate::{change, now, tables};
use store::Store;

const ENTITY: &str = "20261-S000000000-01-1";

async fn raise(world: &World, store: &Store, version: u64) -> Task {
    let task = Task::new(Queue::Archive, ENTITY, version, now(world));
    let mut commit = change(world);
    commit.task(task.clone()).expect("a task");
    store.commit(commit).await.expect("written");
    task
}

async fn waiting(store: &Store) -> Option<Task> {
    store.task(Queue::Archive, ENTITY).await.expect("read")
}

#[test]
fn p7_a_task_that_was_raised_meanwhile_is_not_removed() {
    simulate(1, async |world| {
        let store = tables(&world);
        let seen = raise(&world, &store, 1).await;
        let raised = raise(&world, &store, 2).await;
        store.finish_task(&seen).await.expect("asked");
        assert_eq!(waiting(&store).await, Some(raised.clone()));
        store.finish_task(&raised).await.expect("asked");
        assert_eq!(waiting(&store).await, None);
        store.finish_task(&raised).await.expect("done twice is done once");
    });
}

#[test]
fn p8_a_task_that_was_raised_meanwhile_is_not_put_off() {
    simulate(1, async |world| {
        let store = tables(&world);
        let seen = raise(&world, &store, 1).await;
        let raised = raise(&world, &store, 2).await;
        store.put_off_task(&seen, now(&world)).await.expect("asked");
        assert_eq!(waiting(&store).await, Some(raised.clone()), "it is due as before");
        store.put_off_task(&raised, now(&world).plus_minutes(1)).await.expect("asked");
        let later = waiting(&store).await.expect("it waits");
        assert_eq!((later.attempts, later.due), (1, now(&world).plus_minutes(2)));
    });
}

#[test]
fn p8_a_task_that_is_done_is_not_put_off_into_life() {
    simulate(1, async |world| {
        let store = tables(&world);
        let task = raise(&world, &store, 1).await;
        store.finish_task(&task).await.expect("asked");
        store.put_off_task(&task, now(&world)).await.expect("asked");
        assert!(world.scan("t-tasks").is_empty());
    });
}

#[test]
fn p8_a_task_that_is_done_is_not_parked_into_life() {
    simulate(1, async |world| {
        let store = tables(&world);
        let task = raise(&world, &store, 1).await;
        store.finish_task(&task).await.expect("asked");
        store.park_task(&task, "archive/hash-differs").await.expect("asked");
        assert!(world.scan("t-tasks").is_empty());
    });
}

#[test]
fn p8_a_parked_task_wakes_nobody_until_it_is_raised() {
    simulate(1, async |world| {
        let store = tables(&world);
        let old = raise(&world, &store, 1).await;
        let task = raise(&world, &store, 2).await;
        let later = now(&world).plus_minutes(600);
        store.park_task(&old, "archive/hash-differs").await.expect("asked");
        assert_eq!(store.due_tasks(later, 10).await.expect("read").len(), 1, "the reason is of an older version");
        store.park_task(&task, "archive/hash-differs").await.expect("asked");
        assert!(store.due_tasks(later, 10).await.expect("read").is_empty());
        store.put_off_task(&task, now(&world)).await.expect("asked");
        assert!(store.due_tasks(later, 10).await.expect("read").is_empty());
        assert_eq!(waiting(&store).await.and_then(|task| task.parked).as_deref(), Some("archive/hash-differs"));
        raise(&world, &store, 3).await;
        assert_eq!(store.due_tasks(later, 10).await.expect("read").len(), 1);
    });
}

#[test]
fn p8_a_task_is_due_a_minute_after_it_was_written() {
    simulate(1, async |world| {
        let store = tables(&world);
        raise(&world, &store, 1).await;
        assert!(store.due_tasks(now(&world).plus_seconds(59), 10).await.expect("read").is_empty());
        assert_eq!(store.due_tasks(now(&world).plus_seconds(60), 10).await.expect("read").len(), 1);
    });
}

//! The bill, for cases whose price is known.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use testkit::{Capacity, Counts, World, simulate};

use super::{item, key, n, s};

fn cost(writes: u64, read_halves: u64) -> Capacity {
    Capacity { write_units: writes, read_halves }
}

async fn measured(world: &World, work: impl Future) -> Counts {
    let before = world.counts();
    work.await;
    world.counts().since(&before)
}

/// Text that makes an item of `item("a", "1", [("x", …)])` exactly so many bytes.
fn filler(bytes: usize) -> AttributeValue {
    s(&"x".repeat(bytes - "pka".len() - "sk1".len() - "x".len()))
}

async fn put(world: &World, table: &str, item: testkit::Item) -> Counts {
    let db = world.dynamodb();
    measured(world, async { db.put_item().table_name(table).set_item(Some(item)).send().await.unwrap() }).await
}

#[test]
fn writes_cost_a_unit_per_kilobyte() {
    simulate(1, async |world| {
        world.create_tables("t");
        let table = "t-catalog";
        assert_eq!(put(&world, table, item("a", "1", [("x", filler(1024))])).await.total(), cost(1, 0));
        assert_eq!(put(&world, table, item("a", "1", [("x", filler(1025))])).await.total(), cost(2, 0));
        // Shrinking is billed as the larger image was.
        assert_eq!(put(&world, table, key("a", "1")).await.total(), cost(2, 0));
        let db = world.dynamodb();
        let delete = db.delete_item().table_name(table).set_key(Some(key("a", "1"))).send();
        assert_eq!(measured(&world, delete).await.total(), cost(1, 0));
    });
}

#[test]
fn reads_cost_by_four_kilobytes_and_consistency() {
    simulate(1, async |world| {
        world.create_tables("t");
        world.plant("t-catalog", item("a", "1", [("x", filler(4097))]));
        let db = world.dynamodb();
        let get = |sort: &str, strong: bool| {
            let get = db.get_item().table_name("t-catalog").set_key(Some(key("a", sort)));
            get.consistent_read(strong).send()
        };
        assert_eq!(measured(&world, get("1", true)).await.total(), cost(0, 4));
        assert_eq!(measured(&world, get("1", false)).await.total(), cost(0, 2));
        assert_eq!(measured(&world, get("none", false)).await.total(), cost(0, 1));
    });
}

#[test]
fn a_transaction_costs_double() {
    simulate(1, async |world| {
        world.create_tables("t");
        let db = world.dynamodb();
        let transaction = |condition: Option<&str>| {
            let puts = ["1", "2", "3"].map(|sort| {
                let put = Put::builder().table_name("t-money").set_item(Some(key("a", sort)));
                let put = put.set_condition_expression(condition.map(str::to_owned)).build().unwrap();
                TransactWriteItem::builder().put(put).build()
            });
            db.transact_write_items().set_transact_items(Some(puts.to_vec())).send()
        };
        let first = measured(&world, transaction(None)).await;
        assert_eq!(first.total(), cost(6, 0));
        assert_eq!(first.capacity["t-money"].table, cost(6, 0));
        let canceled = measured(&world, transaction(Some("attribute_not_exists(pk)"))).await;
        assert_eq!(canceled.total(), cost(6, 0));
    });
}

#[test]
fn an_index_costs_what_changes_in_it() {
    simulate(1, async |world| {
        world.create_tables("t");
        let due = |due: i64, other: i64| item("a", "1", [("due_shard", s("0")), ("due", n(due)), ("other", n(other))]);
        let index = |counts: &Counts| counts.capacity["t-tasks"].indexes.get("by_due").copied();
        let entered = put(&world, "t-tasks", due(1, 1)).await;
        assert_eq!((entered.total(), index(&entered)), (cost(2, 0), Some(cost(1, 0))));
        let untouched = put(&world, "t-tasks", due(1, 2)).await;
        assert_eq!((untouched.total(), index(&untouched)), (cost(1, 0), None));
        let moved = put(&world, "t-tasks", due(2, 2)).await;
        assert_eq!((moved.total(), index(&moved)), (cost(3, 0), Some(cost(2, 0))));
        let left = put(&world, "t-tasks", key("a", "1")).await;
        assert_eq!((left.total(), index(&left)), (cost(2, 0), Some(cost(1, 0))));
    });
}

#[test]
fn an_index_is_billed_once_inside_a_transaction() {
    simulate(1, async |world| {
        world.create_tables("t");
        let task = item("a", "1", [("due_shard", s("0")), ("due", n(1))]);
        let put = Put::builder().table_name("t-tasks").set_item(Some(task)).build().unwrap();
        let send = world.dynamodb().transact_write_items();
        let send = send.transact_items(TransactWriteItem::builder().put(put).build()).send();
        let used = measured(&world, send).await;
        assert_eq!(used.capacity["t-tasks"].table, cost(2, 0));
        assert_eq!(used.capacity["t-tasks"].indexes["by_due"], cost(1, 0));
    });
}

#[test]
fn a_failed_condition_costs_the_write_it_refused() {
    simulate(1, async |world| {
        world.create_tables("t");
        let db = world.dynamodb();
        let update = || {
            let update = db.update_item().table_name("t-seats").set_key(Some(key("a", "1")));
            let update = update.update_expression("SET n = :v").condition_expression("n = :v");
            update.expression_attribute_values(":v", n(1)).send()
        };
        assert_eq!(measured(&world, update()).await.total(), cost(1, 0));
        world.plant("t-seats", item("a", "1", [("x", filler(1025))]));
        assert_eq!(measured(&world, update()).await.total(), cost(2, 0));
    });
}

#[test]
fn the_caller_sees_the_bill_it_asked_for() {
    simulate(1, async |world| {
        world.create_tables("t");
        let put = |mode: Option<ReturnConsumedCapacity>| {
            let put = world.dynamodb().put_item().table_name("t-tasks").set_item(Some(key("a", "1")));
            put.set_return_consumed_capacity(mode).send()
        };
        assert!(put(None).await.unwrap().consumed_capacity.is_none());
        let total = put(Some(ReturnConsumedCapacity::Total)).await.unwrap().consumed_capacity.unwrap();
        assert!(total.table.is_none());
        let full = put(Some(ReturnConsumedCapacity::Indexes)).await.unwrap().consumed_capacity.unwrap();
        assert!(full.table.is_some());
    });
}

//! Each accident can be seen.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use testkit::{Fault, Faults, Outcome, Script, World, simulate};

use super::{item, key, n, s};

async fn put(world: &World, sort: &str) -> bool {
    let put = world.dynamodb().put_item().table_name("t-tasks").set_item(Some(key("a", sort)));
    put.send().await.is_ok()
}

async fn transact(world: &World) -> bool {
    let put = Put::builder().table_name("t-tasks").set_item(Some(key("a", "t"))).build().unwrap();
    let call = world.dynamodb().transact_write_items();
    call.transact_items(TransactWriteItem::builder().put(put).build()).send().await.is_ok()
}

#[test]
fn the_sdk_retries_what_it_may() {
    for (faults, retried) in [
        (Faults { connection_error: 1000, ..Faults::none() }, true),
        (Faults { throttle: 1000, ..Faults::none() }, true),
        (Faults { lost_answer: 1000, ..Faults::none() }, true),
        (Faults { conflict: 1000, ..Faults::none() }, false),
    ] {
        simulate(1, async |world| {
            world.create_tables("t");
            world.set_faults(faults.clone());
            assert!(!put(&world, "1").await);
            assert!(!transact(&world).await);
            let counts = world.counts();
            let applied = faults.lost_answer > 0;
            assert_eq!(world.peek("t-tasks", "a", "1").is_some(), applied, "{faults:?}");
            assert_eq!(counts.calls["dynamodb:TransactWriteItems"], if retried { 3 } else { 1 }, "{faults:?}");
        });
    }
}

#[test]
fn a_transaction_in_progress_is_retried_with_its_token() {
    simulate(3, async |world| {
        world.create_tables("t");
        world.set_faults(Faults { in_progress: 500, ..Faults::none() });
        let mut done = 0;
        for _ in 0..20 {
            done += i32::from(transact(&world).await);
        }
        assert!(done > 10);
        assert!(world.counts().faults["in-progress"] > 5);
    });
}

async fn handler(world: World) -> &'static str {
    put(&world, "1").await;
    put(&world, "2").await;
    put(&world, "3").await;
    "answered"
}

#[test]
fn a_crash_ends_the_invocation_at_the_call() {
    for (fault, left) in [(Fault::CrashBefore, 1), (Fault::CrashAfter, 2)] {
        simulate(1, async |world| {
            world.create_tables("t");
            world.set_script(Script { at_call: 1, fault });
            assert!(world.run(handler(world.clone())).await.crashed());
            assert_eq!(world.scan("t-tasks").len(), left, "{fault:?}");
            // The script is used up: the next delivery runs through.
            assert_eq!(world.run(handler(world.clone())).await, Outcome::Done("answered"));
            assert_eq!(world.calls_of_last_run().len(), 3);
            assert_eq!(world.scan("t-tasks").len(), 3);
        });
    }
}

#[test]
fn a_script_injects_one_fault_at_one_call() {
    for (fault, name, calls) in
        [(Fault::LostAnswer, "lost-answer", 4), (Fault::Throttle, "throttle", 4), (Fault::Conflict, "conflict", 3)]
    {
        simulate(1, async |world| {
            world.create_tables("t");
            world.set_script(Script { at_call: 1, fault });
            assert_eq!(world.run(handler(world.clone())).await, Outcome::Done("answered"));
            assert_eq!(world.counts().faults[name], 1);
            // The SDK tries the lost and the throttled call again.
            assert_eq!(world.calls_of_last_run().len(), calls, "{fault:?}");
        });
    }
}

#[test]
fn a_crash_stops_the_calls_beside_it() {
    simulate(1, async |world| {
        world.create_tables("t");
        world.set_faults(Faults::latency(20));
        world.set_script(Script { at_call: 0, fault: Fault::CrashBefore });
        let both = futures::future::join(put(&world, "1"), put(&world, "2"));
        assert!(world.run(both).await.crashed());
        world.advance(Duration::from_mins(1)).await;
        // The second may have been applied before the crash, never after it.
        assert!(world.peek("t-tasks", "a", "1").is_none());
        let calls = world.counts().calls_total();
        world.advance(Duration::from_mins(1)).await;
        assert_eq!(world.counts().calls_total(), calls);
    });
}

#[test]
fn overlapping_transactions_conflict() {
    let conflicts = (0..50).filter(|seed| {
        simulate(*seed, async |world| {
            world.create_tables("t");
            world.set_faults(Faults::latency(40));
            let (one, two) = futures::future::join(transact(&world), transact(&world)).await;
            assert!(one || two);
            !(one && two)
        })
    });
    assert!(conflicts.count() > 5);
}

async fn read(world: &World, strong: bool) -> GetItemOutput {
    let get = world.dynamodb().get_item().table_name("t-tasks").set_key(Some(key("a", "1")));
    get.consistent_read(strong).send().await.unwrap()
}

#[test]
fn reads_may_be_stale_and_catch_up() {
    simulate(1, async |world| {
        world.create_tables("t");
        world.set_faults(Faults { stale_read: 1000, lag: 1000, lag_limit_milliseconds: 500, ..Faults::none() });
        assert!(put(&world, "1").await);
        assert!(read(&world, true).await.item.is_some());
        assert!(read(&world, false).await.item.is_none());
        world.advance(Duration::from_millis(500)).await;
        assert!(read(&world, false).await.item.is_some());
    });
}

#[test]
fn an_index_lags_both_ways() {
    simulate(1, async |world| {
        world.create_tables("t");
        world.plant("t-tasks", item("q", "old", [("due_shard", s("0")), ("due", n(1))]));
        world.set_faults(Faults { lag: 1000, lag_limit_milliseconds: 500, ..Faults::none() });
        let db = world.dynamodb();
        let due = async || {
            let query = db.query().table_name("t-tasks").index_name("by_due");
            let query = query.key_condition_expression("due_shard = :s");
            let found = query.expression_attribute_values(":s", s("0")).send().await.unwrap();
            found.items().iter().map(|item| item["sk"].as_s().unwrap().clone()).collect::<Vec<_>>()
        };
        db.delete_item().table_name("t-tasks").set_key(Some(key("q", "old"))).send().await.unwrap();
        let new = item("q", "new", [("due_shard", s("0")), ("due", n(2))]);
        db.put_item().table_name("t-tasks").set_item(Some(new)).send().await.unwrap();
        assert_eq!(due().await, ["old"]);
        world.advance(Duration::from_millis(500)).await;
        assert_eq!(due().await, ["new"]);
    });
}

#[test]
fn pages_are_short_and_batches_incomplete() {
    simulate(1, async |world| {
        world.create_tables("t");
        for sort in ["1", "2", "3"] {
            world.plant("t-catalog", key("a", sort));
        }
        world.set_faults(Faults { short_page: 1000, unprocessed: 1000, ..Faults::none() });
        let query = world.dynamodb().query().table_name("t-catalog").key_condition_expression("pk = :p");
        let query = query.expression_attribute_values(":p", s("a"));
        let page = query.clone().send().await.unwrap();
        assert_eq!(page.items().len(), 1);
        assert!(page.last_evaluated_key().is_some());
        let all: Vec<_> = query.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
        assert_eq!(all.len(), 3);
        let keys = KeysAndAttributes::builder().keys(key("a", "1")).keys(key("a", "2")).build().unwrap();
        let got = world.dynamodb().batch_get_item().request_items("t-catalog", keys).send().await.unwrap();
        assert_eq!(got.responses.unwrap()["t-catalog"].len(), 1);
        assert_eq!(got.unprocessed_keys.unwrap()["t-catalog"].keys().len(), 1);
    });
}

#[test]
fn outside_systems_answer_late_or_never() {
    struct Counter(u32);
    impl testkit::Outside for Counter {
        fn call(&mut self, _: http::Request<bytes::Bytes>, _: jiff::Timestamp) -> http::Response<bytes::Bytes> {
            self.0 += 1;
            http::Response::new(bytes::Bytes::new())
        }
    }
    simulate(1, async |world| {
        let counter = Arc::new(Mutex::new(Counter(0)));
        world.set_outside(Arc::clone(&counter));
        let connector = world.http_connector();
        let call = || connector.call(HttpRequest::get("https://provider.example/x").unwrap());
        world.set_faults(Faults { lost_answer: 1000, ..Faults::none() });
        assert!(call().await.unwrap_err().is_timeout());
        assert_eq!(counter.lock().unwrap().0, 1);
        world.set_faults(Faults { connection_error: 1000, ..Faults::none() });
        assert!(call().await.unwrap_err().is_io());
        assert_eq!(counter.lock().unwrap().0, 1);
        world.set_faults(Faults { outside_delay: 1000, outside_delay_limit_milliseconds: 9_000, ..Faults::none() });
        let before = world.now();
        call().await.unwrap();
        assert!(world.now() > before);
    });
}

#[test]
fn the_other_services_fail_too() {
    simulate(1, async |world| {
        world.put_secret("k", &serde_json::json!(1));
        world.set_faults(Faults { throttle: 1000, ..Faults::none() });
        assert!(world.secrets().get_secret_value().secret_id("k").send().await.is_err());
        assert!(world.sqs().send_message().queue_url("https://x/1/q").message_body("m").send().await.is_err());
        assert!(world.s3().get_object().bucket("b").key("k").send().await.is_err());
        assert_eq!(world.counts().calls_total(), 9);
        assert!(world.sent("q").is_empty());
    });
}

//! Archiving, message by message. P2.5 P6.5, promise P7.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::collections::BTreeSet;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use cashier::{Cashier, Settled};
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::PaymentNo;
use domain::record::TermRecord;
use domain::snapshot::hash;
use domain::task::Queue;
use edge::App;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::stage::{SNAPSHOTS, Stage, Who, event, send};
use testkit::town::{TERM, Town, id};
use testkit::{Faults, World, simulate};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/archive");

const FIRST: &str = "20261-S000000000-01-1";

/// Each event, and which of its messages must come again.
const CASES: [(&str, &[&str]); 5] =
    [("payment", &[]), ("term", &[]), ("both", &[]), ("not-ours", &[]), ("unknown", &[])];

fn sample(file: &str) -> Value {
    let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file of events/");
    serde_json::from_str(&text).expect("JSON")
}

async fn consume(app: &App, file: &str) -> Vec<String> {
    let event = serde_json::from_value(sample(file)).expect("an event of a queue");
    let SqsBatchResponse { batch_item_failures, .. } = archive::consume(app.clone(), event).await;
    batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// A stage on which the first pupil has taken and paid `K1`.
async fn paid(world: &World) -> Stage {
    let stage = Stage::with(world, &Town::small(2)).await;
    let who = Who::Guardian("G000000000".to_owned());
    let choices = json!([{"offering_id": format!("3144200101.{TERM}.K1")}]);
    let body = json!({"student_id": "S000000000", "term": TERM, "choices": choices}).to_string();
    let sent = event("POST", "/enrollments", &who, &[("Idempotency-Key", "e")], Some(&body));
    assert_eq!(send(&edge::start::router(stage.app(), enrollment::routes()), &sent).await.status, 201);
    let body = json!({"channel": "wechat", "method": "native"}).to_string();
    let path = "/orders/20261-S000000000-01/payments";
    let sent = event("POST", path, &who, &[("Idempotency-Key", "p")], Some(&body));
    assert_eq!(send(&edge::start::router(stage.app(), order::routes()), &sent).await.status, 201);
    let now = world.now();
    stage.provider().pay(FIRST, now).expect("paid");
    let app = stage.app();
    let cashier = Cashier::new(app.store(), app.ambient(), Actor::system("test"));
    let settled = cashier.ask(app.channels().await.expect("a channel"), &id::<PaymentNo>(FIRST)).await;
    assert_eq!(settled.expect("asked"), Some(Settled::Counted));
    stage
}

async fn record(app: &App) -> Versioned<TermRecord> {
    app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded).expect("a record")
}

/// Every object of the bucket lies under its own hash.
fn names(world: &World) -> BTreeSet<String> {
    let objects = world.objects(SNAPSHOTS);
    for (key, object) in &objects {
        let own = hash(&object.body);
        assert!(key.ends_with(&format!("/{own}.json")), "{key} holds what hashes to {own}");
        assert_eq!(object.content_type.as_deref(), Some("application/json"));
    }
    objects.into_keys().collect()
}

#[test]
fn every_event_is_run() {
    let files = std::fs::read_dir(EVENTS).expect("a folder of events/");
    let stored: BTreeSet<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect();
    assert_eq!(stored, CASES.iter().map(|(file, _)| format!("{file}.json")).collect());
    for (file, failures) in CASES {
        simulate(1, async |world| {
            let stage = paid(&world).await;
            assert_eq!(consume(&stage.app(), file).await, failures, "{file}");
        });
    }
}

#[test]
fn p2_5_an_orders_snapshot_lies_under_its_hash_and_is_due_no_more() {
    simulate(1, async |world| {
        let stage = paid(&world).await;
        let app = stage.app();
        let before = record(&app).await;
        assert_eq!(app.store().due_records(stage.now(), 10).await.expect("read").len(), 1);
        assert!(consume(&app, "term").await.is_empty());
        let after = record(&app).await;
        assert!(after.value.orders[0].archived);
        assert_eq!(after.value.orders[0].snapshot, before.value.orders[0].snapshot);
        assert_eq!(names(&world), [format!("order/{}.json", before.value.orders[0].snapshot)].into());
        assert!(app.store().due_records(stage.now().plus_minutes(600), 10).await.expect("read").is_empty());
        // A message that comes twice is one.
        assert!(consume(&app, "term").await.is_empty());
        assert_eq!(record(&app).await.ver, after.ver);
        assert_eq!(names(&world).len(), 1);
    });
}

#[test]
fn p6_5_a_payments_snapshot_lies_under_its_hash_and_its_task_is_done() {
    simulate(1, async |world| {
        let stage = paid(&world).await;
        let app = stage.app();
        assert!(app.store().task(Queue::Archive, FIRST).await.expect("read").is_some());
        assert!(consume(&app, "payment").await.is_empty());
        let payment =
            app.store().payment(&id(FIRST)).await.expect("read").map(Guarded::unguarded).expect("a payment").value;
        let promised = payment.paid.expect("a success").snapshot;
        assert!(names(&world).contains(&format!("payment/{promised}.json")), "{:?}", names(&world));
        assert_eq!(app.store().task(Queue::Archive, FIRST).await.expect("read"), None);
        assert!(app.store().due_tasks(stage.now().plus_minutes(600), 10).await.expect("read").is_empty());
        assert!(consume(&app, "payment").await.is_empty());
    });
}

#[test]
fn p2_5_messages_that_name_nothing_of_ours_hold_nobody_up() {
    simulate(1, async |world| {
        let stage = paid(&world).await;
        assert!(consume(&stage.app(), "not-ours").await.is_empty());
        assert_eq!(names(&world).len(), 1, "the last message of the batch is right");
        let before = world.scan("test-enrollments");
        assert!(consume(&stage.app(), "unknown").await.is_empty());
        assert_eq!(world.scan("test-enrollments"), before);
    });
}

#[test]
fn p2_5_a_snapshot_that_is_not_what_was_promised_is_not_archived() {
    simulate(1, async |world| {
        let stage = paid(&world).await;
        let app = stage.app();
        let mut found = record(&app).await;
        found.value.orders[0].snapshot = "x".repeat(43);
        let mut commit = Commit::new(Actor::system("test"), "test.plant", stage.now());
        commit.save_record(&found).expect("a record");
        app.store().commit(commit).await.expect("written");
        let failed = consume(&app, "term").await;
        assert_eq!(failed.len(), 1, "it comes again, and then to the queue of failures");
        assert!(names(&world).is_empty());
        assert!(!record(&app).await.value.orders[0].archived);
    });
}

#[test]
fn p2_5_from_the_first_failure_on_the_batch_comes_again() {
    simulate(1, async |world| {
        let stage = paid(&world).await;
        let app = stage.app();
        world.set_faults(Faults { connection_error: 1000, ..Faults::none() });
        assert_eq!(consume(&app, "both").await.len(), 2, "what is behind the failure is not taken");
        world.set_faults(Faults::none());
        assert!(names(&world).is_empty());
        assert!(consume(&app, "both").await.is_empty());
        assert_eq!(names(&world).len(), 2);
        assert!(record(&app).await.value.orders[0].archived);
    });
}

//! A small system under accidents: the same seed, the same schedule; and how fast it goes.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem, Update};
use aws_sdk_s3::primitives::ByteStream;
use testkit::{Fault, Faults, Script, World, simulate};

use super::{item, key, n, s};

/// Claims a seat, writes the record with a task, wakes the consumer and keeps a snapshot.
async fn enroll(world: &World, pupil: &str) -> bool {
    let db = world.dynamodb();
    let claim = db.update_item().table_name("t-seats").set_key(Some(key("course", "1")));
    let claim = claim
        .update_expression("SET n = n + :one, #pupil = :yes")
        .condition_expression("n < cap AND attribute_not_exists(#pupil)")
        .expression_attribute_names("#pupil", pupil)
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":yes", s("held"));
    let claimed = claim.send().await.is_ok();
    let record = Put::builder().table_name("t-enrollments").set_item(Some(item(pupil, "term", [("ver", n(1))])));
    let task = item("push", pupil, [("due_shard", s("0")), ("due", n(1))]);
    let task = Put::builder().table_name("t-tasks").set_item(Some(task)).build().unwrap();
    let counter = Update::builder()
        .table_name("t-audit")
        .set_key(Some(key("count", "1")))
        .update_expression("ADD n :one")
        .expression_attribute_values(":one", n(1));
    let written = db
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(record.build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().put(task).build())
        .transact_items(TransactWriteItem::builder().update(counter.build().unwrap()).build())
        .send()
        .await
        .is_ok();
    let wake = world.sqs().send_message().queue_url("https://sqs/1/push.fifo").message_body(pupil);
    let woken = wake.message_group_id(pupil).message_deduplication_id(pupil).send().await.is_ok();
    let snapshot = world.s3().put_object().bucket("snapshots").key(pupil).if_none_match("*");
    let kept = snapshot.body(ByteStream::from_static(b"{}")).send().await.is_ok();
    claimed && written && woken && kept
}

/// Reads what is there and takes the task away.
async fn push(world: &World, pupil: &str) -> bool {
    let db = world.dynamodb();
    let keys = KeysAndAttributes::builder().keys(key(pupil, "term")).build().unwrap();
    let read = db.batch_get_item().request_items("t-enrollments", keys).send().await.is_ok();
    let due = db.query().table_name("t-tasks").index_name("by_due").key_condition_expression("due_shard = :s");
    let found = due.expression_attribute_values(":s", s("0")).send().await.is_ok();
    let task = db.delete_item().table_name("t-tasks").set_key(Some(key("push", pupil)));
    read && found && task.send().await.is_ok()
}

async fn scenario(world: World) -> (u64, u64) {
    world.create_tables("t");
    world.plant("t-seats", item("course", "1", [("n", n(0)), ("cap", n(2))]));
    world.set_faults(Faults::swarm(world.seed()));
    for tries in 0..12 {
        if tries == 6 {
            world.set_faults(Faults::none());
        }
        let pupils = ["p1", "p2", "p3"].map(|pupil| world.run(enroll(&world, pupil)));
        futures::future::join_all(pupils).await;
        for message in world.take_messages("push.fifo", 10) {
            if world.run(push(&world, &message.body)).await.done() == Some(true) {
                world.settle(&message);
            }
        }
        world.advance(Duration::from_secs(30 + world.random() % 60)).await;
        if tries >= 6 && world.waiting("push.fifo") == 0 {
            break;
        }
    }
    (world.hash(), world.counts().calls_total())
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    let mut hashes = Vec::new();
    for seed in 0..40 {
        let first = simulate(seed, scenario);
        // Another seed in between must not leave anything behind.
        simulate(seed + 1000, scenario);
        assert_eq!(simulate(seed, scenario), first, "seed {seed}");
        hashes.push(first.0);
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 40);
}

#[test]
fn a_kept_trace_tells_the_calls() {
    simulate(3, async |world| {
        world.keep_trace();
        Box::pin(scenario(world.clone())).await;
        let trace = world.trace();
        assert_eq!(trace.len() as u64, world.counts().calls_total());
        assert!(
            trace.iter().any(|line| { line.contains("dynamodb:TransactWriteItems t-enrollments p1|term, t-tasks") })
        );
        println!("{}", trace[..12].join("\n"));
    });
}

#[test]
fn a_handler_is_broken_at_every_step() {
    let prepare = |world: &World| {
        world.create_tables("t");
        world.plant("t-seats", item("course", "1", [("n", n(0)), ("cap", n(2))]));
    };
    let steps = simulate(1, async |world| {
        prepare(&world);
        assert_eq!(world.run(enroll(&world, "p1")).await.done(), Some(true));
        world.calls_of_last_run().len()
    });
    assert_eq!(steps, 4);
    for at_call in 0..steps {
        for fault in Fault::EVERY_STEP {
            simulate(1, async |world| {
                prepare(&world);
                world.set_script(Script { at_call, fault });
                world.run(enroll(&world, "p1")).await;
                world.run(enroll(&world, "p1")).await;
                let seats = world.peek("t-seats", "course", "1").unwrap();
                assert_eq!(seats["n"], n(1), "{fault:?} at call {at_call}");
            });
        }
    }
}

#[test]
fn figures() {
    let begin = Instant::now();
    let schedules = 100;
    let (mut calls, mut hashes) = (0, 0);
    for seed in 0..schedules {
        let (hash, made) = simulate(seed, scenario);
        calls += made;
        hashes ^= hash;
    }
    let time = begin.elapsed();
    println!("all hashes together, the same in every process: {hashes:016x}");
    println!(
        "{schedules} schedules, {calls} SDK attempts, {} µs per attempt, {} attempts/s, {} ms per schedule",
        time.as_micros() as u64 / calls,
        calls * 1_000_000 / time.as_micros() as u64,
        time.as_millis() as u64 / schedules,
    );
    let begin = Instant::now();
    for seed in 0..20 {
        simulate(seed, async |world| world.create_tables("t"));
    }
    println!("an empty world with its tables: {} µs", begin.elapsed().as_micros() as u64 / 20);
    simulate(1, async |world| {
        world.create_tables("t");
        let db = world.dynamodb();
        let count = 500;
        let begin = Instant::now();
        for number in 0..count {
            let put = db.put_item().table_name("t-tasks").set_item(Some(item(
                "a",
                &number.to_string(),
                [("due_shard", s("0")), ("due", n(1))],
            )));
            put.send().await.unwrap();
        }
        println!("PutItem through the SDK: {} µs", begin.elapsed().as_micros() as u64 / count);
        let begin = Instant::now();
        for number in 0..count {
            world.plant("t-audit", item("a", &number.to_string(), []));
        }
        println!("a put in the emulator alone: {} µs", begin.elapsed().as_micros() as u64 / count);
    });
}

//! Messages on their way.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use testkit::{Faults, World, event, simulate};

const FIFO: &str = "https://sqs.cn-northwest-1.amazonaws.com.cn/000000000000/tasks.fifo";
const STANDARD: &str = "https://sqs.cn-northwest-1.amazonaws.com.cn/000000000000/plain";

async fn send(world: &World, group: &str, body: &str) {
    let sqs = world.sqs();
    let send = sqs.send_message().queue_url(FIFO).message_group_id(group).message_deduplication_id(body);
    send.message_body(body).send().await.unwrap();
}

fn bodies(messages: &[testkit::Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}

#[test]
fn a_group_waits_for_what_is_out() {
    simulate(1, async |world| {
        for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
            send(&world, group, body).await;
        }
        let first = world.take_messages("tasks.fifo", 1);
        assert_eq!(bodies(&first), ["a1"]);
        assert_eq!(bodies(&world.take_messages("tasks.fifo", 10)), ["b1"]);
        world.settle(&first[0]);
        let second = world.take_messages("tasks.fifo", 10);
        assert_eq!(bodies(&second), ["a2"]);
        world.give_back(&second[0]);
        let again = world.take_messages("tasks.fifo", 10);
        assert_eq!((again[0].body.as_str(), again[0].receives), ("a2", 2));
        // The older delivery has lost its right to the message.
        world.settle(&second[0]);
        assert_eq!(world.waiting("tasks.fifo"), 2);
        world.advance(Duration::from_secs(90)).await;
        assert_eq!(bodies(&world.take_messages("tasks.fifo", 10)), ["a2", "b1"]);
    });
}

#[test]
fn a_deduplication_id_is_swallowed_for_five_minutes() {
    simulate(1, async |world| {
        send(&world, "a", "x").await;
        send(&world, "a", "x").await;
        assert_eq!(world.sent("tasks.fifo").len(), 1);
        world.advance(Duration::from_secs(301)).await;
        send(&world, "a", "x").await;
        assert_eq!(world.sent("tasks.fifo").len(), 2);
        let refused = world.sqs().send_message().queue_url(FIFO).message_body("no group").send().await;
        assert!(refused.is_err());
    });
}

#[test]
fn a_batch_is_sent_and_may_fail_in_part() {
    simulate(1, async |world| {
        let entry = |id: &str| SendMessageBatchRequestEntry::builder().id(id).message_body(id).build().unwrap();
        let batch = || {
            let batch = world.sqs();
            async move {
                batch.send_message_batch().queue_url(STANDARD).entries(entry("1")).entries(entry("2")).send().await
            }
        };
        let sent = batch().await.unwrap();
        assert_eq!((sent.successful().len(), sent.failed().len()), (2, 0));
        world.set_faults(Faults { unprocessed: 1000, ..Faults::none() });
        let sent = batch().await.unwrap();
        assert_eq!((sent.successful().len(), sent.failed()[0].id()), (1, "2"));
        assert_eq!(world.queues(), ["plain"]);
    });
}

#[test]
fn messages_are_doubled_delayed_and_shuffled() {
    let orders = (0..20).map(|seed| {
        simulate(seed, async |world| {
            world.set_faults(Faults {
                duplicate_message: 500,
                delayed_message: 500,
                message_delay_limit_milliseconds: 10_000,
                reordered_messages: true,
                ..Faults::none()
            });
            for body in ["1", "2", "3", "4", "5"] {
                world.sqs().send_message().queue_url(STANDARD).message_body(body).send().await.unwrap();
            }
            let mut order = Vec::new();
            while world.waiting("plain") > 0 {
                let messages = world.take_messages("plain", 10);
                order.extend(messages.iter().map(|message| message.body.clone()));
                for message in &messages {
                    world.settle(message);
                }
                world.advance(Duration::from_secs(1)).await;
            }
            order
        })
    });
    let orders: Vec<Vec<String>> = orders.collect();
    for body in ["1", "2", "3", "4", "5"] {
        assert!(orders.iter().all(|order| order.iter().any(|got| got == body)));
    }
    assert!(orders.iter().any(|order| order.len() > 5));
    assert!(orders.iter().any(|order| !order.is_sorted()));
}

#[test]
fn a_fifo_group_stays_in_order_in_any_weather() {
    for seed in 0..50 {
        simulate(seed, async |world| {
            let faults = Faults { crash_before: 0, crash_after: 0, ..Faults::swarm(seed) };
            for body in 0..6 {
                send(&world, "g", &body.to_string()).await;
            }
            world.set_faults(faults);
            let mut firsts = Vec::new();
            while world.waiting("tasks.fifo") > 0 {
                for message in world.take_messages("tasks.fifo", 2) {
                    if !firsts.contains(&message.body) {
                        firsts.push(message.body.clone());
                    }
                    world.settle(&message);
                }
                world.advance(Duration::from_secs(1)).await;
            }
            assert_eq!(firsts, ["0", "1", "2", "3", "4", "5"]);
        });
    }
}

#[test]
fn a_delivery_is_an_event() {
    simulate(1, async |world| {
        send(&world, "a", "x").await;
        let event = event(&world.take_messages("tasks.fifo", 10));
        let record = &event["Records"][0];
        assert_eq!(record["body"], "x");
        assert_eq!(record["attributes"]["MessageGroupId"], "a");
        assert_eq!(record["attributes"]["SentTimestamp"], "1788220800000");
    });
}

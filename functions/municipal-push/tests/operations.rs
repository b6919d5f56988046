//! The city is told, message by message: everything arrives, in order and once in effect, whatever fails. B6 K7.1,
//! promises P7 P8.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

#[path = "operations/city.rs"]
mod city;
#[path = "operations/village.rs"]
mod village;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use domain::Pii;
use domain::access::Guarded;
use domain::supervision::Dataset;
use domain::supervision::gate::Window;
use domain::supervision::holding::{Standing, UNFIT};
use domain::supervision::resend::Selection;
use domain::supervision::thing::Thing;
use domain::task::Queue;
use serde_json::Value;
use store::Versioned;
use testkit::stage::{MUNICIPAL_QUEUE, Stage, TownImage};
use testkit::town::{SCHOOL, id};
use testkit::{Fault, Script, World, plain, simulate};

use city::Line;
use village::{ALL, CLASS, HOMEROOM, ORDER, PAYMENT, commit, homeroom};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/municipal-push");

/// The village with everything due to be told.
fn due_village() -> TownImage {
    Stage::image_after(&village::town(), async |stage| {
        village::settle(stage).await;
        audit_seal::seal(stage.app()).await.expect("sealed");
    })
}

/// Things that wait to be told.
fn waiting(world: &World) -> BTreeSet<String> {
    let tasks: Vec<Value> = world.scan("test-tasks").iter().map(plain).collect();
    let of_queue = tasks.iter().filter(|task| task["queue"] == Queue::Municipal.to_string().as_str());
    of_queue.map(|task| task["entity"].as_str().expect("a name").to_owned()).collect()
}

fn event(world: &World) -> Option<SqsEvent> {
    let messages = world.take_messages(MUNICIPAL_QUEUE, 10);
    let event = (!messages.is_empty()).then(|| testkit::event(&messages));
    for message in &messages {
        world.settle(message);
    }
    event.map(|event| serde_json::from_value(event).expect("an event of a queue"))
}

/// A minute: what is due is woken for, and looked at in a new environment. What comes again waits for the next one.
async fn minute(stage: &Stage) {
    sweep::sweep(stage.app()).await;
    while let Some(event) = event(&stage.world) {
        municipal_push::consume(stage.app(), event).await;
    }
    stage.world.advance(Duration::from_secs(61)).await;
}

/// So many minutes, or until nothing waits.
async fn minutes(stage: &Stage, count: usize) {
    for _ in 0..count {
        if waiting(&stage.world).is_empty() {
            return;
        }
        minute(stage).await;
    }
}

async fn seal(stage: &Stage) {
    audit_seal::seal(stage.app()).await.expect("sealed");
}

/// The homeroom is renamed.
async fn rename(stage: &Stage, name: &str) {
    let (app, now) = (stage.app(), stage.now());
    let found = app.store().homeroom(&id(HOMEROOM)).await.expect("read");
    let mut commit = commit(now);
    commit.save_homeroom(&Versioned::next(found.as_ref(), homeroom(name))).expect("a homeroom");
    app.store().commit(commit).await.expect("written");
    seal(stage).await;
}

async fn standing(stage: &Stage, dataset: Dataset, source: &str) -> (Standing, String) {
    let source = source.parse().expect("a source number");
    let thing = Thing::of(dataset, &source).expect("a thing");
    let holding = stage.app().store().holding(&thing).await.expect("read");
    let held = holding.value.held(dataset, &source).expect("held");
    (held.standing(), held.parked.as_ref().map(|parked| parked.code.clone()).unwrap_or_default())
}

fn all() -> BTreeSet<String> {
    ALL.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn b6_1_k7_1_everything_arrives_in_order_and_once() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        assert_eq!(waiting(&world).len(), 9, "{:?}", waiting(&world));
        minutes(&stage, 8).await;
        assert_eq!(waiting(&world), BTreeSet::new());
        let taken = line.city().taken.clone();
        let there = line.city().there();
        assert_eq!(there, all());
        assert_eq!(taken.len(), ALL.len(), "each once");
        assert!(taken.iter().all(|(_, _, version)| *version == 1));
        let at = |id: &str| taken.iter().position(|(_, taken, _)| taken == id).expect("taken");
        for (needed, by) in [(HOMEROOM, "S000000000"), ("S000000000", ORDER), (ORDER, PAYMENT), (CLASS, ALL[8])] {
            assert!(at(needed) < at(by), "{needed} before {by}");
        }
        let order = line.city().record(ORDER).body.clone();
        assert!(order.to_string().contains("375.00") || order.to_string().contains("400.00"), "{order}");
        rename(&stage, "三年级一班").await;
        minutes(&stage, 3).await;
        assert_eq!(line.city().taken.len(), ALL.len() + 1, "nothing but what changed");
        assert_eq!((line.city().record(HOMEROOM).version, waiting(&world).len()), (2, 0));
        let deliveries: Vec<Value> = world.scan("test-exchange").iter().map(plain).collect();
        assert!(deliveries.iter().any(|item| item["kind"] == "delivery" && item["receipts"][0]["outcome"].is_object()));
        let before = line.city().batches.len();
        seal(&stage).await;
        stage
            .app()
            .store()
            .raise_report(&id::<Thing>(&format!("homeroom/{HOMEROOM}")), stage.now())
            .await
            .expect("raised");
        minutes(&stage, 3).await;
        assert_eq!((line.city().batches.len(), waiting(&world).len()), (before, 0), "looked at, and nothing differs");
    });
}

/// Wherever a run stops and whatever goes wrong there, the city has in the end what we have, and nothing waits.
#[test]
fn p7_p8_nothing_is_lost_or_doubled_wherever_it_stops() {
    let image = due_village();
    let play = |world: &World| {
        let stage = Stage::planted(world, &image);
        (Line::on(&stage), stage)
    };
    let calls = simulate(1, async |world| {
        let (_line, stage) = play(&world);
        sweep::sweep(stage.app()).await;
        let event = event(&world).expect("woken");
        drop(world.run(municipal_push::consume(stage.app(), event)).await);
        world.calls_of_last_run().len()
    });
    assert!(calls > 40, "{calls}");
    for at_call in 0..calls {
        for fault in Fault::EVERY_STEP {
            simulate(1, async |world| {
                let (line, stage) = play(&world);
                sweep::sweep(stage.app()).await;
                let event = event(&world).expect("woken");
                world.set_script(Script { at_call, fault });
                drop(world.run(municipal_push::consume(stage.app(), event)).await);
                // Meanwhile something changes: what was on its way is not taken for it.
                rename(&stage, "三年级一班").await;
                minutes(&stage, 30).await;
                assert_eq!(waiting(&world), BTreeSet::new(), "call {at_call} {fault:?}");
                assert_eq!(line.city().there(), all(), "call {at_call} {fault:?}");
                assert_eq!(line.city().record(HOMEROOM).body["BJMC"], "三年级一班", "call {at_call} {fault:?}");
                let names: BTreeSet<(String, String, u64)> = line.city().taken.iter().cloned().collect();
                assert_eq!(names.len(), line.city().taken.len(), "call {at_call} {fault:?}: a version was taken twice");
            });
        }
    }
}

#[test]
fn b6_1_what_the_city_refuses_is_parked_and_its_neighbours_are_not() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        line.city().refused.insert(PAYMENT.to_owned(), "1004");
        minutes(&stage, 3).await;
        let parked = standing(&stage, Dataset::Payment, PAYMENT).await;
        assert_eq!(parked, (Standing::Parked, "1004".to_owned()));
        assert!(line.city().there().contains(CLASS), "what does not refer to it arrives");
        let refund = format!("{PAYMENT}-R1");
        assert!(!line.city().there().contains(&refund), "what refers to it waits");
        let things = stage.app().store().parked_things(&id(SCHOOL), stage.now(), 10).await.expect("read");
        assert_eq!(things.iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("payment/{PAYMENT}")]);
        let sent = line.city().batches.len();
        minutes(&stage, 5).await;
        let (app, thing) = (stage.app(), id::<Thing>(&format!("payment/{PAYMENT}")));
        assert!(line.city().batches.len() <= sent + 1, "it is not asked again and again");
        line.city().refused.clear();
        let mut holding = app.store().holding(&thing).await.expect("read");
        let one = Selection::one(id(SCHOOL), (Dataset::Payment, PAYMENT.parse().expect("a number")));
        assert_eq!(holding.value.send_chosen_again(&one, &BTreeSet::new()).records, 1);
        let mut releasing = commit(stage.now());
        releasing.decide_holding(&thing, &holding).expect("a holding");
        app.store().commit(releasing).await.expect("written");
        minutes(&stage, 70).await;
        assert_eq!((line.city().there(), waiting(&world).len()), (all(), 0));
        assert!(app.store().parked_things(&id(SCHOOL), stage.now(), 10).await.expect("read").is_empty());
    });
}

#[test]
fn b6_1_a_record_that_spoils_its_batch_is_found_and_parked_alone() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        line.city().poison.insert("S000000001".to_owned());
        minutes(&stage, 6).await;
        assert_eq!(standing(&stage, Dataset::Student, "S000000001").await, (Standing::Parked, "http-400".to_owned()));
        assert!(line.city().there().contains("S000000000") && line.city().there().contains(ORDER));
    });
}

#[test]
fn p8_a_city_out_of_reach_is_waited_for_and_nothing_is_parked() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        line.city().down = Some((503, None));
        let mut oldest = 0;
        for _ in 0..60 {
            minute(&stage).await;
            oldest = sweep::sweep(stage.app()).await.reports.oldest_seconds.max(oldest);
        }
        assert!(oldest > 3_000, "how long it waits is told: {oldest}");
        let holdings: Vec<Value> = world.scan("test-exchange").iter().map(plain).collect();
        assert!(holdings.iter().all(|item| !item.to_string().contains("\"p\":{")), "nothing is parked");
        line.city().down = Some((429, Some(1_800)));
        world.advance(Duration::from_secs(700)).await;
        minute(&stage).await;
        let gate = stage.app().store().gate().await.expect("read").value;
        assert!(
            gate.opens_at(stage.now()).seconds_since(stage.now()) > 1_500,
            "it is left alone for as long as it asks"
        );
        line.city().down = None;
        let before = line.city().batches.len();
        minutes(&stage, 10).await;
        assert_eq!(line.city().batches.len(), before);
        minutes(&stage, 120).await;
        assert_eq!((line.city().there(), waiting(&world).len()), (all(), 0));
        let gate = stage.app().store().gate().await.expect("read").value;
        assert_eq!((gate.failures, gate.shut_until), (0, None));
    });
}

#[test]
fn b6_1_the_city_is_told_within_its_windows_only() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        let mut gate = stage.app().store().gate().await.expect("read");
        // It is eight in the morning.
        gate.value.keep_windows(vec![Window { from_minute: 22 * 60, until_minute: 23 * 60 }]).expect("a window");
        let mut commit = commit(stage.now());
        commit.decide_gate(&gate).expect("a gate");
        stage.app().store().commit(commit).await.expect("written");
        minutes(&stage, 5).await;
        assert!(line.city().batches.is_empty());
        world.advance(Duration::from_hours(14)).await;
        minutes(&stage, 8).await;
        assert_eq!((line.city().there(), waiting(&world).len()), (all(), 0));
    });
}

#[test]
fn b6_1_what_refers_to_what_is_not_there_waits_for_it() {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &village::town()).await;
        let line = Line::on(&stage);
        seal(&stage).await;
        minutes(&stage, 4).await;
        assert!(line.city().there().is_empty(), "no homeroom is there");
        assert_eq!(waiting(&world), ["pupil/S000000000", "pupil/S000000001"].map(str::to_owned).into());
        rename(&stage, "三年级(1)班").await;
        minutes(&stage, 70).await;
        assert_eq!((line.city().there().len(), waiting(&world).len()), (3, 0));
    });
}

/// Whoever tells the city is behind for an hour: it is woken for each thing now and then, and what it finds has to wait
/// does not wait the longer for that.
#[test]
fn p8_what_stood_in_a_long_queue_is_looked_at_again_as_soon_as_anything_else() {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &village::town()).await;
        let line = Line::on(&stage);
        seal(&stage).await;
        for _ in 0..60 {
            sweep::sweep(stage.app()).await;
            stage.world.advance(Duration::from_mins(1)).await;
        }
        let woken = world.sent(MUNICIPAL_QUEUE).iter().filter(|message| message.body == "pupil/S000000000").count();
        assert_eq!(woken, 12, "every five minutes");
        minute(&stage).await;
        let task =
            stage.app().store().task(Queue::Municipal, "pupil/S000000000").await.expect("read").expect("it waits");
        assert_eq!(task.attempts, 1, "no homeroom is there: put off for a minute by the first message, not by each");
        rename(&stage, "三年级(1)班").await;
        minutes(&stage, 4).await;
        assert_eq!((line.city().there().len(), waiting(&world).len()), (3, 0));
    });
}

#[test]
fn k7_2_what_the_city_has_lost_is_told_again_when_something_refers_to_it() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        minutes(&stage, 8).await;
        line.city().lose(HOMEROOM);
        let (app, now) = (stage.app(), stage.now());
        let pupil = app.store().open_student(&id("S000000000")).await.expect("read").map(Guarded::unguarded);
        let mut pupil = pupil.expect("a pupil");
        pupil.value.name = Pii::new("陈改名".to_owned());
        let mut renaming = commit(now);
        renaming.save_student(&pupil).expect("a pupil");
        app.store().commit(renaming).await.expect("written");
        seal(&stage).await;
        minutes(&stage, 10).await;
        assert_eq!((line.city().there(), waiting(&world).len()), (all(), 0));
        assert_eq!(line.city().record(HOMEROOM).version, 2, "above what it had");
    });
}

#[test]
fn b6_1_what_is_gone_is_taken_back_and_what_does_not_fit_is_told() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        minutes(&stage, 8).await;
        let (app, now) = (stage.app(), stage.now());
        let mut class = app.store().class(&id(CLASS)).await.expect("read").map(Guarded::unguarded).expect("a class");
        class.value.deleted_at = Some(now);
        let mut deleting = commit(now);
        deleting.save_class(&class).expect("a class");
        app.store().commit(deleting).await.expect("written");
        rename(&stage, " ").await;
        minutes(&stage, 10).await;
        let left: BTreeSet<String> = all().into_iter().filter(|id| !id.starts_with(CLASS)).collect();
        assert_eq!((line.city().there(), waiting(&world).len()), (left, 0), "the class, its people and its lessons");
        assert_eq!(standing(&stage, Dataset::Class, HOMEROOM).await, (Standing::Parked, UNFIT.to_owned()));
        assert_eq!(line.city().record(HOMEROOM).version, 1, "what it has stays");
        rename(&stage, "三年级一班").await;
        minutes(&stage, 3).await;
        assert_eq!(standing(&stage, Dataset::Class, HOMEROOM).await.0, Standing::Acknowledged);
    });
}

#[test]
fn b6_1_a_message_is_read_and_one_that_names_nothing_is_let_go() {
    let image = due_village();
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &image);
        let line = Line::on(&stage);
        for (file, city_has) in [("not-ours", 0), ("homeroom", 1), ("pupil", 2)] {
            let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file of events/");
            let event: SqsEvent = serde_json::from_str(&text).expect("an event of a queue");
            let response = municipal_push::consume(stage.app(), event).await;
            assert!(response.batch_item_failures.is_empty(), "{file}");
            assert_eq!(line.city().there().len(), city_has, "{file}");
        }
    });
}

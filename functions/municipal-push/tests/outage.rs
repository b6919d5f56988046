//! The city is out of reach for six hours while everything changes: the backlog waits in nobody's way, the alarm rings,
//! and once the city is back all of it arrives in order, with nothing parked. B6.1 K7.1, promises P7 P8.
//!
//! Fifty changes a second for six hours are 1,080,000. What waits is a task for each thing, however often it changes, so
//! that what has to be drained is counted in things. Here [`THINGS`] of them change in [`ROUNDS`] rounds: 30,600 changes,
//! through the real tables, sweep, queue and push. How fast a backlog drains is said by the decision page.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

#[path = "operations/city.rs"]
#[expect(dead_code, reason = "other tests ask the city for more")]
mod city;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Pii;
use domain::audit::Actor;
use domain::directory::Homeroom;
use domain::id::HomeroomId;
use domain::supervision::thing::Thing;
use edge::App;
use serde_json::Value;
use store::{Commit, Versioned};
use testkit::stage::{MUNICIPAL_QUEUE, Stage};
use testkit::town::{SCHOOL, Town, id};
use testkit::{Item, World, plain, simulate};

use city::Line;

/// Pupils, all of one homeroom.
const PUPILS: usize = 102;
/// Homerooms: 102 schools with 99 each.
const SCHOOLS: usize = 102;
/// What changes, pupils among it.
const THINGS: usize = SCHOOLS * 99 + PUPILS;
/// How often each of them changes while the city is down.
const ROUNDS: usize = 3;
/// How long it is.
const HOURS: u64 = 6;
/// Minutes between two looks of the sweep that are played while it is: none of those between finds the gate open.
const STEP_MINUTES: u64 = 10;

/// The alarm's threshold, as it is deployed.
fn alarm_seconds() -> i64 {
    let template = include_str!("../../../template.yaml");
    let (_, alarm) = template.split_once("MetricName: OldestReportAgeSeconds").expect("an alarm");
    let (_, threshold) = alarm.split_once("Threshold: ").expect("a threshold");
    threshold.lines().next().and_then(|text| text.trim().parse().ok()).expect("a number")
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// The item of a homeroom, as the platform writes it.
async fn pattern(stage: &Stage) -> Item {
    let room = HomeroomId::new(&id(SCHOOL), 2024, 1);
    let room = Homeroom { id: room, grade: 3, name: "三年级(1)班".to_owned(), graduated: None };
    let mut commit = Commit::new(Actor::system("test"), "test.write", stage.now());
    commit.save_homeroom(&Versioned::absent(room)).expect("a homeroom");
    stage.app().store().commit(commit).await.expect("written");
    let items = stage.world.scan("test-directory");
    items.into_iter().find(|item| plain(item)["kind"] == "homeroom").expect("a homeroom")
}

fn homerooms() -> Vec<HomeroomId> {
    let schools = (0..SCHOOLS).map(|number| format!("31442{:05}", 101 + number));
    schools.flat_map(|school| (1..=99).map(move |number| HomeroomId::new(&id(&school), 2024, number))).collect()
}

/// Every homeroom has another name, and everything is due.
async fn change(stage: &Stage, pattern: &Item, homerooms: &[HomeroomId], round: usize) {
    let app = stage.app();
    for homeroom in homerooms {
        let mut item = pattern.clone();
        item.insert("pk".to_owned(), text(format!("SCHOOL#{}", homeroom.school())));
        item.insert("sk".to_owned(), text(format!("HOMEROOM#{homeroom}")));
        item.insert("id".to_owned(), text(homeroom.to_string()));
        item.insert("name".to_owned(), text(format!("三年级{round}班")));
        stage.world.plant("test-directory", item);
        app.store().raise_report(&Thing::Homeroom(homeroom.clone()), stage.now()).await.expect("raised");
    }
    for number in 0..PUPILS {
        let pupil = Thing::Pupil(id(&format!("S{number:09}")));
        app.store().raise_report(&pupil, stage.now()).await.expect("raised");
    }
}

fn waiting(world: &World) -> usize {
    world.scan("test-tasks").len()
}

/// A minute of the platform: the oldest age that it tells.
async fn minute(stage: &Stage, app: &App) -> i64 {
    let report = sweep::sweep(app.clone()).await;
    loop {
        let messages = stage.world.take_messages(MUNICIPAL_QUEUE, 10);
        if messages.is_empty() {
            break;
        }
        let event: SqsEvent = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
        for message in &messages {
            stage.world.settle(message);
        }
        let response = municipal_push::consume(app.clone(), event).await;
        assert!(response.batch_item_failures.is_empty(), "nothing is given up");
    }
    report.reports.oldest_seconds
}

/// Six hours without the city: the oldest age after each look.
async fn outage(stage: &Stage, app: &App, pattern: &Item, homerooms: &[HomeroomId]) -> Vec<i64> {
    let mut ages = Vec::new();
    let steps = HOURS * 60 / STEP_MINUTES;
    for step in 0..steps {
        if step % (steps / u64::try_from(ROUNDS).expect("few")) == 0 {
            change(stage, pattern, homerooms, ages.len() + 1).await;
        }
        ages.push(minute(stage, app).await);
        stage.world.advance(Duration::from_secs(STEP_MINUTES * 60 + 1)).await;
    }
    ages
}

fn parked(world: &World) -> usize {
    let holdings = world.scan("test-exchange").into_iter().map(|item| plain(&item));
    let records = holdings.filter_map(|item: Value| item["rs"].as_array().cloned()).flatten();
    records.filter(|record| record["p"].is_object()).count()
}

#[test]
fn p8_k7_1_six_hours_without_the_city_are_made_up_for_in_order() {
    let mut town = Town::small(PUPILS);
    for (number, student) in town.students.iter_mut().enumerate() {
        student.number = Pii::new(format!("L44200020170901{number:04}"));
    }
    simulate(1, async |world| {
        let stage = Stage::with(&world, &town).await;
        let (line, pattern, homerooms) = (Line::on(&stage), pattern(&stage).await, homerooms());
        line.city().down = Some((503, None));
        let app = stage.app();
        let ages = outage(&stage, &app, &pattern, &homerooms).await;
        assert_eq!(
            (waiting(&world), line.city().taken.len()),
            (THINGS, 0),
            "a thing waits once, however often it changed"
        );
        let threshold = alarm_seconds();
        let rings = ages.iter().position(|age| *age > threshold).expect("the alarm rings");
        assert_eq!(u64::try_from(rings).expect("few") * STEP_MINUTES, 60, "as soon as something has waited an hour");
        assert!(ages.iter().skip(rings).all(|age| *age > threshold), "and rings until the city is back");
        line.city().down = None;
        let mut minutes = 0usize;
        let mut last = i64::MAX;
        while waiting(&world) > 0 {
            minutes += 1;
            assert!(minutes < 120, "{} things are left", waiting(&world));
            last = minute(&stage, &app).await;
            world.advance(Duration::from_secs(61)).await;
        }
        assert_eq!(
            (minute(&stage, &app).await, parked(&world)),
            (0, 0),
            "nothing waits, nothing is parked; before: {last}"
        );
        in_order(&line);
        assert_eq!(line.city().there().len(), THINGS);
    });
}

/// Versions of a record only rise, and what refers to a homeroom comes after it.
fn in_order(line: &Line) {
    let taken = line.city().taken.clone();
    let mut versions: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut there: BTreeSet<String> = BTreeSet::new();
    for (dataset, source, version) in taken {
        let before = versions.insert((dataset, source.clone()), version);
        assert!(before.is_none_or(|before| before < version), "{source} went down from {before:?} to {version}");
        assert!(!source.starts_with('S') || there.contains("3144200101.2024.01"), "{source} before its homeroom");
        there.insert(source);
    }
}

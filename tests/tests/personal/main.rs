//! Promise P13: no personal datum lies in the clear outside its place. A town with known names, phones and numbers is
//! brought in on the importer's way; families enroll, pay, cancel and fail; staff is hired, signs in and keeps pupils,
//! guardians and accounts by hand; then everything that was kept, sent or told is searched for them. K3.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "figures are printed, and a test stops at the unexpected"
)]

mod by_hand;
mod found;
mod look;
mod people;
mod platform;

use std::collections::{BTreeMap, BTreeSet};

use domain::audit::Actor;
use domain::{Moment, Tenant};
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::stage::{IMPORTS, PREFIX, Stage, Who, event};
use testkit::town::Town;
use testkit::{Faults, World, plain, simulate, table_name};

use crate::found::{Found, Log};
use crate::look::look;
use crate::people::{People, file, people};
use crate::platform::Platform;

const SCHOOL: &str = "2144200601";
const TERM: &str = "2026-2027-1";

/// Guardians with their children, as the directory has them.
fn families(world: &World) -> Vec<(String, Vec<String>)> {
    let items = world.scan(&table_name(PREFIX, "directory"));
    let guardians = items.iter().map(plain).filter(|item| item["sk"] == "GUARDIAN");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    guardians
        .map(|it| (text(&it["id"]), it["children"].as_array().expect("a list").iter().map(text).collect()))
        .collect()
}

fn calls_of_kms(world: &World) -> u64 {
    world.counts().calls.iter().filter(|(name, _)| name.starts_with("kms:")).map(|(_, count)| count).sum()
}

/// Every sheet is brought in, and those that hold faults are judged.
async fn bring_all(platform: &mut Platform, people: &People) {
    for kind in ["organizations", "schools", "homerooms", "specifications", "terms", "courses", "offerings"] {
        platform.bring(kind, &file(kind)).await;
    }
    platform.bring("students", &people.students).await;
    platform.bring("guardians", &people.guardians).await;
    for (kind, bytes) in &people.faulty {
        let judged = platform.submit(kind, bytes).await;
        assert!(judged["errors_total"].as_u64() >= Some(3), "{judged}");
    }
}

/// Everything from the first sheet to a school whose data is destroyed.
async fn live(platform: &mut Platform, people: &People) {
    let world = platform.stage.world.clone();
    bring_all(platform, people).await;
    let families = families(&world);
    let (guardian, child) = (families[0].0.clone(), families[0].1[0].clone());
    let (stranger, other) = {
        let other = families.iter().find(|(_, children)| !children.contains(&child)).expect("another family");
        (other.0.clone(), other.1[0].clone())
    };
    let seen = platform.children(&guardian).await;
    assert!(people.names.iter().any(|name| seen.text.contains(name.as_str())), "the names did come in: {}", seen.text);

    let before = calls_of_kms(&world);
    let who = Who::Guardian(guardian.clone());
    let path = format!("/offerings?term={TERM}&student_id={child}");
    let offered = platform.done(catalog::routes(), &event("GET", &path, &who, &[], None)).await;
    let offering = offered["items"][0]["offering_id"].as_str().expect("an offering").to_owned();
    let mut orders = Vec::new();
    for (guardian, child) in [(&guardian, &child), (&stranger, &other)] {
        let placed = platform.enroll(guardian, child, &offering).await;
        assert_eq!(placed.status, 201, "{}", placed.text);
        orders.push(placed.json()["order_no"].as_str().expect("a number").to_owned());
        let begun = platform.pay(guardian, &orders[orders.len() - 1]).await;
        assert_eq!(begun.status, 201, "{}", begun.text);
        if guardian == &families[0].0 {
            let (payment, now) = (begun.json()["payment_no"].as_str().expect("a number").to_owned(), world.now());
            platform.stage.provider().pay(&payment, now).expect("paid");
        }
    }
    platform.callbacks().await;
    // What goes wrong: another's child, a number or a name where an identifier should be, twice the same, too late.
    platform.enroll(&stranger, &child, &offering).await;
    platform.enroll(&guardian, &child, &offering).await;
    for canary in &people.canaries {
        platform.enroll(&guardian, canary, &offering).await;
        platform.enroll(&guardian, &child, canary).await;
    }
    platform.pay(&stranger, &orders[0]).await;
    let cancel = format!("/orders/{}/cancel", orders[1]);
    let cancel = event("POST", &cancel, &Who::Guardian(stranger.clone()), &[("Idempotency-Key", "c")], None);
    platform.done(order::routes(), &cancel).await;
    for seconds in [320, 1_000, 60, 60] {
        platform.later(seconds).await;
        platform.callbacks().await;
    }
    assert_eq!(calls_of_kms(&world), before, "no function that needs no names has asked for a key");

    look(platform, people, &guardian, &child).await;
    by_hand::keep(platform, &child).await;

    // Nothing answers; a name is in the clear where it must not be; the keys are destroyed.
    world.set_faults(Faults { connection_error: 1000, ..Faults::none() });
    assert_eq!(platform.children(&guardian).await.status, 503);
    world.set_faults(Faults::none());
    let key =
        |id: &str| world.peek(&table_name(PREFIX, "directory"), &format!("STUDENT#{id}"), "STUDENT").expect("a pupil");
    let (good, mut moved) = (key(&child), key(&child));
    moved.insert("name".into(), key(&other)["name"].clone());
    world.plant(&table_name(PREFIX, "directory"), moved);
    assert_eq!(platform.children(&guardian).await.status, 500);
    world.plant(&table_name(PREFIX, "directory"), good);
    assert_eq!(platform.children(&guardian).await.status, 200);
    let school = Tenant::School(SCHOOL.parse().expect("a school"));
    platform.stage.app().store().shred(&school, &Actor::system("test"), platform.stage.now()).await.expect("shredded");
    let gone = platform.children(&guardian).await;
    assert_eq!((gone.status.as_u16(), gone.slug().as_str()), (409, "store/shredded"));
    let desk = event("GET", "/me/privacy", &Who::Guardian(guardian), &[], None);
    let desk = platform.done(privacy::routes(), &desk).await;
    assert!(
        desk["children"].as_array().is_some_and(|children| children.iter().any(|child| child["destroyed"] == true))
    );
}

#[test]
fn p13_no_personal_datum_lies_in_the_clear() {
    let log = Log::default();
    let _listening = log.listen();
    let mut people = people();
    people.canaries.extend(by_hand::CANARIES.map(str::to_owned));
    simulate(13, async |world| {
        world.keep_requests();
        world.keep_trace();
        let mut platform = Platform { stage: Stage::new(&world), problems: Vec::new() };
        live(&mut platform, &people).await;
        let found = Found::of(&world, &log, &platform.problems);
        for (place, least) in [("table", 300), ("queue", 9), ("object snapshots", 2), ("object imports", 20)] {
            assert!(found.count(place) >= least, "{place}: {}", found.count(place));
        }
        for (place, least) in
            [("request", 1_000), ("trace", 1_000), ("log", 10), ("problem", people.canaries.len() * 2)]
        {
            assert!(found.count(place) >= least, "{place}: {}", found.count(place));
        }
        let places: BTreeMap<&str, usize> = found.0.iter().fold(BTreeMap::new(), |mut places, (place, _)| {
            *places.entry(place.as_str()).or_default() += 1;
            places
        });
        println!("{} canaries sought in {places:?}", people.canaries.len());
        assert_eq!(found.hits(&people.canaries), Vec::<&str>::new());
    });
}

/// The search itself: whatever lets a canary out, it is heard.
#[test]
fn p13_a_datum_in_the_clear_is_found() {
    let log = Log::default();
    let _listening = log.listen();
    simulate(14, async |world| {
        world.keep_requests();
        let town = Town::small(1);
        let pupil = town.students[0].clone();
        let canaries: BTreeSet<String> = [pupil.name.reveal().clone(), pupil.number.reveal().clone()].into();
        let stage = Stage::with(&world, &town).await;
        assert_eq!(Found::of(&world, &log, &[]).hits(&canaries), Vec::<&str>::new());

        // A writer that does not seal.
        world.plant_defect(|operation, request| {
            if operation == "TransactWriteItems" {
                unseal(request);
            }
        });
        let now: Moment = stage.now();
        let mut commit = Commit::new(Actor::system("test"), "test.change", now);
        let read = stage.app().store().open_student(&pupil.pupil.id).await.expect("read").expect("a pupil").unguarded();
        commit.save_student(&Versioned { value: pupil.clone(), ..read }).expect("a pupil");
        stage.app().store().commit(commit).await.expect("written");
        assert_eq!(Found::of(&world, &log, &[]).hits(&canaries), ["table test-directory"]);

        // A line of the log, a problem, an object, a message, an address.
        tracing::warn!(pupil = pupil.name.reveal().as_str(), "not found");
        let told = [json!({"detail": format!("没有找到{}", pupil.number.reveal())}).to_string()];
        let bytes = bytes::Bytes::from(format!("{{\"name\": \"{}\"}}", pupil.name.reveal()));
        stage.app().objects().put_once(IMPORTS, "x/errors.json", bytes, "application/json").await.expect("stored");
        stage
            .app()
            .wakeups()
            .wake("https://sqs.cn-northwest-1.amazonaws.com.cn/1/x.fifo", "x", "x", pupil.number.reveal())
            .await;
        stage.app().objects().get(IMPORTS, pupil.name.reveal(), 9).await.expect("asked for");
        let found = Found::of(&world, &log, &told);
        let hits: BTreeSet<&str> = found.hits(&canaries).into_iter().collect();
        assert_eq!(
            hits,
            ["log", "object imports", "problem", "queue x.fifo", "request", "table test-directory"]
                .into_iter()
                .collect()
        );
    });
}

/// Puts the canaries' clear texts where envelopes were.
fn unseal(request: &mut Value) {
    match request {
        Value::Object(inside) => {
            if let Some(datum) = inside.get_mut("pii") {
                *datum = json!({"S": "学生0"});
            } else {
                inside.values_mut().for_each(unseal);
            }
        }
        Value::Array(inside) => inside.iter_mut().for_each(unseal),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

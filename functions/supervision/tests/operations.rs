//! What the city has is seen, and what it refused is sent again. D5.1 B6.1.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::collections::BTreeMap;

use domain::audit::Actor;
use domain::supervision::Dataset;
use domain::supervision::agreement::Discrepancy;
use domain::supervision::holding::{Holding, Standing};
use domain::supervision::statement::{Line, Statement};
use domain::supervision::thing::Thing;
use domain::task::Queue;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::sample::{Case, Functions, Scene};
use testkit::town::{SCHOOL, id};

const FUNCTIONS: Functions = &[("supervision", supervision::routes)];
const PAYMENT: &str = "20261-S000000000-01-1";

fn commit(scene: &Scene) -> Commit {
    Commit::new(Actor::system("test"), "test.write", scene.stage.now())
}

fn thing() -> Thing {
    id(&format!("payment/{PAYMENT}"))
}

/// The city has refused a payment, and the school was compared with it: a pupil is missing there.
async fn refused(scene: &Scene) {
    let now = scene.stage.now();
    let holding: Holding = serde_json::from_value(json!({"rs": [{
        "d": "payment", "id": PAYMENT, "l": 1,
            "at": {"school": SCHOOL, "term": "2026-2027-1", "day": "2026-09-01"},
        "p": {"c": "1004", "r": "金额与订单不一致", "h": "ab".repeat(16), "t": now},
    }]}))
    .expect("a holding");
    let mut line = Line::of(4);
    line.count(Discrepancy::Missing, false);
    let lines = BTreeMap::from([(Dataset::Student, line)]);
    let statement = Statement { school: id(SCHOOL), at: now, lines };
    let mut commit = commit(scene);
    commit.save_holding(&thing(), &Versioned::absent(holding)).expect("a holding");
    commit.save_agreement(&Versioned::absent(statement), now.day()).expect("a statement");
    scene.app.store().commit(commit).await.expect("written");
}

#[test]
fn d5_1_a_school_sees_what_both_sides_have() {
    Case::done("supervision/list-reporting", 200)
        .before(|scene| Box::pin(refused(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let (seen, schools) = (answered.json(), answered.json()["schools"].clone());
                assert_eq!((&seen["open"], schools.as_array().map(Vec::len)), (&json!(true), Some(1)));
                let students: &Value = &schools[0]["datasets"][0];
                assert_eq!(
                    (&students["title"], &students["ours"], &students["theirs"]),
                    (&json!("学生"), &json!(4), &json!(3))
                );
                assert_eq!((&students["missing"], &schools[0]["differences"]), (&json!(1), &json!(1)));
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn d5_1_b6_1_what_the_city_refused_is_listed_with_its_reason() {
    Case::done("supervision/list-parked-records", 200)
        .before(|scene| Box::pin(refused(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let items = answered.json()["items"].clone();
                assert_eq!(items.as_array().map(Vec::len), Some(1), "{items}");
                let record = (&items[0]["source_id"], &items[0]["code"], &items[0]["reason"]);
                assert_eq!(record, (&json!(PAYMENT), &json!("1004"), &json!("金额与订单不一致")));
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn b6_1_what_the_city_refused_is_sent_again() {
    Case::done("supervision/send-record-again", 202)
        .before(|scene| Box::pin(refused(scene)))
        .after(|scene, answered| {
            Box::pin(async {
                assert_eq!(answered.json()["standing"], "pending");
                let holding = scene.app.store().holding(&thing()).await.expect("read").value;
                assert_eq!(holding.records[0].standing(), Standing::Pending);
                let task = scene.app.store().task(Queue::Municipal, &thing().to_string()).await.expect("read");
                assert!(task.is_some(), "it is due");
                let parked = scene.app.store().parked_things(&id(SCHOOL), scene.stage.now(), 10).await.expect("read");
                assert!(parked.is_empty());
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn b6_1_what_was_never_told_is_not_sent_again() {
    Case::refused("supervision/send-record-again-never-reported", 409, "supervision/never-reported")
        .before(|scene| Box::pin(refused(scene)))
        .run(FUNCTIONS);
}

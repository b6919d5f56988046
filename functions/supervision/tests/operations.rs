//! What the city has is seen, field by field, and what it refused is sent again; the proof of it is kept. D5.1 B6.1 K7.2
//! S5.1.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

#[path = "operations/again.rs"]
mod again;
#[path = "operations/gate.rs"]
mod gate;
#[path = "operations/proof.rs"]
mod proof;
#[path = "operations/record.rs"]
mod record;
#[path = "operations/village.rs"]
mod village;

use std::collections::BTreeMap;

use domain::audit::Actor;
use domain::supervision::Dataset;
use domain::supervision::agreement::Discrepancy;
use domain::supervision::findings::{Findings, Found, Handling};
use domain::supervision::holding::{Holding, Standing};
use domain::supervision::statement::{Known, Line, Statement};
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
    let mut payments = Line::of(1);
    payments.count(Discrepancy::Unreported, true);
    payments.count_known(Known::Parked);
    payments.count_known(Known::UnderWay(now.plus_minutes(-90)));
    let lines = BTreeMap::from([(Dataset::Student, line), (Dataset::Payment, payments)]);
    // A comparison of days ago is the last one there is.
    let at = now.plus_minutes(-5 * 24 * 60);
    let statement = Statement { school: id(SCHOOL), at, lines };
    let mut commit = commit(scene);
    commit.save_holding(&thing(), &Versioned::absent(holding)).expect("a holding");
    commit.save_agreement(&Versioned::absent(statement), at.day()).expect("a statement");
    let found = |dataset, source_id: &str, discrepancy, handling| Found {
        dataset,
        source_id: id(source_id),
        discrepancy,
        handling,
        ours: Some(1),
        theirs: None,
    };
    let items = vec![
        found(Dataset::Payment, PAYMENT, Discrepancy::Unreported, Handling::Parked),
        found(Dataset::Student, "S000000003", Discrepancy::Missing, Handling::SentAgain),
    ];
    commit.keep_findings(&Findings::of(id(SCHOOL), at, items)).expect("findings");
    scene.app.store().commit(commit).await.expect("written");
}

/// What waits since an hour and a half.
async fn waits(scene: &Scene) {
    refused(scene).await;
    let since = scene.stage.now().plus_minutes(-90);
    scene.app.store().raise_report(&thing(), since).await.expect("raised");
}

#[test]
fn d5_1_a_school_sees_what_both_sides_have() {
    Case::done("supervision/list-reporting", 200)
        .before(|scene| Box::pin(waits(scene)))
        .after(|scene, answered| {
            Box::pin(async {
                let (seen, schools) = (answered.json(), answered.json()["schools"].clone());
                assert_eq!((&seen["open"], schools.as_array().map(Vec::len)), (&json!(true), Some(1)));
                let since = scene.stage.now().plus_minutes(-90).to_string();
                assert_eq!(seen["waiting_since"], since.as_str(), "what waits is seen as it is now");
                let students: &Value = &schools[0]["datasets"][0];
                assert_eq!(
                    (&students["title"], &students["ours"], &students["theirs"]),
                    (&json!("学生"), &json!(4), &json!(3))
                );
                assert_eq!((&students["missing"], &schools[0]["differences"]), (&json!(1), &json!(1)));
                let payments = &schools[0]["datasets"][1];
                assert_eq!((&payments["parked"], &payments["under_way"]), (&json!(1), &json!(1)));
                assert_eq!((&payments["waiting_since"], &payments["unreported"]), (&json!(since), &json!(0)));
                let at = scene.stage.now().plus_minutes(-5 * 24 * 60).to_string();
                assert_eq!(schools[0]["compared_at"], at.as_str(), "however long ago");
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn d5_1_the_city_sees_the_schools_of_a_township() {
    for (file, count) in [("supervision/list-reporting-township", 1), ("supervision/list-reporting-other-township", 0)]
    {
        let mut case = Case::done(file, 200);
        case.after = if count == 1 {
            |_, answered| {
                Box::pin(async {
                    let school = answered.json()["schools"][0].clone();
                    assert_eq!((&school["school"], &school["compared_at"]), (&json!(SCHOOL), &Value::Null), "never");
                    assert_eq!((&school["datasets"], &school["township"]), (&json!([]), &json!("442000006000")));
                    assert_eq!(answered.json()["waiting_since"], Value::Null);
                })
            }
        } else {
            |_, answered| Box::pin(async { assert_eq!(answered.json()["schools"], json!([])) })
        };
        case.run(FUNCTIONS);
    }
}

#[test]
fn d5_1_a_family_is_told_nothing_of_it() {
    Case::refused("supervision/list-reporting-guardian", 404, "access/not-found").run(FUNCTIONS);
}

#[test]
fn d5_1_k7_2_the_differences_of_the_last_comparison_are_listed() {
    Case::done("supervision/list-differences", 200)
        .before(|scene| Box::pin(refused(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let items = answered.json()["items"].clone();
                assert_eq!(items.as_array().map(Vec::len), Some(2));
                assert_eq!(
                    (&items[0]["source_id"], &items[0]["discrepancy_title"]),
                    (&json!("S000000003"), &json!("漏报"))
                );
                assert_eq!((&items[1]["handling_title"], &items[1]["title"]), (&json!("挂起"), &json!("支付单")));
                assert_eq!(answered.json()["left_out"], 0);
            })
        })
        .run(FUNCTIONS);
    Case::done("supervision/list-differences-missing", 200)
        .before(|scene| Box::pin(refused(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"].as_array().map(Vec::len), Some(1)) }))
        .run(FUNCTIONS);
    Case::refused("supervision/list-differences-unreadable", 400, "request/parameter-unusable").run(FUNCTIONS);
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

//! A selection is sent again. B6.1 D5.1 K7.2.

use domain::supervision::holding::{Holding, Standing};
use domain::task::Queue;
use serde_json::json;
use store::Versioned;
use testkit::sample::{Case, Scene, event};
use testkit::town::{SCHOOL, id};

use crate::{FUNCTIONS, commit, refused, thing, village};

async fn is_due(scene: &Scene, thing: &str) -> bool {
    scene.app.store().task(Queue::Municipal, thing).await.expect("read").is_some()
}

/// The city has the pupils.
async fn acknowledged(scene: &Scene) {
    refused(scene).await;
    let mut commit = commit(scene);
    for student in ["S000000000", "S000000003"] {
        let holding: Holding = serde_json::from_value(json!({"rs": [{
            "d": "student", "id": student, "l": 1, "at": {"school": SCHOOL},
            "a": {"s": {"v": 1, "h": "ab".repeat(16), "o": "upsert"}, "n": "R1", "t": scene.stage.now()},
        }]}))
        .expect("a holding");
        commit.save_holding(&id(&format!("pupil/{student}")), &Versioned::absent(holding)).expect("a holding");
    }
    scene.app.store().commit(commit).await.expect("written");
}

#[test]
fn b6_1_d5_1_what_is_parked_is_sent_again_once() {
    for file in ["supervision/send-again", "supervision/send-again-named"] {
        Case::done(file, 202)
            .before(|scene| Box::pin(refused(scene)))
            .after(|scene, answered| {
                Box::pin(async {
                    let told = answered.json();
                    assert_eq!((&told["records"], &told["already"], &told["busy"]), (&json!(1), &json!(0), &json!(0)));
                    assert!(told["cursor"].is_null());
                    let holding = scene.app.store().holding(&thing()).await.expect("read");
                    assert_eq!(holding.value.records[0].standing(), Standing::Pending);
                    assert!(is_due(scene, &thing().to_string()).await);
                    let again = scene.send("supervision/send-again-named").await.json();
                    assert_eq!((&again["records"], &again["already"]), (&json!(0), &json!(1)), "twice is once");
                    let after = scene.app.store().holding(&thing()).await.expect("read");
                    assert_eq!(after.ver, holding.ver, "and leaves no trace");
                })
            })
            .run(FUNCTIONS);
    }
}

#[test]
fn d5_1_all_of_some_data_sets_and_of_a_term_are_sent_again() {
    Case::done("supervision/send-again-all", 202)
        .before(|scene| {
            Box::pin(async {
                acknowledged(scene).await;
                village::settle(scene, &id("20261-S000000000-01")).await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async {
                let told = answered.json();
                assert!(told["records"] == 2 && told["cursor"].is_null() && told["busy"] == 0, "{told}");
                assert!(
                    is_due(scene, &thing().to_string()).await && is_due(scene, "record/S000000000/2026-2027-1").await
                );
                assert!(!is_due(scene, "pupil/S000000000").await, "pupils were not asked for");
            })
        })
        .run(FUNCTIONS);
}

/// More payments than a call takes are parked.
async fn crowded(scene: &Scene) {
    for number in 1..=205u16 {
        let no = format!("20261-S{number:09}-01-1");
        let holding: Holding = serde_json::from_value(json!({"rs": [{
            "d": "payment", "id": no, "l": 1, "at": {"school": SCHOOL, "term": "2026-2027-1"},
            "p": {"c": "1004", "r": "金额与订单不一致", "h": "ab".repeat(16), "t": scene.stage.now()},
        }]}))
        .expect("a holding");
        let mut commit = commit(scene);
        commit.save_holding(&id(&format!("payment/{no}")), &Versioned::absent(holding)).expect("a holding");
        scene.app.store().commit(commit).await.expect("written");
    }
}

#[test]
fn d5_1_a_call_releases_two_hundred_things_and_says_where_to_go_on() {
    Case::done("supervision/send-again", 202)
        .before(|scene| Box::pin(crowded(scene)))
        .after(|scene, answered| {
            Box::pin(async {
                let told = answered.json();
                assert_eq!((&told["records"], &told["cursor"]), (&json!(200), &json!("payment/20261-S000000200-01-1")));
                let mut next = event("supervision/send-again");
                let body = json!({"standing": "parked", "datasets": ["payment"], "cursor": told["cursor"]});
                next["body"] = body.to_string().into();
                let rest = scene.request("supervision", &next).await.json();
                assert_eq!((&rest["records"], rest["cursor"].is_null()), (&json!(5), true));
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn d5_1_k7_2_what_differed_is_sent_again() {
    Case::done("supervision/send-again-differing", 202)
        .before(|scene| Box::pin(acknowledged(scene)))
        .after(|scene, answered| {
            Box::pin(async {
                assert_eq!(answered.json()["records"], 2, "the pupil who is missing there, and what is parked");
                assert!(is_due(scene, "pupil/S000000003").await && !is_due(scene, "pupil/S000000000").await);
            })
        })
        .run(FUNCTIONS);
}

#[test]
fn d5_1_nothing_is_sent_again_unless_it_is_said_what() {
    Case::refused("supervision/send-again-nothing-chosen", 422, "supervision/nothing-chosen").run(FUNCTIONS);
    Case::refused("supervision/send-again-guardian", 404, "access/not-found").run(FUNCTIONS);
}

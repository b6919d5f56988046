//! A selection is sent again. B6.1 D5.1 K7.2.

use domain::supervision::holding::{Holding, Standing};
use domain::task::Queue;
use serde_json::json;
use store::Versioned;
use testkit::sample::{Case, Scene};
use testkit::town::{SCHOOL, id};

use crate::{FUNCTIONS, commit, refused, thing};

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
fn d5_1_all_of_some_data_sets_are_sent_again() {
    Case::done("supervision/send-again-all", 202)
        .before(|scene| Box::pin(acknowledged(scene)))
        .after(|scene, answered| {
            Box::pin(async {
                // The pupils are in no homeroom of the tables and have no orders: the register leads to nobody.
                let told = answered.json();
                assert!(told["cursor"].is_null() && told["busy"] == 0, "{told}");
                assert!(!is_due(scene, &thing().to_string()).await, "payments were not asked for");
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

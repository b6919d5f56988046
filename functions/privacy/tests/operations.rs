//! Keys, looks at personal data, the guardian's desk and consents, event by event. K3, promise P13.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use domain::fault::Fault as _;
use domain::{Kind, Tenant};
use serde_json::Value;
use testkit::sample::{self, Case, Functions, Scene};
use testkit::town::{SCHOOL, id};

const FUNCTIONS: Functions = &[("privacy", privacy::routes)];

async fn done(scene: &Scene, file: &str) -> Value {
    let answered = scene.send(file).await;
    assert!(answered.status.is_success(), "{file}: {}", answered.text);
    answered.json()
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

/// The numbers of the school's keys, and how many of them are destroyed.
async fn keys(scene: &Scene) -> (Vec<u32>, usize) {
    let facts = scene.app.store().key_facts(&Tenant::School(id(SCHOOL))).await.expect("read");
    let destroyed = facts.iter().filter(|key| key.destroyed.is_some()).count();
    (facts.iter().map(|key| key.number).collect(), destroyed)
}

/// Whether a pupil's name still opens in a new environment.
async fn opens(scene: &Scene) -> Result<bool, Kind> {
    let read = scene.stage.app().store().open_student(&id("S000000000")).await;
    read.map(|found| found.is_some()).map_err(|error| error.kind())
}

const KEYS: &[Case] = &[
    Case::done("privacy/list-keys", 200).after(|_, answered| {
        Box::pin(async {
            let keys = answered.json();
            assert_eq!((&keys["tenant"], &keys["items"][0]["number"]), (&SCHOOL.into(), &1.into()));
            assert_eq!(keys["items"][0]["made_by"], "town");
            assert!(!answered.text.contains("wrapped"), "{}", answered.text);
        })
    }),
    Case::done("privacy/list-keys-platform", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["number"], 1) })),
    Case::done("privacy/rotate-key", 201).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["number"], 2);
            assert_eq!((keys(scene).await, opens(scene).await), ((vec![1, 2], 0), Ok(true)));
            let listed = done(scene, "privacy/list-keys").await;
            assert_eq!(listed["items"][1]["made_by"], "security_admin:P000000002");
        })
    }),
    Case::done("privacy/rotate-key", 201)
        .before(|scene| {
            Box::pin(async {
                done(scene, "privacy/rotate-key").await;
                done(scene, "privacy/rotate-key-next").await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["number"], 2, "sent again, it is the key it has made");
                assert_eq!(keys(scene).await, (vec![1, 2, 3], 0));
            })
        }),
    Case::done("privacy/rotate-key-next", 201),
    Case::done("privacy/rotate-key-platform", 201)
        .after(|scene, _| Box::pin(async { assert_eq!(keys(scene).await, (vec![1], 0)) })),
    Case::refused("privacy/rotate-key-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("privacy/list-keys-unreadable", 400, "request/parameter-unusable"),
    Case::refused("privacy/list-keys-not-signed-in", 401, "access/not-signed-in"),
];

#[test]
fn k3_keys_are_listed_and_rotated() {
    run(KEYS);
}

/// After it was proposed to destroy the school's keys.
const fn proposed(case: Case) -> Case {
    case.before(|scene| Box::pin(async { drop(done(scene, "privacy/propose-shredding").await) }))
}

/// After they were destroyed.
const fn shredded(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            done(scene, "privacy/propose-shredding").await;
            done(scene, "privacy/approve-shredding").await;
        })
    })
}

const SHREDDING: &[Case] = &[
    Case::done("privacy/propose-shredding", 201).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "proposed");
            assert_eq!(opens(scene).await, Ok(true), "not before a second person agrees");
            assert_eq!(done(scene, "privacy/list-keys").await["shredding"]["state"], "proposed");
        })
    }),
    proposed(Case::done("privacy/approve-shredding", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["decided_by"], "P000000003");
            assert_eq!((keys(scene).await, opens(scene).await), ((vec![1, 2], 2), Err(Kind::Refused)));
        })
    }),
    shredded(Case::done("privacy/approve-shredding", 200))
        .after(|scene, _| Box::pin(async { assert_eq!(keys(scene).await, (vec![1, 2], 2)) })),
    proposed(Case::done("privacy/reject-shredding", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "rejected");
            assert_eq!(opens(scene).await, Ok(true));
            assert_eq!(done(scene, "privacy/propose-shredding").await["state"], "proposed", "it may be proposed again");
        })
    }),
    proposed(Case::refused("privacy/propose-shredding", 409, "shredding/waiting")),
    shredded(Case::refused("privacy/propose-shredding", 409, "shredding/done")),
    shredded(Case::refused("privacy/rotate-key", 409, "store/shredded")),
    shredded(Case::refused("privacy/reject-shredding", 409, "shredding/nothing-waiting")),
    proposed(Case::refused("privacy/approve-shredding-own", 409, "shredding/second-person-needed")),
    proposed(Case::refused("privacy/reject-shredding-own", 409, "shredding/second-person-needed")),
    proposed(Case::refused("privacy/approve-shredding-wrong-code", 422, "shredding/confirmation-wrong")),
    Case::refused("privacy/approve-shredding", 409, "shredding/nothing-waiting"),
    Case::refused("privacy/propose-shredding-wrong-code", 422, "shredding/confirmation-wrong"),
    Case::refused("privacy/propose-shredding-no-reason", 422, "user/reason-unusable"),
    Case::refused("privacy/propose-shredding-unknown-field", 422, "request/field-unusable"),
    Case::refused("privacy/propose-shredding-platform", 409, "shredding/platform-kept"),
];

#[test]
fn k3_keys_of_a_school_are_destroyed_by_two_persons() {
    run(SHREDDING);
}

const STRANGERS: &[Case] = &[
    Case::refused("privacy/list-keys-by-school", 404, "access/not-found"),
    Case::refused("privacy/list-keys-by-guardian", 404, "access/not-found"),
    Case::refused("privacy/list-keys-unknown", 404, "access/not-found"),
    Case::refused("privacy/rotate-key-by-school", 404, "access/not-found"),
    Case::refused("privacy/rotate-key-by-guardian", 404, "access/not-found"),
    Case::refused("privacy/rotate-key-unknown", 404, "access/not-found"),
    Case::refused("privacy/propose-shredding-by-school", 404, "access/not-found"),
    Case::refused("privacy/propose-shredding-unknown", 404, "access/not-found"),
    proposed(Case::refused("privacy/approve-shredding-by-school", 404, "access/not-found")),
    Case::refused("privacy/approve-shredding-unknown", 404, "access/not-found"),
    proposed(Case::refused("privacy/reject-shredding-by-school", 404, "access/not-found")),
    Case::refused("privacy/reject-shredding-unknown", 404, "access/not-found"),
    Case::refused("privacy/wrong-path", 404, "request/no-such-path"),
    Case::refused("privacy/wrong-method", 404, "request/no-such-method"),
];

#[test]
fn k3_keys_are_out_of_reach_of_others() {
    run(STRANGERS);
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named("privacy", &[KEYS, SHREDDING, STRANGERS]);
}

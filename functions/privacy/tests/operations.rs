//! Keys, looks at personal data, the guardian's desk and consents, event by event. K3, promise P13.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use domain::{Fault as _, Kind, Tenant};
use serde_json::Value;
use store::key;
use testkit::sample::{self, Case, Functions, Scene};
use testkit::town::{SCHOOL, id};

const FUNCTIONS: Functions = &[("privacy", privacy::routes), ("enrollment", enrollment::routes)];

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

/// After it was asked to see a pupil in full.
const fn asked(case: Case) -> Case {
    case.before(|scene| Box::pin(async { drop(done(scene, "privacy/ask-reveal").await) }))
}

/// After it was granted.
const fn granted(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            done(scene, "privacy/ask-reveal").await;
            done(scene, "privacy/approve-reveal").await;
        })
    })
}

/// Purposes of the looks at the pupil of the events, as the audit has them.
async fn looks(scene: &Scene) -> Vec<String> {
    let entries = scene.app.store().notices_of(&key::student(&id("S000000000")), 9).await.expect("read");
    entries.iter().map(|entry| entry.trace.actor.purpose().unwrap_or_default().to_owned()).collect()
}

const REVEALS: &[Case] = &[
    Case::done("privacy/ask-reveal", 201).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!((&answered.json()["state"], answered.json()["decided_by"].is_null()), (&"asked".into(), true));
            let shown = done(scene, "privacy/show-reveal").await;
            assert!(shown["in_full"].is_null(), "{shown}");
            assert_eq!(looks(scene).await, Vec::<String>::new());
        })
    }),
    asked(Case::done("privacy/ask-reveal", 201)),
    asked(Case::refused("privacy/ask-reveal-other-body", 422, "request/idempotency-key-reused")),
    asked(Case::done("privacy/list-reveals", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["state"], "asked") })),
    asked(Case::done("privacy/approve-reveal", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["decided_by"], "A000000002");
            let shown = done(scene, "privacy/show-reveal").await;
            assert_eq!(shown["in_full"]["name"], "学生0");
            assert_eq!(shown["in_full"]["student_number"], "L442000201701000000");
            done(scene, "privacy/show-reveal").await;
            assert_eq!(looks(scene).await, ["核对学籍变动名单"; 2], "each look has its entry");
        })
    }),
    granted(Case::done("privacy/show-reveal", 200)).after(|scene, _| {
        Box::pin(async move {
            scene.stage.world.advance(Duration::from_hours(24)).await;
            let shown = done(scene, "privacy/show-reveal").await;
            assert_eq!((&shown["reveal"]["state"], &shown["in_full"]), (&"expired".into(), &Value::Null));
            assert_eq!(looks(scene).await.len(), 1);
        })
    }),
    asked(Case::done("privacy/reject-reveal", 200)).after(|scene, _| {
        Box::pin(async move {
            let shown = done(scene, "privacy/show-reveal").await;
            assert_eq!((&shown["reveal"]["state"], &shown["in_full"]), (&"rejected".into(), &Value::Null));
        })
    }),
    Case::done("privacy/ask-reveal-guardian", 201).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "granted", "an adult's is granted at once");
            let shown = done(scene, "privacy/show-reveal-guardian").await;
            assert_eq!(
                (&shown["in_full"]["name"], &shown["in_full"]["phone"]),
                (&"家长0".into(), &"19900000000".into())
            );
        })
    }),
    shown(Case::done("privacy/show-reveal-guardian", 200)),
    granted(Case::refused("privacy/approve-reveal", 409, "reveal/not-waiting")),
    granted(Case::refused("privacy/reject-reveal", 409, "reveal/not-waiting")),
    asked(Case::refused("privacy/approve-reveal-own", 409, "reveal/second-person-needed")),
    shredded(Case::done("privacy/ask-reveal", 201)),
    Case::refused("privacy/ask-reveal-short-purpose", 422, "reveal/purpose-unusable"),
    Case::refused("privacy/ask-reveal-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("privacy/ask-reveal-unreadable", 422, "request/field-unusable"),
    Case::refused("privacy/ask-reveal-unknown-kind", 422, "request/field-unusable"),
    Case::refused("privacy/ask-reveal-unknown-field", 422, "request/field-unusable"),
    Case::refused("privacy/ask-reveal-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("privacy/show-reveal-unreadable", 400, "request/parameter-unusable"),
    Case::refused("privacy/approve-reveal-unreadable", 400, "request/parameter-unusable"),
    Case::refused("privacy/reject-reveal-unreadable", 400, "request/parameter-unusable"),
    Case::refused("privacy/list-reveals-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("privacy/list-reveals-no-school", 400, "request/parameter-unusable"),
];

#[test]
fn k3_a_minors_data_is_seen_in_full_after_approval_and_each_look_is_kept() {
    run(REVEALS);
}

const DESK: &[Case] = &[
    granted(Case::done("privacy/show-privacy", 200)).after(|scene, answered| {
        Box::pin(async move {
            let desk = answered.json();
            assert_eq!(
                (&desk["guardian"]["name"], &desk["guardian"]["phone"]),
                (&"家长0".into(), &"19900000000".into())
            );
            assert_eq!(
                (&desk["children"][1]["name"], desk["children"].as_array().map(Vec::len)),
                (&"学生1".into(), Some(2))
            );
            assert_eq!(desk["retention"].as_array().map(Vec::len), Some(7));
            assert_eq!(desk["looks"], Value::Array(Vec::new()));
            done(scene, "privacy/show-reveal").await;
            let looks = done(scene, "privacy/show-privacy").await["looks"].clone();
            let look = looks.as_array().and_then(|looks| looks.iter().find(|look| look["about"] == "S000000000"));
            let look = look.expect("the look at the child").clone();
            assert_eq!((&look["role"], &look["purpose"]), (&"school_admin".into(), &"核对学籍变动名单".into()));
            assert!(!looks.to_string().contains("A000000001"), "the guardian learns the role, not the person: {looks}");
            assert!(looks.to_string().contains("own_data_shown"), "{looks}");
        })
    }),
    Case::done("privacy/export-privacy", 200).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.headers["content-disposition"], "attachment; filename=\"privacy.json\"");
            assert_eq!(answered.json()["children"][0]["student_number"], "L442000201701000000");
        })
    }),
    shredded(Case::done("privacy/show-privacy", 200)).after(|_, answered| {
        Box::pin(async {
            let child = answered.json()["children"][0].clone();
            assert_eq!((&child["destroyed"], &child["name"]), (&true.into(), &Value::Null));
        })
    }),
    Case::refused("privacy/show-privacy-not-signed-in", 401, "access/not-signed-in"),
];

#[test]
fn k3_a_guardian_reads_what_is_held_and_who_looked() {
    run(DESK);
}

/// After a correction was asked for.
const fn wrong(case: Case) -> Case {
    case.before(|scene| Box::pin(async { drop(done(scene, "privacy/ask-correction").await) }))
}

/// After deletions were asked for.
const fn unwanted(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            done(scene, "privacy/ask-deletion").await;
            done(scene, "privacy/ask-deletion-self").await;
        })
    })
}

/// The children the guardian of the events is linked to, and whether the first of them knows the guardian.
async fn links(scene: &Scene) -> (usize, bool) {
    let store = scene.stage.app().store().clone();
    let pupil = store.pupil(&id("S000000000")).await.expect("read").expect("a pupil").unguarded().value;
    let children = store.children_of(&id("G000000000")).await.expect("read");
    (children.len(), pupil.guardians.contains(&id("G000000000")))
}

const REQUESTS: &[Case] = &[
    Case::done("privacy/ask-correction", 201).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!((&answered.json()["state"], &answered.json()["school"]), (&"asked".into(), &SCHOOL.into()));
            let desk = done(scene, "privacy/show-privacy").await;
            assert_eq!(desk["requests"][0]["text"], "请处理孩子的个人信息");
        })
    }),
    wrong(Case::done("privacy/ask-correction", 201)),
    wrong(Case::refused("privacy/ask-correction-other-body", 422, "request/idempotency-key-reused")),
    wrong(Case::done("privacy/list-privacy-requests", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["kind"], "correction") })),
    wrong(Case::done("privacy/decide-correction", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(
                (&answered.json()["state"], &answered.json()["reason"]),
                (&"done".into(), &"已核实并处理".into())
            );
            assert_eq!(links(scene).await, (2, true), "a correction takes nothing away");
        })
    }),
    wrong(Case::done("privacy/refuse-correction", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "refused") })),
    unwanted(Case::done("privacy/decide-deletion", 200))
        .after(|scene, _| Box::pin(async { assert_eq!(links(scene).await, (1, false)) })),
    unwanted(Case::done("privacy/decide-deletion-self", 200)).after(|scene, _| {
        Box::pin(async move {
            assert_eq!(links(scene).await, (0, false));
            let store = scene.stage.app().store().clone();
            let guardian = store.open_guardian(&id("G000000000")).await.expect("read").expect("a guardian");
            assert_eq!(guardian.unguarded().value.name.reveal(), "已删除");
        })
    }),
    Case::done("privacy/ask-deletion", 201)
        .before(|scene| Box::pin(async { drop(done(scene, "enrollment/enroll").await) }))
        .after(|_, answered| {
            Box::pin(async {
                assert_eq!(answered.json()["state"], "refused");
                assert!(answered.text.contains("20261-S000000000-01"), "{}", answered.text);
            })
        }),
    Case::done("privacy/ask-deletion-self", 201)
        .before(|scene| Box::pin(async { drop(done(scene, "enrollment/enroll-free").await) }))
        .after(|_, answered| {
            Box::pin(async {
                assert_eq!(answered.json()["state"], "refused");
                assert!(answered.text.contains("依法须保存至 20"), "{}", answered.text);
            })
        }),
    Case::refused("privacy/decide-deletion", 409, "privacy/order-open").before(|scene| {
        Box::pin(async {
            done(scene, "privacy/ask-deletion").await;
            done(scene, "enrollment/enroll").await;
        })
    }),
    Case::refused("privacy/decide-correction", 409, "privacy/already-decided").before(|scene| {
        Box::pin(async {
            done(scene, "privacy/ask-correction").await;
            done(scene, "privacy/refuse-correction").await;
        })
    }),
    wrong(Case::refused("privacy/decide-correction-no-reason", 422, "user/reason-unusable")),
    Case::refused("privacy/decide-unreadable", 400, "request/parameter-unusable"),
    Case::refused("privacy/ask-correction-short", 422, "privacy/text-unusable"),
    Case::refused("privacy/ask-correction-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("privacy/ask-correction-unknown-kind", 422, "request/field-unusable"),
    Case::refused("privacy/ask-correction-unknown-field", 422, "request/field-unusable"),
    Case::refused("privacy/list-privacy-requests-bad-cursor", 400, "request/parameter-unusable"),
];

#[test]
fn p13_requests_are_decided_by_the_school_and_what_the_law_wants_kept_is_not_deleted() {
    run(REQUESTS);
}

const CONSENTS: &[Case] = &[
    Case::done("privacy/list-consents", 200).after(|_, answered| {
        Box::pin(async {
            let items = answered.json()["items"].clone();
            assert_eq!(
                (&items[1]["document"], &items[1]["title"]),
                (&"child_privacy".into(), &"儿童个人信息保护规则".into())
            );
            assert_eq!(items[1]["consents"].as_array().map(Vec::len), Some(2), "each child has its own");
            assert_eq!(
                (&items[0]["consents"][0]["in_force"], items[0]["consents"].as_array().map(Vec::len)),
                (&false.into(), Some(1))
            );
        })
    }),
    Case::done("privacy/give-consent", 200).after(|scene, answered| {
        Box::pin(async move {
            let given = answered.json();
            assert_eq!((&given["in_force"], &given["version"]), (&true.into(), &1.into()));
            let listed = done(scene, "privacy/list-consents").await;
            assert_eq!(listed["items"][0]["text_sha256"], given["text_sha256"]);
            let again = done(scene, "privacy/give-consent").await;
            assert_eq!(again["given_at"], given["given_at"], "once is enough");
        })
    }),
    Case::done("privacy/give-consent-child", 200).after(|scene, _| {
        Box::pin(async move {
            let consents = done(scene, "privacy/list-consents").await["items"][1]["consents"].clone();
            assert_eq!((&consents[0]["in_force"], &consents[1]["in_force"]), (&true.into(), &false.into()));
        })
    }),
    Case::done("privacy/withdraw-consent", 200)
        .before(|scene| Box::pin(async { drop(done(scene, "privacy/give-consent").await) }))
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!((&answered.json()["in_force"], &answered.json()["version"]), (&false.into(), &1.into()));
                assert_eq!(done(scene, "privacy/give-consent").await["in_force"], true);
                let held = scene.app.store().consents(&id("G000000000")).await.expect("read");
                assert_eq!(held[0].value.given.len(), 2, "what was withdrawn stays written");
            })
        }),
    Case::done("privacy/withdraw-consent-child", 200)
        .before(|scene| Box::pin(async { drop(done(scene, "privacy/give-consent-child").await) })),
    Case::refused("privacy/withdraw-consent", 409, "consent/nothing-given"),
    Case::refused("privacy/give-consent-old-version", 409, "consent/version-outdated"),
    Case::refused("privacy/give-consent-unknown", 422, "consent/document-unknown"),
    Case::refused("privacy/give-consent-child-missing", 422, "consent/child-misplaced"),
    Case::refused("privacy/give-consent-unknown-field", 422, "request/field-unusable"),
    Case::refused("privacy/give-consent-not-signed-in", 401, "access/not-signed-in"),
];

#[test]
fn k3_consents_are_given_by_version_and_child_and_withdrawn() {
    run(CONSENTS);
}

const OTHERS: &[Case] = &[
    Case::refused("privacy/ask-reveal-unknown", 404, "access/not-found"),
    Case::refused("privacy/ask-reveal-unknown-guardian", 404, "access/not-found"),
    Case::refused("privacy/ask-reveal-unknown-user", 404, "access/not-found"),
    Case::refused("privacy/ask-reveal-by-other-school", 404, "access/not-found"),
    Case::refused("privacy/ask-reveal-guardian-by-other-school", 404, "access/not-found"),
    Case::refused("privacy/ask-reveal-by-guardian", 404, "access/not-found"),
    Case::refused("privacy/ask-reveal-by-principal", 404, "access/not-found"),
    shown(Case::refused("privacy/show-reveal-by-another", 404, "access/not-found")),
    granted(Case::refused("privacy/show-reveal-by-principal", 404, "access/not-found")),
    shown(Case::refused("privacy/show-reveal-by-other-school", 404, "access/not-found")),
    Case::refused("privacy/show-reveal-unknown", 404, "access/not-found"),
    asked(Case::refused("privacy/approve-reveal-by-other-school", 404, "access/not-found")),
    asked(Case::refused("privacy/approve-reveal-by-asker", 404, "access/not-found")),
    asked(Case::refused("privacy/reject-reveal-by-other-school", 404, "access/not-found")),
    asked(Case::refused("privacy/reject-reveal-by-asker", 404, "access/not-found")),
    Case::refused("privacy/approve-reveal-unknown", 404, "access/not-found"),
    Case::refused("privacy/reject-reveal-unknown", 404, "access/not-found"),
    Case::refused("privacy/list-reveals-by-other-school", 404, "access/not-found"),
    Case::refused("privacy/list-reveals-by-asker", 404, "access/not-found"),
    Case::refused("privacy/show-privacy-by-school", 404, "access/not-found"),
    Case::refused("privacy/show-privacy-no-guardian", 404, "access/not-found"),
    Case::refused("privacy/export-privacy-by-school", 404, "access/not-found"),
    Case::refused("privacy/ask-correction-other-child", 404, "access/not-found"),
    Case::refused("privacy/ask-correction-by-school", 404, "access/not-found"),
    Case::refused("privacy/list-privacy-requests-by-other-school", 404, "access/not-found"),
    Case::refused("privacy/list-privacy-requests-by-guardian", 404, "access/not-found"),
    wrong(Case::refused("privacy/decide-correction-by-other-school", 404, "access/not-found")),
    wrong(Case::refused("privacy/decide-correction-by-guardian", 404, "access/not-found")),
    Case::refused("privacy/decide-unknown", 404, "access/not-found"),
    Case::refused("privacy/list-consents-by-school", 404, "access/not-found"),
    Case::refused("privacy/give-consent-by-school", 404, "access/not-found"),
    Case::refused("privacy/give-consent-other-child", 404, "access/not-found"),
    Case::refused("privacy/withdraw-consent-other-child", 404, "access/not-found"),
    Case::refused("privacy/withdraw-consent-by-school", 404, "access/not-found"),
];

/// After a guardian's data was asked for, and granted at once.
const fn shown(case: Case) -> Case {
    case.before(|scene| Box::pin(async { drop(done(scene, "privacy/ask-reveal-guardian").await) }))
}

#[test]
fn p13_data_of_others_is_out_of_reach() {
    run(OTHERS);
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

/// The guardian has opened the mini program, twice.
const fn at_mini_program(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            for code in ["0a3Xyz1w3q8ZbT2f5c4w3AbCdE4Xyz1w", "0b4Xyz1w3q8ZbT2f5c4w3AbCdE4Xyz1w"] {
                scene.stage.mini_program().sign_in_by(code, "oUser0");
            }
        })
    })
}

const SUBSCRIPTIONS: &[Case] = &[
    Case::done("privacy/list-subscriptions", 200).after(|_, answered| {
        Box::pin(async {
            let items = answered.json()["items"].clone();
            assert_eq!(items[0]["topic"], "attendance");
            assert_eq!(items[0]["template_id"], "TPL-ATTENDANCE-FICTIVE");
            assert_eq!(items[0]["standing"], Value::Null);
        })
    }),
    Case::refused("privacy/list-subscriptions-by-school", 404, "access/not-found"),
    at_mini_program(Case::done("privacy/subscribe", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["items"][1]["standing"], "accepted");
            assert!(!answered.text.contains("oUser0"), "{}", answered.text);
            let less = done(scene, "privacy/subscribe-less").await;
            let standings = [&less["items"][0]["standing"], &less["items"][1]["standing"]];
            assert_eq!(standings, ["accepted", "declined"], "what is not named stays");
            assert_eq!(done(scene, "privacy/list-subscriptions").await, less);
        })
    }),
    Case::refused("privacy/subscribe", 409, "subscription/code-refused"),
    Case::refused("privacy/subscribe", 409, "subscription/not-opened")
        .before(|scene| Box::pin(async { scene.stage.world.put_secret("test/message", &Value::Null) })),
    Case::done("privacy/list-subscriptions", 200)
        .before(|scene| Box::pin(async { scene.stage.world.put_secret("test/message", &Value::Null) }))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"], Value::Array(Vec::new())) })),
    Case::refused("privacy/subscribe-nothing", 422, "subscription/nothing-chosen"),
    at_mini_program(Case::refused("privacy/subscribe-unknown-topic", 422, "request/field-unusable")),
    at_mini_program(Case::refused("privacy/subscribe-by-school", 404, "access/not-found")),
];

/// After something was chosen: the code of another sign-in.
const FOLLOWING: &[Case] = &[at_mini_program(Case::done("privacy/subscribe-less", 200))
    .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][1]["standing"], "declined") }))];

#[test]
fn p9_1_a_guardian_chooses_what_to_be_told_of_at_wechat() {
    run(SUBSCRIPTIONS);
    run(FOLLOWING);
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named(
        "privacy",
        &[KEYS, SHREDDING, STRANGERS, REVEALS, DESK, REQUESTS, CONSENTS, SUBSCRIPTIONS, FOLLOWING, OTHERS],
    );
}

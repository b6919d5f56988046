//! What the city sends is taken, listed, decided and found again by term. B5.1 S5.1 S5.3 S6.1.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

#[path = "operations/ground.rs"]
mod ground;

use domain::catalog::OfferingState;
use domain::id::OfferingId;
use domain::supervision::Inbound;
use domain::supervision::intake::IntakeStanding;
use ground::{COURSE, FUNCTIONS, orphan, priced, pushed, spring, standing};
use serde_json::json;
use testkit::sample::{Case, every_event_is_named};
use testkit::simulate;
use testkit::stage::Stage;
use testkit::town::{SCHOOL, TERM, Town, id};

const RECEIVED: &[Case] = &[
    // Each record by itself, in the order of the message; what is named is taken before what names it.
    Case::done("intake/receive-told", 200).after(|scene, answered| {
        Box::pin(async {
            let receipts = answered.json()["receipts"].clone();
            let results: Vec<_> =
                receipts.as_array().expect("a list").iter().map(|one| one["result"].clone()).collect();
            assert_eq!(results, ["accepted", "accepted", "accepted", "refused"], "{receipts}");
            assert_eq!((&receipts[0]["source_id"], &receipts[3]["source_id"]), (&json!(COURSE), &json!("SF-B")));
            assert!(answered.headers.contains_key("x-sign"), "the answer is signed");
            let draft: OfferingId = id(COURSE);
            let offering = scene.app.store().offering(&draft).await.expect("read").expect("a draft").value;
            assert_eq!((offering.state, offering.capacity, offering.lessons), (OfferingState::Draft, 40, 16));
            assert_eq!((offering.unit_price.fen(), offering.teacher.as_str()), (2_500, ""));
            let provider = scene.app.store().organization(&id("JG0001")).await.expect("read").expect("a provider");
            assert_eq!(provider.value.value.name, "样例书法中心");
            for (inbound, source) in
                [(Inbound::ExternalCourse, COURSE), (Inbound::Specification, "SF-A"), (Inbound::Provider, "JG0001")]
            {
                assert_eq!(standing(scene, inbound, source).await, IntakeStanding::Applied, "{source}");
            }
        })
    }),
];

/// Messages that are none of the city's, or not for here and now: nothing is kept of them.
const TURNED_AWAY: [(&str, u16); 4] = [
    ("intake/receive-told-altered", 401),
    ("intake/receive-told-stale", 401),
    ("intake/receive-told-other-path", 401),
    ("intake/receive-told-not-a-list", 400),
];

const LISTED: &[Case] = &[
    Case::done("intake/list-intake", 200).before(|scene| Box::pin(pushed(scene))).after(|_, answered| {
        Box::pin(async {
            let items = answered.json()["items"].clone();
            assert_eq!(items.as_array().map(Vec::len), Some(1), "{items}");
            let item = (&items[0]["title"], &items[0]["standing_title"], &items[0]["term"]);
            assert_eq!(item, (&json!("样例书法中心"), &json!("已生效"), &json!(TERM)));
            let name = json!({"field": "机构名称", "here": null, "told": "样例书法中心"});
            assert!(items[0]["differences"].as_array().expect("a list").contains(&name), "{items}");
        })
    }),
    Case::done("intake/list-intake-of-term", 200).before(|scene| Box::pin(orphan(scene))).after(|_, answered| {
        Box::pin(async {
            let items = answered.json()["items"].clone();
            assert_eq!((&items[0]["source_id"], &items[1]), (&json!(COURSE), &json!(null)));
            assert_eq!(items[0]["concerns"][0], "机构 JG0001 尚未同步,请待机构数据到达后处理");
        })
    }),
    Case::refused("intake/list-intake-no-school", 400, "request/parameter-unusable"),
    Case::refused("intake/list-intake-unknown-dataset", 400, "request/parameter-unusable"),
    Case::refused("intake/list-intake-other-school", 404, "access/not-found").before(|scene| Box::pin(pushed(scene))),
    Case::refused("intake/list-intake-by-guardian", 404, "access/not-found").before(|scene| Box::pin(pushed(scene))),
    Case::done("intake/list-waiting-intake", 200)
        .before(|scene| {
            Box::pin(async {
                orphan(scene).await;
                priced(scene).await;
            })
        })
        .after(|_, answered| {
            Box::pin(async {
                let items = answered.json()["items"].clone();
                let named: Vec<_> =
                    items.as_array().expect("a list").iter().map(|one| one["source_id"].clone()).collect();
                assert_eq!(named, [COURSE, "SP1"], "what belongs to no school, and the own school's");
                let price = json!({"field": "课时单价(元)", "here": "25.00", "told": "26.00"});
                assert_eq!(items[1]["differences"], json!([price]));
            })
        }),
    Case::refused("intake/list-waiting-intake-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(orphan(scene))),
];

const SHOWN: &[Case] = &[
    Case::done("intake/show-intake", 200).before(|scene| Box::pin(pushed(scene))).after(|_, answered| {
        Box::pin(async {
            let shown = answered.json();
            let teacher = json!({"field": "任课教师", "value": "样*** 137****0000 证书 SF2026001"});
            assert!(shown["content"].as_array().expect("a list").contains(&teacher), "{shown}");
            assert_eq!(shown["terms"], json!([TERM]));
            assert!(!answered.text.contains("样例外聘") && !answered.text.contains("13700000000"));
        })
    }),
    Case::done("intake/show-intake-of-city", 200).before(|scene| Box::pin(pushed(scene))).after(|_, answered| {
        Box::pin(async {
            let shown = answered.json();
            assert_eq!((&shown["record"]["title"], &shown["content"]), (&json!("样例书法中心"), &json!([])));
        })
    }),
    Case::refused("intake/show-intake-other-school", 404, "access/not-found").before(|scene| Box::pin(pushed(scene))),
    Case::refused("intake/show-intake-unknown", 404, "access/not-found"),
    Case::refused("intake/show-intake-no-such-term", 404, "access/not-found").before(|scene| Box::pin(pushed(scene))),
];

const DECIDED: &[Case] = &[
    // What families were told stays; the specification has the new price for what is offered from now on.
    Case::done("intake/apply-intake", 200).before(|scene| Box::pin(priced(scene))).after(|scene, answered| {
        Box::pin(async {
            assert_eq!(
                (&answered.json()["standing"], &answered.json()["decided_by"]),
                (&json!("applied"), &json!("A000000009"))
            );
            let price = scene.app.store().specification(&id("SP1")).await.expect("read").expect("a specification");
            assert_eq!(price.value.value.unit_price.fen(), 2_600);
            let offering = scene.app.store().offering(&id("3144200101.2026-2027-1.K1")).await.expect("read");
            assert_eq!(offering.expect("an offering").value.unit_price.fen(), 2_500);
            let kept = scene.app.store().intake(Inbound::Specification, &id("SP1")).await.expect("read").expect("kept");
            assert_eq!((kept.record.value.follow, answered.headers["etag"].to_str().expect("text")), (None, "\"3\""));
        })
    }),
    Case::refused("intake/apply-intake-not-yet", 409, "intake/not-yet").before(|scene| Box::pin(orphan(scene))),
    Case::refused("intake/apply-intake-known", 409, "intake/nothing-to-decide").before(|scene| Box::pin(pushed(scene))),
    Case::refused("intake/apply-intake-old-match", 412, "request/if-match-outdated")
        .before(|scene| Box::pin(priced(scene))),
    Case::refused("intake/apply-intake-no-match", 428, "request/if-match-missing")
        .before(|scene| Box::pin(priced(scene))),
    Case::refused("intake/apply-intake-by-school", 404, "access/not-found").before(|scene| Box::pin(priced(scene))),
    Case::refused("intake/apply-intake-other-school", 404, "access/not-found").before(|scene| Box::pin(orphan(scene))),
    Case::done("intake/decline-intake", 200).before(|scene| Box::pin(priced(scene))).after(|scene, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["reason"], "本学期合同按原价执行");
            let price = scene.app.store().specification(&id("SP1")).await.expect("read").expect("a specification");
            assert_eq!(price.value.value.unit_price.fen(), 2_500);
            assert!(scene.app.store().waiting_intakes(None, scene.stage.now(), 10).await.expect("read").is_empty());
        })
    }),
    Case::refused("intake/decline-intake-no-reason", 422, "user/reason-unusable")
        .before(|scene| Box::pin(priced(scene))),
    Case::refused("intake/decline-intake-known", 409, "intake/nothing-to-decide")
        .before(|scene| Box::pin(pushed(scene))),
];

const PROVIDERS: &[Case] = &[
    Case::done("intake/list-term-providers", 200).before(|scene| Box::pin(pushed(scene))).after(|_, answered| {
        Box::pin(async {
            let items = answered.json()["items"].clone();
            let item = (&items[0]["school"], &items[0]["provider_id"], &items[0]["name"], &items[1]);
            assert_eq!(item, (&json!(SCHOOL), &json!("JG0001"), &json!("样例书法中心"), &json!(null)));
            let course = items[0]["courses"][0].clone();
            assert_eq!((&course["title"], &course["lessons"]), (&json!("书法入门"), &json!(16)));
            let teacher = json!({"name": "样***", "phone": "137****0000", "certificate": "SF2026001"});
            assert_eq!(course["teachers"], json!([teacher]));
        })
    }),
    Case::done("intake/list-term-providers-past", 200).before(|scene| Box::pin(spring(scene))).after(|_, answered| {
        Box::pin(async {
            let items = answered.json()["items"].clone();
            assert_eq!((&items[0]["courses"][0]["course"], &items[1]), (&json!("SF01"), &json!(null)), "{items}");
        })
    }),
    Case::refused("intake/list-term-providers-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(pushed(scene))),
    Case::refused("intake/list-term-providers-no-term", 400, "request/parameter-unusable"),
    Case::done("intake/export-term-providers", 200).before(|scene| Box::pin(pushed(scene))).after(|_, answered| {
        Box::pin(async {
            let file = answered.file();
            assert!(file.contains("JG0001,样例书法中心,91350100M000100Y43"), "{file}");
            assert!(file.contains("SF01,书法入门,16,样***"), "{file}");
        })
    }),
    Case::refused("intake/export-term-providers-by-township", 404, "access/not-found")
        .before(|scene| Box::pin(pushed(scene))),
];

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

#[test]
fn b5_1_what_the_city_sends_takes_effect_record_by_record() {
    run(RECEIVED);
}

#[test]
fn b5_1_what_is_not_the_citys_own_leaves_no_trace() {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(4)).await;
        let scene = testkit::sample::Scene::new(stage, FUNCTIONS);
        let before = scene.everything();
        for (file, status) in TURNED_AWAY {
            let answered = scene.request("intake", &testkit::sample::event(file)).await;
            assert_eq!(answered.status.as_u16(), status, "{file}: {}", answered.text);
            assert!(before == scene.everything(), "{file}");
        }
    });
}

#[test]
fn b5_1_the_same_message_again_changes_nothing() {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(4)).await;
        let scene = testkit::sample::Scene::new(stage, FUNCTIONS);
        let first = scene.send("intake/receive-told").await;
        let before = scene.everything();
        let again = scene.send("intake/receive-told").await;
        assert_eq!(first.json(), again.json());
        assert!(before == scene.everything());
    });
}

#[test]
fn b5_1_s5_1_what_was_told_is_listed_with_both_sides() {
    run(LISTED);
    run(SHOWN);
}

#[test]
fn b5_1_s5_3_what_is_in_use_changes_by_somebodys_word() {
    run(DECIDED);
}

#[test]
fn s6_1_providers_are_found_by_term_with_their_teachers_and_courses() {
    run(PROVIDERS);
}

#[test]
fn every_sample_of_this_function_is_run() {
    let turned_away = TURNED_AWAY.map(|(file, _)| Case::done(file, 200));
    every_event_is_named("intake", &[RECEIVED, LISTED, SHOWN, DECIDED, PROVIDERS, &turned_away]);
}

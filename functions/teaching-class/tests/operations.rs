//! Setting classes up, changing, filling and closing them, event by event. S17 S20, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

mod ground;

use std::time::Duration;

use domain::catalog::OfferingState;
use futures::join;
use jiff::civil::date;
use serde_json::{Value, json};
use testkit::sample::{self, Case, Scene};
use testkit::simulate;
use testkit::stage::Stage;
use testkit::town::Town;

use crate::ground::{FIRST, FUNCTIONS, called, class, done, leaves, paid, staffed};

async fn created(scene: &Scene) {
    staffed(scene).await;
    done(scene, &["create"]).await;
}

/// Two pupils have paid, and are in the first class.
async fn admitted(scene: &Scene) {
    created(scene).await;
    paid(scene, 0, "K1").await;
    paid(scene, 1, "K1").await;
    done(scene, &["admit"]).await;
}

/// The first class has given all its lessons, and the roll of each was taken.
async fn given(scene: &Scene) {
    created(scene).await;
    called(scene).await;
    scene.stage.world.advance(Duration::from_hours(24 * 130)).await;
}

fn numbers(answer: &Value, list: &str, field: &str) -> Vec<String> {
    let items = answer[list].as_array().expect("a list").iter();
    items.map(|item| item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned)).collect()
}

const CREATING: &[Case] = &[
    Case::done("teaching-class/create", 201).before(|scene| Box::pin(staffed(scene))).after(|scene, answered| {
        Box::pin(async move {
            let made = answered.json();
            assert_eq!((&made["class_id"], &made["capacity"]), (&FIRST.into(), &2.into()));
            let days = numbers(&made, "lessons", "date");
            assert_eq!((days.len(), days[0].as_str(), days[15].as_str()), (16, "2026-09-07", "2026-12-21"));
            assert_eq!(answered.headers["etag"], "\"1\"");
            let again = scene.send("teaching-class/create").await;
            assert_eq!((again.status.as_u16(), again.json()["class_id"].clone()), (201, FIRST.into()));
            assert!(class(scene, "3144200101.2026-2027-1.K1.02").await.is_none(), "one request, one class");
        })
    }),
    Case::refused("teaching-class/create-key-reused", 422, "request/idempotency-key-reused")
        .before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/create-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("teaching-class/create-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("teaching-class/create-by-teacher", 404, "access/not-found").before(|scene| Box::pin(staffed(scene))),
    Case::refused("teaching-class/create-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(staffed(scene))),
    Case::done("teaching-class/create-second", 201).before(|scene| Box::pin(created(scene))).after(|_, answered| {
        Box::pin(async {
            let made = answered.json();
            assert_eq!(made["class_id"], "3144200101.2026-2027-1.K1.02");
            assert_eq!(numbers(&made, "teachers", "person_id"), ["T000000002", "W000000001"]);
            assert_eq!(numbers(&made, "stewards", "called"), ["王主任"]);
            assert_eq!(numbers(&made, "lessons", "date")[..3], ["2026-09-04", "2026-09-11", "2026-09-12"]);
        })
    }),
    Case::refused("teaching-class/create-clashing", 409, "timetable/clashes").before(|scene| Box::pin(created(scene))),
    Case::done("teaching-class/create-clashing", 201).before(|scene| Box::pin(staffed(scene))),
    Case::done("teaching-class/create-wednesday", 201).before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/create-too-few-days", 422, "class/too-few-days")
        .before(|scene| Box::pin(staffed(scene))),
    Case::refused("teaching-class/create-unknown-teacher", 422, "class/teacher-unknown")
        .before(|scene| Box::pin(staffed(scene))),
    Case::refused("teaching-class/create-two-roles", 422, "class/teachers-unusable")
        .before(|scene| Box::pin(staffed(scene))),
    Case::refused("teaching-class/create-unknown-room", 422, "class/room-unknown")
        .before(|scene| Box::pin(staffed(scene))),
    Case::refused("teaching-class/create-too-large", 422, "class/capacity-out-of-range")
        .before(|scene| Box::pin(staffed(scene))),
    Case::refused("teaching-class/create-unknown-field", 422, "request/field-unusable"),
    Case::refused("teaching-class/create-unknown-offering", 404, "access/not-found"),
    Case::refused("teaching-class/create", 409, "class/not-offered")
        .town(|town| town.offerings[0].state = OfferingState::Cancelled)
        .before(|scene| Box::pin(staffed(scene))),
    Case::done("teaching-class/create-free", 201).before(|scene| Box::pin(staffed(scene))),
];

/// The school has three classes: two of the first teacher, one of the second.
async fn three(scene: &Scene) {
    created(scene).await;
    done(scene, &["create-second", "create-wednesday"]).await;
}

const READING: &[Case] = &[
    Case::done("teaching-class/list", 200).before(|scene| Box::pin(three(scene))).after(|_, answered| {
        Box::pin(async {
            let found = numbers(&answered.json(), "items", "title");
            assert_eq!(found, ["书法入门1班", "书法入门2班", "围棋1班"]);
        })
    }),
    Case::done("teaching-class/list-by-teacher", 200).before(|scene| Box::pin(three(scene))).after(|_, answered| {
        Box::pin(async { assert_eq!(numbers(&answered.json(), "items", "title"), ["书法入门1班", "围棋1班"]) })
    }),
    Case::done("teaching-class/list-of-course", 200).before(|scene| Box::pin(three(scene))).after(|_, answered| {
        Box::pin(async { assert_eq!(numbers(&answered.json(), "items", "title"), ["围棋1班"]) })
    }),
    Case::done("teaching-class/list-of-teacher", 200).before(|scene| Box::pin(three(scene))).after(|_, answered| {
        Box::pin(async { assert_eq!(numbers(&answered.json(), "items", "title"), ["书法入门2班"]) })
    }),
    Case::refused("teaching-class/list-by-guardian", 404, "access/not-found"),
    Case::refused("teaching-class/list-by-other-school", 404, "access/not-found"),
    Case::refused("teaching-class/list-bad-course", 400, "request/parameter-unusable"),
    Case::done("teaching-class/show", 200).before(|scene| Box::pin(admitted(scene))).after(|_, answered| {
        Box::pin(async {
            let shown = answered.json();
            assert_eq!(shown["members"][0], json!({"student_id": "S000000000", "name": "学**", "from": "2026-09-01"}));
            assert_eq!((&shown["pupils"], &answered.headers["etag"]), (&2.into(), &"\"2\"".parse().expect("text")));
        })
    }),
    Case::done("teaching-class/show-by-teacher", 200).before(|scene| Box::pin(admitted(scene))).after(|_, answered| {
        Box::pin(async {
            let shown = answered.json();
            assert_eq!(shown["members"][1], json!({"student_id": "S000000001", "from": "2026-09-01"}));
        })
    }),
    Case::refused("teaching-class/show-by-other-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(admitted(scene))),
    Case::done("teaching-class/show-by-guardian", 200).before(|scene| Box::pin(admitted(scene))).after(
        |_, answered| {
            Box::pin(async {
                let shown = answered.json();
                assert_eq!(numbers(&shown, "members", "student_id"), ["S000000000"], "no other pupil");
                assert!(!answered.headers.contains_key("etag"), "a family edits nothing");
            })
        },
    ),
    Case::refused("teaching-class/show-by-guardian", 404, "access/not-found").before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/show-by-guardian-without-child", 404, "access/not-found")
        .before(|scene| Box::pin(admitted(scene))),
    Case::refused("teaching-class/show-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(admitted(scene))),
    Case::refused("teaching-class/show-unreadable", 400, "request/parameter-unusable"),
];

const EDITING: &[Case] = &[
    Case::done("teaching-class/edit", 200).before(|scene| Box::pin(created(scene))).after(|scene, answered| {
        Box::pin(async move {
            let days = numbers(&answered.json(), "lessons", "date");
            assert_eq!((days.len(), days[0].as_str()), (16, "2026-09-02"));
            let numbers: Vec<u16> =
                class(scene, FIRST).await.expect("a class").lessons.iter().map(|lesson| lesson.no).collect();
            assert_eq!(numbers[0], 17, "a number is never another lesson's");
        })
    }),
    Case::refused("teaching-class/edit", 409, "timetable/clashes").before(|scene| {
        Box::pin(async move {
            created(scene).await;
            done(scene, &["create-wednesday"]).await;
        })
    }),
    Case::refused("teaching-class/edit-no-match", 428, "request/if-match-missing"),
    Case::refused("teaching-class/edit-outdated", 412, "request/if-match-outdated")
        .before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/edit-second-version", 409, "class/full").before(|scene| Box::pin(admitted(scene))),
    Case::refused("teaching-class/edit-by-teacher", 404, "access/not-found").before(|scene| Box::pin(created(scene))),
    Case::done("teaching-class/delete", 200).before(|scene| Box::pin(created(scene))).after(|scene, _| {
        Box::pin(async move {
            assert!(class(scene, FIRST).await.is_none());
            assert_eq!(scene.send("teaching-class/delete").await.status, 404);
            done(scene, &["create-second"]).await;
            assert!(class(scene, "3144200101.2026-2027-1.K1.02").await.is_some(), "its number is never given again");
        })
    }),
    Case::refused("teaching-class/delete", 409, "class/in-use").before(|scene| Box::pin(admitted(scene))),
    Case::refused("teaching-class/delete", 409, "class/in-use").before(|scene| Box::pin(given(scene))),
    Case::refused("teaching-class/delete-by-teacher", 404, "access/not-found").before(|scene| Box::pin(created(scene))),
];

/// Two have paid, and there is a second class, for one pupil.
async fn seats_and_two_classes(scene: &Scene) {
    created(scene).await;
    done(scene, &["create-second"]).await;
    paid(scene, 0, "K1").await;
    paid(scene, 1, "K1").await;
}

const MEMBERS: &[Case] = &[
    Case::done("teaching-class/admit", 200)
        .before(|scene| {
            Box::pin(async move {
                created(scene).await;
                paid(scene, 0, "K1").await;
                paid(scene, 1, "K1").await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(numbers(&answered.json(), "members", "student_id"), ["S000000000", "S000000001"]);
                let again = scene.send("teaching-class/admit").await;
                assert_eq!((again.status.as_u16(), &again.headers["etag"]), (200, &answered.headers["etag"]));
            })
        }),
    Case::refused("teaching-class/admit", 409, "class/not-enrolled").before(|scene| {
        Box::pin(async move {
            created(scene).await;
            paid(scene, 0, "K1").await;
        })
    }),
    Case::refused("teaching-class/admit-nobody", 422, "class/students-unusable")
        .before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/admit-by-teacher", 404, "access/not-found").before(|scene| Box::pin(created(scene))),
    Case::done("teaching-class/admit-second", 200).before(|scene| Box::pin(seats_and_two_classes(scene))),
    Case::refused("teaching-class/admit-second", 409, "class/member-elsewhere").before(|scene| {
        Box::pin(async move {
            seats_and_two_classes(scene).await;
            done(scene, &["admit"]).await;
        })
    }),
    Case::done("teaching-class/admit-free", 200).before(|scene| {
        Box::pin(async move {
            staffed(scene).await;
            done(scene, &["create-free"]).await;
            paid(scene, 0, "K6").await;
        })
    }),
    Case::done("teaching-class/fill", 200).before(|scene| Box::pin(seats_and_two_classes(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["new"], json!(["S000000000", "S000000001"]));
                let again = scene.send("teaching-class/fill").await.json();
                assert_eq!((&again["new"], &again["class"]["pupils"]), (&json!([]), &2.into()));
            })
        },
    ),
    Case::done("teaching-class/fill-second", 200).before(|scene| Box::pin(seats_and_two_classes(scene))).after(
        |_, answered| {
            Box::pin(async {
                let filled = answered.json();
                assert_eq!(filled["new"], json!(["S000000000"]));
                assert_eq!(filled["without_room"], json!(["S000000001"]));
                assert_eq!(filled["class"]["members"][0]["from"], "2026-09-05");
            })
        },
    ),
    Case::refused("teaching-class/fill-by-guardian", 404, "access/not-found").before(|scene| Box::pin(created(scene))),
    Case::done("teaching-class/dismiss", 200).before(|scene| Box::pin(admitted(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["members"][0]["until"], "2026-10-12");
            let class = class(scene, FIRST).await.expect("a class");
            assert_eq!((class.roster(date(2026, 10, 11)).len(), class.roster(date(2026, 10, 12)).len()), (2, 1));
        })
    }),
    Case::refused("teaching-class/dismiss", 409, "class/not-a-member").before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/dismiss-by-guardian", 404, "access/not-found")
        .before(|scene| Box::pin(admitted(scene))),
    Case::done("teaching-class/hand-out", 200)
        .before(|scene| Box::pin(admitted(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["members"][0]["materials"], "2026-09-01") })),
    Case::refused("teaching-class/hand-out", 409, "class/not-a-member").before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/hand-out-by-guardian", 404, "access/not-found")
        .before(|scene| Box::pin(admitted(scene))),
];

async fn closed_early(scene: &Scene) {
    created(scene).await;
    done(scene, &["close-early"]).await;
}

const CLOSING: &[Case] = &[
    Case::done("teaching-class/closing", 200).before(|scene| Box::pin(created(scene))).after(|_, answered| {
        Box::pin(async {
            let found = numbers(&answered.json(), "missing", "what");
            assert_eq!(found, ["lessons_owed", "lessons_ahead", "term_running"]);
        })
    }),
    Case::done("teaching-class/closing", 200)
        .before(|scene| Box::pin(given(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["missing"], json!([])) })),
    Case::refused("teaching-class/closing-by-guardian", 404, "access/not-found")
        .before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/close", 409, "closing/not-ready").before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/close-bad-reason", 422, "closing/reason-unusable")
        .before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/close-by-teacher", 404, "access/not-found").before(|scene| Box::pin(created(scene))),
    Case::done("teaching-class/close", 200).before(|scene| Box::pin(given(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert!(answered.json()["closed"]["at"].is_string());
            assert_eq!(scene.send("teaching-class/close").await.slug(), "closing/is-closed");
        })
    }),
    Case::done("teaching-class/close-early", 200).before(|scene| Box::pin(created(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["closed"]["reason"], "场馆停用,提前结课");
            assert_eq!(answered.json()["lessons"][0]["off"], "已结课");
            done(scene, &["create-clashing"]).await;
        })
    }),
    Case::refused("teaching-class/edit-second-version", 409, "class/closed")
        .before(|scene| Box::pin(closed_early(scene))),
    Case::done("teaching-class/close-all", 200).before(|scene| Box::pin(created(scene))).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["closed"], json!([]));
            assert_eq!(numbers(&answered.json(), "open", "class_id"), [FIRST]);
        })
    }),
    Case::done("teaching-class/close-all-early", 200).before(|scene| Box::pin(three(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let both = json!([FIRST, "3144200101.2026-2027-1.K1.02"]);
                assert_eq!((&answered.json()["closed"], &answered.json()["open"]), (&both, &json!([])));
                assert_eq!(scene.send("teaching-class/close-all-early").await.json()["closed"], both, "sent again");
            })
        },
    ),
    Case::refused("teaching-class/close-all-by-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(created(scene))),
    Case::done("teaching-class/reopen", 200).before(|scene| Box::pin(closed_early(scene))).after(|_, answered| {
        Box::pin(async {
            let opened = answered.json();
            assert_eq!((&opened["closed"], &opened["reopened"]["reason"]), (&Value::Null, &"误操作结课".into()));
            assert_eq!(opened["lessons"][0]["off"], Value::Null);
        })
    }),
    Case::refused("teaching-class/reopen", 409, "timetable/clashes").before(|scene| {
        Box::pin(async move {
            closed_early(scene).await;
            done(scene, &["create-clashing"]).await;
        })
    }),
    Case::refused("teaching-class/reopen", 409, "closing/not-closed").before(|scene| Box::pin(created(scene))),
    Case::refused("teaching-class/reopen-bad-reason", 422, "closing/reason-unusable")
        .before(|scene| Box::pin(closed_early(scene))),
    Case::refused("teaching-class/reopen-by-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(closed_early(scene))),
];

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

#[test]
fn s17_1_classes_are_set_up_once_and_where_nobody_is_needed_twice() {
    run(CREATING);
}

#[test]
fn s17_2_classes_are_seen_by_their_school_their_teachers_and_the_families_of_their_pupils() {
    run(READING);
}

#[test]
fn s17_1_classes_are_changed_and_deleted_while_nothing_stands_against_it() {
    run(EDITING);
}

#[test]
fn s17_2_pupils_with_a_seat_come_into_a_class_and_go() {
    run(MEMBERS);
}

#[test]
fn s20_1_a_class_is_closed_when_it_has_given_what_it_owes() {
    run(CLOSING);
}

#[test]
fn every_sample_is_named() {
    sample::every_event_is_named("teaching-class", &[CREATING, READING, EDITING, MEMBERS, CLOSING]);
}

/// Plays something in the usual town.
fn play(seed: u64, scenario: impl AsyncFnOnce(&Scene)) {
    simulate(seed, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        scenario(&scene).await;
    });
}

#[test]
fn s9_2_of_two_classes_set_up_at_once_that_clash_one_is_refused() {
    for seed in 0..8 {
        play(seed, async |scene| {
            staffed(scene).await;
            let both = join!(scene.send("teaching-class/create"), scene.send("teaching-class/create-clashing"));
            let mut told = [both.0.status.as_u16(), both.1.status.as_u16()];
            told.sort_unstable();
            assert_eq!(told, [201, 409], "seed {seed}: {} {}", both.0.text, both.1.text);
        });
    }
}

#[test]
fn s17_2_who_leaves_the_course_leaves_its_class_at_once() {
    play(1, async |scene| {
        staffed(scene).await;
        done(scene, &["create-free"]).await;
        paid(scene, 0, "K6").await;
        done(scene, &["admit-free"]).await;
        scene.stage.world.advance(Duration::from_hours(24 * 9)).await;
        assert!(leaves(scene, 0, "K6").await);
        let class = class(scene, "3144200101.2026-2027-1.K6.01").await.expect("a class");
        assert_eq!(class.members[0].until, Some(date(2026, 9, 10)));
        assert!(scene.seated("K6").is_empty(), "the seat is free");
        assert!(leaves(scene, 0, "K6").await, "nothing is left to leave");
        assert_eq!(scene.send("teaching-class/admit-free").await.slug(), "class/not-enrolled");
    });
}

#[test]
fn s17_2_nobody_stays_in_a_class_who_leaves_while_being_taken_in() {
    for seed in 0..8 {
        play(seed, async |scene| {
            staffed(scene).await;
            done(scene, &["create-free"]).await;
            paid(scene, 0, "K6").await;
            let (answered, left) = join!(scene.send("teaching-class/admit-free"), leaves(scene, 0, "K6"));
            assert!(left && matches!(answered.status.as_u16(), 200 | 409), "seed {seed}: {}", answered.text);
            let class = class(scene, "3144200101.2026-2027-1.K6.01").await.expect("a class");
            assert!(class.roster(date(2026, 9, 4)).is_empty(), "seed {seed}");
        });
    }
}

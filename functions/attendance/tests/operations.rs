//! Checking in, calling the roll, locks, rules and a child's days, event by event. T1 T4 S25 P9, promise P11.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use domain::access::Guarded;
use domain::id::{LessonId, StudentId};
use domain::teaching::class::{Teacher, TeacherRole, TeachingClass};
use domain::teaching::lesson::StandIn;
use domain::teaching::roll::{Presence, Roll};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use testkit::class::{class_of, open_class};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::Stage;
use testkit::town::{Town, id};
use testkit::{Item, plain, simulate, table_name};

const FUNCTIONS: Functions = &[("attendance", attendance::routes)];

const FIRST: &str = "3144200101.2026-2027-1.K1.01.001";
const DAYS: [Date; 3] = [date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 8)];

/// The class of the events: three pupils of the town, of whom two have one guardian.
fn class() -> TeachingClass {
    class_of(&Town::small(4), 0, &DAYS, [0, 1, 2])
}

async fn opened(scene: &Scene) {
    open_class(scene.app.store(), &class(), scene.stage.now()).await;
}

/// With somebody in the teacher's place in the second lesson, and, if asked, the first one not given.
async fn changed(scene: &Scene, off: bool) {
    let mut class = class();
    let present = Teacher { person: id("T000000002"), called: "王老师".to_owned(), role: TeacherRole::Main };
    class.lessons[1].stand_ins = vec![StandIn { absent: id("T000000001"), present }];
    class.lessons[0].off = off.then(|| "停电".to_owned());
    class.admit_staff();
    open_class(scene.app.store(), &class, scene.stage.now()).await;
}

async fn later(scene: &Scene, minutes: u64) {
    scene.stage.world.advance(Duration::from_mins(minutes)).await;
}

async fn done(scene: &Scene, file: &str) -> Value {
    let answered = scene.send(file).await;
    assert!(answered.status.is_success(), "{file}: {}", answered.text);
    answered.json()
}

async fn roll(scene: &Scene, lesson: &str) -> Roll {
    let lesson: LessonId = id(lesson);
    scene.app.store().roll(&lesson).await.expect("read").map(Guarded::unguarded).expect("a roll").value
}

async fn presence(scene: &Scene, pupil: &str) -> Option<Presence> {
    roll(scene, FIRST).await.presence(&id::<StudentId>(pupil))
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

/// At eight in the morning of the first day.
const fn early(case: Case) -> Case {
    case.before(|scene| Box::pin(opened(scene)))
}

/// Ten minutes before the first lesson.
const fn in_time(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            opened(scene).await;
            later(scene, 500).await;
        })
    })
}

/// The same at a school that looks where its teachers check in.
const fn at_school(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            opened(scene).await;
            drop(done(scene, "attendance/edit-teaching-rules").await);
            later(scene, 500).await;
        })
    })
}

/// After the lesson.
const fn after_lesson(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            opened(scene).await;
            later(scene, 600).await;
        })
    })
}

/// After the lesson's roll was called.
const fn called(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            opened(scene).await;
            later(scene, 600).await;
            drop(done(scene, "attendance/call-roll").await);
        })
    })
}

/// Two days later, when the days are over.
const fn over(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            opened(scene).await;
            later(scene, 2 * 24 * 60).await;
        })
    })
}

/// When they are locked.
const fn locked(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            opened(scene).await;
            later(scene, 2 * 24 * 60).await;
            drop(done(scene, "attendance/lock-days").await);
        })
    })
}

/// When a call came to a lesson that was locked.
const fn parked(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            opened(scene).await;
            later(scene, 2 * 24 * 60).await;
            drop(done(scene, "attendance/lock-days").await);
            drop(done(scene, "attendance/call-roll").await);
        })
    })
}

const CHECK_INS: &[Case] = &[
    in_time(Case::done("attendance/check-in", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["late_minutes"], 0);
            assert_eq!(answered.json()["at"], "2026-09-01T16:20:00+08:00");
            let roll = roll(scene, FIRST).await;
            assert_eq!(roll.check_ins.keys().map(ToString::to_string).collect::<Vec<_>>(), ["T000000001"]);
            assert_eq!(roll.trail.len(), 1, "one write, which carries its own entry");
            later(scene, 300).await;
            let again = done(scene, "attendance/check-in").await;
            assert_eq!(again["at"], "2026-09-01T16:20:00+08:00", "who has checked in has");
            assert_eq!(self::roll(scene, FIRST).await, roll);
        })
    }),
    early(Case::refused("attendance/check-in", 409, "roll/too-early")),
    after_lesson(Case::refused("attendance/check-in", 409, "roll/too-late")),
    locked(Case::refused("attendance/check-in", 409, "roll/sealed")),
    in_time(Case::done("attendance/check-in-near", 200)),
    at_school(Case::done("attendance/check-in-near", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["metres"], 151) })),
    at_school(Case::refused("attendance/check-in-far", 409, "roll/elsewhere")),
    at_school(Case::refused("attendance/check-in", 422, "roll/place-missing")),
    in_time(Case::refused("attendance/check-in-unknown-field", 422, "request/field-unusable")),
    in_time(Case::refused("attendance/check-in-by-admin", 409, "roll/not-the-teacher")),
    in_time(Case::refused("attendance/check-in-by-other-teacher", 404, "access/not-found")),
    in_time(Case::refused("attendance/check-in-by-guardian", 404, "access/not-found")),
    in_time(Case::refused("attendance/check-in-unknown", 404, "access/not-found")),
    Case::refused("attendance/check-in-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn t1_1_a_teacher_checks_in_once_in_time_and_at_the_school() {
    run(CHECK_INS);
}

const CALLS: &[Case] = &[
    after_lesson(Case::done("attendance/call-roll", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json(), json!({"state": "entered", "not_members": []}));
            assert_eq!(presence(scene, "S000000000").await, Some(Presence::Present));
            assert_eq!(presence(scene, "S000000001").await, Some(Presence::Absent));
            let roll = roll(scene, FIRST).await;
            assert_eq!((roll.roster.len(), roll.trail.len()), (3, 1));
            assert_eq!(done(scene, "attendance/call-roll").await["state"], "known");
            assert_eq!(self::roll(scene, FIRST).await, roll, "sent again");
        })
    }),
    called(Case::done("attendance/call-roll-slip", 200)).after(|scene, _| {
        Box::pin(async move {
            assert_eq!(presence(scene, "S000000001").await, Some(Presence::Late));
            assert_eq!(done(scene, "attendance/call-roll").await["state"], "known", "the older one, again");
            assert_eq!(presence(scene, "S000000001").await, Some(Presence::Late));
        })
    }),
    after_lesson(Case::done("attendance/call-roll-stranger", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["not_members"], json!(["S000000003"]));
            assert!(answered.json()["parked_call_id"].is_string());
            assert_eq!(presence(scene, "S000000001").await, Some(Presence::Absent));
            assert!(!roll(scene, FIRST).await.said.contains_key(&id::<StudentId>("S000000003")));
            let listed = done(scene, "attendance/list-parked-calls").await;
            assert_eq!(listed["items"][0]["parked_for"], "not_members");
            assert_eq!(listed["items"][0]["named"], json!([{"student_id": "S000000003", "presence": "late"}]));
        })
    }),
    after_lesson(Case::done("attendance/call-roll-by-admin", 200)),
    locked(Case::done("attendance/call-roll", 202)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "parked");
            assert_eq!(presence(scene, "S000000001").await, None, "nothing of it changes");
            let before = scene.everything();
            assert_eq!(done(scene, "attendance/call-roll").await["state"], "parked");
            assert_eq!(scene.everything(), before, "sent again");
        })
    }),
    after_lesson(Case::refused("attendance/call-roll-on-leave", 422, "roll/leave-is-asked-for")),
    after_lesson(Case::refused("attendance/call-roll-future", 422, "roll/time-unusable")),
    after_lesson(Case::refused("attendance/call-roll-bad-time", 422, "request/field-unusable")),
    after_lesson(Case::refused("attendance/call-roll-bad-presence", 422, "request/field-unusable")),
    after_lesson(Case::refused("attendance/call-roll-by-other-teacher", 404, "access/not-found")),
    after_lesson(Case::refused("attendance/call-roll-by-guardian", 404, "access/not-found")),
    Case::refused("attendance/call-roll-by-stand-in", 409, "roll/not-theirs").before(|scene| {
        Box::pin(async {
            changed(scene, false).await;
            later(scene, 600).await;
        })
    }),
    Case::refused("attendance/call-roll", 409, "roll/not-given").before(|scene| {
        Box::pin(async {
            changed(scene, true).await;
            later(scene, 600).await;
        })
    }),
    Case::refused("attendance/call-roll-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn t4_1_a_roll_call_is_one_write_and_comes_to_the_same_however_often_it_is_sent() {
    run(CALLS);
}

const ROLLS: &[Case] = &[
    called(Case::done("attendance/show-roll", 200)).after(|_, answered| {
        Box::pin(async {
            let view = answered.json();
            assert_eq!(answered.headers["etag"], "\"1\"");
            assert_eq!(view["teachers"][0]["state"], "none");
            let pupil = json!({"student_id": "S000000001", "name": "学**", "presence": "absent"});
            assert_eq!(view["pupils"][1], pupil);
            assert_eq!(view["pupils"].as_array().map(Vec::len), Some(3));
        })
    }),
    early(Case::done("attendance/show-roll-by-admin", 200)).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.headers["etag"], "\"0\"");
            assert!(answered.json()["pupils"][0]["presence"].is_null());
        })
    }),
    early(Case::refused("attendance/show-roll-by-guardian", 404, "access/not-found")),
    early(Case::refused("attendance/show-roll-by-other-school", 404, "access/not-found")),
    Case::refused("attendance/show-roll-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s25_2_whoever_teaches_a_lesson_or_looks_after_it_sees_its_roll() {
    run(ROLLS);
}

const LOCKS: &[Case] = &[
    over(Case::done("attendance/lock-days", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json(), json!({"no": 1, "state": "locked", "lessons": 2, "done": 2}));
            let roll = roll(scene, FIRST).await;
            assert!(roll.sealed && roll.roster.len() == 3, "created sealed, with its pupils");
            assert!(scene.app.store().roll(&id("3144200101.2026-2027-1.K1.01.003")).await.expect("read").is_none());
            let before = scene.everything();
            assert_eq!(done(scene, "attendance/lock-days").await["state"], "locked");
            assert_eq!(scene.everything(), before, "the same days are the same lock");
        })
    }),
    over(Case::done("attendance/lock-days-by-township", 200)).after(|scene, _| {
        Box::pin(async move {
            let listed = done(scene, "attendance/list-locks").await;
            assert_eq!(listed["items"][0]["locked_by"], "township");
            let refused = scene.send("attendance/lift-lock").await;
            assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (409, "lock/locked-from-above"));
            assert_eq!(done(scene, "attendance/lift-lock-by-township").await["state"], "lifted");
        })
    }),
    Case::done("attendance/lock-days-month", 200)
        .before(|scene| {
            Box::pin(async {
                opened(scene).await;
                later(scene, 30 * 24 * 60).await;
            })
        })
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["lessons"], 3) })),
    locked(Case::done("attendance/list-locks", 200)).after(|_, answered| {
        Box::pin(async {
            let lock = &answered.json()["items"][0];
            assert_eq!((&lock["state"], &lock["until"]), (&json!("locked"), &json!("2026-09-02")));
        })
    }),
    locked(Case::done("attendance/lift-lock", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json(), json!({"no": 1, "state": "lifted", "lessons": 2, "done": 2}));
            assert!(!roll(scene, FIRST).await.sealed);
            assert_eq!(done(scene, "attendance/call-roll").await["state"], "entered");
            let refused = scene.send("attendance/lift-lock").await;
            assert_eq!(refused.slug(), "lock/not-locked");
        })
    }),
    Case::done("attendance/lift-lock", 200)
        .before(|scene| {
            Box::pin(async {
                opened(scene).await;
                later(scene, 2 * 24 * 60).await;
                drop(done(scene, "attendance/lock-days").await);
                drop(done(scene, "attendance/lock-days-by-township").await);
            })
        })
        .after(|scene, _| {
            Box::pin(async move { assert!(roll(scene, FIRST).await.sealed, "the township's lock holds") })
        }),
    early(Case::refused("attendance/lock-days", 422, "lock/range-unusable")),
    over(Case::refused("attendance/lock-days-both", 422, "lock/range-unusable")),
    over(Case::refused("attendance/lock-days-by-steward", 404, "access/not-found")),
    over(Case::refused("attendance/lock-days-by-other-school", 404, "access/not-found")),
    over(Case::refused("attendance/lock-days-unknown-term", 404, "access/not-found")),
    over(Case::refused("attendance/lock-days-unreadable", 400, "request/parameter-unusable")),
    locked(Case::refused("attendance/list-locks-by-guardian", 404, "access/not-found")),
    Case::refused("attendance/list-locks-unreadable", 400, "request/parameter-unusable"),
    early(Case::refused("attendance/lift-lock-by-township", 409, "lock/not-locked")),
    locked(Case::refused("attendance/lift-lock-by-steward", 404, "access/not-found")),
    locked(Case::refused("attendance/lift-lock-no-reason", 422, "lock/reason-unusable")),
    locked(Case::refused("attendance/lift-lock-unreadable", 400, "request/parameter-unusable")),
];

#[test]
fn s25_5_days_are_locked_and_opened_by_the_school_and_from_above() {
    run(LOCKS);
}

const PARKED: &[Case] = &[
    parked(Case::done("attendance/list-parked-calls", 200)).after(|_, answered| {
        Box::pin(async {
            let kept = &answered.json()["items"][0];
            assert_eq!((&kept["state"], &kept["parked_for"]), (&json!("waiting"), &json!("locked")));
            assert_eq!(kept["called_at"], "2026-09-01T16:35:00+08:00");
        })
    }),
    parked(Case::done("attendance/list-parked-calls-by-teacher", 200)).after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["items"].as_array().map(Vec::len), Some(1)) })
    }),
    parked(Case::done("attendance/list-parked-calls-by-other-teacher", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"], json!([])) })),
    parked(Case::refused("attendance/list-parked-calls-by-other-school", 404, "access/not-found")),
    Case::refused("attendance/list-parked-calls-bad-cursor", 400, "request/parameter-unusable"),
    parked(Case::refused("attendance/apply-parked-call", 409, "roll/sealed")).after(|scene, _| {
        Box::pin(async move {
            drop(done(scene, "attendance/lift-lock").await);
            assert_eq!(done(scene, "attendance/apply-parked-call").await["state"], "applied");
            assert_eq!(presence(scene, "S000000001").await, Some(Presence::Absent));
            let roll = roll(scene, FIRST).await;
            assert_eq!(roll.called_by.map(String::from).as_deref(), Some("T000000001"), "in the teacher's name");
            assert_eq!(scene.send("attendance/apply-parked-call").await.slug(), "parked-call/decided");
        })
    }),
    Case::refused("attendance/apply-parked-call-stranger", 409, "parked-call/not-members")
        .before(|scene| {
            Box::pin(async {
                opened(scene).await;
                later(scene, 600).await;
                drop(done(scene, "attendance/call-roll-stranger").await);
            })
        })
        .after(|scene, _| {
            Box::pin(async move {
                let mut class = class();
                class.admit(&id("S000000003"), DAYS[0]).expect("a seat");
                open_class(scene.app.store(), &class, scene.stage.now()).await;
                assert_eq!(done(scene, "attendance/apply-parked-call-stranger").await["state"], "applied");
                assert_eq!(presence(scene, "S000000003").await, Some(Presence::Late));
                assert_eq!(presence(scene, "S000000001").await, Some(Presence::Absent));
            })
        }),
    parked(Case::refused("attendance/apply-parked-call-by-teacher", 404, "access/not-found")),
    parked(Case::refused("attendance/apply-parked-call-by-other-school", 404, "access/not-found")),
    Case::refused("attendance/apply-parked-call-unreadable", 400, "request/parameter-unusable"),
    parked(Case::done("attendance/discard-parked-call", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["reason"], "误点");
            assert_eq!(done(scene, "attendance/list-parked-calls-waiting").await["items"], json!([]));
            assert_eq!(scene.send("attendance/discard-parked-call").await.slug(), "parked-call/decided");
        })
    }),
    parked(Case::done("attendance/list-parked-calls-waiting", 200)).after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["items"].as_array().map(Vec::len), Some(1)) })
    }),
    parked(Case::refused("attendance/discard-parked-call-no-reason", 422, "parked-call/reason-unusable")),
    parked(Case::refused("attendance/discard-parked-call-by-teacher", 404, "access/not-found")),
    Case::refused("attendance/discard-parked-call-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s25_5_a_call_that_comes_for_locked_days_is_kept_for_the_school() {
    run(PARKED);
}

const RULES: &[Case] = &[
    Case::done("attendance/show-teaching-rules", 200).after(|_, answered| {
        Box::pin(async {
            assert_eq!(
                (&answered.json()["decided"], &answered.json()["rules"]["early_minutes"]),
                (&json!(false), &json!(30))
            );
            assert_eq!(answered.headers["etag"], "\"0\"");
        })
    }),
    Case::done("attendance/edit-teaching-rules", 200).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.headers["etag"], "\"1\"");
            let shown = done(scene, "attendance/show-teaching-rules").await;
            assert_eq!(shown["rules"]["approvals"]["student_leave"], false);
            assert_eq!(scene.send("attendance/edit-teaching-rules").await.slug(), "request/if-match-outdated");
        })
    }),
    Case::refused("attendance/show-teaching-rules-by-guardian", 404, "access/not-found"),
    Case::refused("attendance/show-teaching-rules-unreadable", 400, "request/parameter-unusable"),
    Case::refused("attendance/edit-teaching-rules-old-match", 412, "request/if-match-outdated"),
    Case::refused("attendance/edit-teaching-rules-no-match", 428, "request/if-match-missing"),
    Case::refused("attendance/edit-teaching-rules-late", 422, "teaching-rules/minutes-out-of-range"),
    Case::refused("attendance/edit-teaching-rules-unknown-field", 422, "request/field-unusable"),
    Case::refused("attendance/edit-teaching-rules-by-teacher", 404, "access/not-found"),
];

#[test]
fn t1_2_a_school_decides_how_attendance_is_taken() {
    run(RULES);
}

const DAYS_OF_A_CHILD: &[Case] = &[
    called(Case::done("attendance/show-day", 200)).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            let lesson = &view["lessons"][0];
            assert_eq!(view["lessons"].as_array().map(Vec::len), Some(1));
            assert_eq!((&lesson["presence"], &lesson["from"]), (&json!("absent"), &json!("16:30")));
            assert_eq!(lesson["teachers"], json!([{"called": "李老师", "role": "main"}]));
            let mut event = sample::event("attendance/show-day");
            event["headers"]["If-None-Match"] = json!(answered.headers["etag"].to_str().expect("text"));
            event["multiValueHeaders"]["If-None-Match"] = json!([answered.headers["etag"].to_str().expect("text")]);
            let router = edge::start::router(scene.stage.app(), attendance::routes());
            let known = testkit::stage::send(&router, &event).await;
            assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
            drop(done(scene, "attendance/call-roll-slip").await);
            let changed = testkit::stage::send(&router, &event).await;
            assert_eq!((changed.status.as_u16(), &changed.json()["lessons"][0]["presence"]), (200, &json!("late")));
        })
    }),
    early(Case::done("attendance/show-day-by-admin", 200))
        .after(|_, answered| Box::pin(async { assert!(answered.json()["lessons"][0]["presence"].is_null()) })),
    early(Case::refused("attendance/show-day-by-teacher", 404, "access/not-found")),
    early(Case::refused("attendance/show-day-by-other-guardian", 404, "access/not-found")),
    Case::refused("attendance/show-day-unreadable", 400, "request/parameter-unusable"),
    Case::refused("attendance/show-day-bad-pupil", 400, "request/parameter-unusable"),
    called(Case::done("attendance/list-attendance", 200)).after(|_, answered| {
        Box::pin(async {
            let items = answered.json()["items"].clone();
            let days: Vec<&str> =
                items.as_array().expect("items").iter().filter_map(|one| one["date"].as_str()).collect();
            assert_eq!(days, ["2026-09-01", "2026-09-02", "2026-09-08"]);
            assert_eq!(items[0]["presence"], "absent");
        })
    }),
    early(Case::refused("attendance/list-attendance-by-other-school", 404, "access/not-found")),
    Case::refused("attendance/list-attendance-too-long", 400, "request/parameter-unusable"),
    Case::refused("attendance/list-attendance-backwards", 400, "request/parameter-unusable"),
    Case::refused("attendance/list-attendance-no-days", 400, "request/parameter-unusable"),
];

#[test]
fn p9_1_a_guardian_sees_the_childs_day_and_hears_what_changes() {
    run(DAYS_OF_A_CHILD);
}

#[test]
fn every_event_of_attendance_is_run() {
    sample::every_event_is_named("attendance", &[CHECK_INS, CALLS, ROLLS, LOCKS, PARKED, RULES, DAYS_OF_A_CHILD]);
}

/// The content of the rolls there are, without what the table adds.
fn rolls(scene: &Scene) -> Vec<Value> {
    let items: Vec<Item> = scene.stage.world.scan(&table_name(testkit::stage::PREFIX, "teaching"));
    let rolls = items.iter().map(plain).filter(|item| item["kind"] == "roll");
    rolls
        .map(|mut item| {
            for mark in ["ver", "updated_at", "due", "due_shard", "tr"] {
                drop(item.as_object_mut().expect("an item").remove(mark));
            }
            item
        })
        .collect()
}

#[test]
fn t4_1_who_calls_again_and_again_writes_to_the_audit_what_the_roll_carries() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        opened(&scene).await;
        later(&scene, 600).await;
        let router = edge::start::router(scene.stage.app(), attendance::routes());
        for minute in 0..20 {
            let mut event = sample::event("attendance/call-roll");
            let body = json!({"at": format!("2026-09-01T16:{:02}:00+08:00", 35 + minute), "named": []});
            event["body"] = json!(body.to_string());
            assert_eq!(testkit::stage::send(&router, &event).await.status, 200);
        }
        assert!(roll(&scene, FIRST).await.trail.len() <= 8);
        assert_eq!(rolls(&scene).len(), 1);
    });
}

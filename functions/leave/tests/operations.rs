//! Leave and corrections, event by event; what they mark on rolls; and what happens when many are decided at once.
//! S21 S25 T2 T4 P9, promise P11.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{LessonId, PersonId};
use domain::teaching::class::TeachingClass;
use domain::teaching::lesson::StandIn;
use domain::teaching::roll::{Call, CheckIn, Presence, Roll};
use domain::teaching::rules::{Approvals, SchoolRules, TeachingRules};
use domain::teaching::timetable::LockedBy;
use jiff::civil::{Date, date};
use store::{Commit, Store, Versioned};
use testkit::class::{class_of, open_class, taught_by};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::Answered;
use testkit::town::{SCHOOL, TERM, Town, id};

const FUNCTIONS: Functions = &[("leave", leave::routes)];

fn lesson(course: &str, no: u16) -> LessonId {
    LessonId::new(&id(&format!("{SCHOOL}.{TERM}.{course}.01")), no)
}

fn days(from: Date, step: i64, count: i64) -> Vec<Date> {
    (0..count).map(|n| from.checked_add(jiff::Span::new().days(n * step)).expect("a day")).collect()
}

/// `K1` on Mondays from the seventh, `K2` on Tuesdays from today, `K6` every day: each with a teacher of its own.
fn classes() -> [TeachingClass; 3] {
    let town = Town::small(4);
    let mondays = days(date(2026, 9, 7), 7, 16);
    let tuesdays = days(date(2026, 9, 1), 7, 16);
    let daily = days(date(2026, 9, 1), 1, 60);
    [
        class_of(&town, 0, &mondays, [0, 1]),
        taught_by(class_of(&town, 1, &tuesdays, [0, 2]), "T000000002"),
        taught_by(class_of(&town, 5, &daily, [3]), "T000000003"),
    ]
}

async fn opened(scene: &Scene) {
    for class in classes() {
        open_class(scene.app.store(), &class, scene.stage.now()).await;
    }
}

/// The same at a school that wants no approval.
async fn free(scene: &Scene) {
    opened(scene).await;
    let approvals = Approvals { student_leave: false, teacher_leave: false, correction: false, ..built_in().approvals };
    let rules = SchoolRules { school: id(SCHOOL), rules: TeachingRules { approvals, ..built_in() } };
    let mut commit = Commit::new(Actor::system("test"), "test.rule", scene.stage.now());
    commit.save_teaching_rules(&Versioned::absent(rules)).expect("rules");
    scene.app.store().commit(commit).await.expect("written");
}

const fn built_in() -> TeachingRules {
    TeachingRules::built_in()
}

async fn later(scene: &Scene, hours: u64) {
    scene.stage.world.advance(Duration::from_hours(hours)).await;
}

async fn roll_now(store: &Store, lesson: &LessonId) -> Option<Versioned<Roll>> {
    store.roll(lesson).await.expect("read").map(Guarded::unguarded)
}

async fn roll(scene: &Scene, lesson: &LessonId) -> Option<Roll> {
    roll_now(scene.app.store(), lesson).await.map(|roll| roll.value)
}

async fn presence(scene: &Scene, lesson: &LessonId, pupil: &str) -> Option<Presence> {
    roll(scene, lesson).await.and_then(|roll| roll.presence(&id(pupil)))
}

/// A roll call on the way of the rush: one write that carries its own entry.
async fn called(store: &Store, at: domain::Moment, lesson: &LessonId, named: &[(&str, Presence)]) {
    loop {
        let class = classes().into_iter().find(|class| class.id == lesson.class()).expect("a class");
        let place = class.lesson(lesson.number()).expect("a lesson").at();
        let new = || Versioned::absent(Roll::new(&class.id, lesson.number(), place));
        let mut roll = roll_now(store, lesson).await.unwrap_or_else(new);
        let named: BTreeMap<_, _> = named.iter().map(|(pupil, presence)| (id(pupil), *presence)).collect();
        let call = Call { at, named, only_named: false };
        roll.value.enter(&call, class.roster(place.0), &class.staff[0], at).expect("entered");
        let mut commit = Commit::new(Actor::system("test"), "test.call", at);
        commit.carry_roll(&roll).expect("a roll");
        if store.commit(commit).await.is_ok() {
            return;
        }
    }
}

/// Today's lesson is over, and the pupil was not there.
async fn missed(scene: &Scene) {
    opened(scene).await;
    later(scene, 24).await;
    called(scene.app.store(), scene.stage.now(), &lesson("K2", 1), &[("S000000000", Presence::Absent)]).await;
}

async fn missed_and_free(scene: &Scene) {
    free(scene).await;
    later(scene, 24).await;
    called(scene.app.store(), scene.stage.now(), &lesson("K2", 1), &[("S000000000", Presence::Absent)]).await;
}

async fn over(scene: &Scene) {
    opened(scene).await;
    later(scene, 24).await;
}

/// Today is locked.
async fn locked(scene: &Scene) {
    over(scene).await;
    let mut found = scene.app.store().timetable(&id(SCHOOL), &id(TERM)).await.expect("read");
    let (day, person): (Date, PersonId) = (date(2026, 9, 1), id("A000000001"));
    let term = (day, date(2027, 1, 20));
    found.value.begin_lock((day, day), (LockedBy::School, &person), term, scene.stage.now()).expect("locked");
    let mut commit = Commit::new(Actor::system("test"), "test.lock", scene.stage.now());
    commit.save_timetable(&found).expect("a timetable");
    scene.app.store().commit(commit).await.expect("written");
}

/// Only the roll is sealed, as it is while a lock goes on.
async fn sealed(scene: &Scene) {
    missed_and_free(scene).await;
    let mut found = roll_now(scene.app.store(), &lesson("K2", 1)).await.expect("a roll");
    found.value.seal();
    let mut commit = Commit::new(Actor::system("test"), "test.seal", scene.stage.now());
    commit.save_roll(&found).expect("a roll");
    scene.app.store().commit(commit).await.expect("written");
}

async fn sent(scene: &Scene, file: &str) -> Answered {
    let answered = scene.send(file).await;
    assert!(answered.status.is_success(), "{file}: {}", answered.text);
    answered
}

/// The family has asked for three lessons in two weeks.
async fn asked(scene: &Scene) {
    opened(scene).await;
    sent(scene, "leave/ask-days").await;
}

async fn granted(scene: &Scene) {
    asked(scene).await;
    sent(scene, "leave/decide-approve").await;
}

async fn asked_by_school(scene: &Scene) {
    over(scene).await;
    sent(scene, "leave/ask-by-school").await;
}

async fn teacher_asked(scene: &Scene) {
    opened(scene).await;
    sent(scene, "leave/ask-teacher").await;
}

async fn teacher_granted(scene: &Scene) {
    teacher_asked(scene).await;
    sent(scene, "leave/decide-teacher").await;
}

/// A pupil's leave, of which a part has ended, and a teacher's that waits.
async fn several(scene: &Scene) {
    granted(scene).await;
    sent(scene, "leave/resume-from-lesson").await;
    sent(scene, "leave/ask-teacher").await;
}

async fn correction_asked(scene: &Scene) {
    missed(scene).await;
    sent(scene, "leave/correct").await;
}

async fn correction_asked_by_school(scene: &Scene) {
    missed(scene).await;
    sent(scene, "leave/correct-by-school").await;
}

async fn check_in_asked(scene: &Scene) {
    over(scene).await;
    sent(scene, "leave/check-in").await;
}

async fn both_corrections(scene: &Scene) {
    correction_asked(scene).await;
    sent(scene, "leave/check-in").await;
}

fn items(answered: &Answered) -> usize {
    answered.json()["items"].as_array().expect("items").len()
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

const ASKED: &[Case] = &[
    Case::done("leave/ask-lesson", 201).before(|scene| Box::pin(opened(scene))).after(|scene, answered| {
        Box::pin(async move {
            let leave = answered.json();
            assert_eq!((&leave["state"], &leave["asked_for"]), (&"asked".into(), &"guardian".into()));
            assert_eq!(leave["lessons"][0]["date"], "2026-09-07");
            assert!(roll(scene, &lesson("K1", 1)).await.is_none(), "nothing is marked before it is granted");
            let again = scene.send("leave/ask-lesson").await;
            assert_eq!((again.status.as_u16(), &again.json()["request_id"]), (201, &leave["request_id"]));
        })
    }),
    Case::done("leave/ask-lesson", 201).before(|scene| Box::pin(free(scene))).after(|scene, answered| {
        Box::pin(async move {
            let leave = answered.json();
            assert_eq!((&leave["state"], &leave["by_rule"]), (&"granted".into(), &true.into()));
            assert_eq!(presence(scene, &lesson("K1", 1), "S000000000").await, Some(Presence::OnLeave));
            let again = scene.send("leave/ask-lesson").await;
            assert_eq!((again.status.as_u16(), &again.json()["state"]), (201, &"granted".into()));
            assert_eq!(scene.send("leave/ask-by-teacher").await.slug(), "leave/nothing-left", "there is leave already");
        })
    }),
    Case::done("leave/ask-days", 201).before(|scene| Box::pin(opened(scene))).after(|_, answered| {
        Box::pin(async {
            let lessons = answered.json()["lessons"].clone();
            let days: Vec<&str> = lessons.as_array().unwrap().iter().filter_map(|one| one["date"].as_str()).collect();
            assert_eq!(days, ["2026-09-07", "2026-09-08", "2026-09-14"]);
        })
    }),
    Case::done("leave/ask-weekly", 201)
        .before(|scene| Box::pin(opened(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["lessons"].as_array().unwrap().len(), 16) })),
    Case::done("leave/ask-by-teacher", 201)
        .before(|scene| Box::pin(opened(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["asked_for"], "teacher") })),
    Case::refused("leave/ask-by-teacher-of-another-class", 404, "access/not-found")
        .before(|scene| Box::pin(opened(scene))),
    Case::done("leave/ask-by-school", 201)
        .before(|scene| Box::pin(over(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["asked_for"], "school") })),
    Case::refused("leave/ask-by-school", 409, "leave/too-late").before(|scene| {
        Box::pin(async move {
            opened(scene).await;
            later(scene, 40 * 24).await;
        })
    }),
    Case::refused("leave/ask-by-school", 409, "lock/day-locked").before(|scene| Box::pin(locked(scene))),
    Case::refused("leave/ask-by-school", 409, "roll/sealed").before(|scene| Box::pin(sealed(scene))),
    Case::refused("leave/ask-other-family", 404, "access/not-found").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-by-other-school", 404, "access/not-found").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("leave/ask-key-reused", 422, "request/idempotency-key-reused").before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/ask-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("leave/ask-unknown-field", 422, "request/field-unusable"),
    Case::refused("leave/ask-nothing", 400, "request/parameter-unusable"),
    Case::refused("leave/ask-until-before-from", 422, "leave/range-unusable").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-no-reason", 422, "teaching-request/reason-unusable")
        .before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-lesson-of-others", 422, "leave/lesson-unknown").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-no-lessons", 409, "leave/nothing-left").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-too-many", 409, "leave/too-many").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-lesson-over", 409, "leave/lesson-over").before(|scene| Box::pin(over(scene))),
    Case::done("leave/ask-forty", 201).before(|scene| Box::pin(free(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["lessons"].as_array().unwrap().len(), 40);
            assert_eq!(presence(scene, &lesson("K6", 40), "S000000003").await, Some(Presence::OnLeave));
        })
    }),
    // Rolls that carry entries of their own do not make the transaction larger.
    Case::done("leave/ask-forty-by-school", 201).before(|scene| Box::pin(called_for_weeks(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["state"], "granted");
                let first = roll(scene, &lesson("K6", 1)).await.expect("a roll");
                assert_eq!(first.presence(&id("S000000003")), Some(Presence::OnLeave));
                assert_eq!(first.trail.len(), 4, "three calls, and the leave beside them");
            })
        },
    ),
    Case::done("leave/ask-teacher", 201).before(|scene| Box::pin(opened(scene))).after(|_, answered| {
        Box::pin(async {
            let leave = answered.json();
            assert_eq!((&leave["teacher_id"], &leave["state"]), (&"T000000001".into(), &"asked".into()));
            let uncovered = [lesson("K1", 1).to_string(), lesson("K1", 2).to_string()];
            assert_eq!(leave["without_teacher"], serde_json::json!(uncovered), "nobody would give them");
        })
    }),
    Case::done("leave/ask-teacher-by-school", 201)
        .before(|scene| Box::pin(opened(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["asked_for"], "school") })),
    Case::refused("leave/ask-teacher-of-another", 404, "access/not-found").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-teacher-by-guardian", 404, "access/not-found").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/ask-teacher-of-nobody", 404, "access/not-found").before(|scene| Box::pin(opened(scene))),
];

/// Five weeks of lessons were called three times each, and the school wants no approval.
async fn called_for_weeks(scene: &Scene) {
    free(scene).await;
    later(scene, 34 * 24 + 12).await;
    for no in 1..=34 {
        for minute in 0..3 {
            let at = scene.stage.now().plus_minutes(minute - 10);
            called(scene.app.store(), at, &lesson("K6", no), &[("S000000003", Presence::Absent)]).await;
        }
    }
}

const DECIDED: &[Case] = &[
    Case::done("leave/decide-approve", 200).before(|scene| Box::pin(asked(scene))).after(|scene, answered| {
        Box::pin(async move {
            let leave = answered.json();
            assert_eq!((&leave["state"], &leave["by_rule"]), (&"granted".into(), &false.into()));
            for lesson in [lesson("K1", 1), lesson("K1", 2), lesson("K2", 2)] {
                assert_eq!(presence(scene, &lesson, "S000000000").await, Some(Presence::OnLeave), "{lesson}");
            }
            assert!(presence(scene, &lesson("K1", 1), "S000000001").await.is_none(), "the other pupil is expected");
            assert_eq!(scene.send("leave/decide-refuse").await.slug(), "teaching-request/already-decided");
        })
    }),
    Case::done("leave/decide-refuse", 200).before(|scene| Box::pin(asked(scene))).after(|scene, answered| {
        Box::pin(async move {
            let leave = answered.json();
            assert_eq!((&leave["state"], &leave["refusal"]), (&"refused".into(), &"请补充病假证明".into()));
            assert!(roll(scene, &lesson("K1", 1)).await.is_none());
        })
    }),
    Case::refused("leave/decide-refuse-no-reason", 422, "teaching-request/reason-unusable")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/decide-own", 409, "teaching-request/second-person-needed")
        .before(|scene| Box::pin(asked_by_school(scene))),
    Case::done("leave/decide-by-second", 200).before(|scene| Box::pin(asked_by_school(scene))).after(|scene, _| {
        Box::pin(async move {
            assert_eq!(presence(scene, &lesson("K2", 1), "S000000000").await, Some(Presence::OnLeave));
        })
    }),
    Case::done("leave/decide-teacher", 200).before(|scene| Box::pin(teacher_asked(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["without_teacher"].as_array().unwrap().len(), 2);
            let roll = roll(scene, &lesson("K1", 1)).await.expect("a roll");
            assert!(roll.teacher_leaves.contains_key(&id::<PersonId>("T000000001")) && roll.untold_since.is_none());
        })
    }),
    Case::refused("leave/decide-by-guardian", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/decide-by-teacher", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/decide-by-other-school", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/decide-unknown", 404, "access/not-found"),
    Case::refused("leave/decide-unreadable", 400, "request/parameter-unusable"),
    Case::done("leave/take-back", 200).before(|scene| Box::pin(asked(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "taken_back");
            assert_eq!(scene.send("leave/decide-approve").await.slug(), "teaching-request/already-decided");
        })
    }),
    Case::refused("leave/take-back", 409, "teaching-request/already-decided").before(|scene| Box::pin(granted(scene))),
    Case::refused("leave/take-back-by-school", 409, "teaching-request/not-the-asker")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/take-back-other-family", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
];

const RESUMED: &[Case] = &[
    Case::done("leave/resume-from-day", 200).before(|scene| Box::pin(granted(scene))).after(|scene, answered| {
        Box::pin(async move {
            let leave = answered.json();
            assert_eq!((&leave["resumed"], &leave["state"]), (&true.into(), &"granted".into()));
            assert!(leave["lessons"][0].get("resumed_at").is_none() && leave["lessons"][1].get("resumed_at").is_some());
            assert_eq!(presence(scene, &lesson("K1", 1), "S000000000").await, Some(Presence::OnLeave));
            assert_eq!(presence(scene, &lesson("K2", 2), "S000000000").await, None);
            assert_eq!(scene.send("leave/resume-from-day").await.slug(), "leave/nothing-to-resume");
        })
    }),
    Case::done("leave/resume-from-lesson", 200).before(|scene| Box::pin(granted(scene))).after(|scene, _| {
        Box::pin(async move {
            assert_eq!(presence(scene, &lesson("K2", 2), "S000000000").await, Some(Presence::OnLeave));
            assert_eq!(presence(scene, &lesson("K1", 2), "S000000000").await, None);
        })
    }),
    Case::done("leave/resume-by-teacher", 200).before(|scene| Box::pin(granted(scene))),
    Case::done("leave/resume-teacher", 200).before(|scene| Box::pin(teacher_granted(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["lessons"].as_array().unwrap().len(), 2);
                assert!(roll(scene, &lesson("K1", 2)).await.expect("a roll").teacher_leaves.is_empty());
                assert!(!roll(scene, &lesson("K1", 1)).await.expect("a roll").teacher_leaves.is_empty());
            })
        },
    ),
    Case::refused("leave/resume-from-day", 409, "leave/not-granted").before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/resume-lesson-of-others", 422, "leave/lesson-unknown")
        .before(|scene| Box::pin(granted(scene))),
    Case::refused("leave/resume-of-both", 400, "request/parameter-unusable"),
    Case::refused("leave/resume-other-family", 404, "access/not-found").before(|scene| Box::pin(granted(scene))),
];

const SEEN: &[Case] = &[
    Case::done("leave/show", 200).before(|scene| Box::pin(asked(scene))),
    Case::done("leave/show-by-teacher", 200).before(|scene| Box::pin(asked(scene))),
    Case::done("leave/show-teacher", 200)
        .before(|scene| Box::pin(teacher_asked(scene)))
        .after(|_, answered| Box::pin(async { assert!(answered.json()["without_teacher"].is_array()) })),
    Case::refused("leave/show-by-another-teacher", 404, "access/not-found").before(|scene| {
        Box::pin(async move {
            opened(scene).await;
            sent(scene, "leave/ask-lesson").await;
        })
    }),
    Case::refused("leave/show-other-family", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
    Case::refused("leave/show-unknown", 404, "access/not-found"),
    Case::done("leave/list", 200)
        .before(|scene| Box::pin(several(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 2) })),
    Case::done("leave/list-asked", 200).before(|scene| Box::pin(several(scene))).after(|_, answered| {
        Box::pin(async {
            assert_eq!(items(answered), 1);
            assert_eq!(answered.json()["items"][0]["teacher_id"], "T000000001");
        })
    }),
    Case::done("leave/list-of-teachers", 200)
        .before(|scene| Box::pin(several(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 1) })),
    Case::done("leave/list-resumed", 200).before(|scene| Box::pin(several(scene))).after(|_, answered| {
        Box::pin(async {
            assert_eq!(items(answered), 1);
            assert_eq!(answered.json()["items"][0]["student_id"], "S000000000");
        })
    }),
    Case::done("leave/list-of-days", 200)
        .before(|scene| Box::pin(several(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 0) })),
    Case::done("leave/list-of-class", 200)
        .before(|scene| Box::pin(several(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 0) })),
    Case::done("leave/list-of-child", 200)
        .before(|scene| Box::pin(several(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 1) })),
    Case::done("leave/list-by-teacher", 200)
        .before(|scene| Box::pin(several(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 2, "of the own class, and the own") })),
    Case::done("leave/list-of-teacher", 200)
        .before(|scene| Box::pin(several(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 1) })),
    Case::refused("leave/list-of-other-child", 404, "access/not-found").before(|scene| Box::pin(several(scene))),
    Case::refused("leave/list-by-guardian", 404, "access/not-found").before(|scene| Box::pin(several(scene))),
    Case::refused("leave/list-by-other-school", 404, "access/not-found").before(|scene| Box::pin(several(scene))),
    Case::refused("leave/list-of-both", 400, "request/parameter-unusable"),
    Case::refused("leave/list-unknown-state", 400, "request/parameter-unusable"),
    Case::refused("leave/list-unknown-kind", 400, "request/parameter-unusable"),
    Case::refused("leave/list-bad-cursor", 400, "request/parameter-unusable"),
];

const CORRECTED: &[Case] = &[
    Case::done("leave/correct", 201).before(|scene| Box::pin(missed(scene))).after(|scene, answered| {
        Box::pin(async move {
            let correction = answered.json();
            assert_eq!((&correction["before"], &correction["after"]), (&"absent".into(), &"present".into()));
            assert_eq!(correction["state"], "asked");
            assert_eq!(presence(scene, &lesson("K2", 1), "S000000000").await, Some(Presence::Absent));
            let again = scene.send("leave/correct").await;
            assert_eq!((again.status.as_u16(), &again.json()["request_id"]), (201, &correction["request_id"]));
        })
    }),
    Case::done("leave/correct", 201).before(|scene| Box::pin(missed_and_free(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "granted");
            assert_eq!(presence(scene, &lesson("K2", 1), "S000000000").await, Some(Presence::Present));
        })
    }),
    Case::done("leave/correct-by-teacher", 201).before(|scene| Box::pin(missed(scene))),
    Case::done("leave/correct-by-school", 201).before(|scene| Box::pin(missed(scene))),
    Case::refused("leave/correct", 409, "lock/day-locked").before(|scene| Box::pin(locked(scene))),
    Case::refused("leave/correct", 409, "roll/sealed").before(|scene| Box::pin(sealed(scene))),
    Case::refused("leave/correct", 409, "correction/too-late").before(|scene| {
        Box::pin(async move {
            missed(scene).await;
            later(scene, 40 * 24).await;
        })
    }),
    Case::refused("leave/correct-by-teacher", 409, "correction/nothing-changes").before(|scene| {
        Box::pin(async move {
            over(scene).await;
            called(scene.app.store(), scene.stage.now(), &lesson("K2", 1), &[("S000000000", Presence::Late)]).await;
        })
    }),
    Case::refused("leave/correct-on-leave", 422, "correction/presence-unusable")
        .before(|scene| Box::pin(missed(scene))),
    Case::refused("leave/correct-not-begun", 409, "correction/not-begun").before(|scene| Box::pin(opened(scene))),
    Case::refused("leave/correct-lesson-unknown", 409, "correction/lesson-unknown")
        .before(|scene| Box::pin(missed(scene))),
    Case::refused("leave/correct-not-a-member", 409, "correction/not-a-member").before(|scene| {
        Box::pin(async move {
            over(scene).await;
            let mut class = classes()[1].clone();
            class.admit(&id("S000000001"), date(2026, 10, 1)).expect("a seat");
            open_class(scene.app.store(), &class, scene.stage.now()).await;
        })
    }),
    Case::refused("leave/correct-lesson-of-others", 404, "access/not-found").before(|scene| Box::pin(missed(scene))),
    Case::refused("leave/correct-other-family", 404, "access/not-found").before(|scene| Box::pin(missed(scene))),
    Case::refused("leave/correct-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("leave/correct-key-reused", 422, "request/idempotency-key-reused")
        .before(|scene| Box::pin(correction_asked(scene))),
    Case::refused("leave/correct-unknown-presence", 400, "request/parameter-unusable"),
    Case::refused("leave/correct-no-reason", 422, "teaching-request/reason-unusable")
        .before(|scene| Box::pin(missed(scene))),
    Case::refused("leave/correct-unknown-field", 422, "request/field-unusable"),
    Case::done("leave/check-in", 201).before(|scene| Box::pin(over(scene))).after(|scene, answered| {
        Box::pin(async move {
            let correction = answered.json();
            assert_eq!((&correction["late_minutes"], &correction["state"]), (&12.into(), &"asked".into()));
            assert!(correction.get("before").is_none());
            assert!(roll(scene, &lesson("K2", 1)).await.is_none());
        })
    }),
    Case::done("leave/check-in-by-school", 201).before(|scene| Box::pin(over(scene))),
    Case::refused("leave/check-in-too-early", 422, "correction/time-unusable").before(|scene| Box::pin(over(scene))),
    Case::refused("leave/check-in-unreadable-time", 400, "request/parameter-unusable"),
    Case::refused("leave/check-in-of-another-class", 404, "access/not-found").before(|scene| Box::pin(over(scene))),
    Case::refused("leave/check-in-of-another", 404, "access/not-found").before(|scene| Box::pin(over(scene))),
    Case::refused("leave/check-in", 409, "correction/not-the-teacher").before(|scene| {
        Box::pin(async move {
            over(scene).await;
            let [other, mut class, _] = classes();
            let present = other.teachers[0].clone();
            class.lessons[0].stand_ins.push(StandIn { absent: id("T000000002"), present });
            class.admit_staff();
            open_class(scene.app.store(), &class, scene.stage.now()).await;
        })
    }),
    Case::done("leave/decide-correction-approve", 200).before(|scene| Box::pin(correction_asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["state"], "granted");
                assert_eq!(presence(scene, &lesson("K2", 1), "S000000000").await, Some(Presence::Present));
                let again = scene.send("leave/decide-correction-approve").await;
                assert_eq!(again.slug(), "teaching-request/already-decided");
            })
        },
    ),
    Case::done("leave/decide-correction-refuse", 200).before(|scene| Box::pin(correction_asked(scene))).after(
        |scene, _| {
            Box::pin(async move {
                assert_eq!(presence(scene, &lesson("K2", 1), "S000000000").await, Some(Presence::Absent));
            })
        },
    ),
    Case::refused("leave/decide-correction-refuse-no-reason", 422, "teaching-request/reason-unusable")
        .before(|scene| Box::pin(correction_asked(scene))),
    Case::refused("leave/decide-correction-own", 409, "teaching-request/second-person-needed")
        .before(|scene| Box::pin(correction_asked_by_school(scene))),
    Case::done("leave/decide-correction-by-second", 200)
        .before(|scene| Box::pin(correction_asked_by_school(scene)))
        .after(|scene, _| {
            Box::pin(async move {
                assert_eq!(presence(scene, &lesson("K2", 1), "S000000000").await, Some(Presence::Late));
            })
        }),
    Case::refused("leave/decide-correction-by-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(correction_asked(scene))),
    Case::refused("leave/decide-correction-unknown", 404, "access/not-found"),
    Case::done("leave/decide-check-in", 200).before(|scene| Box::pin(check_in_asked(scene))).after(|scene, _| {
        Box::pin(async move {
            let roll = roll(scene, &lesson("K2", 1)).await.expect("a roll");
            let CheckIn { late_minutes, correction, .. } = &roll.check_ins[&id::<PersonId>("T000000002")];
            assert_eq!((*late_minutes, correction.is_some()), (12, true));
        })
    }),
    Case::done("leave/take-back-correction", 200).before(|scene| Box::pin(correction_asked(scene))),
    Case::refused("leave/take-back-correction-by-school", 409, "teaching-request/not-the-asker")
        .before(|scene| Box::pin(correction_asked(scene))),
    Case::refused("leave/take-back-correction-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(correction_asked(scene))),
    Case::done("leave/show-correction", 200).before(|scene| Box::pin(correction_asked(scene))),
    Case::done("leave/show-correction-by-teacher", 200).before(|scene| Box::pin(correction_asked(scene))),
    Case::refused("leave/show-correction-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(correction_asked(scene))),
    Case::done("leave/list-corrections", 200)
        .before(|scene| Box::pin(both_corrections(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 2) })),
    Case::done("leave/list-corrections-of-child", 200)
        .before(|scene| Box::pin(both_corrections(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 1) })),
    Case::done("leave/list-corrections-by-teacher", 200)
        .before(|scene| Box::pin(both_corrections(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 2) })),
    Case::done("leave/list-corrections-of-teachers", 200)
        .before(|scene| Box::pin(both_corrections(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 1) })),
    Case::done("leave/list-corrections-of-days", 200)
        .before(|scene| Box::pin(both_corrections(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 0) })),
    Case::done("leave/list-corrections-of-class", 200)
        .before(|scene| Box::pin(both_corrections(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(items(answered), 0) })),
    Case::refused("leave/list-corrections-of-other-child", 404, "access/not-found"),
    Case::refused("leave/list-corrections-by-guardian", 404, "access/not-found"),
    Case::refused("leave/list-corrections-unknown-state", 400, "request/parameter-unusable"),
    Case::refused("leave/list-corrections-bad-cursor", 400, "request/parameter-unusable"),
];

#[test]
fn p9_2_leave_is_asked_for_by_family_teacher_and_school() {
    run(ASKED);
}

#[test]
fn s25_1_leave_is_decided_by_somebody_else_and_marks_the_roll() {
    run(DECIDED);
}

#[test]
fn t4_2_who_comes_back_early_is_expected_again() {
    run(RESUMED);
}

#[test]
fn t4_2_leaves_are_found_by_time_state_and_whom_they_are_of() {
    run(SEEN);
}

#[test]
fn s25_4_corrections_keep_before_and_after_and_have_the_last_word() {
    run(CORRECTED);
}

#[test]
fn every_event_is_in_a_table() {
    sample::every_event_is_named("leave", &[ASKED, DECIDED, RESUMED, SEEN, CORRECTED]);
}

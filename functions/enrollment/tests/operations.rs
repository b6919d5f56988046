//! Enrolling and listing, event by event. P2 P5.1, promises P1 P4 P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use domain::Money;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::catalog::{Mode, OfferingState, Windows};
use domain::directory::Waiver;
use domain::enroll::ORDERS;
use domain::id::{OrderNo, StudentId, TermCode};
use domain::record::{OrderState, TermRecord};
use domain::seat::Stamp;
use domain::time::Span;
use store::{Commit, Versioned};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::Stage;
use testkit::town::{TERM, Town, id};
use testkit::{Faults, simulate};

const FUNCTIONS: Functions = &[("enrollment", enrollment::routes)];

/// The record of the first pupil.
async fn record(scene: &Scene) -> Versioned<TermRecord> {
    let read = scene.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded);
    read.expect("a record")
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

const TAKEN: &[Case] = &[
    Case::done("enrollment/enroll", 201).after(|scene, answered| {
        Box::pin(async move {
            let found = record(scene).await;
            let order = &found.value.orders[0];
            assert_eq!((order.no.as_str(), order.state), ("20261-S000000000-01", OrderState::Pending));
            assert_eq!(order.deadline, scene.stage.now().plus_minutes(15));
            assert_eq!((order.total, found.ver), (Money::from_fen(40_000), 1));
            assert_eq!(scene.seated("K1"), ["S000000000"]);
            let trace = &found.value.trail[0];
            assert_eq!((trace.actor.as_str(), trace.action.as_str()), ("guardian:G000000000", "enrollment.enroll"));
            let due = scene.app.store().due_records(scene.stage.now(), 10).await.expect("read");
            assert_eq!(due.len(), 1, "the sweeper will see that its snapshot is archived");
            let answer = answered.json();
            assert_eq!(answer["order_no"], order.no.as_str());
            assert_eq!(answer["deadline"], "2026-09-01T08:15:00+08:00");
            assert_eq!(answer["snapshot_sha256"], order.snapshot.as_str());
            assert_eq!(answered.headers["cache-control"], "no-store");
        })
    }),
    Case::done("enrollment/enroll-several", 201).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["total_fen"], 3 * 40_000 + 3_000);
            assert_eq!(record(scene).await.value.seats().count(), 3);
            assert_eq!(["K1", "K2", "K4"].map(|course| scene.seated(course).len()), [1, 1, 1]);
        })
    }),
    Case::done("enrollment/enroll-sibling", 201)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) })),
    Case::done("enrollment/enroll-second", 201)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["order_no"], "20261-S000000000-02");
                assert_eq!(record(scene).await.value.orders.len(), 2);
            })
        }),
    Case::done("enrollment/enroll-neighbour", 201),
    Case::done("enrollment/enroll-exclusive-first", 201),
    Case::done("enrollment/enroll-longest-key", 201),
    Case::done("enrollment/enroll-encoded", 201),
    Case::done("enrollment/enroll-largest-body", 201),
];

#[test]
fn p2_1_a_submission_takes_its_seats_and_writes_its_order() {
    run(TAKEN);
}

const FREE: &[Case] = &[
    Case::done("enrollment/enroll-free", 201).after(|scene, _| Box::pin(paid_at_once(scene, "K6"))),
    Case::done("enrollment/enroll", 201)
        .town(|town| town.students[0].pupil.waivers = vec![Waiver { reason: "低保家庭".to_owned(), percent: 100 }])
        .after(|scene, _| Box::pin(paid_at_once(scene, "K1"))),
    Case::done("enrollment/enroll", 201)
        .town(|town| town.students[0].pupil.waivers = vec![Waiver { reason: "残疾学生".to_owned(), percent: 50 }])
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["total_fen"], 20_000);
                assert_eq!(answered.json()["lines"][0]["waived_fen"], 20_000);
                assert_eq!(record(scene).await.value.orders[0].state, OrderState::Pending);
            })
        }),
];

async fn paid_at_once(scene: &Scene, course: &str) {
    let order = &record(scene).await.value.orders[0];
    assert_eq!((order.state, order.total), (OrderState::Paid, Money::ZERO));
    let offering = format!("3144200101.{TERM}.{course}");
    let ledger = scene.app.store().ledger(&id(&offering), 0, true).await.unwrap().unwrap();
    assert_eq!(ledger.seats["S000000000"], Stamp::CONFIRMED, "the seat of a paid order is confirmed with it");
}

#[test]
fn p2_2_what_costs_nothing_is_paid_at_once_and_a_waiver_is_on_its_line() {
    run(FREE);
}

fn from_day(day: u32) -> Windows {
    let moment = |day: u32| domain::Moment::parse(&format!("2026-09-{day:02}T12:00:00+08:00")).expect("a moment");
    Windows { opening: Some(Span { from: moment(day), until: moment(day + 1) }), ..Windows::default() }
}

const CLOSED: &[Case] = &[
    Case::refused("enrollment/enroll", 409, "enrollment/window-closed")
        .town(|town| town.term.windows = Windows::default())
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("请留意学校通知")) })),
    Case::refused("enrollment/enroll", 409, "enrollment/window-closed")
        .town(|town| town.term.windows = from_day(2))
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("2026-09-02T12:00:00+08:00")) })),
    Case::refused("enrollment/enroll", 409, "enrollment/window-closed")
        .town(|town| town.term.windows = Windows { withdraw: town.term.windows.opening, ..Windows::default() }),
    Case::refused("enrollment/enroll", 409, "enrollment/pre-enroll-only").town(|town| town.term.mode = Mode::PreEnroll),
];

#[test]
fn s12_1_nothing_is_taken_while_no_window_is_open() {
    run(CLOSED);
}

const RULES: &[Case] = &[
    Case::refused("enrollment/enroll", 409, "enrollment/graduated")
        .town(|town| town.students[0].pupil.graduated = Some(2026)),
    Case::refused("enrollment/enroll", 409, "enrollment/grade-not-eligible")
        .town(|town| town.offerings[0].grades = [1, 2].into()),
    Case::refused("enrollment/enroll-several", 409, "enrollment/grade-not-eligible")
        .town(|town| town.offerings[3].grades = [6].into()),
    Case::refused("enrollment/enroll-again-new-key", 409, "enrollment/already-enrolled")
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) })),
    Case::refused("enrollment/enroll-several", 409, "enrollment/limit-reached").town(|town| town.term.limit = 2),
    Case::refused("enrollment/enroll-second", 409, "enrollment/limit-reached")
        .town(|town| town.term.limit = 1)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) })),
    Case::refused("enrollment/enroll-exclusive-both", 409, "enrollment/exclusive-courses"),
    Case::refused("enrollment/enroll-exclusive-other", 409, "enrollment/exclusive-courses")
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll-exclusive-first").await) })),
    Case::refused("enrollment/enroll-clash-both", 409, "enrollment/timetable-clash")
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("周一 16:30–17:15")) })),
    Case::refused("enrollment/enroll-clashing", 409, "enrollment/timetable-clash")
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) })),
    Case::refused("enrollment/enroll", 409, "enrollment/price-unusable")
        .town(|town| town.offerings[0].unit_price = Money::from_fen(9_000_000_000)),
    Case::refused("enrollment/enroll-again-new-key", 409, "enrollment/too-many-orders")
        .before(|scene| Box::pin(given_up(scene, ORDERS))),
];

/// The first pupil has placed and given up so many orders.
async fn given_up(scene: &Scene, orders: usize) {
    drop(scene.send("enrollment/enroll").await);
    let mut read = record(scene).await;
    let mut order = read.value.orders.remove(0);
    order.state = OrderState::Cancelled;
    for seq in 1..=orders {
        order.no = OrderNo::new(&id::<TermCode>(TERM), &id::<StudentId>("S000000000"), seq.try_into().unwrap());
        order.request.key = format!("past-{seq}");
        read.value.orders.push(order.clone());
    }
    let mut commit = Commit::new(Actor::system("test"), "test.plant", scene.stage.now());
    commit.save_record(&read).unwrap();
    scene.app.store().commit(commit).await.unwrap();
}

#[test]
fn s12_3_every_rule_of_enrolling_refuses_without_a_trace() {
    run(RULES);
}

const FULL: &[Case] = &[
    // Decided by the ledger, since this environment has read the board a moment ago.
    Case::refused("enrollment/enroll-neighbour", 409, "enrollment/class-full")
        .town(|town| town.offerings[0].capacity = 1)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) })),
    // Decided by the board.
    Case::refused("enrollment/enroll-neighbour", 409, "enrollment/class-full")
        .town(|town| town.offerings[0].capacity = 1)
        .before(|scene| {
            Box::pin(async {
                drop(scene.send("enrollment/enroll").await);
                scene.stage.world.advance(Duration::from_secs(1)).await;
            })
        }),
    // The free seat that was claimed first is given back.
    Case::refused("enrollment/enroll-full-behind-free-seat", 409, "enrollment/class-full")
        .town(|town| town.offerings[0].capacity = 1)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|scene, _| Box::pin(async { assert!(scene.seated("K2").is_empty()) })),
];

#[test]
fn p1_1_a_full_class_refuses_the_whole_submission() {
    run(FULL);
}

const CHOICES: &[Case] = &[
    Case::refused("enrollment/enroll", 422, "enrollment/offering-not-available")
        .town(|town| town.offerings[0].state = OfferingState::Draft),
    Case::refused("enrollment/enroll", 422, "enrollment/offering-not-available")
        .town(|town| town.offerings[0].state = OfferingState::Cancelled),
    Case::refused("enrollment/enroll-unknown-offering", 422, "enrollment/offering-not-available").after(
        |_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/choices/1/offering_id") }),
    ),
    Case::refused("enrollment/enroll-offering-of-other-school", 422, "enrollment/offering-not-available"),
    Case::refused("enrollment/enroll-offering-of-other-term", 422, "enrollment/offering-not-available"),
    Case::refused("enrollment/enroll-offering-is-course", 422, "enrollment/offering-not-available"),
    Case::refused("enrollment/enroll-offering-is-pupil", 422, "enrollment/offering-not-available"),
    Case::refused("enrollment/enroll-twice-in-one", 422, "enrollment/chosen-twice"),
    Case::refused("enrollment/enroll-nothing", 422, "enrollment/choices-out-of-range"),
    Case::refused("enrollment/enroll-eleven", 422, "enrollment/choices-out-of-range"),
];

#[test]
fn p2_1_what_cannot_be_chosen_is_pointed_at() {
    run(CHOICES);
}

const UNREADABLE: &[Case] = &[
    Case::refused("enrollment/enroll-not-json", 400, "request/not-json"),
    Case::refused("enrollment/enroll-not-json-text", 400, "request/not-json"),
    Case::refused("enrollment/enroll-json-and-more", 400, "request/not-json"),
    Case::refused("enrollment/enroll-empty-body", 400, "request/not-json"),
    Case::refused("enrollment/enroll-no-body", 400, "request/not-json"),
    Case::refused("enrollment/enroll-not-utf8", 400, "request/not-json"),
    Case::refused("enrollment/enroll-oversized", 400, "request/body-too-large"),
    Case::refused("enrollment/enroll-array", 422, "request/field-unusable"),
    Case::refused("enrollment/enroll-null", 422, "request/field-unusable"),
    Case::refused("enrollment/enroll-deeply-nested", 422, "request/field-unusable"),
    Case::refused("enrollment/enroll-unknown-field", 422, "request/field-unusable")
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("不认识的字段 price_fen")) })),
    Case::refused("enrollment/enroll-unknown-field-in-choice", 422, "request/field-unusable").after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/choices/1/amount_fen") })
    }),
    Case::refused("enrollment/enroll-field-missing", 422, "request/field-unusable")
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("缺少字段 term")) })),
    Case::refused("enrollment/enroll-field-twice", 422, "request/field-unusable")
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("重复的字段 student_id")) })),
    Case::refused("enrollment/enroll-wrong-type", 422, "request/field-unusable")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/choices") })),
    Case::refused("enrollment/enroll-wrong-type-in-choice", 422, "request/field-unusable").after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/choices/0/materials") })
    }),
    Case::refused("enrollment/enroll-number-for-pupil", 422, "request/field-unusable"),
    Case::refused("enrollment/enroll-null-field", 422, "request/field-unusable"),
    Case::refused("enrollment/enroll-unreadable-pupil", 400, "request/parameter-unusable"),
    Case::refused("enrollment/enroll-pupil-is-offering", 400, "request/parameter-unusable"),
    Case::refused("enrollment/enroll-unreadable-term", 400, "request/parameter-unusable"),
    Case::refused("enrollment/enroll-term-of-three-years", 400, "request/parameter-unusable"),
];

#[test]
fn p2_1_what_does_not_read_is_refused_with_the_field_at_fault() {
    run(UNREADABLE);
}

const KEYS: &[Case] = &[
    Case::refused("enrollment/enroll-key-missing", 400, "request/idempotency-key-missing"),
    Case::refused("enrollment/enroll-key-empty", 400, "request/idempotency-key-unusable"),
    Case::refused("enrollment/enroll-key-too-long", 400, "request/idempotency-key-unusable"),
    Case::refused("enrollment/enroll-key-odd-letters", 400, "request/idempotency-key-unusable"),
    Case::refused("enrollment/enroll-key-reused", 422, "request/idempotency-key-reused")
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) })),
];

#[test]
fn p2_1_a_submission_names_itself_and_no_other() {
    run(KEYS);
}

const STRANGERS: &[Case] = &[
    Case::refused("enrollment/enroll-unknown-pupil", 404, "access/not-found"),
    Case::refused("enrollment/enroll-pupil-of-other-family", 404, "access/not-found"),
    Case::refused("enrollment/enroll-unknown-term", 404, "access/not-found"),
    Case::refused("enrollment/enroll-by-school", 404, "access/not-found"),
    Case::refused("enrollment/enroll-by-platform", 404, "access/not-found"),
    Case::refused("enrollment/enroll-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("enrollment/enroll-role-unknown", 404, "access/not-found"),
    Case::refused("enrollment/enroll-no-sub", 401, "access/not-signed-in"),
    Case::refused("enrollment/enroll-sub-is-no-guardian", 401, "access/not-signed-in"),
    Case::refused("enrollment/list-other-family", 404, "access/not-found"),
    Case::refused("enrollment/list-unknown-pupil", 404, "access/not-found"),
    Case::refused("enrollment/list-by-other-school", 404, "access/not-found"),
    Case::refused("enrollment/list-not-signed-in", 401, "access/not-signed-in"),
];

#[test]
fn k5_1_nobody_acts_for_children_of_others() {
    run(STRANGERS);
}

const LISTED: &[Case] = &[
    Case::done("enrollment/list", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|_, answered| {
            Box::pin(async {
                let items = &answered.json()["items"];
                assert_eq!(items.as_array().map(Vec::len), Some(1));
                assert_eq!((&items[0]["state"], &items[0]["total_fen"]), (&"pending".into(), &40_000.into()));
            })
        }),
    Case::done("enrollment/list", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.text, r#"{"items":[]}"#) })),
    Case::done("enrollment/list-term", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("20261-S000000000-01")) })),
    Case::done("enrollment/list-other-term", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.text, r#"{"items":[]}"#) })),
    Case::done("enrollment/list-pending", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("20261-S000000000-01")) })),
    Case::done("enrollment/list-paid", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.text, r#"{"items":[]}"#) })),
    Case::refused("enrollment/list-bad-state", 400, "request/parameter-unusable"),
    Case::done("enrollment/list-by-school", 200),
    Case::done("enrollment/list-by-platform", 200),
    Case::refused("enrollment/list-no-pupil", 400, "request/parameter-unusable"),
    Case::refused("enrollment/list-empty-pupil", 400, "request/parameter-unusable"),
    Case::refused("enrollment/list-unreadable-pupil", 400, "request/parameter-unusable"),
    Case::refused("enrollment/list-unreadable-term", 400, "request/parameter-unusable"),
    Case::refused("enrollment/list-unknown-parameter", 400, "request/parameter-unusable"),
    Case::refused("enrollment/list-parameter-twice", 400, "request/parameter-unusable"),
    Case::refused("enrollment/list-odd-letters", 400, "request/parameter-unusable"),
];

#[test]
fn p5_1_p7_4_a_pupils_orders_are_listed() {
    run(LISTED);
}

const NOWHERE: &[Case] = &[
    Case::refused("enrollment/wrong-path", 404, "request/no-such-path"),
    Case::refused("enrollment/wrong-path-below", 404, "request/no-such-path"),
    Case::refused("enrollment/wrong-method-delete", 404, "request/no-such-method"),
    Case::refused("enrollment/wrong-method-put", 404, "request/no-such-method"),
];

#[test]
fn p2_1_no_such_path_or_method_is_a_problem_too() {
    run(NOWHERE);
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named(
        "enrollment",
        &[TAKEN, FREE, CLOSED, RULES, FULL, CHOICES, UNREADABLE, KEYS, STRANGERS, LISTED, NOWHERE],
    );
}

#[test]
fn k5_1_unknown_and_forbidden_children_look_the_same() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        for (unknown, forbidden) in [
            ("enrollment/enroll-unknown-pupil", "enrollment/enroll-pupil-of-other-family"),
            ("enrollment/list-unknown-pupil", "enrollment/list-other-family"),
            ("enrollment/list-unknown-pupil", "enrollment/list-by-other-school"),
        ] {
            let (unknown, forbidden) = (scene.send(unknown).await, scene.send(forbidden).await);
            assert_eq!((unknown.status, &unknown.text), (forbidden.status, &forbidden.text));
            assert_eq!(unknown.headers, forbidden.headers);
        }
    });
}

#[test]
fn p2_1_the_same_submission_gets_the_same_answer_byte_for_byte() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        let first = scene.send("enrollment/enroll").await;
        world.advance(Duration::from_mins(1)).await;
        let before = scene.everything();
        let again = scene.send("enrollment/enroll").await;
        assert_eq!((first.status, &first.text, &first.headers), (again.status, &again.text, &again.headers));
        assert_eq!(before, scene.everything());
        // Also once the order has gone on: the answer tells what was submitted.
        let mut found = record(&scene).await;
        found.value.orders[0].state = OrderState::Cancelled;
        let mut commit = Commit::new(Actor::system("test"), "test.plant", scene.stage.now());
        commit.save_record(&found).unwrap();
        scene.app.store().commit(commit).await.unwrap();
        assert_eq!(scene.send("enrollment/enroll").await.text, first.text);
    });
}

#[test]
fn p2_1_the_same_submission_sent_at_once_many_times_is_one_order() {
    for seed in 0..8 {
        simulate(seed, async |world| {
            let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
            world.set_faults(Faults::latency(30));
            let sent = futures::future::join_all((0..6).map(|_| scene.send("enrollment/enroll"))).await;
            world.set_faults(Faults::none());
            let made: Vec<_> = sent.iter().filter(|answered| answered.status == 201).collect();
            assert!(!made.is_empty());
            assert!(made.iter().all(|answered| answered.text == made[0].text));
            assert!(sent.iter().all(|answered| matches!(answered.status.as_u16(), 201 | 503)));
            assert_eq!(scene.send("enrollment/enroll").await.text, made[0].text);
            assert_eq!(record(&scene).await.value.orders.len(), 1);
            assert_eq!(scene.seated("K1"), ["S000000000"]);
        });
    }
}

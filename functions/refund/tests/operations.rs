//! Quoting, asking, deciding, mending and ruling refunds, event by event. S16 S29 S34 P4 P7 P13, promises P5 P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use cashier::{Cashier, Settled};
use domain::access::Guarded;
use domain::attendance::Attendance;
use domain::audit::Actor;
use domain::catalog::OfferingState;
use domain::directory::Waiver;
use domain::id::{PaymentNo, RefundNo};
use domain::journal::Account;
use domain::payment::{Channel, Payment};
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::difference::{Difference, DifferenceKind, Proof};
use domain::reconciliation::matching::Finding;
use domain::reconciliation::trial::trial;
use domain::record::{Line, OrderState, TermRecord};
use domain::refund::facts::LessonState;
use domain::refund::{Refund, RefundState};
use domain::task::Queue;
use domain::teaching::roll::Roll;
use domain::time::Span;
use domain::{Moment, Money, Tenant};
use simulator::wechat::{Faults, RefundStep};
use store::import::Imported;
use store::{Commit, Versioned};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::Answered;
use testkit::town::{SCHOOL, TERM, Town, id};

const FUNCTIONS: Functions =
    &[("enrollment", enrollment::routes), ("order", order::routes), ("refund", refund::routes)];

const FIRST: &str = "20261-S000000000-01-1";
const REFUND: &str = "20261-S000000000-01-1-R1";
const ASKED: &str = "3144200101.2026-2027-1.fd8e330b68f2d1f5964e";

/// Guardians may withdraw all through the term.
fn may_withdraw(town: &mut Town) {
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let (from, until) = (moment("2026-08-01T00:00:00+08:00"), moment("2027-08-01T00:00:00+08:00"));
    town.term.windows.withdraw = Some(Span { from, until });
}

async fn record(scene: &Scene) -> TermRecord {
    let read = scene.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded);
    read.expect("a record").value
}

async fn line(scene: &Scene) -> Line {
    record(scene).await.orders[0].lines[0].clone()
}

async fn payment(scene: &Scene) -> Payment {
    scene.app.store().payment(&id(FIRST)).await.expect("read").map(Guarded::unguarded).expect("a payment").value
}

async fn refund_of(scene: &Scene, no: &str) -> Option<Refund> {
    scene.app.store().refund(&id(no)).await.expect("read").map(Guarded::unguarded).map(|found| found.value)
}

/// The first pupil has taken `K1`.
async fn ordered(scene: &Scene) {
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
}

/// And it is paid.
async fn paid(scene: &Scene) {
    ordered(scene).await;
    assert_eq!(scene.send("order/pay-native").await.status, 201);
    let now = scene.stage.world.now();
    scene.stage.provider().pay(FIRST, now).expect("paid");
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    let no: PaymentNo = id(FIRST);
    let settled = cashier.ask(scene.app.channels().await.expect("channels"), &no).await.expect("asked");
    assert_eq!(settled, Some(Settled::Counted));
}

async fn days_later(scene: &Scene, days: u64) {
    scene.stage.world.advance(Duration::from_hours(days * 24)).await;
}

/// It is paid, and a lesson has been given.
async fn begun(scene: &Scene) {
    paid(scene).await;
    days_later(scene, 8).await;
}

/// The guardian has asked for a withdrawal that the school has to approve.
async fn asked(scene: &Scene) {
    begun(scene).await;
    assert_eq!(scene.send("refund/ask-withdrawal").await.status, 201);
}

/// The guardian has withdrawn before the lessons, and the money is set aside.
async fn withdrawn(scene: &Scene) {
    paid(scene).await;
    assert_eq!(scene.send("refund/ask-withdrawal").await.status, 201);
}

/// The school has offered an amount.
async fn offered(scene: &Scene) {
    paid(scene).await;
    assert_eq!(scene.send("refund/ask-agreed-by-school").await.status, 201);
}

/// The refund is carried on, as the payout does.
async fn carried(scene: &Scene) {
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("payout"));
    let no: RefundNo = id(REFUND);
    let channels = scene.app.channels().await.expect("channels");
    Box::pin(cashier.carry(channels, &no, "https://platform.invalid/v1")).await.expect("carried");
}

/// The provider has taken it on.
async fn accepted(scene: &Scene) {
    withdrawn(scene).await;
    scene.stage.provider().set_faults(Faults { refund_hold: true, ..Faults::NONE });
    carried(scene).await;
    assert_eq!(refund_of(scene, REFUND).await.unwrap().state, RefundState::Processing);
}

/// The payer's card takes no money.
async fn abnormal(scene: &Scene) {
    accepted(scene).await;
    let now = scene.stage.world.now();
    scene.stage.provider().step_refund(REFUND, RefundStep::Abnormal, now).expect("abnormal");
    scene.stage.world.advance(Duration::from_mins(2)).await;
    carried(scene).await;
    assert_eq!(refund_of(scene, REFUND).await.unwrap().state, RefundState::Abnormal);
}

/// The provider gives it to the school, which owes it to the family.
async fn owed(scene: &Scene) {
    abnormal(scene).await;
    assert_eq!(scene.send("refund/redirect-to-school").await.status, 200);
}

/// And the guardian says so.
async fn disputed(scene: &Scene) {
    accepted(scene).await;
    assert_eq!(scene.send("refund/dispute").await.status, 200);
}

/// Whether the alert of that is open; none: there is none.
async fn alert(scene: &Scene) -> Option<bool> {
    let name = format!("3144200101.refund_disputed.{REFUND}");
    let found = scene.app.store().alert(&id(&name)).await.expect("read");
    found.map(|found| found.unguarded().value.is_open())
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

const QUOTED: &[Case] = &[
    Case::done("refund/quote", 200).before(|scene| Box::pin(paid(scene))).after(|_, answered| {
        Box::pin(async {
            let quote = answered.json();
            assert_eq!((&quote["total_fen"], &quote["approval"]), (&40_000.into(), &false.into()));
            assert_eq!(quote["rule"], "开课前退课,学费全额退还");
        })
    }),
    // What the guardian says of it waits for the school's word, whatever the rule says.
    Case::done("refund/quote-transfer", 200).before(|scene| Box::pin(paid(scene))).after(|_, answered| {
        Box::pin(async {
            let quote = answered.json();
            assert_eq!((&quote["total_fen"], &quote["approval"]), (&40_000.into(), &true.into()));
        })
    }),
    Case::done("refund/quote-by-school", 200).before(|scene| Box::pin(paid(scene))),
    // Five Mondays have passed by then, whose lessons count as taken.
    Case::done("refund/quote-in-october", 200).before(|scene| Box::pin(paid(scene))).after(|_, answered| {
        Box::pin(async {
            let quote = answered.json();
            assert_eq!((&quote["total_fen"], &quote["lessons"]), (&27_500.into(), &11.into()));
            let words = quote["lines"][0]["words"].as_str().expect("words");
            assert!(words.contains("已用 5 课时") && words.contains("25.00"), "{words}");
            assert_eq!(quote["approval"], true);
        })
    }),
    Case::done("refund/quote-agreed", 200)
        .before(|scene| Box::pin(paid(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["total_fen"], 1_000) })),
    Case::refused("refund/quote-agreed-too-much", 422, "refund-request/amount-out-of-range")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/quote-of-both", 400, "request/parameter-unusable"),
    Case::refused("refund/quote-of-nothing", 400, "request/parameter-unusable"),
    Case::refused("refund/quote-unknown-trigger", 400, "request/parameter-unusable"),
    Case::refused("refund/quote-unreadable-day", 400, "request/parameter-unusable"),
    Case::refused("refund/quote-other-family", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/quote-not-paid", 409, "refund-request/not-paid").before(|scene| Box::pin(ordered(scene))),
    Case::refused("refund/quote-no-such-course", 409, "refund-request/no-such-line")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/quote-not-signed-in", 401, "access/not-signed-in"),
];

const ASKING: &[Case] = &[
    Case::done("refund/ask-withdrawal", 201).town(may_withdraw).before(|scene| Box::pin(paid(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let request = answered.json();
                assert_eq!((&request["state"], &request["refund_no"]), (&"granted".into(), &REFUND.into()));
                assert_eq!(request["request_id"], ASKED);
                let line = line(scene).await;
                assert!(line.has_left() && scene.seated("K1").is_empty(), "the seat is free");
                assert_eq!(
                    (line.given_back.total().fen(), payment(scene).await.refund_reserved.fen()),
                    (40_000, 40_000)
                );
                let refund = refund_of(scene, REFUND).await.expect("a refund");
                assert_eq!((refund.amount.fen(), refund.state), (40_000, RefundState::Reserved));
                let task = scene.app.store().task(Queue::Refund, REFUND).await.expect("read");
                assert!(task.is_some(), "the refund is promised");
                let again = scene.send("refund/ask-withdrawal").await;
                assert_eq!((again.status.as_u16(), again.json()["request_id"].clone()), (201, ASKED.into()));
                assert!(refund_of(scene, "20261-S000000000-01-1-R2").await.is_none(), "one request, one refund");
            })
        },
    ),
    Case::refused("refund/ask-withdrawal-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("refund/ask-withdrawal-key-reused", 422, "request/idempotency-key-reused")
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene))),
    Case::refused("refund/ask-withdrawal-window-closed", 409, "refund-request/window-closed")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/ask-withdrawal-not-paid", 409, "refund-request/not-paid")
        .town(may_withdraw)
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("refund/ask-withdrawal-again", 409, "refund-request/has-left")
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene))),
    // A school may withdraw a pupil at any time; once lessons were given, a second person approves it.
    Case::done("refund/ask-withdrawal-by-school", 201).before(|scene| Box::pin(begun(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let request = answered.json();
                assert_eq!((&request["state"], &request["waits_for"]), (&"asked".into(), &"school".into()));
                assert_eq!(scene.seated("K1").len(), 1, "until it is granted the seat is the pupil's");
                assert_eq!(scene.send("refund/decide-own").await.slug(), "refund-request/second-person-needed");
                assert_eq!(scene.send("refund/decide-by-second").await.status, 200);
                assert!(scene.seated("K1").is_empty());
            })
        },
    ),
    Case::refused("refund/ask-withdrawal-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/ask-withdrawal-other-family", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/ask-withdrawal-by-teacher", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/ask-withdrawal-yesterday", 422, "refund-request/day-out-of-range")
        .town(may_withdraw)
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/ask-withdrawal-unknown-field", 422, "request/field-unusable"),
    Case::refused("refund/ask-withdrawal-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("refund/ask-leave", 409, "refund-request/nothing-to-go-back").before(|scene| Box::pin(begun(scene))),
    // Only the school gives a class up, and for all who sit there.
    Case::refused("refund/ask-class-cancelled", 409, "refund-request/not-for-one")
        .town(may_withdraw)
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/ask-class-cancelled-by-school", 409, "refund-request/not-for-one")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/ask-note-too-short", 422, "refund-request/reason-unusable")
        .before(|scene| Box::pin(paid(scene))),
    Case::done("refund/ask-agreed-by-school", 201).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["waits_for"], "guardian");
            assert_eq!(scene.send("refund/decide-offer").await.slug(), "refund-request/other-party-needed");
        })
    }),
];

/// The pupil is taught in a class on sixteen Mondays: there on the first, on leave on the second, and the third lesson was
/// taken off. The register says that it is paid.
async fn taught(scene: &Scene) {
    paid(scene).await;
    Box::pin(archive::look(scene.app.clone(), format!("S000000000/{TERM}"))).await.expect("listed");
    let first = jiff::civil::date(2026, 9, 7);
    let mondays: Vec<_> = (0..16).map(|week| first.saturating_add(jiff::Span::new().weeks(week))).collect();
    let mut class = testkit::class::class_of(&Town::small(2), 0, &mondays, [0]);
    class.lessons[2].off = Some("教师培训".to_owned());
    class.members[0].materials = Some(first);
    testkit::class::open_class(scene.app.store(), &class, scene.app.now()).await;
    days_later(scene, 22).await;
    let (pupil, now) = (id("S000000000"), scene.app.now());
    let mut rolls = [1, 2].map(|no| Roll::new(&class.id, no, class.lesson(no).unwrap().at()));
    for roll in &mut rolls {
        roll.called_at = Some(now);
    }
    rolls[1].grant_leave(&pupil, &id("3144200101.2026-2027-1.00000000000000000001"), now).expect("on leave");
    for roll in rolls {
        let mut commit = Commit::new(Actor::system("test"), "test.begin", now);
        commit.save_roll(&Versioned::absent(roll)).expect("a roll");
        scene.app.store().commit(commit).await.expect("written");
    }
}

const TAUGHT: &[Case] = &[
    Case::done("refund/quote", 200).before(|scene| Box::pin(taught(scene))).after(|_, answered| {
        Box::pin(async {
            let quote = answered.json();
            let words = "学费 400.00 元 ÷ 16 课时,每课时 25.00 元;已用 1 课时,可退 15 课时(含请假、停课等未上 2 课时)";
            assert_eq!((&quote["total_fen"], &quote["lines"][0]["words"]), (&37_500.into(), &words.into()));
        })
    }),
    Case::done("refund/show-accrued", 200).before(|scene| Box::pin(taught(scene))).after(|_, answered| {
        Box::pin(async {
            let accrued = answered.json();
            let item = &accrued["items"][0];
            assert_eq!((&accrued["total_fen"], &accrued["as_of"]), (&5_000.into(), &"2026-09-23".into()));
            assert_eq!((&item["pays"], &item["approval"]), (&"at_end".into(), &true.into()));
            let lesson = |date: &str, state: &str| {
                serde_json::json!({"date": date, "state": state, "amount_fen": 2_500, "paid_out": false})
            };
            let lessons = [lesson("2026-09-14", "on_leave"), lesson("2026-09-21", "not_given")];
            assert_eq!(item["lessons"], serde_json::json!(lessons), "line by line");
        })
    }),
    Case::done("refund/show-accrued-by-school", 200)
        .before(|scene| Box::pin(paid(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["total_fen"], 0) })),
    Case::refused("refund/show-accrued-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/show-accrued-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("refund/show-accrued-unreadable", 400, "request/parameter-unusable"),
    Case::done("refund/list-accrued", 200).before(|scene| Box::pin(taught(scene))).after(|_, answered| {
        Box::pin(async {
            let accrued = answered.json();
            let items = accrued["items"].as_array().unwrap();
            assert_eq!((items.len(), &accrued["total_fen"]), (1, &5_000.into()));
            assert_eq!((&items[0]["student_id"], &items[0]["course"]), (&"S000000000".into(), &"K1".into()));
        })
    }),
    Case::refused("refund/list-accrued-other-school", 404, "access/not-found"),
    Case::refused("refund/list-accrued-by-guardian", 404, "access/not-found"),
    Case::refused("refund/list-accrued-unknown-term", 404, "access/not-found"),
    Case::refused("refund/list-accrued-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("refund/ask-accrued", 409, "refund-request/paid-out-by-rule").before(|scene| Box::pin(taught(scene))),
];

#[test]
fn s34_2_p7_1_what_lessons_came_to_is_told_by_the_rolls_of_the_class() {
    run(TAUGHT);
}

/// The school has not given the first lesson.
async fn missed(scene: &Scene) {
    begun(scene).await;
    let lesson = Attendance {
        student: id("S000000000"),
        school: id(SCHOOL),
        term: id(TERM),
        course: id("K1"),
        date: jiff::civil::date(2026, 9, 7),
        period: 1,
        state: LessonState::NotGiven,
        materials_received: false,
        sundry_used: false,
    };
    let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.app.now());
    commit.save_attendance_kept(&Versioned::absent(Imported::by_hand(lesson))).expect("a lesson");
    scene.app.store().commit(commit).await.expect("written");
}

/// The pupil was granted a waiver after the order was paid.
async fn waived(scene: &Scene) {
    paid(scene).await;
    let mut student = Town::small(2).students[0].clone();
    student.pupil.waivers = vec![Waiver { reason: "低保家庭".to_owned(), percent: 50 }];
    let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.app.now());
    commit.save_student(&Versioned { value: student, ver: 1, created_at: None }).expect("a pupil");
    scene.app.store().commit(commit).await.expect("written");
}

/// A guardian's request waits for the school, which grants it: so much goes back.
async fn granted_by_school(scene: &Scene, answered: &Answered, fen: i64) {
    let request = answered.json();
    assert_eq!((&request["state"], &request["waits_for"]), (&"asked".into(), &"school".into()));
    assert!(refund_of(scene, REFUND).await.is_none(), "nothing goes back before");
    assert_eq!(scene.send("refund/decide-approve").await.status, 200);
    assert_eq!(refund_of(scene, REFUND).await.expect("a refund").amount.fen(), fen);
    assert_eq!(payment(scene).await.refund_reserved.fen(), fen);
}

const CLAIMED: &[Case] = &[
    Case::done("refund/ask-transfer", 201).town(may_withdraw).before(|scene| Box::pin(paid(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                granted_by_school(scene, answered, 40_000).await;
                assert!(line(scene).await.has_left() && scene.seated("K1").is_empty());
            })
        },
    ),
    Case::done("refund/ask-transfer", 201)
        .town(may_withdraw)
        .before(|scene| Box::pin(begun(scene)))
        .after(|scene, answered| Box::pin(async move { granted_by_school(scene, answered, 37_500).await })),
    Case::done("refund/ask-suspension", 201).before(|scene| Box::pin(missed(scene))).after(|scene, answered| {
        Box::pin(async move {
            granted_by_school(scene, answered, 2_500).await;
            assert_eq!((line(scene).await.given_back.lessons, scene.seated("K1").len()), (1, 1), "the pupil stays");
        })
    }),
    Case::refused("refund/ask-suspension", 409, "refund-request/nothing-to-go-back")
        .before(|scene| Box::pin(begun(scene))),
    Case::done("refund/ask-waiver", 201).before(|scene| Box::pin(waived(scene))).after(|scene, answered| {
        Box::pin(async move {
            granted_by_school(scene, answered, 20_000).await;
            let line = line(scene).await;
            assert_eq!((line.given_back.waived.fen(), line.has_left()), (20_000, false));
            let again = scene.send("refund/ask-waiver-again").await;
            assert_eq!(again.slug(), "refund-request/nothing-to-go-back", "a waiver counts once");
        })
    }),
    Case::refused("refund/ask-waiver-again", 409, "refund-request/nothing-to-go-back")
        .before(|scene| Box::pin(paid(scene))),
];

#[test]
fn s34_2_what_the_school_alone_knows_goes_back_by_its_word() {
    run(CLAIMED);
}

const OF_MANY: &[Case] = &[
    Case::done("refund/suspend-lessons", 202).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            let ids = answered.json()["offering_ids"].as_array().expect("offerings").len();
            assert_eq!(ids, 6, "all of the week");
            let suspension = "3144200101.2026-2027-1.K1.2026-09-07.2026-09-11.all";
            let task = || scene.app.store().task(Queue::Refund, suspension);
            assert!(task().await.expect("read").is_some(), "its pupils get back what it costs");
            let held = scene.app.store().suspension(&id(suspension)).await.expect("read").expect("a suspension");
            assert_eq!((held.ver, held.value.reason.as_str()), (1, "台风红色预警,按通知停课"));
            assert_eq!(scene.send("refund/suspend-lessons").await.status, 202, "said again it is carried out again");
            assert_eq!(task().await.expect("read").expect("a task").wanted, 1);
        })
    }),
    Case::done("refund/suspend-lessons-of-grades", 202).after(|scene, _| {
        Box::pin(async move {
            let suspension = "3144200101.2026-2027-1.K1.2026-09-07.2026-09-11.1-2";
            assert!(scene.app.store().task(Queue::Refund, suspension).await.expect("read").is_some());
        })
    }),
    Case::done("refund/suspend-lessons-of-course", 202).after(|_, answered| {
        Box::pin(async {
            let ids = &answered.json()["offering_ids"];
            assert_eq!(*ids, serde_json::json!(["3144200101.2026-2027-1.K2"]));
        })
    }),
    Case::refused("refund/suspend-lessons-no-lessons", 409, "suspension/no-lessons"),
    Case::refused("refund/suspend-lessons-outside-term", 422, "suspension/days-unusable"),
    Case::refused("refund/suspend-lessons-no-grade", 422, "suspension/grades-unusable"),
    Case::refused("refund/suspend-lessons-no-reason", 422, "suspension/reason-unusable"),
    Case::refused("refund/suspend-lessons-unknown-term", 404, "access/not-found"),
    Case::refused("refund/suspend-lessons-unreadable", 400, "request/parameter-unusable"),
    Case::refused("refund/suspend-lessons-unknown-field", 422, "request/field-unusable"),
    Case::refused("refund/suspend-lessons-by-guardian", 404, "access/not-found"),
    Case::refused("refund/suspend-lessons-by-other-school", 404, "access/not-found"),
    Case::done("refund/transfer-out", 200).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            let request = &answered.json()["requests"][0];
            assert_eq!((&request["basis"], &request["state"]), (&"transfer".into(), &"granted".into()));
            assert_eq!(refund_of(scene, REFUND).await.expect("a refund").amount.fen(), 40_000);
            assert!(line(scene).await.has_left() && scene.seated("K1").is_empty());
            let again = scene.send("refund/transfer-out").await.json();
            assert_eq!(again["requests"].as_array().expect("requests").len(), 1);
            assert_eq!(again["requests"][0]["request_id"], request["request_id"], "the same");
            assert!(refund_of(scene, "20261-S000000000-01-1-R2").await.is_none(), "once");
        })
    }),
    // A request that waits is taken back: this one is in its place.
    Case::done("refund/transfer-out", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["requests"][0]["state"], "granted");
                assert_eq!(refund_of(scene, REFUND).await.expect("a refund").amount.fen(), 37_500);
                let shown = scene.send("refund/show-request").await.json();
                assert_eq!(shown["state"], "taken_back");
            })
        },
    ),
    // What is not paid ends in its own way.
    Case::done("refund/transfer-out", 200).before(|scene| Box::pin(ordered(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["requests"], serde_json::json!([]));
            assert_eq!(record(scene).await.orders[0].state, OrderState::Closing);
        })
    }),
    Case::refused("refund/transfer-out-too-late", 422, "refund-request/day-out-of-range")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/transfer-out-unknown", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/transfer-out-unreadable", 400, "request/parameter-unusable"),
    Case::refused("refund/transfer-out-by-guardian", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("refund/transfer-out-by-other-school", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
];

#[test]
fn s34_2_a_school_suspends_lessons_and_lets_pupils_go_in_one_act() {
    run(OF_MANY);
}

const DECIDED: &[Case] = &[
    Case::done("refund/decide-approve", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let request = answered.json();
                assert_eq!((&request["state"], &request["quote"]["total_fen"]), (&"granted".into(), &37_500.into()));
                assert!(request.get("difference").is_none(), "nothing differs from the quote");
                assert!(scene.seated("K1").is_empty());
                assert_eq!(refund_of(scene, REFUND).await.unwrap().amount.fen(), 37_500);
                let again = scene.send("refund/decide-approve").await;
                assert_eq!(again.slug(), "refund-request/already-decided");
            })
        },
    ),
    Case::done("refund/decide-refuse", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["reason"], "课程已近尾声");
                let line = line(scene).await;
                assert_eq!((line.leaving, scene.seated("K1").len()), (None, 1), "as before");
            })
        },
    ),
    Case::refused("refund/decide-refuse-no-reason", 422, "refund-request/reason-unusable")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("refund/decide-by-guardian", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("refund/decide-by-other-school", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("refund/decide-unknown", 404, "access/not-found"),
    Case::refused("refund/decide-unreadable", 400, "request/parameter-unusable"),
    Case::refused("refund/decide-own", 404, "access/not-found"),
    Case::refused("refund/decide-by-second", 404, "access/not-found"),
    Case::refused("refund/decide-offer", 409, "refund-request/other-party-needed")
        .before(|scene| Box::pin(offered(scene))),
    Case::done("refund/confirm", 200).before(|scene| Box::pin(offered(scene))).after(|scene, _| {
        Box::pin(async move {
            assert_eq!(refund_of(scene, REFUND).await.unwrap().amount.fen(), 10_000);
            assert_eq!(scene.seated("K1").len(), 1, "the pupil stays");
        })
    }),
    Case::done("refund/confirm-not", 200)
        .before(|scene| Box::pin(offered(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "refused") })),
    Case::refused("refund/confirm-by-school", 404, "access/not-found").before(|scene| Box::pin(offered(scene))),
    Case::refused("refund/confirm-other-family", 404, "access/not-found").before(|scene| Box::pin(offered(scene))),
    Case::done("refund/take-back", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["state"], "taken_back");
                assert_eq!(line(scene).await.leaving, None);
            })
        },
    ),
    Case::refused("refund/take-back-other-family", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("refund/take-back-unknown", 404, "access/not-found"),
    Case::done("refund/cancel-class", 202).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["pupils"], 1);
            let offering = scene.app.store().offering(&id("3144200101.2026-2027-1.K1")).await.expect("read");
            assert_eq!(offering.expect("an offering").value.state, OfferingState::Cancelled);
            let task = scene.app.store().task(Queue::Refund, "3144200101.2026-2027-1.K1").await.expect("read");
            assert!(task.is_some(), "its pupils will leave it");
        })
    }),
    Case::refused("refund/cancel-class-by-other-school", 404, "access/not-found"),
    Case::refused("refund/cancel-class-by-guardian", 404, "access/not-found"),
    Case::refused("refund/cancel-class-unknown", 404, "access/not-found"),
];

const SHOWN: &[Case] = &[
    Case::done("refund/show-request", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))),
    Case::done("refund/show-request-by-school", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))),
    Case::refused("refund/show-request-other-family", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::done("refund/list-requests", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["request_id"], ASKED) })),
    Case::done("refund/list-requests-asked", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"].as_array().unwrap().len(), 0) })),
    Case::done("refund/list-requests-of-child", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"].as_array().unwrap().len(), 1) })),
    Case::refused("refund/list-requests-by-guardian", 404, "access/not-found"),
    Case::refused("refund/list-requests-other-school", 404, "access/not-found"),
    Case::refused("refund/list-requests-bad-state", 400, "request/parameter-unusable"),
    Case::done("refund/list-refunds", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["refund_no"], REFUND) })),
    Case::done("refund/list-refunds-done", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"].as_array().unwrap().len(), 0) })),
    Case::done("refund/list-refunds-troubled", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(abnormal(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["trouble"], "payer_account") })),
    Case::done("refund/list-refunds-disputed", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(disputed(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["refund_no"], REFUND) })),
    Case::done("refund/list-refunds-owed", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(owed(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["refund_no"], REFUND) })),
    Case::refused("refund/list-refunds-other-school", 404, "access/not-found"),
    Case::refused("refund/list-refunds-bad-cursor", 400, "request/parameter-unusable"),
    Case::done("refund/list-order-refunds", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["amount_fen"], 40_000) })),
    Case::refused("refund/list-order-refunds-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(paid(scene))),
    Case::done("refund/show-refund", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "reserved") })),
    Case::refused("refund/show-refund-other-family", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene))),
    Case::refused("refund/show-refund-unknown", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
];

const MENDED: &[Case] = &[
    Case::done("refund/dispute", 200).town(may_withdraw).before(|scene| Box::pin(accepted(scene))).after(|scene, _| {
        Box::pin(async move {
            assert_eq!(scene.send("refund/dispute").await.slug(), "refund/already-disputed");
            assert_eq!(alert(scene).await, Some(true), "the school is told");
        })
    }),
    Case::refused("refund/dispute-not-sent", 409, "refund/not-sent-yet")
        .town(may_withdraw)
        .before(|scene| Box::pin(withdrawn(scene))),
    Case::refused("refund/dispute-other-family", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(accepted(scene))),
    Case::done("refund/answer", 200).town(may_withdraw).before(|scene| Box::pin(disputed(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["disputes"][0]["answer"], "已退至零钱,请查看账单");
                assert_eq!(alert(scene).await, Some(false));
            })
        },
    ),
    Case::refused("refund/answer-nothing", 409, "refund/nothing-to-answer")
        .town(may_withdraw)
        .before(|scene| Box::pin(accepted(scene))),
    Case::refused("refund/answer-empty", 422, "refund/answer-unusable")
        .town(may_withdraw)
        .before(|scene| Box::pin(disputed(scene))),
    Case::refused("refund/answer-by-guardian", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(disputed(scene))),
    // The provider gives it to the school, and the school pays it out: the books say so once.
    Case::done("refund/redirect-to-school", 200).town(may_withdraw).before(|scene| Box::pin(abnormal(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let returned = answered.json();
                assert_eq!((&returned["state"], returned.get("handed_out_at")), (&"returned".into(), None));
                let handed_out = scene.send("refund/hand-out").await.json();
                assert_eq!(handed_out["state"], "returned");
                assert!(handed_out["handed_out_at"].is_string());
                assert_eq!(scene.send("refund/hand-out").await.slug(), "refund/not-now", "once");
                let owed = scene.send("refund/list-refunds-owed").await.json();
                assert_eq!(owed["items"], serde_json::json!([]), "the school owes nothing any more");
                let entries = scene.app.store().journal_of(&id(SCHOOL), scene.app.now().day()).await.expect("read");
                let trial = trial(&entries).expect("it adds up");
                for account in [Account::RefundPayable, Account::SchoolPayable, Account::SchoolCash] {
                    assert_eq!(trial.balance(account), Money::ZERO, "{account}");
                }
            })
        },
    ),
    // It was given to the school in the provider's own console, and paid out.
    Case::done("refund/hand-out", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(abnormal(scene)))
        .after(|_, answered| Box::pin(async { assert!(answered.json()["handed_out_at"].is_string()) })),
    Case::done("refund/redirect-to-card", 200).town(may_withdraw).before(|scene| Box::pin(abnormal(scene))),
    Case::refused("refund/redirect-not-abnormal", 409, "refund/not-now")
        .town(may_withdraw)
        .before(|scene| Box::pin(accepted(scene))),
    Case::refused("refund/redirect-by-admin", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(abnormal(scene))),
    Case::done("refund/retry", 200).town(may_withdraw).before(|scene| Box::pin(refused(scene))).after(|scene, _| {
        Box::pin(async move {
            let next = refund_of(scene, "20261-S000000000-01-1-R2").await.expect("another refund");
            assert_eq!((next.retry_of, next.state, next.amount.fen()), (Some(1), RefundState::Reserved, 40_000));
            assert_eq!(payment(scene).await.refund_reserved.fen(), 40_000);
            assert_eq!(scene.send("refund/retry").await.slug(), "refund/not-now", "once");
        })
    }),
    Case::refused("refund/retry-not-refused", 409, "refund/not-now")
        .town(may_withdraw)
        .before(|scene| Box::pin(accepted(scene))),
    Case::refused("refund/retry-by-guardian", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(refused(scene))),
    Case::done("refund/hand-out", 200).town(may_withdraw).before(|scene| Box::pin(refused(scene))).after(|scene, _| {
        Box::pin(async move {
            let by_hand = refund_of(scene, "20261-S000000000-01-1-R2").await.expect("what was paid by hand");
            assert_eq!((by_hand.retry_of, by_hand.state), (Some(1), RefundState::Returned));
            assert!(by_hand.snapshot.is_some(), "with its snapshot");
            assert_eq!(scene.send("refund/hand-out").await.slug(), "refund/not-now", "once");
        })
    }),
    Case::refused("refund/hand-out-not-returned", 409, "refund/not-now")
        .town(may_withdraw)
        .before(|scene| Box::pin(accepted(scene))),
    Case::refused("refund/hand-out-by-admin", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(refused(scene))),
];

/// The school keeps what goes back against the next term, and the guardian has withdrawn.
async fn kept(scene: &Scene) {
    assert_eq!(scene.send("refund/edit-school-rules-next-term").await.status, 200);
    withdrawn(scene).await;
}

const KEPT: &[Case] = &[
    Case::done("refund/edit-school-rules-next-term", 200),
    Case::done("refund/release", 200).town(may_withdraw).before(|scene| Box::pin(kept(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let view = answered.json();
                assert_eq!((&view["payout"], &view["not_before"]), (&"original".into(), &serde_json::Value::Null));
                carried(scene).await;
                assert_eq!(refund_of(scene, REFUND).await.unwrap().state, RefundState::Processing);
                assert_eq!(scene.send("refund/release").await.slug(), "refund/not-now", "once");
            })
        },
    ),
    // Nobody says anything: it goes back by itself while the provider takes it.
    Case::done("refund/show-refund", 200).town(may_withdraw).before(|scene| Box::pin(kept(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["payout"], "next_term");
                let task = scene.app.store().task(Queue::Refund, REFUND).await.expect("read").expect("a task");
                assert_eq!(answered.json()["not_before"], task.due.to_string(), "nobody is woken before");
                carried(scene).await;
                assert_eq!(refund_of(scene, REFUND).await.unwrap().state, RefundState::Reserved);
                days_later(scene, 330).await;
                carried(scene).await;
                assert_eq!(refund_of(scene, REFUND).await.unwrap().state, RefundState::Processing);
            })
        },
    ),
    Case::refused("refund/release-not-kept", 409, "refund/not-now")
        .town(may_withdraw)
        .before(|scene| Box::pin(accepted(scene))),
    Case::refused("refund/release-by-guardian", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(kept(scene))),
];

#[test]
fn s34_5_what_is_kept_against_the_next_term_goes_back_in_the_end() {
    run(KEPT);
}

/// The provider refuses the refund for good.
async fn refused(scene: &Scene) {
    withdrawn(scene).await;
    // Somebody at the school was quicker in the provider's own console: nothing is left there.
    let now = scene.stage.world.now();
    scene.stage.provider().refund_in_console(FIRST, 40_000, now).expect("by hand");
    carried(scene).await;
    assert_eq!(refund_of(scene, REFUND).await.unwrap().state, RefundState::Rejected);
}

/// The school's finance has given 50 yuan back in the provider's own console, and the bill tells of it.
async fn outside(scene: &Scene) {
    paid(scene).await;
    found_outside(scene).await;
}

async fn found_outside(scene: &Scene) {
    let now = scene.app.now();
    let finding = Finding {
        kind: DifferenceKind::RefundExternal,
        of: Tenant::School(id(SCHOOL)),
        channel: Channel::Wechat,
        side: RowKind::Refund,
        number: "X-1".to_owned(),
        ours: None,
        theirs: Some(Money::from_fen(5_000)),
        proof: Proof {
            payment: FIRST.to_owned(),
            provider_refund_no: "50000000012026090100000001".to_owned(),
            at: Some(now),
            ..Proof::default()
        },
    };
    let mut commit = Commit::new(Actor::system("test"), "test.begin", now);
    let found = Difference::found(finding, jiff::civil::date(2026, 9, 1), "b111", now);
    commit.save_difference(&Versioned::absent(found)).expect("an item");
    scene.app.store().commit(commit).await.expect("written");
}

const ADOPTED: &[Case] = &[
    Case::done("refund/adopt", 201).before(|scene| Box::pin(outside(scene))).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!((&view["state"], &view["reason"]), (&"done".into(), &"outside".into()));
            let (payment, line) = (payment(scene).await, line(scene).await);
            assert_eq!((payment.refund_reserved, payment.refunds), (Money::from_fen(5_000), 1));
            assert_eq!(line.given_back.tuition, Money::from_fen(5_000));
            assert!(!line.has_left(), "the pupil stays");
            let refund = refund_of(scene, REFUND).await.expect("a refund");
            assert_eq!(refund.listed_on, None, "the bill knows it under a number of its own");
            assert!(refund.snapshot.is_some());
            let day = scene.app.now().day();
            let entries = scene.app.store().journal_of(&id(SCHOOL), day).await.expect("read");
            let trial = trial(&entries).expect("it adds up");
            assert_eq!(trial.refunded, Money::from_fen(5_000));
            assert_eq!(scene.send("refund/adopt").await.status, 412, "once");
        })
    }),
    Case::refused("refund/adopt-no-parts", 422, "adopt/parts-missing").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-other-sum", 422, "adopt/parts-differ").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-other-course", 422, "adopt/part-unusable").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-twice-named", 422, "adopt/part-unusable").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-no-reason", 422, "difference/reason-unusable").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-outdated", 412, "request/if-match-outdated").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-no-match", 428, "request/if-match-missing").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-by-admin", 404, "access/not-found").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-by-guardian", 404, "access/not-found").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-unknown", 404, "access/not-found").before(|scene| Box::pin(outside(scene))),
    Case::refused("refund/adopt-unreadable", 400, "request/parameter-unusable"),
    Case::refused("refund/adopt-unknown-field", 422, "request/field-unusable"),
    // All of it is set aside already: the provider has given back what our own refund was to give.
    Case::refused("refund/adopt", 409, "adopt/more-than-left").town(may_withdraw).before(|scene| {
        Box::pin(async {
            withdrawn(scene).await;
            found_outside(scene).await;
        })
    }),
];

const RULED: &[Case] = &[
    Case::done("refund/show-school-rules", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["decided_by"], "standard") })),
    Case::refused("refund/show-school-rules-by-other-school", 404, "access/not-found"),
    Case::done("refund/edit-school-rules", 200).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["version"], 1);
            let shown = scene.send("refund/show-school-rules").await.json();
            assert_eq!((&shown["decided_by"], &shown["version"]), (&"school".into(), &1.into()));
            let quote = scene.send("refund/quote").await.json();
            assert_eq!(quote["total_fen"], 40_000, "what was sold before goes by the rules of then");
        })
    }),
    Case::refused("refund/edit-school-rules-no-clause", 422, "refund-rules/clauses-out-of-range"),
    Case::refused("refund/edit-school-rules-accrued-nothing", 422, "refund-rules/accrued-unusable"),
    Case::refused("refund/edit-school-rules-outdated", 412, "request/if-match-outdated"),
    Case::refused("refund/edit-school-rules-no-match", 428, "request/if-match-missing"),
    Case::refused("refund/edit-school-rules-by-guardian", 404, "access/not-found"),
    Case::refused("refund/edit-school-rules-by-other-school", 404, "access/not-found"),
    Case::done("refund/edit-school-rules-by-township", 200),
    Case::done("refund/show-township-rules", 200),
    Case::refused("refund/show-township-rules-by-other", 404, "access/not-found"),
    Case::refused("refund/show-township-rules-by-school", 404, "access/not-found"),
    Case::done("refund/edit-township-rules", 200).after(|scene, _| {
        Box::pin(async move {
            let shown = scene.send("refund/show-school-rules").await.json();
            assert_eq!(shown["decided_by"], "township", "it holds where the school has not decided");
            paid(scene).await;
            let quote = scene.send("refund/quote").await.json();
            assert_eq!(quote["total_fen"], 0, "what is sold now goes by it");
        })
    }),
    Case::refused("refund/edit-township-rules-by-other", 404, "access/not-found"),
];

#[test]
fn s34_2_what_would_go_back_is_told_item_by_item() {
    run(QUOTED);
}

#[test]
fn p4_1_a_withdrawal_is_asked_for() {
    run(ASKING);
}

#[test]
fn s16_1_a_withdrawal_is_decided() {
    run(DECIDED);
}

#[test]
fn s16_2_s34_1_p7_4_where_requests_and_refunds_stand_is_seen() {
    run(SHOWN);
}

#[test]
fn s34_4_a_refund_that_does_not_arrive_is_mended() {
    run(MENDED);
}

#[test]
fn s34_4_a_refund_made_at_the_provider_is_entered() {
    run(ADOPTED);
}

#[test]
fn s34_2_rules_are_data_of_school_and_township() {
    run(RULED);
}

#[test]
fn every_event_is_named() {
    sample::every_event_is_named(
        "refund",
        &[QUOTED, TAUGHT, ASKING, CLAIMED, OF_MANY, DECIDED, SHOWN, MENDED, KEPT, ADOPTED, RULED],
    );
}

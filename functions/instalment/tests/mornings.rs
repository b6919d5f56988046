//! Mornings of a term whose courses are paid in parts. P6.1, promises P5 P6.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::time::Duration;

use cashier::{Cashier, Ended, Settled};
use domain::Moment;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::directory::Waiver;
use domain::id::{OrderNo, PaymentNo};
use domain::instalment::PaymentMode;
use domain::reconciliation::trial::trial;
use domain::record::{Leaving, OrderState, TermRecord};
use domain::refund::RefundState;
use domain::teaching::roll::Roll;
use domain::time::Span;
use edge::App;
use jiff::civil::date;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::class::{class_of, open_class};
use testkit::sample::{Functions, Scene};
use testkit::stage::{Answered, Stage, Who, event, send};
use testkit::town::{SCHOOL, TERM, Town, id};
use testkit::{World, simulate};
use utoipa_axum::router::OpenApiRouter;

const FUNCTIONS: Functions =
    &[("enrollment", enrollment::routes), ("order", order::routes), ("refund", refund::routes)];

const PERIODS: PaymentMode = PaymentMode::Periods { count: 3, days: 7 };
const LESSONS: PaymentMode = PaymentMode::Lessons { days: 10 };

/// Sixteen lessons of 25 yuan on Mondays from 7 September; the seventh is on 19 October.
const UNTIL_OCTOBER_12: u64 = 41;

/// The first pupil has taken `K1`, of whose parts only the first is asked for.
async fn taken(world: &World, mode: PaymentMode) -> Scene {
    let mut town = Town::small(4);
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let (from, until) = (moment("2026-08-01T00:00:00+08:00"), moment("2027-12-01T00:00:00+08:00"));
    town.term.windows.withdraw = Some(Span { from, until });
    town.term.payment = mode;
    let scene = Scene::new(Stage::with(world, &town).await, FUNCTIONS);
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
    scene
}

fn number(seq: u8) -> String {
    format!("20261-S000000000-{seq:02}")
}

async fn record(scene: &Scene) -> TermRecord {
    let read = scene.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded);
    read.expect("a record").value
}

fn cashier(scene: &Scene) -> Cashier<'_> {
    Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"))
}

/// The guardian asks a function for something.
async fn post(scene: &Scene, routes: fn() -> OpenApiRouter<App>, path: &str, body: Option<Value>) -> Answered {
    let who = Who::Guardian("G000000000".to_owned());
    let body = body.map(|body| body.to_string());
    let request = event("POST", path, &who, &[("Idempotency-Key", "g-1")], body.as_deref());
    send(&edge::start::router(scene.app.clone(), routes()), &request).await
}

/// The guardian begins to pay an order.
async fn begin(scene: &Scene, seq: u8) -> Answered {
    let body = json!({"channel": "wechat", "method": "native"});
    post(scene, order::routes, &format!("/orders/{}/payments", number(seq)), Some(body)).await
}

/// And pays it.
async fn pay(scene: &Scene, seq: u8) -> Settled {
    assert_eq!(begin(scene, seq).await.status, 201);
    let payment = format!("{}-1", number(seq));
    let now = scene.stage.world.now();
    scene.stage.provider().pay(&payment, now).expect("paid");
    let channels = scene.app.channels().await.expect("channels");
    let settled = cashier(scene).ask(channels, &id::<PaymentNo>(&payment)).await.expect("asked").expect("an answer");
    listed(scene).await;
    settled
}

/// The register knows what the record says.
async fn listed(scene: &Scene) {
    archive::look(scene.app.clone(), format!("S000000000/{TERM}")).await.expect("archived");
}

/// Some mornings later; how many orders ask for something since then.
async fn morning(scene: &Scene, days: u64) -> u32 {
    scene.stage.world.advance(Duration::from_hours(days * 24)).await;
    let report = instalment::run(&scene.app).await;
    assert_eq!(report.failed, 0, "{:?}", report.worst);
    report.asked
}

#[test]
fn p6_1_each_part_is_asked_for_and_paid_by_itself() {
    simulate(1, async |world| {
        let scene = taken(&world, PERIODS).await;
        assert_eq!(record(&scene).await.orders[0].total.fen(), 6 * 2_500);
        assert_eq!(pay(&scene, 1).await, Settled::Counted);
        assert_eq!(morning(&scene, UNTIL_OCTOBER_12 - 1).await, 0, "not yet");
        assert_eq!((morning(&scene, 1).await, morning(&scene, 0).await), (1, 0), "once");
        let second = record(&scene).await.orders[1].clone();
        assert_eq!((second.total.fen(), second.deadline.to_string()), (12_500, "2026-10-19T00:00:00+08:00".to_owned()));
        assert_eq!(scene.seated("K1"), ["S000000000"], "one seat");
        assert_eq!(pay(&scene, 2).await, Settled::Counted);
        assert_eq!(morning(&scene, 60).await, 1, "the third");
        assert_eq!(pay(&scene, 3).await, Settled::Counted);
        assert_eq!(morning(&scene, 30).await, 0, "all of it is paid");
        let paid: i64 = record(&scene).await.orders.iter().map(|order| order.total.fen()).sum();
        assert_eq!((paid, scene.seated("K1")), (40_000, vec!["S000000000".to_owned()]));
    });
}

/// The pupil is granted a waiver.
async fn waived(scene: &Scene, percent: u8) {
    let mut student = Town::small(2).students.into_iter().next().expect("a pupil");
    student.pupil.waivers = vec![Waiver { reason: "低保家庭".to_owned(), percent }];
    let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.app.now());
    commit.save_student(&Versioned { value: student, ver: 1, created_at: None }).expect("a pupil");
    scene.app.store().commit(commit).await.expect("written");
}

#[test]
fn p6_1_a_waiver_granted_in_between_is_taken_off_the_parts_to_come() {
    simulate(1, async |world| {
        let scene = taken(&world, PERIODS).await;
        assert_eq!(pay(&scene, 1).await, Settled::Counted);
        waived(&scene, 50).await;
        assert_eq!(morning(&scene, UNTIL_OCTOBER_12).await, 1);
        let second = record(&scene).await.orders[1].clone();
        let spared = second.lines[0].waived.clone().expect("waived");
        assert_eq!((second.total.fen(), spared.amount.fen(), spared.reason.as_str()), (6_250, 6_250, "低保家庭"));
    });
}

#[test]
fn p6_1_p6_3_what_is_not_paid_in_time_lets_the_seat_go() {
    simulate(1, async |world| {
        let scene = taken(&world, PERIODS).await;
        pay(&scene, 1).await;
        assert_eq!(morning(&scene, UNTIL_OCTOBER_12).await, 1);
        assert_eq!(begin(&scene, 2).await.status, 201);
        world.advance(Duration::from_hours(8 * 24)).await;
        let channels = scene.app.channels().await.expect("channels");
        assert_eq!(cashier(&scene).end_order(channels, &id(&number(2))).await.expect("ended"), Ended::Free);
        let after = record(&scene).await;
        assert_eq!(after.orders[1].state, OrderState::Expired);
        assert!(matches!(after.orders[0].lines[0].leaving, Some(Leaving::Left(_))) && scene.seated("K1").is_empty());
        // Paid all the same: nothing is left to be paid for.
        let payment = format!("{}-1", number(2));
        let now = scene.stage.world.now();
        scene.stage.provider().pay_although_closed(&payment, now).expect("paid");
        let asked = cashier(&scene).ask(channels, &id::<PaymentNo>(&payment)).await.expect("asked");
        assert!(matches!(asked, Some(Settled::Returned(_))), "{asked:?}");
        listed(&scene).await;
        assert_eq!(morning(&scene, 40).await, 0, "nobody is asked for the third part");
    });
}

#[test]
fn p6_1_p4_1_who_leaves_gets_back_what_is_left_of_every_part() {
    simulate(1, async |world| {
        let scene = taken(&world, PERIODS).await;
        pay(&scene, 1).await;
        morning(&scene, UNTIL_OCTOBER_12).await;
        pay(&scene, 2).await;
        // Six lessons are over on 13 October: of the first part nothing is left, of the second all.
        world.advance(Duration::from_hours(24)).await;
        let quote = scene.send("refund/quote").await.json();
        assert_eq!((&quote["total_fen"], &quote["later_parts"][0]["total_fen"]), (&json!(0), &json!(12_500)));
        let asked = scene.send("refund/ask-withdrawal").await;
        assert_eq!(asked.status, 201, "{}", asked.text);
        let granted = scene.send("refund/decide-approve").await;
        assert_eq!(granted.status, 200, "{}", granted.text);
        let after = record(&scene).await;
        assert!(scene.seated("K1").is_empty(), "the seat is free");
        let Some(Leaving::Asked(later)) = after.orders[1].lines[0].leaving.clone() else {
            panic!("nothing is asked for: {:?}", after.orders[1]);
        };
        Box::pin(payout::look(scene.app.clone(), later.to_string())).await.expect("granted");
        let refund = scene.app.store().refund(&id(&format!("{}-1-R1", number(2)))).await.expect("read");
        let refund = refund.map(Guarded::unguarded).expect("a refund").value;
        assert_eq!((refund.amount.fen(), refund.state), (12_500, RefundState::Reserved));
        let entries = scene.app.store().journal_of(&id(SCHOOL), scene.app.now().day()).await.expect("read");
        trial(&entries).expect("it adds up");
        assert_eq!(morning(&scene, 60).await, 0);
    });
}

#[test]
fn p6_1_p6_3_a_part_that_is_paid_when_its_course_was_left_goes_back_and_its_order_ends() {
    simulate(1, async |world| {
        let scene = taken(&world, PERIODS).await;
        pay(&scene, 1).await;
        assert_eq!(morning(&scene, UNTIL_OCTOBER_12).await, 1);
        assert_eq!(begin(&scene, 2).await.status, 201);
        assert_eq!(scene.send("refund/ask-withdrawal").await.status, 201);
        assert_eq!(scene.send("refund/decide-approve").await.status, 200);
        assert_eq!(record(&scene).await.orders[1].state, OrderState::Closing);
        // The payer was quicker than the close.
        let payment = format!("{}-1", number(2));
        let now = scene.stage.world.now();
        scene.stage.provider().pay(&payment, now).expect("paid");
        let channels = scene.app.channels().await.expect("channels");
        let asked = cashier(&scene).ask(channels, &id::<PaymentNo>(&payment)).await.expect("asked");
        assert!(matches!(asked, Some(Settled::Returned(_))), "{asked:?}");
        assert_eq!(cashier(&scene).end_order(channels, &id(&number(2))).await.expect("ended"), Ended::Free);
        assert_eq!(record(&scene).await.orders[1].state, OrderState::Cancelled);
    });
}

#[test]
fn p6_1_by_lessons_a_month_is_paid_for_when_it_is_over() {
    simulate(1, async |world| {
        let scene = taken(&world, LESSONS).await;
        let first = record(&scene).await.orders[0].clone();
        assert_eq!((first.state, first.total.fen()), (OrderState::Paid, 0), "nothing is to be paid before the lessons");
        assert_eq!(scene.seated("K1"), ["S000000000"]);
        listed(&scene).await;
        assert_eq!(morning(&scene, 20).await, 0, "the month is not over");
        assert_eq!(morning(&scene, 10).await, 1);
        let september = record(&scene).await.orders[1].clone();
        assert_eq!((september.total.fen(), september.lines[0].lessons), (4 * 2_500, 4));
        assert_eq!(pay(&scene, 2).await, Settled::Counted);
        assert_eq!(morning(&scene, 5).await, 0);
    });
}

#[test]
fn p6_1_by_lessons_what_a_class_did_not_give_the_pupil_is_not_asked_for() {
    simulate(1, async |world| {
        let scene = taken(&world, LESSONS).await;
        listed(&scene).await;
        // The Mondays of September, one of them moved to October and one taken off; on another the pupil has leave.
        let days = [(9, 7), (9, 14), (9, 21), (9, 28), (10, 12)].map(|(month, day)| date(2026, month, day));
        let mut class = class_of(&Town::small(4), 0, &days, [0]);
        class.lessons[0].moved_from = Some(class.lessons[0].at());
        class.lessons[0].date = date(2026, 10, 9);
        class.lessons[1].off = Some("台风".to_owned());
        open_class(scene.app.store(), &class, scene.app.now()).await;
        let mut roll = Roll::new(&class.id, 3, class.lessons[2].at());
        let leave = id("3144200101.2026-2027-1.00000000000000000001");
        roll.grant_leave(&id("S000000000"), &leave, scene.app.now()).expect("on leave");
        let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.app.now());
        commit.save_roll(&Versioned::absent(roll)).expect("a roll");
        scene.app.store().commit(commit).await.expect("written");
        assert_eq!(morning(&scene, 30).await, 1);
        let september = record(&scene).await.orders[1].clone();
        assert_eq!((september.total.fen(), september.lines[0].lessons), (2_500, 1), "only that of the 28th");
        assert_eq!(morning(&scene, 31).await, 1);
        assert_eq!(record(&scene).await.orders[2].lines[0].lessons, 2, "the moved one is asked for where it was given");
    });
}

#[test]
fn p6_1_a_later_part_is_neither_cancelled_nor_left_by_itself() {
    simulate(1, async |world| {
        let scene = taken(&world, PERIODS).await;
        pay(&scene, 1).await;
        morning(&scene, UNTIL_OCTOBER_12).await;
        let answered = post(&scene, order::routes, &format!("/orders/{}/cancel", number(2)), None).await;
        assert_eq!((answered.status.as_u16(), answered.slug().as_str()), (409, "order/of-courses"));
        pay(&scene, 2).await;
        let body = json!({"order_no": number(2), "course": "K1", "trigger": "withdrawal"});
        let answered = post(&scene, refund::routes, "/refund-requests", Some(body)).await;
        assert_eq!((answered.status.as_u16(), answered.slug().as_str()), (409, "refund-request/of-later-part"));
        let no: OrderNo = id(&number(2));
        assert!(record(&scene).await.order(&no).unwrap().lines[0].leaving.is_none());
    });
}

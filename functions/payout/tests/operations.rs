//! Carrying refunds out, message by message. S34.5 P7.1, promises P5 P6.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use cashier::{Cashier, Settled};
use domain::Moment;
use domain::access::Guarded;
use domain::alert::Alert;
use domain::audit::Actor;
use domain::id::{PaymentNo, RefundNo};
use domain::refund::facts::{Lesson, LessonState, Trigger};
use domain::refund::{Refund, RefundReason, RefundState, Trouble};
use domain::task::Queue;
use domain::time::Span;
use serde_json::Value;
use simulator::wechat::{Faults, UNFUNDED_SECONDS};
use testkit::sample::{Functions, Scene};
use testkit::stage::Stage;
use testkit::town::{Town, id};
use testkit::{World, simulate};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/payout");
const FUNCTIONS: Functions =
    &[("enrollment", enrollment::routes), ("order", order::routes), ("refund", refund::routes)];

const FIRST: &str = "20261-S000000000-01-1";
const REFUND: &str = "20261-S000000000-01-1-R1";
const AGAIN: &str = "20261-S000000000-01-1-R2";
const CLASS: &str = "3144200101.2026-2027-1.K1";
const SUSPENSION: &str = "3144200101.2026-2027-1.K1.2026-09-07.2026-09-11.all";

/// A town whose first pupil has taken `K1`.
async fn ordered(world: &World) -> Scene {
    let mut town = Town::small(2);
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let (from, until) = (moment("2026-08-01T00:00:00+08:00"), moment("2027-12-01T00:00:00+08:00"));
    town.term.windows.withdraw = Some(Span { from, until });
    let scene = Scene::new(Stage::with(world, &town).await, FUNCTIONS);
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
    scene
}

/// And has paid for it.
async fn paid(world: &World) -> Scene {
    let scene = ordered(world).await;
    pay(&scene).await;
    scene
}

async fn pay(scene: &Scene) {
    assert_eq!(scene.send("order/pay-native").await.status, 201);
    let now = scene.stage.world.now();
    scene.stage.provider().pay(FIRST, now).expect("paid");
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    let settled = cashier.ask(scene.app.channels().await.expect("channels"), &id::<PaymentNo>(FIRST)).await;
    assert_eq!(settled.expect("asked"), Some(Settled::Counted));
}

/// And has withdrawn.
async fn withdrawn(world: &World) -> Scene {
    let scene = paid(world).await;
    assert_eq!(scene.send("refund/ask-withdrawal").await.status, 201);
    scene
}

/// Sends a message to the function; which of its parts must come again.
async fn consume(scene: &Scene, file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file of events/");
    let event: Value = serde_json::from_str(&text).expect("JSON");
    let event = serde_json::from_value(event).expect("an event of a queue");
    let SqsBatchResponse { batch_item_failures, .. } = payout::consume(scene.app.clone(), event).await;
    batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

async fn look(scene: &Scene, entity: &str) {
    Box::pin(payout::look(scene.app.clone(), entity.to_owned())).await.expect("looked at");
}

async fn refund_of(scene: &Scene, no: &str) -> Refund {
    let found = scene.app.store().refund(&id::<RefundNo>(no)).await.expect("read");
    found.map(Guarded::unguarded).expect("a refund").value
}

async fn waits(scene: &Scene, entity: &str) -> bool {
    scene.app.store().task(Queue::Refund, entity).await.expect("read").is_some()
}

/// The alerts of the school: kind and how often, and whether it is open.
async fn alerts(scene: &Scene) -> Vec<(String, bool)> {
    let (found, _) = scene.app.store().alerts(&id("3144200101"), None, None, 100).await.expect("read");
    let told = |alert: Alert| (format!("{} {}", alert.id.place(), alert.times), alert.is_open());
    found.into_iter().map(|found| told(found.unguarded().value)).collect()
}

fn alert(kind: &str, times: u16, open: bool) -> (String, bool) {
    (format!("{kind}.{REFUND} {times}"), open)
}

async fn later(scene: &Scene, seconds: u64) {
    scene.stage.world.advance(Duration::from_secs(seconds)).await;
}

/// The provider is asked what became of it, as the sweeper does.
async fn asked(scene: &Scene, no: &str) {
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("sweep"));
    let channels = scene.app.channels().await.expect("channels");
    Box::pin(cashier.carry(channels, &id(no), "https://platform.invalid/v1")).await.expect("asked");
}

/// What the books say about an account of the school, over all days.
fn balance(scene: &Scene, account: &str) -> i64 {
    let items = scene.stage.world.scan(&testkit::table_name(testkit::stage::PREFIX, "money"));
    let items: Vec<Value> = items.iter().map(testkit::plain).collect();
    let postings = items
        .iter()
        .filter(|item| item["kind"] == "journal")
        .flat_map(|item| item["postings"].as_array().expect("postings").clone());
    postings.filter(|posting| posting["account"] == account).map(|posting| posting["amount"].as_i64().unwrap()).sum()
}

#[test]
fn p7_1_a_refund_is_sent_once_and_ends_at_the_payer() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        assert_eq!((balance(&scene, "order_prepaid"), balance(&scene, "refund_payable")), (0, -40_000));
        for _ in 0..3 {
            assert!(consume(&scene, "refund").await.is_empty());
        }
        assert!(!waits(&scene, REFUND).await, "the provider has it");
        assert_eq!(scene.stage.provider().refunds().len(), 1);
        assert_eq!(refund_of(&scene, REFUND).await.state, RefundState::Processing);
        later(&scene, 60).await;
        asked(&scene, REFUND).await;
        let refund = refund_of(&scene, REFUND).await;
        assert_eq!((refund.state, refund.snapshot.is_some()), (RefundState::Done, true));
        asked(&scene, REFUND).await;
        assert_eq!((balance(&scene, "refund_payable"), balance(&scene, "channel_clearing")), (0, 0));
        let listed = scene.app.store().refunds_of_day(&id("3144200101"), scene.stage.now().day()).await.expect("read");
        assert_eq!(listed, [id::<RefundNo>(REFUND)], "for the day's bill");
    });
}

#[test]
fn race_9_an_answer_that_is_lost_leads_to_no_second_refund() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        scene.stage.provider().set_faults(Faults { answer_lost: 1, refund_hold: true, ..Faults::NONE });
        look(&scene, REFUND).await;
        assert_eq!(refund_of(&scene, REFUND).await.state, RefundState::Sent);
        assert!(waits(&scene, REFUND).await, "the outcome is not known");
        look(&scene, REFUND).await;
        assert_eq!(refund_of(&scene, REFUND).await.state, RefundState::Processing);
        assert_eq!(scene.stage.provider().refunds().len(), 1);
    });
}

#[test]
fn race_10_what_the_provider_gives_up_goes_back_under_a_new_number() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        scene.stage.provider().set_faults(Faults { refund_unfunded: true, ..Faults::NONE });
        look(&scene, REFUND).await;
        later(&scene, UNFUNDED_SECONDS.unsigned_abs() + 60).await;
        asked(&scene, REFUND).await;
        let closed = refund_of(&scene, REFUND).await;
        assert_eq!((closed.state, closed.retried), (RefundState::Closed, true));
        assert!(waits(&scene, AGAIN).await);
        scene.stage.provider().set_faults(Faults::NONE);
        look(&scene, AGAIN).await;
        later(&scene, 60).await;
        asked(&scene, AGAIN).await;
        let again = refund_of(&scene, AGAIN).await;
        assert_eq!((again.state, again.retry_of, again.amount.fen()), (RefundState::Done, Some(1), 40_000));
        assert_eq!((balance(&scene, "refund_payable"), balance(&scene, "channel_clearing")), (0, 0));
    });
}

#[test]
fn p7_1_a_balance_that_is_short_is_waited_for_under_the_same_number() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        scene.stage.provider().set_faults(Faults { not_enough: 1, ..Faults::NONE });
        look(&scene, REFUND).await;
        let short = refund_of(&scene, REFUND).await;
        assert_eq!((short.state, short.trouble), (RefundState::Sent, Some(Trouble::BalanceShort)));
        assert!(waits(&scene, REFUND).await);
        assert_eq!(alerts(&scene).await, [alert("balance_short", 1, true)]);
        look(&scene, REFUND).await;
        let refund = refund_of(&scene, REFUND).await;
        assert_eq!((refund.state, refund.trouble), (RefundState::Processing, None));
        assert_eq!(alerts(&scene).await, [alert("balance_short", 1, false)], "it ends with what it tells of");
    });
}

#[test]
fn s34_4_a_balance_that_stays_short_is_told_once() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        scene.stage.provider().set_faults(Faults { not_enough: 3, ..Faults::NONE });
        for _ in 0..3 {
            look(&scene, REFUND).await;
        }
        assert_eq!(alerts(&scene).await, [alert("balance_short", 1, true)]);
    });
}

#[test]
fn s34_4_what_the_provider_refuses_is_told_until_the_school_has_paid_it_out() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        let now = world.now();
        scene.stage.provider().refund_in_console(FIRST, 40_000, now).expect("by hand");
        look(&scene, REFUND).await;
        assert_eq!(refund_of(&scene, REFUND).await.state, RefundState::Rejected);
        assert_eq!(alerts(&scene).await, [alert("refund_refused", 1, true)]);
        let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
        assert_eq!(cashier.hand_out(&id(REFUND)).await.expect("written"), cashier::Mended::Done);
        assert_eq!(alerts(&scene).await, [alert("refund_refused", 1, false)]);
    });
}

#[test]
fn s34_4_an_abnormal_refund_is_told_until_it_has_another_way() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        scene.stage.provider().set_faults(Faults { refund_abnormal: true, ..Faults::NONE });
        look(&scene, REFUND).await;
        assert_eq!(alerts(&scene).await, []);
        for _ in 0..2 {
            later(&scene, 60).await;
            asked(&scene, REFUND).await;
            assert_eq!(alerts(&scene).await, [alert("refund_abnormal", 1, true)]);
        }
        let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
        assert_eq!(cashier.hand_out(&id(REFUND)).await.expect("written"), cashier::Mended::Done);
        assert_eq!(alerts(&scene).await, [alert("refund_abnormal", 1, false)]);
    });
}

#[test]
fn p7_2_two_refunds_of_one_payer_are_not_sent_at_once() {
    simulate(1, async |world| {
        let scene = withdrawn(&world).await;
        assert_eq!(scene.send("enrollment/enroll").await.status, 201);
        // The sibling's refund was sent, and nobody has answered.
        scene.stage.provider().set_faults(Faults { busy: 2, ..Faults::NONE });
        look(&scene, REFUND).await;
        assert_eq!(refund_of(&scene, REFUND).await.state, RefundState::Sent);
        let mut other = refund_of(&scene, REFUND).await;
        other.seq = 2;
        other.state = RefundState::Reserved;
        other.sent_at = None;
        let mut commit = store::Commit::new(Actor::system("test"), "test.reserve", scene.stage.now());
        commit.save_refund(&store::Versioned::absent(other)).expect("a refund");
        scene.app.store().commit(commit).await.expect("written");
        asked(&scene, AGAIN).await;
        assert_eq!(refund_of(&scene, AGAIN).await.state, RefundState::Reserved, "it waits for its turn");
    });
}

#[test]
fn s34_2_everybody_leaves_a_class_that_is_given_up() {
    simulate(1, async |world| {
        let scene = paid(&world).await;
        assert_eq!(scene.send("refund/cancel-class").await.status, 202);
        assert!(consume(&scene, "class").await.is_empty());
        assert!(scene.seated("K1").is_empty());
        assert_eq!(refund_of(&scene, REFUND).await.amount.fen(), 40_000);
        assert!(!waits(&scene, CLASS).await);
        look(&scene, CLASS).await;
        let second = scene.app.store().refund(&id::<RefundNo>(AGAIN)).await.expect("read");
        assert!(second.is_none(), "once");
    });
}

/// What is known of the first pupil's lessons in `K1`.
async fn lessons(scene: &Scene) -> Vec<Lesson> {
    let store = scene.app.store();
    store.known_lessons(&id("S000000000"), &id(CLASS)).await.expect("read").lessons
}

#[test]
fn s34_2_what_lessons_cost_that_are_not_given_goes_back_once() {
    simulate(1, async |world| {
        let scene = paid(&world).await;
        for _ in 0..2 {
            assert_eq!(scene.send("refund/suspend-lessons").await.status, 202);
            assert!(consume(&scene, "suspension").await.is_empty());
            assert!(!waits(&scene, SUSPENSION).await);
            let not_given = Lesson { date: jiff::civil::date(2026, 9, 7), state: LessonState::NotGiven };
            assert_eq!(lessons(&scene).await, [not_given], "the lesson counts as not given");
            let refund = refund_of(&scene, REFUND).await;
            assert_eq!((refund.amount.fen(), refund.parts[0].lessons), (2_500, 1));
            assert_eq!(refund.reason, RefundReason::ByRule(Trigger::Suspension));
            let second = scene.app.store().refund(&id::<RefundNo>(AGAIN)).await.expect("read");
            assert!(second.is_none(), "once");
        }
        assert_eq!(scene.seated("K1").len(), 1, "the pupil stays");
        assert_eq!(scene.send("refund/ask-withdrawal").await.status, 201);
        assert_eq!(refund_of(&scene, AGAIN).await.amount.fen(), 37_500, "what is left");
    });
}

#[test]
fn s34_2_a_suspension_takes_the_lessons_of_a_class_once_and_on_its_own_days() {
    simulate(1, async |world| {
        let scene = paid(&world).await;
        // The class is taught on Tuesdays and Wednesdays; the school has taken one of its lessons off already.
        let days = [8, 9, 15].map(|day| jiff::civil::date(2026, 9, day));
        let mut class = testkit::class::class_of(&Town::small(2), 0, &days, [0]);
        class.lessons[0].off = Some("台风".to_owned());
        testkit::class::open_class(scene.app.store(), &class, scene.app.now()).await;
        for _ in 0..2 {
            assert_eq!(scene.send("refund/suspend-lessons").await.status, 202);
            look(&scene, SUSPENSION).await;
            let states: Vec<_> = lessons(&scene).await.iter().map(|one| (one.date.day(), one.state)).collect();
            assert_eq!(states, [(8, LessonState::NotGiven), (9, LessonState::NotGiven), (15, LessonState::Due)]);
            let refund = refund_of(&scene, REFUND).await;
            assert_eq!((refund.amount.fen(), refund.parts[0].lessons), (5_000, 2));
            assert!(scene.app.store().refund(&id::<RefundNo>(AGAIN)).await.expect("read").is_none(), "once");
        }
    });
}

#[test]
fn s34_2_a_suspension_waits_for_payments_and_decisions() {
    simulate(1, async |world| {
        let scene = ordered(&world).await;
        assert_eq!(scene.send("refund/suspend-lessons").await.status, 202);
        look(&scene, SUSPENSION).await;
        assert!(waits(&scene, SUSPENSION).await, "it may be paid yet");
        pay(&scene).await;
        later(&scene, 8 * 24 * 3600).await;
        assert_eq!(scene.send("refund/ask-withdrawal").await.json()["state"], "asked");
        look(&scene, SUSPENSION).await;
        assert!(waits(&scene, SUSPENSION).await, "it is decided yet");
        assert_eq!(scene.send("refund/decide-refuse").await.status, 200);
        look(&scene, SUSPENSION).await;
        assert!(!waits(&scene, SUSPENSION).await);
        assert_eq!(refund_of(&scene, REFUND).await.amount.fen(), 2_500);
    });
}

#[test]
fn s34_2_a_suspension_of_other_grades_takes_nothing_from_a_pupil() {
    simulate(1, async |world| {
        let scene = paid(&world).await;
        assert_eq!(scene.send("refund/suspend-lessons-of-grades").await.status, 202);
        let suspension = "3144200101.2026-2027-1.K1.2026-09-07.2026-09-11.1-2";
        look(&scene, suspension).await;
        assert!(!waits(&scene, suspension).await && lessons(&scene).await.is_empty());
        assert!(scene.app.store().refund(&id::<RefundNo>(REFUND)).await.expect("read").is_none());
    });
}

/// Two refunds of one payment are set aside.
async fn twice(world: &World) -> Scene {
    let scene = paid(world).await;
    assert_eq!(scene.send("refund/suspend-lessons").await.status, 202);
    look(&scene, SUSPENSION).await;
    assert_eq!(scene.send("refund/ask-withdrawal").await.status, 201);
    scene
}

#[test]
fn p7_2_two_refunds_of_a_payment_are_sent_a_minute_apart() {
    simulate(1, async |world| {
        let scene = twice(&world).await;
        look(&scene, REFUND).await;
        assert_eq!(refund_of(&scene, REFUND).await.state, RefundState::Processing);
        look(&scene, AGAIN).await;
        assert_eq!(refund_of(&scene, AGAIN).await.state, RefundState::Reserved);
        assert!(waits(&scene, AGAIN).await, "it comes again");
        later(&scene, 60).await;
        look(&scene, AGAIN).await;
        assert_eq!(refund_of(&scene, AGAIN).await.state, RefundState::Processing);
    });
}

#[test]
fn p7_2_a_balance_that_is_short_holds_nobody_else_up() {
    simulate(1, async |world| {
        let scene = twice(&world).await;
        scene.stage.provider().set_faults(Faults { not_enough: 1, ..Faults::NONE });
        look(&scene, REFUND).await;
        assert_eq!(refund_of(&scene, REFUND).await.trouble, Some(Trouble::BalanceShort));
        later(&scene, 60).await;
        look(&scene, AGAIN).await;
        assert_eq!(
            refund_of(&scene, AGAIN).await.state,
            RefundState::Processing,
            "the provider has answered the first"
        );
    });
}

#[test]
fn p7_1_what_is_not_there_is_let_go() {
    simulate(1, async |world| {
        let scene = paid(&world).await;
        for file in ["unknown", "not-ours", "request"] {
            assert!(consume(&scene, file).await.is_empty(), "{file}");
        }
    });
}

//! What becomes of both seats and of the money when the difference is paid, is not, goes back, or is stopped anywhere; and
//! when somebody else is quicker. S27.2, promises P1 P5.

use std::time::Duration;

use cashier::Settled;
use domain::access::Guarded;
use domain::id::{RefundRequestId, TeachingRequestId};
use domain::moves::MoveState;
use domain::record::{Leaving, OrderState};
use domain::refund::{Refund, RefundReason};
use domain::{Money, catalog::Offering};
use futures::join;
use store::seat::Claim;
use testkit::sample::Scene;
use testkit::stage::Stage;
use testkit::town::{SCHOOL, Town, id};
use testkit::{Fault, Faults, Outcome, Script, simulate};

use crate::ground::*;

const SECOND: &str = "20261-S000000000-02";
const SECOND_PAYMENT: &str = "20261-S000000000-02-1";

fn dearer(town: &mut Town) {
    may_withdraw(town);
    town.offerings[1].unit_price = Money::from_fen(3_000);
}

fn cheaper(town: &mut Town) {
    may_withdraw(town);
    town.offerings[1].unit_price = Money::from_fen(2_000);
}

fn one_seat(town: &mut Town) {
    may_withdraw(town);
    town.offerings[1].capacity = 1;
}

fn play(seed: u64, town: fn(&mut Town), scenario: impl AsyncFnOnce(&Scene)) {
    let mut small = Town::small(4);
    town(&mut small);
    simulate(seed, async |world| {
        let scene = Scene::new(Stage::with(&world, &small).await, FUNCTIONS);
        scenario(&scene).await;
    });
}

async fn state(scene: &Scene) -> MoveState {
    let found = scene.app.store().move_request(&id::<TeachingRequestId>(MOVE)).await.expect("read");
    found.map(Guarded::unguarded).expect("a move").value.state()
}

async fn refund(scene: &Scene, no: &str) -> Option<Refund> {
    scene.app.store().refund(&id(no)).await.expect("read").map(Guarded::unguarded).map(|found| found.value)
}

/// Granted; the dearer course waits to be paid.
async fn held(scene: &Scene) {
    asked(scene).await;
    let granted = scene.send("exchange/decide-approve").await;
    assert_eq!(granted.json()["state"], "awaiting_payment", "{}", granted.text);
    assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (1, 1), "neither seat is lost");
}

/// A payment of the difference is begun.
async fn paying(scene: &Scene) {
    held(scene).await;
    let mut event = testkit::sample::event("order/pay-native");
    let path = format!("/orders/{SECOND}/payments");
    event["path"] = path.clone().into();
    event["requestContext"]["path"] = format!("/v1{path}").into();
    event["headers"]["Idempotency-Key"] = "p-2".into();
    event["multiValueHeaders"]["Idempotency-Key"] = serde_json::json!(["p-2"]);
    let answered = scene.request("order", &event).await;
    assert_eq!(answered.status, 201, "{}", answered.text);
}

async fn swept(scene: &Scene, minutes: u64) {
    scene.stage.world.advance(Duration::from_mins(minutes)).await;
    for _ in 0..3 {
        scene.stage.world.advance(Duration::from_mins(1)).await;
        Box::pin(sweep::sweep(scene.stage.app())).await;
    }
}

#[test]
fn s27_2_p1_the_old_seat_goes_when_the_difference_is_paid_and_not_before() {
    play(1, dearer, async |scene| {
        paying(scene).await;
        assert_eq!(record(scene).await.order(&id(SECOND)).expect("an order").total.fen(), 8_000);
        assert_eq!(settled(scene, SECOND_PAYMENT).await, Some(Settled::Counted));
        assert_eq!(state(scene).await, MoveState::Done);
        assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (0, 1));
        let record = record(scene).await;
        assert!(matches!(record.orders[0].lines[0].leaving, Some(Leaving::Left(_))));
        assert_eq!((record.orders[2].total.fen(), record.orders[2].state), (40_000, OrderState::Paid));
    });
}

#[test]
fn s27_2_p5_who_leaves_the_other_course_gets_back_both_payments() {
    play(1, dearer, async |scene| {
        paying(scene).await;
        assert_eq!(settled(scene, SECOND_PAYMENT).await, Some(Settled::Counted));
        let offering = id(&format!("{SCHOOL}.2026-2027-1.K2"));
        let left = Box::pin(cashier(scene).leave_cancelled(&id("S000000000"), &offering)).await.expect("left");
        let first = RefundRequestId::of_class(&offering, &id("S000000000"));
        let part = RefundRequestId::of_part(&first, &record(scene).await.orders[2].no);
        Box::pin(cashier(scene).grant(&part, None)).await.expect("granted").expect("a request");
        let (old, new) = (payment(scene).await, payment_of(scene, SECOND_PAYMENT).await);
        assert_eq!((left, old.refund_reserved.fen(), new.refund_reserved.fen()), (true, 40_000, 8_000));
        assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (0, 0));
    });
}

#[test]
fn s27_2_what_is_left_over_goes_back_by_the_way_it_came() {
    play(1, cheaper, async |scene| {
        done(scene).await;
        assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (0, 1));
        let back = refund(scene, "20261-S000000000-01-1-R1").await.expect("a refund");
        assert_eq!((back.amount.fen(), back.reason), (8_000, RefundReason::Exchanged));
        assert_eq!(back.lines.iter().map(|line| line.amount.fen()).sum::<i64>(), 8_000, "line by line");
        assert_eq!(payment(scene).await.refund_reserved.fen(), 8_000);
        assert_eq!(record(scene).await.orders[2].total.fen(), 32_000);
    });
}

#[test]
fn s27_2_p1_who_does_not_pay_stays_where_the_seat_is_and_late_money_goes_back() {
    play(1, dearer, async |scene| {
        paying(scene).await;
        swept(scene, 24 * 60 + 10).await;
        assert_eq!(state(scene).await, MoveState::Lapsed);
        assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (1, 0));
        assert_eq!(record(scene).await.orders[0].lines[0].leaving, None, "free for everything else");
        let late = scene.stage.provider().pay(SECOND_PAYMENT, scene.stage.world.now());
        assert!(late.is_err(), "the provider has closed it");
    });
    // The order ends while the payment is on its way.
    play(1, dearer, async |scene| {
        paying(scene).await;
        let (pupil, term, by) = (id("S000000000"), id("2026-2027-1"), id("A000000001"));
        let on = scene.app.now().day();
        Box::pin(cashier(scene).transfer_out(&pupil, &term, (on, &by))).await.expect("let go");
        assert_eq!(state(scene).await, MoveState::Lapsed, "the school has let the pupil go");
        let told = settled(scene, SECOND_PAYMENT).await;
        assert!(matches!(told, Some(Settled::Returned(RefundReason::OrderEnded))), "{told:?}");
        swept(scene, 30).await;
        assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (0, 0));
        assert_eq!(payment_of(scene, SECOND_PAYMENT).await.refund_reserved.fen(), 8_000, "all of it goes back");
    });
}

#[test]
fn s27_2_p1_the_last_seat_that_somebody_else_took_is_not_taken_twice() {
    play(1, may_withdraw, async |scene| {
        asked(scene).await;
        for pupil in ["S000000001", "S000000002", "S000000003"] {
            let offering: Offering =
                scene.app.store().offering(&id("3144200101.2026-2027-1.K2")).await.expect("read").expect("K2").value;
            let stamp = domain::seat::Stamp::claim(scene.app.now().plus_minutes(60), 7);
            let claim =
                scene.app.store().claim(&offering.id, offering.capacity, &id(pupil), stamp).await.expect("sent");
            assert!(matches!(claim, Claim::Won { .. }));
        }
        let refused = scene.send("exchange/decide-approve").await;
        assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (409, "enrollment/class-full"));
        assert_eq!((state(scene).await, scene.seated("K1").len()), (MoveState::Asked, 1), "it waits on");
    });
}

#[test]
fn s27_2_p1_two_decisions_at_once_and_a_word_taken_back_meanwhile_have_one_effect() {
    for seed in 0..12 {
        play(seed, may_withdraw, async |scene| {
            asked(scene).await;
            scene.stage.world.set_faults(Faults::latency(40));
            let (one, other, back) = join!(
                scene.send("exchange/decide-approve"),
                scene.send("exchange/decide-approve"),
                scene.send("exchange/take-back"),
            );
            scene.stage.world.set_faults(Faults::none());
            let done = [&one, &other, &back].iter().filter(|answered| answered.status.is_success()).count();
            assert_eq!(done, 1, "seed {seed}: {} {} {}", one.text, other.text, back.text);
            // A claim that one decision took over from the other is given back when it has run out.
            swept(scene, 20).await;
            let seats = (scene.seated("K1").len(), scene.seated("K2").len());
            let wanted = if back.status.is_success() { (1, 0) } else { (0, 1) };
            assert_eq!(seats, wanted, "seed {seed}");
        });
    }
}

#[test]
fn s27_2_p1_an_exchange_and_a_withdrawal_at_once_have_one_effect() {
    for seed in 0..12 {
        play(seed, may_withdraw, async |scene| {
            paid(scene).await;
            scene.stage.world.set_faults(Faults::latency(40));
            let (exchange, withdrawal) =
                join!(scene.send("exchange/ask-exchange"), scene.send("refund/ask-withdrawal"));
            scene.stage.world.set_faults(Faults::none());
            let done = [&exchange, &withdrawal].iter().filter(|answered| answered.status.is_success()).count();
            assert_eq!(done, 1, "seed {seed}: {} {}", exchange.text, withdrawal.text);
            let (granted, given_up) = (exchange.status.is_success(), withdrawal.status.is_success());
            let decided = scene.send("exchange/decide-approve").await;
            assert_eq!(decided.status.is_success(), granted, "seed {seed}: {}", decided.text);
            let seats = (scene.seated("K1").len(), scene.seated("K2").len());
            assert_eq!(seats, if given_up { (0, 0) } else { (0, 1) }, "seed {seed}");
        });
    }
}

#[test]
fn s27_2_p1_the_last_seat_goes_to_one_of_an_exchange_and_a_rival() {
    for seed in 0..12 {
        play(seed, one_seat, async |scene| {
            asked(scene).await;
            scene.stage.world.set_faults(Faults::latency(40));
            let offering = id("3144200101.2026-2027-1.K2");
            let stamp = domain::seat::Stamp::claim(scene.app.now().plus_minutes(60), 7);
            let rival = id("S000000003");
            let claim = scene.app.store().claim(&offering, 1, &rival, stamp);
            let (granted, claim) = join!(scene.send("exchange/decide-approve"), claim);
            scene.stage.world.set_faults(Faults::none());
            let won = matches!(claim.expect("sent"), Claim::Won { .. });
            assert_ne!(granted.status.is_success(), won, "seed {seed}: {}", granted.text);
            assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (usize::from(won), 1), "seed {seed}");
        });
    }
}

#[test]
fn s27_2_p5_what_came_over_can_come_over_again() {
    play(1, cheaper, async |scene| {
        done(scene).await;
        let wanted = domain::moves::Wanted::Exchange {
            from: id("K2"),
            to: id("3144200101.2026-2027-1.K4"),
            class: None,
            materials: false,
            sundry: false,
        };
        let asked = domain::moves::Asked {
            id: id("3144200101.2026-2027-1.592dd78d80daef5a9478"),
            request: "h".to_owned(),
            student: id("S000000000"),
            wanted,
            on: scene.app.now().day(),
            reason: "仍不合适".to_owned(),
            by: id("A000000001"),
            party: domain::teaching::request::Party::School,
        };
        let moved = Box::pin(cashier(scene).ask_move(&asked, false)).await.expect("granted").value;
        let exchange = moved.exchange().expect("an exchange");
        assert_eq!((moved.state(), exchange.difference.to_pay.fen()), (MoveState::AwaitingPayment, 8_000));
        let carried: Vec<i64> = exchange.difference.back.iter().map(|part| part.carried.fen()).collect();
        assert_eq!(carried, [0, 32_000], "out of the first payment");
    });
}

/// Wherever the decision stops: the pupil has one of both seats by the record, the same word again finishes it, and a seat
/// that nobody has comes back by itself.
#[test]
fn s27_2_p1_p5_stopped_at_every_step_it_is_as_it_was_or_done() {
    let mut stops = 0;
    for fault in Fault::EVERY_STEP {
        for at_call in 0..40 {
            let mut over = false;
            play(1, cheaper, async |scene| {
                asked(scene).await;
                let world = &scene.stage.world;
                world.set_script(Script { at_call, fault });
                let outcome = world.run(scene.send("exchange/decide-approve")).await;
                over = at_call >= world.calls_of_last_run().len();
                if let Outcome::Done(answered) = outcome {
                    assert!(answered.status.as_u16() < 500 || answered.status == 503, "{}", answered.text);
                }
                let seats = record(scene).await.seats().filter(|(order, _)| order.state == OrderState::Paid).count();
                assert_eq!(seats, 1, "{fault:?} at {at_call}");
                if state(scene).await == MoveState::Asked {
                    let again = scene.send("exchange/decide-approve").await;
                    assert_eq!(again.status, 200, "{fault:?} at {at_call}: {}", again.text);
                }
                swept(scene, 20).await;
                assert_eq!(state(scene).await, MoveState::Done, "{fault:?} at {at_call}");
                let seated = (scene.seated("K1").len(), scene.seated("K2").len());
                assert_eq!(seated, (0, 1), "{fault:?} at {at_call}");
                assert_eq!(payment(scene).await.refund_reserved.fen(), 8_000, "{fault:?} at {at_call}");
            });
            if over {
                break;
            }
            stops += 1;
        }
    }
    assert!(stops > 20, "stopped at {stops} steps");
}

#[test]
fn s27_1_s17_2_the_classes_change_on_the_day() {
    play(1, may_withdraw, async |scene| {
        taught(scene).await;
        assert_eq!(scene.send("exchange/ask-exchange-to-class").await.status, 201);
        let granted = scene.send("exchange/decide-approve").await;
        assert_eq!(granted.json()["state"], "done", "{}", granted.text);
        let (old, new) = (class(scene, FIRST_CLASS).await, class(scene, OTHER_CLASS).await);
        let (pupil, day) = (id("S000000000"), scene.app.now().day());
        assert!(!old.has(&pupil, day) && new.has(&pupil, day));
        assert!(granted.json()["exchange"]["unplaced"].is_null());
    });
}

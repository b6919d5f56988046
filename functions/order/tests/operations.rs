//! Paying, giving up and showing orders, event by event. P2.5 P5.3 P6, promises P2–P6 P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use cashier::{Cashier, Ended, Settled};
use domain::access::Guarded;
use domain::audit::Actor;
use domain::directory::Merchants;
use domain::id::PaymentNo;
use domain::instalment::PaymentMode;
use domain::order::ATTEMPTS;
use domain::payment::{Payment, PaymentState};
use domain::record::{OrderState, TermRecord};
use domain::refund::{Refund, RefundReason, RefundState};
use domain::snapshot::{Snapshot, hash};
use simulator::wechat::Faults;
use store::{Commit, Versioned};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::simulate;
use testkit::stage::{Answered, Stage};
use testkit::town::{TERM, Town, id};

const FUNCTIONS: Functions = &[("enrollment", enrollment::routes), ("order", order::routes)];

const FIRST: &str = "20261-S000000000-01-1";

async fn record(scene: &Scene) -> Versioned<TermRecord> {
    let read = scene.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded);
    read.expect("a record")
}

async fn state(scene: &Scene) -> OrderState {
    record(scene).await.value.orders[0].state
}

async fn payment(scene: &Scene, no: &str) -> Payment {
    scene.app.store().payment(&id(no)).await.expect("read").map(Guarded::unguarded).expect("a payment").value
}

/// The first pupil has taken `K1`.
async fn ordered(scene: &Scene) {
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
}

/// And pays for it.
async fn paying(scene: &Scene) {
    ordered(scene).await;
    assert_eq!(scene.send("order/pay-native").await.status, 201);
}

/// The guardian has paid; the provider knows it.
async fn paid_there(scene: &Scene) {
    paying(scene).await;
    let now = scene.stage.world.now();
    scene.stage.provider().pay(FIRST, now).expect("paid");
}

/// And so do we.
async fn paid(scene: &Scene) {
    paid_there(scene).await;
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    let no: PaymentNo = id(FIRST);
    let settled = cashier.ask(scene.app.channels().await.expect("a channel"), &no).await.expect("asked");
    assert_eq!(settled, Some(Settled::Counted));
}

async fn later(scene: &Scene, seconds: u64) {
    scene.stage.world.advance(Duration::from_secs(seconds)).await;
}

/// The payer is entering a password for a minute.
fn entering(scene: &Scene) {
    let until = scene.stage.world.now() + jiff::SignedDuration::from_secs(60);
    scene.stage.provider().enter_password(FIRST, until).expect("a payment");
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

const BEGUN: &[Case] = &[
    Case::done("order/pay-native", 201).before(|scene| Box::pin(ordered(scene))).after(|scene, answered| {
        Box::pin(async move {
            let answer = answered.json();
            assert_eq!((&answer["payment_no"], &answer["amount_fen"]), (&FIRST.into(), &40_000.into()));
            assert_eq!(answer["expires_at"], "2026-09-01T08:14:00+08:00", "a minute before the seats are released");
            assert_eq!(answer["checkout"]["kind"], "scan");
            let payment = payment(scene, FIRST).await;
            assert_eq!((payment.state, payment.sub_merchant.as_str()), (PaymentState::Sent, "1900000201"));
            let order = &record(scene).await.value.orders[0];
            assert_eq!((order.attempts, order.attempt_open), (1, true));
            let at_provider = scene.stage.provider().payments()[FIRST].clone();
            assert_eq!((at_provider.total_fen, at_provider.description.as_str()), (40_000, "课后服务 课程K1"));
            assert_eq!(at_provider.notify_url, "https://platform.invalid/v1/callbacks/wechat");
            let due = scene.app.store().due_money(scene.stage.now().plus_minutes(1), 10).await.expect("read");
            assert_eq!(due.len(), 1, "the provider will be asked about it");
        })
    }),
    Case::done("order/pay-jsapi", 201).before(|scene| Box::pin(ordered(scene))).after(|_, answered| {
        Box::pin(async {
            let checkout = &answered.json()["checkout"];
            assert_eq!((&checkout["kind"], &checkout["signType"]), (&"invoke".into(), &"RSA".into()));
            assert!(checkout["package"].as_str().is_some_and(|text| text.starts_with("prepay_id=")));
            assert!(checkout["paySign"].as_str().is_some_and(|text| text.len() == 344));
        })
    }),
    Case::done("order/pay-mini-program", 201).before(|scene| Box::pin(ordered(scene))),
    Case::done("order/pay-h5", 201)
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["checkout"]["kind"], "redirect") })),
    // The last second in which a payment may begin.
    Case::done("order/pay-native", 201).before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            later(scene, 13 * 60).await;
        })
    }),
    Case::done("order/pay-native-new-key", 201).before(|scene| Box::pin(paying(scene))).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["payment_no"], FIRST, "the same way of paying is the same attempt");
        })
    }),
    Case::done("order/pay-native-with-payer", 201).before(|scene| Box::pin(ordered(scene))),
    Case::done("order/pay-native-with-payer-again", 201)
        .before(|scene| {
            Box::pin(async {
                ordered(scene).await;
                drop(scene.send("order/pay-native-with-payer").await);
            })
        })
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["payment_no"], FIRST) })),
    // Another way of paying: the first attempt is closed before the second is begun.
    Case::done("order/pay-h5-new-key", 201).before(|scene| Box::pin(paying(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["payment_no"], "20261-S000000000-01-2");
            assert_eq!(payment(scene, FIRST).await.state, PaymentState::Closed);
        })
    }),
];

#[test]
fn s33_1_p6_4_an_attempt_is_written_down_and_put_to_the_provider() {
    run(BEGUN);
}

const NOT_NOW: &[Case] = &[
    Case::refused("order/pay-native-new-key", 409, "order/already-paid").before(|scene| Box::pin(paid(scene))),
    Case::refused("order/pay-native", 409, "order/already-paid")
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll-free").await) })),
    Case::refused("order/pay-native", 409, "order/payment-time-over").before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            later(scene, 13 * 60 + 1).await;
        })
    }),
    Case::refused("order/pay-native", 409, "order/payment-time-over").before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            later(scene, 20 * 60).await;
        })
    }),
    Case::refused("order/pay-native", 409, "order/payment-time-over").before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            drop(scene.send("order/cancel").await);
        })
    }),
    Case::refused("order/pay-native-new-key", 409, "order/payment-time-over").before(|scene| {
        Box::pin(async {
            paying(scene).await;
            entering(scene);
            drop(scene.send("order/cancel").await);
            assert_eq!(state(scene).await, OrderState::Closing);
        })
    }),
    Case::refused("order/pay-h5-new-key", 409, "order/another-attempt-open").before(|scene| {
        Box::pin(async {
            paying(scene).await;
            entering(scene);
        })
    }),
    Case::refused("order/pay-native", 409, "order/channel-not-opened")
        .town(|town| town.school.merchants.wechat = None)
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-native", 409, "order/too-many-attempts").before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            let mut read = record(scene).await;
            read.value.orders[0].attempts = ATTEMPTS;
            let mut commit = Commit::new(Actor::system("test"), "test.plant", scene.stage.now());
            commit.save_record(&read).expect("a record");
            scene.app.store().commit(commit).await.expect("written");
        })
    }),
];

#[test]
fn p6_2_an_order_that_cannot_be_paid_now_is_refused_without_a_trace() {
    run(NOT_NOW);
}

const UNREADABLE: &[Case] = &[
    Case::refused("order/pay-jsapi-no-payer", 422, "order/payer-missing").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-jsapi-null-payer", 422, "order/payer-missing").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-jsapi-empty-payer", 422, "order/payer-missing").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-jsapi-long-payer", 422, "order/payer-missing").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-jsapi-odd-payer", 422, "order/payer-missing").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-mini-program-no-payer", 422, "order/payer-missing")
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/payer") })),
    Case::refused("order/pay-unknown-channel", 422, "request/field-unusable")
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| Box::pin(async { assert!(answered.text.contains("不支持的取值 paypal")) })),
    Case::refused("order/pay-unknown-method", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-unknown-field", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-wrong-type", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-field-missing", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-not-json", 400, "request/not-json").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-empty-body", 400, "request/not-json").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-oversized", 400, "request/body-too-large").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-order-is-payment", 400, "request/parameter-unusable")
        .before(|scene| Box::pin(paying(scene))),
    Case::refused("order/pay-order-is-pupil", 400, "request/parameter-unusable"),
    Case::refused("order/pay-order-odd-letters", 400, "request/parameter-unusable"),
    Case::refused("order/pay-key-missing", 400, "request/idempotency-key-missing")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-key-odd-letters", 400, "request/idempotency-key-unusable")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-key-reused", 422, "request/idempotency-key-reused")
        .before(|scene| Box::pin(paying(scene))),
    Case::refused("order/cancel-key-missing", 400, "request/idempotency-key-missing")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/cancel-key-too-long", 400, "request/idempotency-key-unusable")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/cancel-order-is-payment", 400, "request/parameter-unusable"),
    Case::refused("order/show-order-unreadable", 400, "request/parameter-unusable"),
    Case::refused("order/show-snapshot-unreadable", 400, "request/parameter-unusable"),
    Case::refused("order/show-payment-is-order", 400, "request/parameter-unusable"),
    Case::refused("order/show-payment-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn p6_2_what_does_not_read_is_refused_without_a_trace() {
    run(UNREADABLE);
}

const STRANGERS: &[Case] = &[
    Case::refused("order/pay-unknown-order", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-order-of-unknown-pupil", 404, "access/not-found"),
    Case::refused("order/pay-order-of-other-family", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-by-school", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-by-platform", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/pay-not-signed-in", 401, "access/not-signed-in").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/cancel-unknown-order", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/cancel-order-of-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/cancel-by-school", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/cancel-not-signed-in", 401, "access/not-signed-in").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-order-by-other-school", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-order-of-other-family", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-order-unknown", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-order-not-signed-in", 401, "access/not-signed-in")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-snapshot-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-snapshot-of-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-snapshot-unknown", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/show-snapshot-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("order/show-payment-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(paying(scene))),
    Case::refused("order/show-payment-of-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(paying(scene))),
    Case::refused("order/show-payment-unknown", 404, "access/not-found").before(|scene| Box::pin(paying(scene))),
    Case::refused("order/show-payment-not-signed-in", 401, "access/not-signed-in"),
];

#[test]
fn k5_1_nobody_reaches_orders_of_others() {
    run(STRANGERS);
}

const GIVEN_UP: &[Case] = &[
    Case::done("order/cancel", 200).before(|scene| Box::pin(ordered(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "cancelled");
            assert_eq!(state(scene).await, OrderState::Cancelled);
            assert!(scene.seated("K1").is_empty(), "its seat is free");
        })
    }),
    Case::done("order/cancel", 200).before(|scene| Box::pin(paying(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "cancelled");
            assert_eq!(payment(scene, FIRST).await.state, PaymentState::Closed);
            let now = scene.stage.world.now();
            assert!(scene.stage.provider().pay(FIRST, now).is_err(), "it cannot be paid any more");
            assert!(scene.seated("K1").is_empty());
        })
    }),
    Case::done("order/cancel-new-key", 200)
        .before(|scene| {
            Box::pin(async {
                ordered(scene).await;
                drop(scene.send("order/cancel").await);
            })
        })
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "cancelled") })),
    // The provider cannot close while a password is being entered, so the seat stays.
    Case::done("order/cancel", 200)
        .before(|scene| {
            Box::pin(async {
                paying(scene).await;
                entering(scene);
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["state"], "closing");
                assert_eq!(scene.seated("K1"), ["S000000000"]);
            })
        }),
    Case::done("order/cancel", 200)
        .before(|scene| {
            Box::pin(async {
                paying(scene).await;
                scene.stage.provider().set_faults(Faults { busy: 9, ..Faults::NONE });
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["state"], "closing");
                assert_eq!(scene.seated("K1"), ["S000000000"]);
            })
        }),
    // Paid a moment before: the money counts, and nothing is given up.
    Case::done("order/cancel", 200).before(|scene| Box::pin(paid_there(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "paid");
            assert_eq!(scene.seated("K1"), ["S000000000"]);
            assert!(payment(scene, FIRST).await.paid.is_some_and(|paid| paid.counted));
        })
    }),
    Case::refused("order/cancel", 409, "order/paid-already").before(|scene| Box::pin(paid(scene))),
];

#[test]
fn p6_3_an_order_is_given_up_only_as_far_as_the_provider_closes_it() {
    run(GIVEN_UP);
}

fn tagged(answered: &Answered) {
    assert!(answered.headers["etag"].to_str().is_ok_and(|tag| tag.starts_with('"') && tag.ends_with('"')));
}

const SHOWN: &[Case] = &[
    Case::done("order/show-order", 200).before(|scene| Box::pin(paid(scene))).after(|_, answered| {
        Box::pin(async {
            tagged(answered);
            let order = answered.json();
            assert_eq!((&order["state"], &order["payments"][0]["state"]), (&"paid".into(), &"succeeded".into()));
            assert_eq!(order["payments"][0]["refund_reserved_fen"], 0);
        })
    }),
    Case::done("order/show-order-by-school", 200).before(|scene| Box::pin(ordered(scene))),
    Case::done("order/show-order-by-platform", 200).before(|scene| Box::pin(ordered(scene))),
    Case::done("order/show-payment", 200).before(|scene| Box::pin(paying(scene))).after(|_, answered| {
        Box::pin(async {
            tagged(answered);
            assert_eq!(answered.json()["state"], "sent");
            assert!(answered.json()["transaction_id"].is_null());
        })
    }),
    Case::done("order/show-payment", 200).before(|scene| Box::pin(paid(scene))).after(|_, answered| {
        Box::pin(async {
            assert!(answered.json()["transaction_id"].as_str().is_some_and(|number| number.starts_with("42000")));
            assert_eq!(answered.json()["snapshot_sha256"].as_str().map(str::len), Some(43));
        })
    }),
    Case::done("order/show-payment-by-school", 200).before(|scene| Box::pin(paying(scene))),
];

#[test]
fn p5_3_orders_and_payments_are_shown_as_they_stand() {
    run(SHOWN);
}

const FROZEN: &[Case] = &[
    Case::done("order/show-snapshot", 200).before(|scene| Box::pin(ordered(scene))).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            let body = view["body"].as_str().expect("a body");
            assert_eq!(view["sha256"], hash(body.as_bytes()));
            assert_eq!(view["sha256"], record(scene).await.value.orders[0].snapshot.as_str());
            assert_eq!(view["archived"], false);
        })
    }),
    // Paying changes nothing of what was submitted.
    Case::done("order/show-snapshot", 200).before(|scene| Box::pin(paid(scene))).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["sha256"], hash(answered.json()["body"].as_str().unwrap().as_bytes()));
        })
    }),
    Case::done("order/show-snapshot-by-school", 200).before(|scene| Box::pin(ordered(scene))),
    Case::done("order/show-snapshot-by-platform", 200).before(|scene| Box::pin(ordered(scene))),
];

#[test]
fn p2_5_a_snapshot_is_shown_with_its_proof() {
    run(FROZEN);
}

/// Part of the payment has gone back, says the record of its refund.
async fn refunded(scene: &Scene) {
    paid(scene).await;
    let (now, mut payment) = (scene.stage.now(), payment(scene, FIRST).await);
    let mut refund = Refund::whole(&mut payment, None, RefundReason::PaidTwice, now);
    (refund.state, refund.ended_at) = (RefundState::Done, Some(now));
    refund.snapshot = Snapshot::of_refund(&refund, &payment).map(|snapshot| snapshot.hash);
    let mut commit = Commit::new(Actor::system("test"), "test.refund", now);
    commit.save_refund(&Versioned::absent(refund)).expect("a refund");
    scene.app.store().commit(commit).await.expect("written");
}

/// The body hashes to what is said, and says this.
fn proves(answered: &Answered, words: &str) {
    let view = answered.json();
    let body = view["body"].as_str().expect("a body");
    assert_eq!(view["sha256"], hash(body.as_bytes()));
    assert!(body.contains(words), "{body}");
}

const PROVED: &[Case] = &[
    Case::done("order/show-payment-snapshot", 200).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            proves(answered, r#""kind":"payment_succeeded""#);
            assert_eq!(answered.json()["archived"], false);
            archive::look(scene.app.clone(), FIRST.to_owned()).await.expect("archived");
            let again = scene.send("order/show-payment-snapshot").await.json();
            assert_eq!((&again["archived"], &again["body"]), (&true.into(), &answered.json()["body"]));
        })
    }),
    Case::done("order/show-payment-snapshot-by-school", 200).before(|scene| Box::pin(paid(scene))),
    Case::refused("order/show-payment-snapshot", 404, "access/not-found").before(|scene| Box::pin(paying(scene))),
    Case::refused("order/show-payment-snapshot-unknown", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("order/show-payment-snapshot-of-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("order/show-payment-snapshot-unreadable", 400, "request/parameter-unusable"),
    Case::done("order/show-refund-snapshot", 200)
        .before(|scene| Box::pin(refunded(scene)))
        .after(|_, answered| Box::pin(async { proves(answered, r#""kind":"refund_done""#) })),
    Case::done("order/show-refund-snapshot-by-school", 200).before(|scene| Box::pin(refunded(scene))),
    Case::refused("order/show-refund-snapshot-unknown", 404, "access/not-found")
        .before(|scene| Box::pin(refunded(scene))),
    Case::refused("order/show-refund-snapshot-of-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(refunded(scene))),
    Case::refused("order/show-refund-snapshot-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn p6_5_p7_1_payments_and_refunds_are_shown_with_their_proof() {
    run(PROVED);
}

const COMING: &[Case] = &[
    Case::done("order/list-instalments", 200)
        .town(|town| town.term.payment = PaymentMode::Periods { count: 3, days: 7 })
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let items = answered.json()["items"].clone();
                assert_eq!(items.as_array().map(Vec::len), Some(2));
                // Mondays from 7 September: the seventh lesson is on 19 October.
                assert_eq!((&items[0]["asked_on"], &items[0]["until"]), (&"2026-10-12".into(), &"2026-10-19".into()));
                assert_eq!((&items[0]["lessons"], &items[0]["amount_fen"]), (&5.into(), &12_500.into()));
                assert_eq!(items[0]["at_most"], false);
                assert_eq!(items[1]["amount_fen"], 12_500);
            })
        }),
    Case::done("order/list-instalments", 200)
        .town(|town| town.term.payment = PaymentMode::Lessons { days: 10 })
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let items = answered.json()["items"].as_array().cloned().expect("items");
                let sum: i64 = items.iter().filter_map(|item| item["amount_fen"].as_i64()).sum();
                assert_eq!((sum, &items[0]["at_most"]), (40_000, &true.into()));
                assert_eq!(items[0]["asked_on"], "2026-10-01");
            })
        }),
    Case::done("order/list-instalments", 200)
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"], serde_json::json!([])) })),
    Case::done("order/list-instalments-by-school", 200).before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/list-instalments-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/list-instalments-of-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/list-instalments-unknown", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/list-instalments-unreadable", 400, "request/parameter-unusable"),
    Case::refused("order/list-instalments-not-signed-in", 401, "access/not-signed-in"),
];

#[test]
fn p6_1_a_family_sees_what_will_still_be_asked_for() {
    run(COMING);
}

const NOWHERE: &[Case] = &[
    Case::refused("order/wrong-path", 404, "request/no-such-path"),
    Case::refused("order/wrong-path-refunds", 404, "request/no-such-path"),
    Case::refused("order/wrong-method-pay", 404, "request/no-such-method"),
    Case::refused("order/wrong-method-cancel", 404, "request/no-such-method"),
    Case::refused("order/wrong-method-show", 404, "request/no-such-method"),
];

#[test]
fn p6_1_no_such_path_or_method_is_a_problem_too() {
    run(NOWHERE);
}

/// The school has put the deadline off to noon.
async fn extended(scene: &Scene) {
    assert_eq!(scene.send("order/extend").await.status, 200);
}

const EXTENDED: &[Case] = &[
    Case::done("order/extend", 200).before(|scene| Box::pin(ordered(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["deadline"], "2026-09-01T12:00:00+08:00");
            let before = record(scene).await;
            let due = scene.app.store().due_records(scene.stage.now(), 10).await.expect("read");
            assert_eq!(due.len(), 1, "its snapshot is not archived yet");
            archive::look(scene.app.clone(), format!("S000000000/{TERM}"))
                .await
                .expect("the snapshot is the promised one");
            let order = &record(scene).await.value.orders[0];
            assert_eq!((order.archived, &order.snapshot), (true, &before.value.orders[0].snapshot));
            // Past the deadline it was submitted with, the seats are held as before.
            later(scene, 3600).await;
            let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
            let channels = scene.app.channels().await.expect("a channel");
            assert_eq!(cashier.end_order(channels, &id("20261-S000000000-01")).await.expect("asked"), Ended::Open);
            assert_eq!(scene.seated("K1"), ["S000000000"]);
            assert_eq!(scene.send("order/pay-native").await.status, 201);
            later(scene, 3 * 3600).await;
            assert_eq!(cashier.end_order(channels, &id("20261-S000000000-01")).await.expect("asked"), Ended::Free);
            assert!(scene.seated("K1").is_empty());
        })
    }),
    // Asking twice is asking once.
    Case::done("order/extend", 200)
        .before(|scene| {
            Box::pin(async {
                ordered(scene).await;
                extended(scene).await;
            })
        })
        .after(|scene, _| {
            Box::pin(async {
                let order = record(scene).await.value.orders[0].clone();
                assert_eq!(order.extension.map(|extension| extension.times), Some(1));
            })
        }),
    // An attempt keeps the last moment the provider was told: when it is over, another one takes its place.
    Case::done("order/pay-native-new-key", 201)
        .before(|scene| {
            Box::pin(async {
                paying(scene).await;
                extended(scene).await;
                later(scene, 20 * 60).await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                let begun = answered.json();
                assert_eq!(
                    (&begun["payment_no"], &begun["expires_at"]),
                    (&"20261-S000000000-01-2".into(), &"2026-09-01T11:59:00+08:00".into())
                );
                assert_eq!(payment(scene, FIRST).await.state, PaymentState::Closed);
            })
        }),
    // As long as it lasts it is the same.
    Case::done("order/pay-native-new-key", 201)
        .before(|scene| {
            Box::pin(async {
                paying(scene).await;
                extended(scene).await;
                later(scene, 10 * 60).await;
            })
        })
        .after(|_, answered| Box::pin(async move { assert_eq!(answered.json()["payment_no"], FIRST) })),
];

#[test]
fn s33_4_a_deadline_is_put_off_and_the_order_can_be_paid_until_then() {
    run(EXTENDED);
}

const NOT_EXTENDED: &[Case] = &[
    // The provider is being told to close: whether it will, nobody knows.
    Case::refused("order/extend", 409, "extension/not-waiting").before(|scene| {
        Box::pin(async {
            paying(scene).await;
            entering(scene);
            drop(scene.send("order/cancel").await);
            assert_eq!(state(scene).await, OrderState::Closing);
        })
    }),
    Case::refused("order/extend", 409, "extension/not-waiting").before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            drop(scene.send("order/cancel").await);
            assert_eq!(state(scene).await, OrderState::Cancelled);
        })
    }),
    Case::refused("order/extend", 409, "extension/paid-already").before(|scene| Box::pin(paid(scene))),
    Case::refused("order/extend-earlier", 409, "extension/not-later").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-too-far", 422, "extension/too-far").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-no-reason", 422, "extension/reason-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-bad-until", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-unknown-field", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-by-guardian", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-by-steward", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-by-other-school", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-unknown", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/extend-unreadable", 400, "request/parameter-unusable"),
    Case::refused("order/extend-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("order/extend-key-missing", 400, "request/idempotency-key-missing"),
];

#[test]
fn s33_4_what_ends_or_is_paid_is_not_put_off() {
    run(NOT_EXTENDED);
}

/// The sweeper and the school meet at the deadline: one of them comes first, and both tell the same story.
#[test]
fn s33_4_p6_3_an_order_that_begins_to_end_is_not_put_off_and_one_put_off_does_not_end() {
    let mut first = [0, 0];
    for seed in 0..12 {
        let put_off = simulate(seed, async |world| {
            let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
            paying(&scene).await;
            later(&scene, 15 * 60).await;
            world.set_faults(testkit::Faults::latency(30));
            let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
            let (wechat, no) = (scene.app.channels().await.expect("channels"), id("20261-S000000000-01"));
            let a_while = Duration::from_millis(world.random() % 400);
            let sweep = async {
                tokio::time::sleep(a_while).await;
                cashier.end_order(wechat, &no).await
            };
            let (extended, ended) = futures::future::join(scene.send("order/extend"), sweep).await;
            world.set_faults(testkit::Faults::none());
            let put_off = state(&scene).await == OrderState::Pending;
            // Who meets the other in a transaction too often is told to come again.
            let told = if put_off { [200, 503, 503] } else { [409, 412, 503] };
            assert!(told.contains(&extended.status.as_u16()), "seed {seed}: {}", extended.text);
            drop(ended);
            let ended = cashier.end_order(wechat, &no).await.expect("asked");
            assert_eq!(ended, if put_off { Ended::Open } else { Ended::Free }, "seed {seed}");
            assert_eq!(scene.seated("K1").len(), usize::from(put_off), "the seat is kept, or it is free");
            put_off
        });
        first[usize::from(put_off)] += 1;
    }
    assert!(first.iter().all(|times| *times > 0), "each of them came first now and then: {first:?}");
}

/// Two of a family wait, and the register knows.
async fn waiting(scene: &Scene) {
    ordered(scene).await;
    assert_eq!(scene.send("enrollment/enroll-sibling").await.status, 201);
    for pupil in ["S000000000", "S000000001"] {
        archive::look(scene.app.clone(), format!("{pupil}/{TERM}")).await.expect("archived");
    }
}

const BOTH: [&str; 2] = ["20261-S000000000-01", "20261-S000000001-01"];

/// The orders that an answer says were changed.
fn changed(answered: &Answered, how: &str) -> Vec<String> {
    let changed = answered.json()[how].as_array().cloned().unwrap_or_default();
    let mut all: Vec<String> = changed.iter().filter_map(|no| no.as_str().map(str::to_owned)).collect();
    all.sort_unstable();
    all
}

fn put_off(answered: &Answered) -> Vec<String> {
    changed(answered, "extended")
}

const MANY: &[Case] = &[
    Case::done("order/extend-many-named", 200).before(|scene| Box::pin(waiting(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(put_off(answered), BOTH);
            let refused = answered.json()["refused"].clone();
            assert_eq!(
                (&refused[0]["problem"], &refused[1]["problem"]),
                (&"access/not-found".into(), &"access/not-found".into())
            );
            assert_eq!(record(scene).await.value.orders[0].deadline.to_string(), "2026-09-01T12:00:00+08:00");
        })
    }),
    Case::done("order/extend-many-of-a-course", 200)
        .before(|scene| Box::pin(waiting(scene)))
        .after(|_, answered| Box::pin(async move { assert_eq!(put_off(answered), BOTH) })),
    // The register may be behind; the record decides.
    Case::done("order/extend-many-of-a-course", 200)
        .before(|scene| {
            Box::pin(async {
                waiting(scene).await;
                drop(scene.send("order/cancel").await);
            })
        })
        .after(|_, answered| {
            Box::pin(async move {
                assert_eq!(put_off(answered), BOTH[1..]);
                assert_eq!(answered.json()["refused"][0]["problem"], "extension/not-waiting");
            })
        }),
    Case::done("order/extend-many-of-a-homeroom", 200)
        .before(|scene| Box::pin(waiting(scene)))
        .after(|_, answered| Box::pin(async move { assert!(put_off(answered).is_empty()) })),
    Case::done("order/extend-many-next-page", 200)
        .before(|scene| Box::pin(waiting(scene)))
        .after(|_, answered| Box::pin(async move { assert_eq!(put_off(answered), BOTH[..1]) })),
    Case::refused("order/extend-many-no-term", 422, "request/field-unusable"),
    Case::refused("order/extend-many-bad-term", 422, "request/field-unusable"),
    Case::refused("order/extend-many-bad-course", 422, "request/field-unusable"),
    Case::refused("order/extend-many-bad-number", 422, "request/field-unusable"),
    Case::refused("order/extend-many-too-many", 422, "request/field-unusable"),
    Case::refused("order/extend-many-too-far", 422, "extension/too-far"),
    Case::refused("order/extend-many-by-other-school", 404, "access/not-found"),
    Case::refused("order/extend-many-by-steward", 404, "access/not-found"),
    Case::refused("order/extend-many-by-guardian", 404, "access/not-found"),
];

#[test]
fn s33_4_deadlines_are_put_off_many_at_once() {
    run(MANY);
}

/// The first pupil has taken `K1`, and `K2` afterwards.
async fn ordered_twice(scene: &Scene) {
    ordered(scene).await;
    later(scene, 60).await;
    assert_eq!(scene.send("enrollment/enroll-second").await.status, 201);
}

/// And both orders have become one.
async fn merged(scene: &Scene) {
    ordered_twice(scene).await;
    assert_eq!(scene.send("order/merge").await.status, 201);
}

const MERGED: &[Case] = &[
    Case::done("order/merge", 201).before(|scene| Box::pin(ordered_twice(scene))).after(|scene, answered| {
        Box::pin(async move {
            let whole = answered.json();
            let orders = record(scene).await.value.orders;
            assert_eq!((&whole["order_no"], &whole["state"]), (&"20261-S000000000-03".into(), &"pending".into()));
            assert_eq!(whole["total_fen"], orders[0].total.fen() + orders[1].total.fen());
            assert_eq!(whole["deadline"], orders[0].deadline.to_string(), "the earliest");
            assert_eq!(scene.send("order/show-order").await.json()["merged_into"], whole["order_no"]);
            assert_eq!(scene.send("order/pay-native").await.slug(), "order/payment-time-over", "paid with the others");
            // One payment pays both, and the seats stay where they were.
            let begun = scene.send("order/pay-merged").await;
            assert_eq!((begun.status.as_u16(), &begun.json()["amount_fen"]), (201, &whole["total_fen"]));
            let now = scene.stage.world.now();
            scene.stage.provider().pay("20261-S000000000-03-1", now).expect("paid");
            let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
            let no: PaymentNo = id("20261-S000000000-03-1");
            let channels = scene.app.channels().await.expect("channels");
            assert_eq!(cashier.ask(channels, &no).await.expect("asked"), Some(Settled::Counted));
            assert_eq!(
                (scene.seated("K1"), scene.seated("K2")),
                (vec!["S000000000".into()], vec!["S000000000".into()])
            );
            // Whoever looks at the merged ones finds them ended, and lets no seat go.
            later(scene, 3600).await;
            assert_eq!(cashier.end_order(channels, &orders[0].no).await.expect("asked"), Ended::Free);
            assert_eq!(scene.seated("K1").len(), 1);
            archive::look(scene.app.clone(), format!("S000000000/{TERM}"))
                .await
                .expect("every snapshot is the promised");
        })
    }),
    // Nobody pays: both seats go at the earlier deadline.
    Case::done("order/merge", 201).before(|scene| Box::pin(ordered_twice(scene))).after(|scene, _| {
        Box::pin(async move {
            later(scene, 3600).await;
            let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
            let channels = scene.app.channels().await.expect("channels");
            assert_eq!(cashier.end_order(channels, &id("20261-S000000000-03")).await.expect("asked"), Ended::Free);
            assert!(scene.seated("K1").is_empty() && scene.seated("K2").is_empty());
        })
    }),
    // The same request again is the same order.
    Case::done("order/merge", 201).before(|scene| Box::pin(merged(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["order_no"], "20261-S000000000-03");
            assert_eq!(record(scene).await.value.orders.len(), 3);
        })
    }),
    Case::done("order/pay-merged", 201).before(|scene| Box::pin(merged(scene))),
];

#[test]
fn p6_2_waiting_orders_are_merged_and_paid_at_once() {
    run(MERGED);
}

const NOT_MERGED: &[Case] = &[
    Case::refused("order/merge", 409, "merge/being-paid").before(|scene| {
        Box::pin(async {
            ordered_twice(scene).await;
            assert_eq!(scene.send("order/pay-native").await.status, 201);
        })
    }),
    Case::refused("order/merge", 409, "merge/not-waiting").before(|scene| {
        Box::pin(async {
            ordered_twice(scene).await;
            drop(scene.send("order/cancel").await);
        })
    }),
    Case::refused("order/merge", 409, "merge/time-over").before(|scene| {
        Box::pin(async {
            ordered_twice(scene).await;
            later(scene, 13 * 60).await;
        })
    }),
    Case::refused("order/merge-key-reused", 422, "request/idempotency-key-reused")
        .before(|scene| Box::pin(merged(scene))),
    Case::refused("order/merge-with-itself", 422, "merge/too-few").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-with-none", 422, "merge/too-few").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-with-sibling", 422, "merge/of-another").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-with-unknown", 422, "merge/of-another").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-bad-number", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-unknown-field", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-by-school", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-of-other-family", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-unknown", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/merge-unreadable", 400, "request/parameter-unusable"),
    Case::refused("order/merge-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("order/merge-key-missing", 400, "request/idempotency-key-missing"),
];

#[test]
fn p6_2_what_is_paid_or_ends_is_not_merged() {
    run(NOT_MERGED);
}

/// The school has reminded the family.
async fn reminded(scene: &Scene) {
    assert_eq!(scene.send("order/remind").await.status, 200);
}

const REMINDED: &[Case] = &[
    Case::done("order/remind", 200).before(|scene| Box::pin(ordered(scene))).after(|scene, answered| {
        Box::pin(async move {
            let reminder = &answered.json()["reminder"];
            assert_eq!((&reminder["words"], &reminder["times"]), (&"请于周五放学前完成缴费".into(), &1.into()));
            assert_eq!(&scene.send("order/show-order").await.json()["reminder"], reminder, "the family sees it");
        })
    }),
    Case::done("order/remind-no-words", 200).before(|scene| Box::pin(ordered(scene))).after(|_, answered| {
        Box::pin(async move { assert_eq!(answered.json()["reminder"]["words"], serde_json::Value::Null) })
    }),
    // Asking twice is asking once; the pause is for whoever asks for something else.
    Case::done("order/remind", 200)
        .before(|scene| {
            Box::pin(async {
                ordered(scene).await;
                reminded(scene).await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["reminder"]["times"], 1);
                let again = scene.send("order/remind-in-other-words").await;
                assert_eq!((again.status.as_u16(), again.slug().as_str()), (409, "reminder/too-soon"));
            })
        }),
    Case::done("order/remind-many-named", 200).before(|scene| Box::pin(waiting(scene))).after(|_, answered| {
        Box::pin(async move {
            assert_eq!(changed(answered, "reminded"), BOTH);
            assert_eq!(answered.json()["refused"][0]["problem"], "access/not-found");
        })
    }),
    // Who was reminded a minute ago is left in peace, the others are not forgotten.
    Case::done("order/remind-many-of-a-course", 200)
        .before(|scene| {
            Box::pin(async {
                waiting(scene).await;
                assert_eq!(scene.send("order/remind-in-other-words").await.status, 200);
            })
        })
        .after(|_, answered| {
            Box::pin(async move {
                assert_eq!(changed(answered, "reminded"), BOTH[1..]);
                assert_eq!(answered.json()["refused"][0]["problem"], "reminder/too-soon");
            })
        }),
    Case::done("order/remind-many-of-a-homeroom", 200)
        .before(|scene| Box::pin(waiting(scene)))
        .after(|_, answered| Box::pin(async move { assert!(changed(answered, "reminded").is_empty()) })),
];

#[test]
fn s33_3_families_are_reminded_of_what_they_have_to_pay() {
    run(REMINDED);
}

const NOT_REMINDED: &[Case] = &[
    Case::refused("order/remind-in-other-words", 409, "reminder/too-soon").before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            reminded(scene).await;
        })
    }),
    Case::refused("order/remind", 409, "reminder/paid-already").before(|scene| Box::pin(paid(scene))),
    Case::refused("order/remind", 409, "reminder/not-waiting").before(|scene| {
        Box::pin(async {
            ordered(scene).await;
            drop(scene.send("order/cancel").await);
        })
    }),
    Case::refused("order/remind-long-words", 422, "reminder/words-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/remind-unknown-field", 422, "request/field-unusable").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/remind-by-guardian", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/remind-by-steward", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/remind-by-other-school", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/remind-unknown", 404, "access/not-found").before(|scene| Box::pin(ordered(scene))),
    Case::refused("order/remind-unreadable", 400, "request/parameter-unusable"),
    Case::refused("order/remind-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("order/remind-key-missing", 400, "request/idempotency-key-missing"),
    Case::refused("order/remind-many-no-term", 422, "request/field-unusable"),
    Case::refused("order/remind-many-bad-term", 422, "request/field-unusable"),
    Case::refused("order/remind-many-bad-number", 422, "request/field-unusable"),
    Case::refused("order/remind-many-too-many", 422, "request/field-unusable"),
    Case::refused("order/remind-many-long-words", 422, "reminder/words-unusable"),
    Case::refused("order/remind-many-by-other-school", 404, "access/not-found"),
    Case::refused("order/remind-many-by-steward", 404, "access/not-found"),
    Case::refused("order/remind-many-by-guardian", 404, "access/not-found"),
];

#[test]
fn s33_3_nobody_is_reminded_of_what_is_paid_or_over() {
    run(NOT_REMINDED);
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named(
        "order",
        &[
            BEGUN,
            NOT_NOW,
            UNREADABLE,
            STRANGERS,
            GIVEN_UP,
            SHOWN,
            FROZEN,
            PROVED,
            COMING,
            NOWHERE,
            EXTENDED,
            NOT_EXTENDED,
            MANY,
            MERGED,
            NOT_MERGED,
            REMINDED,
            NOT_REMINDED,
        ],
    );
}

#[test]
fn k5_1_unknown_and_forbidden_orders_look_the_same() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        paying(&scene).await;
        for (unknown, forbidden) in [
            ("order/pay-unknown-order", "order/pay-order-of-other-family"),
            ("order/pay-unknown-order", "order/pay-by-school"),
            ("order/cancel-unknown-order", "order/cancel-order-of-other-family"),
            ("order/show-order-unknown", "order/show-order-of-other-family"),
            ("order/show-order-unknown", "order/show-order-by-other-school"),
            ("order/show-snapshot-unknown", "order/show-snapshot-of-other-family"),
            ("order/show-payment-unknown", "order/show-payment-of-other-family"),
            ("order/show-payment-unknown", "order/show-payment-by-other-school"),
        ] {
            let (unknown, forbidden) = (scene.send(unknown).await, scene.send(forbidden).await);
            assert_eq!((unknown.status, &unknown.text), (forbidden.status, &forbidden.text));
            assert_eq!(unknown.headers, forbidden.headers);
        }
    });
}

#[test]
fn p6_2_the_same_request_is_the_same_payment() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        ordered(&scene).await;
        let first = scene.send("order/pay-native").await;
        let before = scene.everything();
        later(&scene, 60).await;
        let again = scene.send("order/pay-native").await;
        // The code to scan is made anew by the provider each time; it leads to the same payment.
        for field in ["payment_no", "amount_fen", "expires_at"] {
            assert_eq!(first.json()[field], again.json()[field]);
        }
        assert_eq!((first.status, before), (again.status, scene.everything()));
    });
}

#[test]
fn p6_2_a_provider_that_does_not_answer_costs_a_try_and_no_second_payment() {
    for faults in [Faults { busy: 1, ..Faults::NONE }, Faults { answer_lost: 1, ..Faults::NONE }] {
        simulate(1, async |world| {
            let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
            ordered(&scene).await;
            scene.stage.provider().set_faults(faults);
            let first = scene.send("order/pay-native").await;
            assert_eq!((first.status.as_u16(), first.slug().as_str()), (503, "busy"));
            assert_eq!(first.headers["retry-after"], "1");
            assert_eq!(payment(&scene, FIRST).await.state, PaymentState::Sent, "written down before it was sent");
            let again = scene.send("order/pay-native").await;
            assert_eq!((again.status.as_u16(), &again.json()["payment_no"]), (201, &FIRST.into()));
            assert_eq!(scene.stage.provider().payments().len(), 1);
        });
    }
}

/// The school's number at the provider is wrong: paying is refused, and giving up waits for what the provider says.
#[test]
fn p6_2_a_provider_that_refuses_is_no_failure_of_ours() {
    let mut town = Town::small(4);
    town.school.merchants = Merchants::wechat("1900");
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &town).await, FUNCTIONS);
        ordered(&scene).await;
        for _ in 0..2 {
            let answered = scene.send("order/pay-native").await;
            assert_eq!((answered.status.as_u16(), answered.slug().as_str()), (409, "order/channel-refused"));
        }
        assert!(scene.stage.provider().payments().is_empty());
        assert_eq!(scene.seated("K1"), ["S000000000"]);
    });
}

#[test]
fn p6_2_paid_meanwhile_is_found_out_when_paying_again() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        paid_there(&scene).await;
        let answered = scene.send("order/pay-native").await;
        assert_eq!((answered.status.as_u16(), answered.slug().as_str()), (409, "order/already-paid"));
        assert_eq!(state(&scene).await, OrderState::Paid);
        assert_eq!(scene.seated("K1"), ["S000000000"]);
    });
}

#[test]
fn p6_2_one_attempt_is_open_however_often_the_guardian_presses() {
    for seed in 0..6 {
        simulate(seed, async |world| {
            let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
            ordered(&scene).await;
            world.set_faults(testkit::Faults::latency(30));
            let files = ["order/pay-native", "order/pay-native", "order/pay-native-new-key", "order/pay-h5-new-key"];
            let sent = futures::future::join_all(files.map(|file| scene.send(file))).await;
            world.set_faults(testkit::Faults::none());
            assert!(sent.iter().all(|answered| matches!(answered.status.as_u16(), 201 | 409 | 503)));
            let order = record(&scene).await.value.orders[0].clone();
            for attempt in 1..order.attempts {
                let before = payment(&scene, &format!("{}-{attempt}", order.no)).await;
                assert_eq!(before.state, PaymentState::Closed, "all but the last are closed");
            }
        });
    }
}

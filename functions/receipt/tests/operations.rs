//! Receipts, event by event. P5.3 P7.1, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cashier::{Cashier, Mended, Settled};
use domain::Money;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{PaymentNo, RefundNo};
use domain::refund::facts::Trigger;
use domain::refund::reserve::{Wanted, reserve};
use domain::refund::rules::Payout;
use domain::refund::{Part, Refund, RefundReason, RefundState};
use simulator::wechat::Faults;
use store::{Commit, Versioned};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::simulate;
use testkit::stage::{Answered, Stage, Who, event, send};
use testkit::town::{TERM, Town, id};

const FUNCTIONS: Functions =
    &[("enrollment", enrollment::routes), ("order", order::routes), ("receipt", receipt::routes)];

const FIRST: &str = "20261-S000000000-01-1";
const REFUND: &str = "20261-S000000000-01-1-R1";

/// The first pupil has taken `K1`.
async fn ordered(scene: &Scene) {
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
}

/// And paid it; the snapshots lie in the archive.
async fn paid(scene: &Scene) {
    ordered(scene).await;
    assert_eq!(scene.send("order/pay-native").await.status, 201);
    let now = scene.stage.world.now();
    scene.stage.provider().pay(FIRST, now).expect("paid");
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    let settled = cashier.ask(scene.app.channels().await.expect("a channel"), &id::<PaymentNo>(FIRST)).await;
    assert_eq!(settled.expect("asked"), Some(Settled::Counted));
    archive::look(scene.app.clone(), FIRST.to_owned()).await.expect("archived");
}

/// Thirteen of the sixteen lessons are to go back.
async fn reserved(scene: &Scene) {
    paid(scene).await;
    let found = scene.app.store().payment(&id(FIRST)).await.expect("read").map(Guarded::unguarded);
    let mut payment = found.expect("a payment");
    let amount = Money::from_fen(32_500);
    let wanted = Wanted {
        amount,
        parts: vec![Part { course: id("K1"), lessons: 13, amount }],
        lines: Vec::new(),
        payout: Payout::Original,
        reason: RefundReason::ByRule(Trigger::Withdrawal),
        retry_of: None,
        request: None,
        payer: None,
    };
    let refund = reserve(&mut payment.value, None, wanted, scene.stage.now()).expect("reserved");
    let mut commit = Commit::new(Actor::system("test"), "test.refund", scene.stage.now());
    commit.save_payment(&payment).expect("a payment");
    commit.save_refund(&Versioned::absent(refund)).expect("a refund");
    scene.app.store().commit(commit).await.expect("written");
}

/// The provider is asked for it, and what became of it.
async fn carried(scene: &Scene) {
    reserved(scene).await;
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    for _ in 0..2 {
        let channels = scene.app.channels().await.expect("channels");
        Box::pin(cashier.carry(channels, &id(REFUND), "https://platform.invalid/v1")).await.expect("carried");
        scene.stage.world.advance(Duration::from_mins(1)).await;
    }
}

/// It has arrived; its snapshot lies in the archive.
async fn refunded(scene: &Scene) {
    carried(scene).await;
    assert_eq!(refund(scene).await.state, RefundState::Done);
    archive::look(scene.app.clone(), REFUND.to_owned()).await.expect("archived");
}

/// The payer's card took no money, and the school has paid it out by hand.
async fn handed_out(scene: &Scene) {
    scene.stage.provider().set_faults(Faults { refund_abnormal: true, ..Faults::NONE });
    carried(scene).await;
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    assert_eq!(cashier.hand_out(&id(REFUND)).await.expect("written"), Mended::Done);
    archive::look(scene.app.clone(), REFUND.to_owned()).await.expect("archived");
}

async fn refund(scene: &Scene) -> Refund {
    let found = scene.app.store().refund(&id::<RefundNo>(REFUND)).await.expect("read");
    found.map(Guarded::unguarded).expect("a refund").value
}

fn pdf(answered: &Answered) -> Vec<u8> {
    STANDARD.decode(answered.json()["content_base64"].as_str().expect("text")).expect("base 64")
}

async fn verified(scene: &Scene, hash: &str) -> Answered {
    asked(scene, &format!("/receipts/{hash}")).await
}

/// Somebody without a session asks.
async fn asked(scene: &Scene, path: &str) -> Answered {
    let router = edge::start::router(scene.stage.app(), receipt::routes());
    send(&router, &event("GET", path, &Who::Nobody, &[], None)).await
}

const CASES: &[Case] = &[
    Case::done("receipt/show", 200).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            let receipt = answered.json();
            assert_eq!(receipt["file_name"], format!("电子收据-{FIRST}.pdf"));
            assert!(pdf(answered).starts_with(b"%PDF-"));
            assert_eq!(pdf(&scene.send("receipt/show").await), pdf(answered), "the same order, the same bytes");
            assert_eq!(pdf(&scene.send("receipt/show-by-school").await), pdf(answered), "whoever asks");
            let hash = receipt["snapshot_sha256"].as_str().expect("text");
            assert_eq!(receipt["verify_url"], format!("https://platform.invalid/v1/receipts/{hash}"));
            let proof = verified(scene, hash).await;
            let told = proof.json();
            assert_eq!((proof.status.as_u16(), &told["state"]), (200, &"paid".into()), "{}", proof.text);
            assert_eq!((&told["amount_fen"], &told["paid_on"]), (&40_000.into(), &"2026-09-01".into()));
            assert_eq!(told["school_name"], "五桂山第一小学");
            for personal in ["S000000000", "G000000000", "学生", "20261-"] {
                assert!(!proof.text.contains(personal), "{personal}: {}", proof.text);
            }
        })
    }),
    Case::done("receipt/show-by-school", 200).before(|scene| Box::pin(paid(scene))),
    Case::refused("receipt/show", 409, "receipt/not-paid").before(|scene| Box::pin(ordered(scene))),
    Case::refused("receipt/show", 409, "receipt/nothing-to-pay")
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll-free").await) })),
    Case::refused("receipt/show-of-other-family", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("receipt/show-by-other-school", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("receipt/show-by-teacher", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("receipt/show-unknown", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("receipt/show-unreadable", 400, "request/parameter-unusable"),
    Case::refused("receipt/show-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("receipt/verify-unknown", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("receipt/verify-unreadable", 404, "access/not-found"),
];

#[test]
fn p5_3_who_paid_gets_a_receipt_that_anybody_can_have_verified() {
    for case in CASES {
        case.run(FUNCTIONS);
    }
    sample::every_event_is_named("receipt", &[CASES, REFUNDS]);
}

const REFUNDS: &[Case] = &[
    Case::done("receipt/show-refund", 200).before(|scene| Box::pin(refunded(scene))).after(|scene, answered| {
        Box::pin(async move {
            let receipt = answered.json();
            assert_eq!(receipt["file_name"], format!("退费凭证-{REFUND}.pdf"));
            assert!(pdf(answered).starts_with(b"%PDF-"));
            assert_eq!(pdf(&scene.send("receipt/show-refund-by-school").await), pdf(answered), "whoever asks");
            let hash = receipt["snapshot_sha256"].as_str().expect("text");
            assert_eq!(Some(hash), refund(scene).await.snapshot.as_deref());
            assert_eq!(receipt["verify_url"], format!("https://platform.invalid/v1/refund-receipts/{hash}"));
            let proof = asked(scene, &format!("/refund-receipts/{hash}")).await;
            let told = proof.json();
            assert_eq!((proof.status.as_u16(), &told["state"]), (200, &"done".into()), "{}", proof.text);
            assert_eq!((&told["amount_fen"], &told["refunded_on"]), (&32_500.into(), &"2026-09-01".into()));
            for personal in ["S000000000", "G000000000", "学生", "20261-"] {
                assert!(!proof.text.contains(personal), "{personal}: {}", proof.text);
            }
            assert_eq!(verified(scene, hash).await.status, 404, "it is no receipt of a payment");
            let payment = scene.send("receipt/show").await.json()["snapshot_sha256"].clone();
            let payment = payment.as_str().expect("text").to_owned();
            assert_eq!(asked(scene, &format!("/refund-receipts/{payment}")).await.status, 404);
        })
    }),
    Case::done("receipt/show-refund", 200).before(|scene| Box::pin(handed_out(scene))).after(|scene, answered| {
        Box::pin(async move {
            let hash = answered.json()["snapshot_sha256"].as_str().expect("text").to_owned();
            let proof = asked(scene, &format!("/refund-receipts/{hash}")).await;
            assert_eq!(proof.json()["state"], "returned", "{}", proof.text);
        })
    }),
    Case::done("receipt/show-refund-by-school", 200).before(|scene| Box::pin(refunded(scene))),
    Case::refused("receipt/show-refund", 409, "receipt/not-refunded").before(|scene| Box::pin(reserved(scene))),
    Case::refused("receipt/show-refund-of-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(refunded(scene))),
    Case::refused("receipt/show-refund-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(refunded(scene))),
    Case::refused("receipt/show-refund-unknown", 404, "access/not-found").before(|scene| Box::pin(refunded(scene))),
    Case::refused("receipt/show-refund-unreadable", 400, "request/parameter-unusable"),
    Case::refused("receipt/show-refund-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("receipt/verify-refund-unknown", 404, "access/not-found").before(|scene| Box::pin(refunded(scene))),
    Case::refused("receipt/verify-refund-unreadable", 404, "access/not-found"),
];

#[test]
fn p7_1_who_got_money_back_gets_a_receipt_that_anybody_can_have_verified() {
    for case in REFUNDS {
        case.run(FUNCTIONS);
    }
}

#[test]
fn p5_3_the_proof_says_what_went_back_since() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        paid(&scene).await;
        let receipt = scene.send("receipt/show").await;
        let hash = receipt.json()["snapshot_sha256"].as_str().expect("text").to_owned();
        for (amount, state) in [(10_000, "partly_refunded"), (30_000, "refunded")] {
            let found = scene.app.store().payment(&id(FIRST)).await.expect("read").map(Guarded::unguarded);
            let mut payment = found.expect("a payment");
            let amount = Money::from_fen(amount);
            let parts = vec![Part { course: id("K1"), lessons: 0, amount }];
            let wanted = Wanted {
                amount,
                parts,
                lines: Vec::new(),
                payout: Payout::Original,
                reason: RefundReason::Agreed,
                retry_of: None,
                request: None,
                payer: None,
            };
            let mut refund = reserve(&mut payment.value, None, wanted, scene.stage.now()).expect("reserved");
            refund.state = RefundState::Done;
            let mut commit = Commit::new(Actor::system("test"), "test.refund", scene.stage.now());
            commit.save_payment(&payment).expect("a payment");
            commit.save_refund(&Versioned::absent(refund)).expect("a refund");
            scene.app.store().commit(commit).await.expect("written");
            assert_eq!(verified(&scene, &hash).await.json()["state"], state);
        }
        assert_eq!(pdf(&scene.send("receipt/show").await), pdf(&receipt), "the receipt stays what it was");
        // An order's own snapshot is no receipt.
        let record = scene.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read");
        let order = record.map(Guarded::unguarded).expect("a record").value.orders.remove(0);
        assert_eq!(verified(&scene, &order.snapshot).await.status, 404);
    });
}

//! Moves, event by event: quoted, asked for, decided, paid for, taken out; stopped at every step. S27 S28 P11 P12,
//! promises P1 P5 P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

mod ground;
mod money;

use ground::*;
use testkit::sample::{self, Case};
use testkit::town::id;

const QUOTED: &[Case] = &[
    Case::done("exchange/quote", 200).before(|scene| Box::pin(paid(scene))).after(|scene, answered| {
        Box::pin(async move {
            let quote = answered.json();
            assert_eq!((&quote["lessons"], &quote["approval"]), (&16.into(), &true.into()));
            let difference = &quote["difference"];
            assert_eq!((&difference["to_pay_fen"], &difference["to_return_fen"]), (&0.into(), &0.into()));
            assert_eq!(difference["back"][0]["order_no"], ORDER);
            assert_eq!(difference["price"][0]["words"], "学费每课时 25.00 元 × 剩余 16 课时,计 400.00 元");
            assert_eq!(scene.seated("K2").len(), 0, "asks for nothing");
        })
    }),
    // Five Mondays have passed by then, and six Tuesdays.
    Case::done("exchange/quote-in-october", 200).before(|scene| Box::pin(paid(scene))).after(|_, answered| {
        Box::pin(async {
            let quote = answered.json();
            assert_eq!(quote["lessons"], 10);
            let difference = &quote["difference"];
            assert_eq!(
                (&difference["back"][0]["total_fen"], &difference["price_fen"]),
                (&27_500.into(), &25_000.into())
            );
        })
    }),
    Case::done("exchange/quote-with-materials", 200)
        .before(|scene| Box::pin(paid(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["difference"]["to_pay_fen"], 3_000) })),
    Case::done("exchange/quote-by-school", 200).before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/quote-other-family", 404, "access/not-found").before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/quote-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("exchange/quote-unreadable", 400, "request/parameter-unusable"),
];

const ASKED: &[Case] = &[
    Case::done("exchange/ask-exchange", 201).town(may_withdraw).before(|scene| Box::pin(paid(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let request = answered.json();
                assert_eq!((&request["state"], &request["party"]), (&"asked".into(), &"guardian".into()));
                assert_eq!(request["move_id"], MOVE);
                assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (1, 0), "the pupil stays");
                let again = scene.send("exchange/ask-exchange").await;
                assert_eq!((again.status.as_u16(), again.json()["move_id"].clone()), (201, MOVE.into()));
                let other = scene.send("exchange/ask-exchange-other-body").await;
                assert_eq!(other.slug(), "request/idempotency-key-reused");
                let withdrawn = scene.send("refund/ask-withdrawal").await;
                assert_eq!(withdrawn.slug(), "refund-request/already-asked", "one way at a time");
            })
        },
    ),
    Case::refused("exchange/ask-exchange-other-body", 422, "request/idempotency-key-reused")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/ask-exchange-again", 409, "move/under-way")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/ask-exchange-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("exchange/ask-exchange-no-reason", 422, "teaching-request/reason-unusable")
        .town(may_withdraw)
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/ask-exchange-to-nothing", 422, "request/field-unusable"),
    Case::refused("exchange/ask-exchange-same-course", 422, "move/same-course").before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/ask-exchange-unknown-offering", 422, "move/offering-not-available")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/ask-exchange-other-school", 404, "access/not-found"),
    // Monday's other course: what is given up does not stand in its way.
    Case::done("exchange/ask-exchange-clash", 201).town(may_withdraw).before(|scene| Box::pin(paid(scene))),
    Case::done("exchange/ask-exchange-to-class", 201).town(may_withdraw).before(|scene| Box::pin(taught(scene))),
    Case::refused("exchange/ask-exchange-to-other-class", 422, "move/no-such-class")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/ask-exchange-past-day", 422, "move/day-out-of-range")
        .town(may_withdraw)
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/ask-exchange-after-term", 409, "move/nothing-left")
        .town(may_withdraw)
        .before(|scene| Box::pin(paid(scene))),
    Case::done("exchange/ask-exchange-in-october", 201)
        .town(may_withdraw)
        .before(|scene| Box::pin(paid(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["on"], "2026-10-12") })),
    Case::refused("exchange/ask-exchange-unknown-field", 422, "request/field-unusable"),
    Case::refused("exchange/ask-exchange-by-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(paid(scene))),
    Case::refused("exchange/ask-exchange-by-teacher", 404, "access/not-found"),
    Case::refused("exchange/ask-exchange-not-signed-in", 401, "access/not-signed-in"),
    // A guardian's window is closed; the school's never is.
    Case::done("exchange/ask-exchange-by-school", 201)
        .before(|scene| Box::pin(paid(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["party"], "school") })),
    Case::done("exchange/ask-transfer", 201).before(|scene| Box::pin(taught(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!((&answered.json()["kind"], &answered.json()["state"]), (&"transfer".into(), &"asked".into()));
            assert!(class(scene, FIRST_CLASS).await.knows(&id("S000000000")), "the pupil stays");
        })
    }),
    Case::refused("exchange/ask-transfer-same-class", 409, "move/same-class").before(|scene| Box::pin(taught(scene))),
    Case::refused("exchange/ask-transfer-unknown-class", 422, "move/no-such-class")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("exchange/ask-transfer-to-nothing", 422, "request/field-unusable"),
    Case::done("exchange/ask-transfer-by-school", 201).before(|scene| Box::pin(without_approval(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["state"], "done");
                let (from, to) = (class(scene, FIRST_CLASS).await, class(scene, SECOND_CLASS).await);
                let day = scene.app.now().day();
                assert!(!from.has(&id("S000000000"), day) && to.has(&id("S000000000"), day));
                assert_eq!(scene.seated("K1").len(), 1, "no seat changes");
            })
        },
    ),
    Case::refused("exchange/ask-transfer-past-day", 422, "move/day-out-of-range")
        .before(|scene| Box::pin(taught_yesterday(scene))),
];

const DECIDED: &[Case] = &[
    Case::done("exchange/decide-approve", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let request = answered.json();
                assert_eq!((&request["state"], &request["decided_by"]), (&"done".into(), &"A000000001".into()));
                assert_eq!((scene.seated("K1").len(), scene.seated("K2").len()), (0, 1));
                let record = record(scene).await;
                assert_eq!(record.seat_in(&id("K2")).expect("a seat").0.total.fen(), 0);
                assert_eq!((record.orders[2].total.fen(), payment(scene).await.refund_reserved.fen()), (40_000, 0));
                let twice = scene.send("exchange/decide-approve").await;
                assert_eq!(twice.slug(), "teaching-request/already-decided");
            })
        },
    ),
    Case::done("exchange/decide-approve-by-principal", 200)
        .before(|scene| Box::pin(asked_by_school(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "done") })),
    Case::refused("exchange/decide-own", 409, "teaching-request/second-person-needed")
        .before(|scene| Box::pin(asked_by_school(scene))),
    Case::done("exchange/decide-refuse", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                let request = answered.json();
                assert_eq!((&request["state"], &request["refusal"]), (&"refused".into(), &"该课程即将结课".into()));
                assert_eq!(record(scene).await.orders[0].lines[0].leaving, None, "as before");
            })
        },
    ),
    Case::refused("exchange/decide-refuse-no-reason", 422, "teaching-request/reason-unusable")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/decide-by-guardian", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/decide-by-other-school", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/decide-unknown-field", 422, "request/field-unusable")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/decide-unreadable", 400, "request/parameter-unusable"),
    Case::done("exchange/take-back", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(
        |scene, answered| {
            Box::pin(async move {
                assert_eq!(answered.json()["state"], "taken_back");
                assert_eq!(record(scene).await.orders[0].lines[0].leaving, None, "as before");
            })
        },
    ),
    Case::refused("exchange/take-back-by-school", 409, "teaching-request/not-the-asker")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/take-back-by-other-family", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
];

const SEEN: &[Case] = &[
    Case::done("exchange/show", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))),
    Case::done("exchange/show-by-school", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/show-by-other-family", 404, "access/not-found")
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("exchange/show-unknown", 404, "access/not-found"),
    Case::done("exchange/list", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))).after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["items"].as_array().expect("items").len(), 1) })
    }),
    Case::done("exchange/list-of-child", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["move_id"], MOVE) })),
    Case::done("exchange/list-done", 200)
        .town(may_withdraw)
        .before(|scene| Box::pin(done(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["state"], "done") })),
    Case::refused("exchange/list-by-guardian-of-all", 404, "access/not-found"),
    Case::refused("exchange/list-by-other-school", 404, "access/not-found"),
    Case::refused("exchange/list-bad-state", 400, "request/parameter-unusable"),
    Case::done("exchange/export", 200).town(may_withdraw).before(|scene| Box::pin(asked(scene))),
    Case::done("exchange/export-csv", 200).town(may_withdraw).before(|scene| Box::pin(done(scene))).after(
        |_, answered| {
            Box::pin(async {
                let file = answered.file();
                assert!(file.contains("调课") && file.contains("已生效") && file.contains("课程K2"), "{file}");
                assert!(file.contains("费用相抵") && file.contains("A000000001"), "{file}");
            })
        },
    ),
    Case::refused("exchange/export-by-guardian", 404, "access/not-found"),
    Case::refused("exchange/export-by-other-school", 404, "access/not-found"),
    Case::refused("exchange/export-bad-kind", 400, "request/parameter-unusable"),
];

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

#[test]
fn s27_2_p11_1_what_an_exchange_costs_is_told_before_it_is_asked_for() {
    run(QUOTED);
}

#[test]
fn s27_1_s28_1_p11_1_p12_1_moves_are_asked_for() {
    run(ASKED);
}

#[test]
fn s27_1_s28_1_moves_are_decided_and_taken_back() {
    run(DECIDED);
}

#[test]
fn s27_1_s28_1_moves_are_found_and_taken_out() {
    run(SEEN);
}

#[test]
fn every_event_is_named() {
    sample::every_event_is_named("exchange", &[QUOTED, ASKED, DECIDED, SEEN]);
}

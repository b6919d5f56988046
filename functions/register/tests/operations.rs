//! Orders listed, counted and taken out, event by event. S32 S33.2 S35.1, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use cashier::{Cashier, Settled};
use domain::audit::Actor;
use domain::id::PaymentNo;
use serde_json::Value;
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::Answered;
use testkit::town::{TERM, id};

const FUNCTIONS: Functions =
    &[("enrollment", enrollment::routes), ("order", order::routes), ("register", register::routes)];

/// Two of a family and one of another have ordered; the first has paid, all of it is listed.
async fn listed(scene: &Scene) {
    for file in ["enrollment/enroll", "enrollment/enroll-sibling", "order/pay-native"] {
        assert_eq!(scene.send(file).await.status, 201, "{file}");
    }
    let (now, no) = (scene.stage.world.now(), "20261-S000000000-01-1");
    scene.stage.provider().pay(no, now).expect("paid");
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    let settled = cashier.ask(scene.app.channels().await.expect("a channel"), &id::<PaymentNo>(no)).await;
    assert_eq!(settled.expect("asked"), Some(Settled::Counted));
    archived(scene).await;
}

async fn archived(scene: &Scene) {
    for pupil in ["S000000000", "S000000001"] {
        archive::look(scene.app.clone(), format!("{pupil}/{TERM}")).await.expect("archived");
    }
}

fn numbers(answered: &Answered) -> Vec<String> {
    let items = answered.json()["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["order_no"].as_str().unwrap_or_default().to_owned()).collect()
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

const fn on_list(case: Case) -> Case {
    case.before(|scene| Box::pin(listed(scene)))
}

const FIRST: &str = "20261-S000000000-01";
const SECOND: &str = "20261-S000000001-01";

const LISTS: &[Case] = &[
    on_list(Case::done("register/list-orders", 200)).after(|_, answered| {
        Box::pin(async move {
            assert_eq!(numbers(answered), [SECOND, FIRST]);
            let item: Value = answered.json()["items"][1].clone();
            assert_eq!((&item["state"], &item["total_fen"]), (&"paid".into(), &40_000.into()));
            assert_eq!((&item["channel"], &item["method"]), (&"wechat".into(), &"native".into()));
            assert_eq!((&item["homeroom_id"], &item["grade"]), (&"3144200101.2024.01".into(), &3.into()));
            assert_eq!((&item["guardian_id"], &item["student_id"]), (&"G000000000".into(), &"S000000000".into()));
            assert_eq!((&item["refunded_fen"], &item["extended"]), (&0.into(), &false.into()));
            assert_eq!(item["lines"][0]["tuition_fen"], 40_000);
            assert!(!answered.text.contains("学生"), "no name is in the list");
        })
    }),
    // Minutes pass between an order and its row.
    Case::done("register/list-orders", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|_, answered| Box::pin(async move { assert!(numbers(answered).is_empty()) })),
    on_list(Case::done("register/list-orders-paid", 200))
        .after(|_, answered| Box::pin(async move { assert_eq!(numbers(answered), [FIRST]) })),
    on_list(Case::done("register/list-orders-filtered", 200))
        .after(|_, answered| Box::pin(async move { assert_eq!(numbers(answered), [FIRST]) })),
    on_list(Case::done("register/list-orders-of-another-day", 200))
        .after(|_, answered| Box::pin(async move { assert!(numbers(answered).is_empty()) })),
    on_list(Case::done("register/list-orders-next-page", 200))
        .after(|_, answered| Box::pin(async move { assert_eq!(numbers(answered), [FIRST]) })),
    on_list(Case::done("register/list-orders-other-term", 200))
        .after(|_, answered| Box::pin(async move { assert!(numbers(answered).is_empty()) })),
    on_list(Case::done("register/list-orders-by-steward", 200))
        .after(|_, answered| Box::pin(async move { assert_eq!(numbers(answered).len(), 2) })),
    on_list(Case::done("register/list-orders-by-bureau", 200))
        .after(|_, answered| Box::pin(async move { assert_eq!(numbers(answered).len(), 2) })),
    on_list(Case::refused("register/list-orders-by-other-school", 404, "access/not-found")),
    on_list(Case::refused("register/list-orders-by-guardian", 404, "access/not-found")),
    on_list(Case::refused("register/list-orders-by-teacher", 404, "access/not-found")),
    Case::refused("register/list-orders-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("register/list-orders-no-term", 400, "request/parameter-unusable"),
    Case::refused("register/list-orders-bad-term", 400, "request/parameter-unusable"),
    Case::refused("register/list-orders-bad-state", 400, "request/parameter-unusable"),
    Case::refused("register/list-orders-bad-from", 400, "request/parameter-unusable"),
    Case::refused("register/list-orders-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("register/list-orders-bad-method", 400, "request/parameter-unusable"),
    Case::refused("register/list-orders-unknown-parameter", 400, "request/parameter-unusable"),
    Case::refused("register/list-orders-bad-school", 400, "request/parameter-unusable"),
];

#[test]
fn s32_1_s33_2_a_school_finds_its_orders_by_what_they_are() {
    run(LISTS);
}

const FILES: &[Case] = &[
    on_list(Case::done("register/export-orders", 200)).after(|_, answered| {
        Box::pin(async move {
            let file = answered.json();
            assert_eq!(
                (&file["rows"], &file["file_name"]),
                (&2.into(), &"3144200101-2026-2027-1-订单-2026-09-01.xlsx".into())
            );
        })
    }),
    on_list(Case::done("register/export-orders-csv", 200)).after(|_, answered| {
        Box::pin(async move {
            let text = answered.file();
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 3, "{text}");
            assert!(lines[0].contains("订单号,学期,行政班编号"), "{text}");
            assert!(
                lines[2].starts_with(FIRST) && lines[2].contains("学**,G000000000,") && lines[2].contains("课程K1"),
                "{text}"
            );
            assert!(lines[2].contains("400.00") && lines[2].contains("微信支付(扫码)"), "{text}");
            assert!(!text.contains("学生0"), "names are masked: {text}");
        })
    }),
    on_list(Case::done("register/export-orders-paid-csv", 200))
        .after(|_, answered| Box::pin(async move { assert_eq!(answered.json()["rows"], 1) })),
    on_list(Case::refused("register/export-orders-by-steward", 404, "access/not-found")),
    on_list(Case::refused("register/export-orders-by-other-school", 404, "access/not-found")),
    Case::refused("register/export-orders-bad-format", 400, "request/parameter-unusable"),
    Case::refused("register/export-orders-no-term", 400, "request/parameter-unusable"),
];

#[test]
fn s32_1_s35_1_orders_are_taken_out_masked() {
    run(FILES);
}

const COUNTS: &[Case] = &[
    on_list(Case::done("register/statistics", 200)).after(|_, answered| {
        Box::pin(async move {
            let counted = answered.json();
            let total = &counted["total"];
            assert_eq!((&total["orders"], &total["receivable_fen"]), (&2.into(), &80_000.into()));
            assert_eq!((&total["received_fen"], &total["refunded_fen"]), (&40_000.into(), &0.into()));
            let by = &counted["by"];
            assert_eq!(by.as_object().map(serde_json::Map::len), Some(9));
            assert_eq!(by["state"]["paid"]["received_fen"], 40_000);
            assert_eq!(by["state"]["pending"]["receivable_fen"], 40_000);
            assert_eq!(by["course"]["K1"]["lines"], 2);
            assert_eq!(by["homeroom"]["3144200101.2024.01"]["orders"], 2);
            assert_eq!(
                (&by["method"]["wechat.native"]["orders"], &by["method"]["none"]["orders"]),
                (&1.into(), &1.into())
            );
            assert_eq!(by["paid_day"]["2026-09-01"]["received_fen"], 40_000);
        })
    }),
    on_list(Case::done("register/statistics-all-terms", 200))
        .after(|_, answered| Box::pin(async move { assert_eq!(answered.json()["by"]["term"][TERM]["orders"], 2) })),
    on_list(Case::done("register/statistics-of-a-course", 200)).after(|_, answered| {
        Box::pin(async move {
            let counted = answered.json();
            assert_eq!((&counted["total"]["orders"], &counted["by"]), (&2.into(), &serde_json::json!({})));
        })
    }),
    Case::refused("register/statistics-bad-dimension", 400, "request/parameter-unusable"),
    on_list(Case::refused("register/statistics-by-other-school", 404, "access/not-found")),
    on_list(Case::refused("register/statistics-by-guardian", 404, "access/not-found")),
];

#[test]
fn s32_2_s35_1_orders_and_money_are_counted() {
    run(COUNTS);
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named("register", &[LISTS, FILES, COUNTS]);
}

//! Comparing at once, the signed reports, and the archive of a term. K7.2 D5.1 S5.1.

use domain::id::{OrderNo, PaymentNo};
use domain::supervision::monthly::SignedReport;
use domain::task::Queue;
use serde_json::json;
use testkit::sample::{Case, Scene};
use testkit::stage::AGREEMENT_QUEUE;
use testkit::town::{SCHOOL, id};

use crate::{FUNCTIONS, PAYMENT, commit, refused};

#[test]
fn d5_1_k7_2_a_school_is_compared_when_somebody_asks() {
    Case::done("supervision/compare", 202)
        .before(|scene| Box::pin(refused(scene)))
        .after(|scene, answered| {
            Box::pin(async {
                let told = answered.json();
                assert_eq!((&told["under_way"], told["compared_at"].is_string()), (&json!(false), true));
                let task = scene.app.store().task(Queue::Agreement, SCHOOL).await.expect("read").expect("a task");
                let sent = scene.stage.world.sent(AGREEMENT_QUEUE);
                assert_eq!(sent.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), [SCHOOL]);
                scene.stage.world.advance(std::time::Duration::from_secs(5)).await;
                scene.send("supervision/compare").await;
                let raised = scene.app.store().task(Queue::Agreement, SCHOOL).await.expect("read").expect("a task");
                assert!(raised.wanted > task.wanted, "who is at it now has not seen this one");
            })
        })
        .run(FUNCTIONS);
    Case::refused("supervision/compare-elsewhere", 404, "access/not-found").run(FUNCTIONS);
}

/// A month that was signed.
async fn signed(scene: &Scene) {
    let report = SignedReport {
        school: id(SCHOOL),
        month: id("2026-08"),
        body: r#"{"month":"2026-08"}"#.to_owned(),
        hash: "h".repeat(43),
        signature: "MEQCIA==".to_owned(),
        public_key: "MFkwEw==".to_owned(),
        found: 3,
        open: 1,
    };
    let mut first = commit(scene);
    first.keep_agreement_report(&report).expect("a report");
    scene.app.store().commit(first).await.expect("written");
    let mut second = commit(scene);
    second.keep_agreement_report(&SignedReport { found: 0, ..report }).expect("a report");
    assert!(scene.app.store().commit(second).await.is_err(), "what is signed is never written again");
}

#[test]
fn k7_2_the_report_of_a_month_is_shown_as_it_was_signed() {
    Case::done("supervision/list-agreement-reports", 200)
        .before(|scene| Box::pin(signed(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let item = answered.json()["items"][0].clone();
                assert_eq!((&item["month"], &item["found"], &item["open"]), (&json!("2026-08"), &json!(3), &json!(1)));
            })
        })
        .run(FUNCTIONS);
    Case::done("supervision/show-agreement-report", 200)
        .before(|scene| Box::pin(signed(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["body"], r#"{"month":"2026-08"}"#) }))
        .run(FUNCTIONS);
    Case::refused("supervision/show-agreement-report-absent", 404, "access/not-found").run(FUNCTIONS);
}

/// A pupil has an order that was paid in two attempts, of which the city has refused the first.
async fn ordered(scene: &Scene) {
    refused(scene).await;
    let order: OrderNo = id("20261-S000000000-01");
    assert_eq!(PaymentNo::new(&order, 1).as_str(), PAYMENT);
    crate::village::settle(scene, &order).await;
}

#[test]
fn s5_1_d5_1_a_term_is_archived_with_version_and_receipt_of_each_record() {
    Case::done("supervision/export-archive", 200)
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let file = answered.file();
                assert_eq!(answered.json()["rows"], 2, "{file}");
                assert!(
                    file.contains("业务编号")
                        && file.contains("HZ0000000007")
                        && file.contains("1004 金额与订单不一致"),
                    "{file}"
                );
                assert!(!file.contains("学生0") && !file.contains("家长"), "numbers only");
            })
        })
        .run(FUNCTIONS);
    Case::done("supervision/export-archive-of-month", 200)
        .before(|scene| Box::pin(ordered(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["rows"], 0) }))
        .run(FUNCTIONS);
    Case::refused("supervision/export-archive-unreadable", 400, "request/parameter-unusable").run(FUNCTIONS);
}

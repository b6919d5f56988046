//! Requests for refunds, refunds, and the rules they go by.

use serde_json::{Value, json};
use simulator::wechat::Faults;

use super::Operation;
use crate::bodies::{FIRST, KEY, NEW, ORDER, OUTSIDE, PUPIL, SCHOOL};

/// What the rules say when a pupil leaves.
fn leaving() -> Value {
    json!({"trigger": "withdrawal"})
}

fn rules() -> Value {
    json!({"clauses": [{"words": "开课后不退", "back": {"by": "nothing"}}], "missed": []})
}

pub(crate) fn of_requests() -> Vec<Operation> {
    vec![
        operation!("quote_refund", |place, who| {
            place.paid().await;
            let path = format!("/orders/{ORDER}/refund-quote?course=K1&trigger=withdrawal");
            place.ask(who, "refund", ("GET", &path), &[], None).await
        }),
        operation!("show_accrued_refunds", |place, who| {
            place.paid().await;
            place.ask(who, "refund", ("GET", &format!("/orders/{ORDER}/accrued-refunds")), &[], None).await
        }),
        operation!("list_accrued_refunds", |place, who| {
            let path = format!("/schools/{SCHOOL}/terms/2026-2027-1/accrued-refunds");
            place.ask(who, "refund", ("GET", &path), &[], None).await
        }),
        operation!("ask_refund", |place, who| {
            place.paid().await;
            let body = json!({"order_no": ORDER, "course": "K1", "amount_fen": 1_000});
            place.ask(who, "refund", ("POST", "/refund-requests"), &[KEY], Some(body)).await
        }),
        operation!("show_refund_request", |place, who| {
            let path = format!("/refund-requests/{}", place.refund_request(leaving()).await);
            place.ask(who, "refund", ("GET", &path), &[], None).await
        }),
        operation!("list_refund_requests", |place, who| {
            place.refund_request(leaving()).await;
            let path = format!("/refund-requests?school={SCHOOL}&term=2026-2027-1&student_id={PUPIL}");
            place.ask(who, "refund", ("GET", &path), &[], None).await
        }),
        operation!("decide_refund_request", |place, who| {
            let path = format!("/refund-requests/{}/decide", place.refund_request(leaving()).await);
            place.ask(who, "refund", ("POST", &path), &[], Some(json!({"approved": true}))).await
        }),
        operation!("confirm_refund_request", |place, who| {
            let path = format!("/refund-requests/{}/confirm", place.refund_request(json!({"amount_fen": 1_000})).await);
            place.ask(who, "refund", ("POST", &path), &[], Some(json!({"approved": true}))).await
        }),
        operation!("take_back_refund_request", |place, who| {
            let path = format!("/refund-requests/{}/take-back", place.refund_request(leaving()).await);
            place.ask(who, "refund", ("POST", &path), &[], None).await
        }),
        operation!("cancel_class", |place, who| {
            let path = "/offerings/3144200101.2026-2027-1.K1/cancellation";
            place.ask(who, "refund", ("POST", path), &[], None).await
        }),
        operation!("suspend_lessons", |place, who| {
            let path = format!("/schools/{SCHOOL}/terms/2026-2027-1/suspensions");
            let body = json!({"from": "2026-10-12", "until": "2026-10-16", "reason": "台风停课"});
            place.ask(who, "refund", ("POST", &path), &[], Some(body)).await
        }),
        operation!("transfer_out", |place, who| {
            place.paid().await;
            let path = format!("/students/{PUPIL}/terms/2026-2027-1/transfer");
            place.ask(who, "refund", ("POST", &path), &[], Some(json!({}))).await
        }),
    ]
}

pub(crate) fn of_refunds() -> Vec<Operation> {
    vec![
        operation!("list_refunds", |place, who| {
            place.refund().await;
            let path = format!("/refunds?school={SCHOOL}&term=2026-2027-1");
            place.ask(who, "refund", ("GET", &path), &[], None).await
        }),
        operation!("list_order_refunds", |place, who| {
            place.refund().await;
            place.ask(who, "refund", ("GET", &format!("/orders/{ORDER}/refunds")), &[], None).await
        }),
        operation!("show_refund", |place, who| {
            let path = format!("/refunds/{}", place.refund().await);
            place.ask(who, "refund", ("GET", &path), &[], None).await
        }),
        operation!("dispute_refund", |place, who| {
            let no = place.carried(Faults { refund_hold: true, ..Faults::NONE }).await;
            place.ask(who, "refund", ("POST", &format!("/refunds/{no}/disputes")), &[], None).await
        }),
        operation!("answer_dispute", |place, who| {
            let path = format!("/refunds/{}/answer", place.disputed().await);
            place.ask(who, "refund", ("POST", &path), &[], Some(json!({"answer": "已退至零钱"}))).await
        }),
        operation!("redirect_refund", |place, who| {
            let path = format!("/refunds/{}/redirect", place.abnormal().await);
            place.ask(who, "refund", ("POST", &path), &[], Some(json!({"to": "school"}))).await
        }),
        operation!("retry_refund", |place, who| {
            let path = format!("/refunds/{}/retry", place.refused().await);
            place.ask(who, "refund", ("POST", &path), &[], None).await
        }),
        operation!("release_refund", |place, who| {
            let path = format!("/refunds/{}/release", place.kept().await);
            place.ask(who, "refund", ("POST", &path), &[], None).await
        }),
        operation!("hand_out_refund", |place, who| {
            let path = format!("/refunds/{}/hand-out", place.refused().await);
            place.ask(who, "refund", ("POST", &path), &[], None).await
        }),
        operation!("adopt_refund", |place, who| {
            place.outside().await;
            let body = json!({"parts": [{"course": "K1", "amount_fen": 5_000}], "reason": "误操作退款"});
            place.ask(who, "refund", ("POST", &format!("/differences/{OUTSIDE}/adopt")), &[FIRST], Some(body)).await
        }),
    ]
}

pub(crate) fn of_rules() -> Vec<Operation> {
    vec![
        operation!("show_school_rules", |place, who| {
            let path = format!("/schools/{SCHOOL}/terms/2026-2027-1/refund-rules");
            place.ask(who, "refund", ("GET", &path), &[], None).await
        }),
        operation!("edit_school_rules", |place, who| {
            let path = format!("/schools/{SCHOOL}/terms/2026-2027-1/refund-rules");
            place.ask(who, "refund", ("PUT", &path), &[NEW], Some(rules())).await
        }),
        operation!("show_township_rules", |place, who| {
            let way = ("GET", "/townships/442000006000/refund-rules");
            place.ask(who, "refund", way, &[], None).await
        }),
        operation!("edit_township_rules", |place, who| {
            let way = ("PUT", "/townships/442000006000/refund-rules");
            place.ask(who, "refund", way, &[NEW], Some(rules())).await
        }),
    ]
}

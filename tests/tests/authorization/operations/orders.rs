//! The catalog, enrollment and orders.

use serde_json::json;
use testkit::stage::Who;

use super::Operation;
use crate::bodies::{FIRST, KEY, ORDER, PUPIL, SCHOOL, bells, choices, native};

pub(crate) fn of_catalog() -> Vec<Operation> {
    vec![
        operation!("show_bells", |place, who| {
            place.ask(who, "catalog", ("GET", "/terms/3144200101.2026-2027-1/bells"), &[], None).await
        }),
        operation!("edit_bells", |place, who| {
            let way = ("PUT", "/terms/3144200101.2026-2027-1/bells");
            place.ask(who, "catalog", way, &[FIRST], Some(bells())).await
        }),
        operation!("list_terms", |place, who| {
            let path = by_child_or_school(who, "/terms", "");
            place.ask(who, "catalog", ("GET", &path), &[], None).await
        }),
        operation!("edit_term", |place, who| {
            let way = ("PATCH", "/terms/3144200101.2026-2027-1");
            place.ask(who, "catalog", way, &[FIRST], Some(json!({"limit": 4}))).await
        }),
        operation!("list_offerings", |place, who| {
            let path = by_child_or_school(who, "/offerings", "&term=2026-2027-1");
            place.ask(who, "catalog", ("GET", &path), &[], None).await
        }),
        operation!("show_offering", |place, who| {
            let path = "/offerings/3144200101.2026-2027-1.K1";
            let child = format!("{path}?student_id={PUPIL}");
            let path = if matches!(who, Who::Guardian(_)) { &child } else { path };
            place.ask(who, "catalog", ("GET", path), &[], None).await
        }),
        operation!("edit_offering", |place, who| {
            let way = ("PATCH", "/offerings/3144200101.2026-2027-1.K1");
            place.ask(who, "catalog", way, &[FIRST], Some(json!({"room": "301"}))).await
        }),
    ]
}

pub(crate) fn of_orders() -> Vec<Operation> {
    vec![
        operation!("enroll", |place, who| {
            place.ask(who, "enrollment", ("POST", "/enrollments"), &[KEY], Some(choices())).await
        }),
        operation!("list_enrollments", |place, who| {
            place.ordered().await;
            let path = format!("/enrollments?student_id={PUPIL}");
            place.ask(who, "enrollment", ("GET", &path), &[], None).await
        }),
        operation!("show_order", |place, who| {
            place.ordered().await;
            place.ask(who, "order", ("GET", &format!("/orders/{ORDER}")), &[], None).await
        }),
        operation!("show_snapshot", |place, who| {
            place.ordered().await;
            place.ask(who, "order", ("GET", &format!("/orders/{ORDER}/snapshot")), &[], None).await
        }),
        operation!("show_payment", |place, who| {
            place.paying().await;
            place.ask(who, "order", ("GET", &format!("/payments/{ORDER}-1")), &[], None).await
        }),
        operation!("show_payment_snapshot", |place, who| {
            place.paid().await;
            place.ask(who, "order", ("GET", &format!("/payments/{ORDER}-1/snapshot")), &[], None).await
        }),
        operation!("show_refund_snapshot", |place, who| {
            let path = format!("/refunds/{}/snapshot", place.refused().await);
            place.ask(who, "order", ("GET", &path), &[], None).await
        }),
        operation!("list_instalments", |place, who| {
            place.ordered().await;
            place.ask(who, "order", ("GET", &format!("/orders/{ORDER}/instalments")), &[], None).await
        }),
        operation!("pay_order", |place, who| {
            place.ordered().await;
            let path = format!("/orders/{ORDER}/payments");
            place.ask(who, "order", ("POST", &path), &[("Idempotency-Key", "k-2")], Some(native())).await
        }),
        operation!("cancel_order", |place, who| {
            place.ordered().await;
            place.ask(who, "order", ("POST", &format!("/orders/{ORDER}/cancel")), &[KEY], None).await
        }),
        operation!("merge_orders", |place, who| {
            place.ordered_twice().await;
            let body = json!({"orders": ["20261-S000000000-02"]});
            let key = ("Idempotency-Key", "k-merge");
            place.ask(who, "order", ("POST", &format!("/orders/{ORDER}/merge")), &[key], Some(body)).await
        }),
        operation!("remind_order", |place, who| {
            place.ordered().await;
            let body = json!({"words": "请于周五放学前完成缴费"});
            place.ask(who, "order", ("POST", &format!("/orders/{ORDER}/reminder")), &[KEY], Some(body)).await
        }),
        operation!("remind_orders", |place, who| {
            let path = format!("/schools/{SCHOOL}/orders/reminders");
            place.ask(who, "order", ("POST", &path), &[KEY], Some(json!({"term": "2026-2027-1"}))).await
        }),
        operation!("extend_order", |place, who| {
            place.ordered().await;
            let body = json!({"until": "2026-09-01T12:00:00+08:00", "reason": "支付通道升级"});
            place.ask(who, "order", ("POST", &format!("/orders/{ORDER}/extension")), &[KEY], Some(body)).await
        }),
        operation!("extend_orders", |place, who| {
            let body = json!({"until": "2026-09-01T12:00:00+08:00", "reason": "支付通道升级", "term": "2026-2027-1"});
            let path = format!("/schools/{SCHOOL}/orders/extensions");
            place.ask(who, "order", ("POST", &path), &[KEY], Some(body)).await
        }),
    ]
}

/// What is read of orders, one by one or all of a school.
pub(crate) fn of_registers() -> Vec<Operation> {
    vec![
        operation!("show_receipt", |place, who| {
            place.paid().await;
            place.ask(who, "receipt", ("GET", &format!("/orders/{ORDER}/receipt")), &[], None).await
        }),
        operation!("show_refund_receipt", |place, who| {
            let path = format!("/refunds/{}/receipt", place.arrived().await);
            place.ask(who, "receipt", ("GET", &path), &[], None).await
        }),
        operation!("list_orders", |place, who| {
            let path = format!("/schools/{SCHOOL}/orders?term=2026-2027-1");
            place.ask(who, "register", ("GET", &path), &[], None).await
        }),
        operation!("export_orders", |place, who| {
            let path = format!("/schools/{SCHOOL}/orders/export?term=2026-2027-1");
            place.ask(who, "register", ("GET", &path), &[], None).await
        }),
        operation!("order_statistics", |place, who| {
            let path = format!("/schools/{SCHOOL}/orders/statistics?by=state");
            place.ask(who, "register", ("GET", &path), &[], None).await
        }),
    ]
}

/// What is asked for by school or, by a guardian, by the child.
fn by_child_or_school(who: &Who, path: &str, rest: &str) -> String {
    match who {
        Who::Guardian(_) => format!("{path}?student_id={PUPIL}{rest}"),
        Who::Nobody | Who::Staff(_) | Who::Person(..) => format!("{path}?school={SCHOOL}{rest}"),
    }
}

//! Settlement: rules, batches, and the months of an order.

use serde_json::{Value, json};

use super::Operation;
use crate::bodies::{FIRST, KEY, NEW, ORDER, SCHOOL, september};

/// What agrees to a batch that was shown.
fn seen(batch: &Value) -> Value {
    json!({"sha256": batch["sha256"]})
}

/// Why a batch ends.
fn why() -> Value {
    json!({"reason": "月份选错"})
}

/// Something done to a batch.
fn path(batch: &Value, act: &str) -> String {
    format!("/settlements/{}{act}", batch["batch_id"].as_str().unwrap_or_default())
}

pub(crate) fn of_settlement() -> Vec<Operation> {
    vec![
        operation!("show_settlement_rules", |place, who| {
            place.ask(who, "settlement", ("GET", &format!("/schools/{SCHOOL}/settlement-rules")), &[], None).await
        }),
        operation!("edit_settlement_rules", |place, who| {
            let rules = json!({"months": 1, "fields": ["orders"], "in_house": {}, "external": {}});
            let path = format!("/schools/{SCHOOL}/settlement-rules");
            place.ask(who, "settlement", ("PUT", &path), &[NEW], Some(rules)).await
        }),
        operation!("draft_settlement", |place, who| {
            place.listed().await;
            let path = format!("/schools/{SCHOOL}/settlements");
            place.ask(who, "settlement", ("POST", &path), &[KEY], Some(september())).await
        }),
        operation!("list_settlements", |place, who| {
            place.batch().await;
            let path = format!("/schools/{SCHOOL}/settlements?term=2026-2027-1");
            place.ask(who, "settlement", ("GET", &path), &[], None).await
        }),
        operation!("show_settlement", |place, who| {
            let path = path(&place.batch().await, "");
            place.ask(who, "settlement", ("GET", &path), &[], None).await
        }),
        operation!("show_settlement_line", |place, who| {
            let path = path(&place.batch().await, "/lines/2026-09/K1");
            place.ask(who, "settlement", ("GET", &path), &[], None).await
        }),
        operation!("redraw_settlement", |place, who| {
            let path = path(&place.batch().await, "/redraw");
            place.ask(who, "settlement", ("POST", &path), &[FIRST], None).await
        }),
        operation!("confirm_settlement", |place, who| {
            let batch = place.batch().await;
            place.ask(who, "settlement", ("POST", &path(&batch, "/confirm")), &[], Some(seen(&batch))).await
        }),
        operation!("approve_settlement", |place, who| {
            let batch = place.confirmed_batch().await;
            place.ask(who, "settlement", ("POST", &path(&batch, "/approve")), &[], Some(seen(&batch))).await
        }),
        operation!("reject_settlement", |place, who| {
            let path = path(&place.batch().await, "/reject");
            place.ask(who, "settlement", ("POST", &path), &[FIRST], Some(why())).await
        }),
        operation!("discard_settlement", |place, who| {
            let path = path(&place.batch().await, "/discard");
            place.ask(who, "settlement", ("POST", &path), &[FIRST], Some(why())).await
        }),
        operation!("reverse_settlement", |place, who| {
            let path = path(&place.settled_batch().await, "/reverse");
            place.ask(who, "settlement", ("POST", &path), &[KEY], Some(why())).await
        }),
        operation!("export_settlement", |place, who| {
            let path = path(&place.settled_batch().await, "/exports/orders");
            place.ask(who, "settlement", ("GET", &path), &[], None).await
        }),
        operation!("show_order_months", |place, who| {
            place.paid().await;
            place.ask(who, "settlement", ("GET", &format!("/orders/{ORDER}/months")), &[], None).await
        }),
    ]
}

//! Differences, statements and what they are made of.

use serde_json::json;

use super::Operation;
use crate::bodies::{DIFFERENCE, FIRST, NEW, SECOND};

const DAY: &str = "/schools/3144200101/statements/2026-09-01";

pub(crate) fn of_reconciliation() -> Vec<Operation> {
    vec![
        operation!("list_differences", |place, who| {
            place.ask(who, "reconciliation", ("GET", "/schools/3144200101/differences"), &[], None).await
        }),
        operation!("list_alerts", |place, who| {
            place.ask(who, "reconciliation", ("GET", "/schools/3144200101/alerts"), &[], None).await
        }),
        operation!("settle_alert", |place, who| {
            let path = format!("/alerts/3144200101.refund_refused.{}/settle", place.refused().await);
            place.ask(who, "reconciliation", ("POST", &path), &[FIRST], Some(json!({"words": "已线下退还"}))).await
        }),
        operation!("show_difference", |place, who| {
            place.difference().await;
            place.ask(who, "reconciliation", ("GET", &format!("/differences/{DIFFERENCE}")), &[], None).await
        }),
        operation!("confirm_difference", |place, who| {
            place.difference().await;
            let path = format!("/differences/{DIFFERENCE}/confirm");
            place.ask(who, "reconciliation", ("POST", &path), &[FIRST], Some(json!({"reason": "已核对"}))).await
        }),
        operation!("waive_difference", |place, who| {
            place.difference().await;
            let path = format!("/differences/{DIFFERENCE}/waive");
            place.ask(who, "reconciliation", ("POST", &path), &[FIRST], Some(json!({"reason": "已核对"}))).await
        }),
        operation!("approve_waiver", |place, who| {
            place.waived().await;
            let path = format!("/differences/{DIFFERENCE}/waiver/approve");
            place.ask(who, "reconciliation", ("POST", &path), &[SECOND], None).await
        }),
        operation!("reject_waiver", |place, who| {
            place.waived().await;
            let path = format!("/differences/{DIFFERENCE}/waiver/reject");
            place.ask(who, "reconciliation", ("POST", &path), &[SECOND], None).await
        }),
        operation!("show_statement", |place, who| {
            place.difference().await;
            place.ask(who, "reconciliation", ("GET", DAY), &[], None).await
        }),
        operation!("break_down_day", |place, who| {
            let path = format!("{DAY}/breakdown?by=course");
            place.ask(who, "reconciliation", ("GET", &path), &[], None).await
        }),
        operation!("list_facts", |place, who| {
            place.ask(who, "reconciliation", ("GET", &format!("{DAY}/facts")), &[], None).await
        }),
        operation!("show_evidence", |place, who| {
            let path = format!("{DAY}/facts/{}/evidence", place.fact().await);
            place.ask(who, "reconciliation", ("GET", &path), &[], None).await
        }),
        operation!("show_remittance", |place, who| {
            place.ask(who, "reconciliation", ("GET", &format!("{DAY}/remittances/wechat")), &[], None).await
        }),
        operation!("enter_remittance", |place, who| {
            let path = format!("{DAY}/remittances/wechat");
            place.ask(who, "reconciliation", ("PUT", &path), &[NEW], Some(json!({"amount_fen": 39_760}))).await
        }),
        operation!("export_money", |place, who| {
            place.ask(who, "reconciliation", ("GET", &format!("{DAY}/exports/facts")), &[], None).await
        }),
    ]
}

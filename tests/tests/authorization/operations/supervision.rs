//! What the city has of a school, what it refused, and having that sent again; what it tells, and who decides that.

use serde_json::json;

use super::Operation;
use crate::bodies::FIRST;

/// What is edited as nobody has edited it yet.
const NEW: (&str, &str) = ("If-Match", "\"0\"");

pub(crate) fn of_supervision() -> Vec<Operation> {
    let mut all = of_what_is_seen();
    all.extend(of_what_is_done());
    all
}

fn of_what_is_seen() -> Vec<Operation> {
    vec![
        operation!("list_reporting", |place, who| {
            place.ask(who, "supervision", ("GET", "/supervision/reporting"), &[], None).await
        }),
        operation!("list_parked_records", |place, who| {
            place.ask(who, "supervision", ("GET", "/schools/3144200101/supervision/parked"), &[], None).await
        }),
        operation!("list_differences_with_city", |place, who| {
            place.ask(who, "supervision", ("GET", "/schools/3144200101/supervision/differences"), &[], None).await
        }),
        operation!("show_record_beside_city", |place, who| {
            let path = "/schools/3144200101/supervision/records/student/S000000000";
            place.ask(who, "supervision", ("GET", path), &[], None).await
        }),
        operation!("show_gate", |place, who| {
            place.ask(who, "supervision", ("GET", "/supervision/gate"), &[], None).await
        }),
        operation!("list_agreement_reports", |place, who| {
            place.ask(who, "supervision", ("GET", "/schools/3144200101/supervision/agreement-reports"), &[], None).await
        }),
        operation!("show_agreement_report", |place, who| {
            place.signed_month().await;
            let path = "/schools/3144200101/supervision/agreement-reports/2026-08";
            place.ask(who, "supervision", ("GET", path), &[], None).await
        }),
        operation!("export_reported_term", |place, who| {
            let path = "/schools/3144200101/supervision/archive?term=2026-2027-1";
            place.ask(who, "supervision", ("GET", path), &[], None).await
        }),
    ]
}

fn of_what_is_done() -> Vec<Operation> {
    vec![
        operation!("send_record_again", |place, who| {
            place.refused_record().await;
            let path = "/schools/3144200101/supervision/records/payment/20261-S000000000-01-1/send-again";
            place.ask(who, "supervision", ("POST", path), &[], None).await
        }),
        operation!("send_records_again", |place, who| {
            place.refused_record().await;
            let path = "/schools/3144200101/supervision/send-again";
            place.ask(who, "supervision", ("POST", path), &[], Some(json!({"standing": "parked"}))).await
        }),
        operation!("edit_gate", |place, who| {
            let windows = json!({"windows": [{"from_minute": 0, "until_minute": 300}]});
            place.ask(who, "supervision", ("PUT", "/supervision/gate"), &[NEW], Some(windows)).await
        }),
        operation!("compare_with_city", |place, who| {
            place.ask(who, "supervision", ("POST", "/schools/3144200101/supervision/agreement"), &[], None).await
        }),
    ]
}

pub(crate) fn of_intake() -> Vec<Operation> {
    const TOLD: &str = "/supervision/intake/in_house_course/3144200101.2026-2027-1.SF01";
    vec![
        operation!("list_intake", |place, who| {
            let path = "/supervision/intake?dataset=in_house_course&school=3144200101&term=2026-2027-1";
            place.ask(who, "intake", ("GET", path), &[], None).await
        }),
        operation!("list_waiting_intake", |place, who| {
            place.ask(who, "intake", ("GET", "/supervision/waiting-intake?school=3144200101"), &[], None).await
        }),
        operation!("show_intake", |place, who| {
            place.told().await;
            place.ask(who, "intake", ("GET", TOLD), &[], None).await
        }),
        operation!("apply_intake", |place, who| {
            place.told().await;
            place.knows_specification().await;
            place.ask(who, "intake", ("POST", &format!("{TOLD}/apply")), &[FIRST], None).await
        }),
        operation!("decline_intake", |place, who| {
            place.told().await;
            let body = Some(json!({"reason": "先核对合同"}));
            place.ask(who, "intake", ("POST", &format!("{TOLD}/decline")), &[FIRST], body).await
        }),
        operation!("list_term_providers", |place, who| {
            place.ask(who, "intake", ("GET", "/providers?term=2026-2027-1&school=3144200101"), &[], None).await
        }),
        operation!("export_term_providers", |place, who| {
            let path = "/schools/3144200101/terms/2026-2027-1/providers/export";
            place.ask(who, "intake", ("GET", path), &[], None).await
        }),
    ]
}

//! What the city has of a school, what it refused, and having that sent again; what it tells, and who decides that.

use serde_json::json;

use super::Operation;
use crate::bodies::FIRST;

pub(crate) fn of_supervision() -> Vec<Operation> {
    vec![
        operation!("list_reporting", |place, who| {
            place.ask(who, "supervision", ("GET", "/supervision/reporting"), &[], None).await
        }),
        operation!("list_parked_records", |place, who| {
            place.ask(who, "supervision", ("GET", "/schools/3144200101/supervision/parked"), &[], None).await
        }),
        operation!("send_record_again", |place, who| {
            place.refused_record().await;
            let path = "/schools/3144200101/supervision/records/payment/20261-S000000000-01-1/send-again";
            place.ask(who, "supervision", ("POST", path), &[], None).await
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

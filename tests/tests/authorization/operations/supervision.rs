//! What the city has of a school, what it refused, and having that sent again.

use super::Operation;

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

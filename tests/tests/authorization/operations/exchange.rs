//! Moves of pupils: one course for another, one class for another.

use serde_json::{Value, json};
use testkit::stage::Who;

use super::Operation;
use crate::bodies::{KEY, PUPIL, SCHOOL};
use crate::place::Place;

const TERM: &str = "2026-2027-1";

fn wished() -> Value {
    json!({
        "student_id": PUPIL, "term": TERM, "kind": "exchange", "from_course": "K1",
        "offering_id": format!("{SCHOOL}.{TERM}.K2"), "reason": "时间冲突",
    })
}

/// Somebody of the school has asked for the pupil.
async fn asked(place: &Place) -> String {
    place.paid().await;
    let by = Who::Person("Z000000001".to_owned(), format!("school_admin@school:{SCHOOL}"));
    let asked = place.done(&by, "exchange", ("POST", "/moves"), &[KEY], Some(wished())).await;
    asked["move_id"].as_str().expect("an identifier").to_owned()
}

pub(crate) fn of_moves() -> Vec<Operation> {
    vec![
        operation!("quote_exchange", |place, who| {
            place.paid().await;
            let of = format!("student_id={PUPIL}&term={TERM}&from_course=K1&offering_id={SCHOOL}.{TERM}.K2");
            place.ask(who, "exchange", ("GET", &format!("/moves/quote?{of}")), &[], None).await
        }),
        operation!("ask_move", |place, who| {
            place.paid().await;
            place.ask(who, "exchange", ("POST", "/moves"), &[KEY], Some(wished())).await
        }),
        operation!("list_moves", |place, who| {
            asked(place).await;
            let path = format!("/moves?school={SCHOOL}&term={TERM}&student_id={PUPIL}");
            place.ask(who, "exchange", ("GET", &path), &[], None).await
        }),
        operation!("show_move", |place, who| {
            let path = format!("/moves/{}", asked(place).await);
            place.ask(who, "exchange", ("GET", &path), &[], None).await
        }),
        operation!("decide_move", |place, who| {
            let path = format!("/moves/{}/decide", asked(place).await);
            place.ask(who, "exchange", ("POST", &path), &[], Some(json!({"approved": true}))).await
        }),
        operation!("take_back_move", |place, who| {
            let path = format!("/moves/{}/take-back", asked(place).await);
            place.ask(who, "exchange", ("POST", &path), &[], None).await
        }),
        operation!("export_moves", |place, who| {
            let path = format!("/schools/{SCHOOL}/terms/{TERM}/moves/export");
            place.ask(who, "exchange", ("GET", &path), &[], None).await
        }),
    ]
}

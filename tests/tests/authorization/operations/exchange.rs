//! Moves of pupils: one course for another, one class for another.

use domain::audit::Actor;
use serde_json::{Value, json};
use store::Commit;
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

/// The course is paid, and guardians may give courses up.
async fn paid(place: &Place) {
    place.paid().await;
    let app = place.stage.app();
    let found = app.store().term(&SCHOOL.parse().expect("a school"), &TERM.parse().expect("a term")).await;
    let mut term = found.expect("read").expect("a term");
    term.value.windows.withdraw = term.value.windows.opening;
    let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
    commit.save_term(&term).expect("an item");
    app.store().commit(commit).await.expect("written");
}

/// Somebody of the school has asked for the pupil.
async fn asked(place: &Place) -> String {
    paid(place).await;
    by_school(place).await
}

async fn by_school(place: &Place) -> String {
    let by = Who::Person("Z000000001".to_owned(), format!("school_admin@school:{SCHOOL}"));
    let asked = place.done(&by, "exchange", ("POST", "/moves"), &[KEY], Some(wished())).await;
    asked["move_id"].as_str().expect("an identifier").to_owned()
}

/// Who asks to take it back has asked for it, if that is allowed; else somebody of the school has.
async fn asked_by(place: &Place, who: &Who) -> String {
    paid(place).await;
    let own = place.ask(who, "exchange", ("POST", "/moves"), &[KEY], Some(wished())).await;
    match own.json()["move_id"].as_str() {
        Some(id) => id.to_owned(),
        None => by_school(place).await,
    }
}

pub(crate) fn of_moves() -> Vec<Operation> {
    vec![
        operation!("quote_exchange", |place, who| {
            place.paid().await;
            let of = format!("student_id={PUPIL}&term={TERM}&from_course=K1&offering_id={SCHOOL}.{TERM}.K2");
            place.ask(who, "exchange", ("GET", &format!("/moves/quote?{of}")), &[], None).await
        }),
        operation!("ask_move", |place, who| {
            paid(place).await;
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
            let path = format!("/moves/{}/take-back", asked_by(place, who).await);
            place.ask(who, "exchange", ("POST", &path), &[], None).await
        }),
        operation!("export_moves", |place, who| {
            let path = format!("/schools/{SCHOOL}/terms/{TERM}/moves/export");
            place.ask(who, "exchange", ("GET", &path), &[], None).await
        }),
    ]
}

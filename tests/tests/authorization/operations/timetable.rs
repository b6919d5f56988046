//! Timetables, the calendars that follow them, and changes of lessons.

use serde_json::{Value, json};
use testkit::lessons::{FIRST_CLASS, begin_teaching};
use testkit::stage::Who;

use super::Operation;
use crate::bodies::{FIRST, KEY, PUPIL, SCHOOL};
use crate::place::Place;

/// The first pupil's class is taught by whoever asks as a teacher of the school.
async fn taught(place: &Place) {
    let app = place.stage.app();
    begin_teaching(app.store(), "A000000001", app.now()).await;
}

fn moved() -> Value {
    json!({
        "lesson_id": format!("{FIRST_CLASS}.002"), "change": "reschedule", "date": "2026-09-16", "period": 1,
        "reason": "外出培训",
    })
}

/// Somebody of the school has asked that a lesson is moved.
async fn asked(place: &Place) -> String {
    taught(place).await;
    asked_of_school(place).await
}

async fn asked_of_school(place: &Place) -> String {
    let by = Who::Person("Z000000001".to_owned(), format!("school_admin@school:{SCHOOL}"));
    let asked = place.done(&by, "timetable", ("POST", "/lesson-changes"), &[KEY], Some(moved())).await;
    asked["change_id"].as_str().expect("an identifier").to_owned()
}

/// Who asks is told what came of it; whoever may not ask finds what the school asked for.
async fn asked_by(place: &Place, who: &Who) -> String {
    taught(place).await;
    let answered = place.ask(who, "timetable", ("POST", "/lesson-changes"), &[KEY], Some(moved())).await;
    if answered.status.is_success() {
        return answered.json()["change_id"].as_str().expect("an identifier").to_owned();
    }
    asked_of_school(place).await
}

/// And the principal has approved it.
async fn approved(place: &Place) -> String {
    let id = asked(place).await;
    let by = Who::Person("Z000000002".to_owned(), format!("principal@school:{SCHOOL}"));
    let path = format!("/lesson-changes/{id}/decide");
    place.done(&by, "timetable", ("POST", &path), &[], Some(json!({"approved": true}))).await;
    id
}

pub(crate) fn of_timetables() -> Vec<Operation> {
    vec![
        operation!("show_timetable", |place, who| {
            taught(place).await;
            let path = format!("/schools/{SCHOOL}/terms/2026-2027-1/timetable");
            place.ask(who, "timetable", ("GET", &path), &[], None).await
        }),
        operation!("show_student_timetable", |place, who| {
            taught(place).await;
            place.ask(who, "timetable", ("GET", &format!("/students/{PUPIL}/timetable")), &[], None).await
        }),
        operation!("show_own_timetable", |place, who| {
            place.ask(who, "timetable", ("GET", "/me/timetable"), &[], None).await
        }),
        operation!("make_calendar_feed", |place, who| {
            let body = json!({"student_id": PUPIL});
            place.ask(who, "timetable", ("POST", "/me/calendar-feeds"), &[], Some(body)).await
        }),
        operation!("list_calendar_feeds", |place, who| {
            place.ask(who, "timetable", ("GET", "/me/calendar-feeds"), &[], None).await
        }),
        operation!("revoke_calendar_feed", |place, who| {
            let by = Who::Guardian("G000000000".to_owned());
            let body = json!({"student_id": PUPIL});
            let made = place.done(&by, "timetable", ("POST", "/me/calendar-feeds"), &[], Some(body)).await;
            let path = format!("/me/calendar-feeds/{}", made["feed_id"].as_str().expect("an identifier"));
            place.ask(who, "timetable", ("DELETE", &path), &[], None).await
        }),
    ]
}

pub(crate) fn of_changes() -> Vec<Operation> {
    vec![
        operation!("ask_lesson_change", |place, who| {
            taught(place).await;
            place.ask(who, "timetable", ("POST", "/lesson-changes"), &[KEY], Some(moved())).await
        }),
        operation!("list_lesson_changes", |place, who| {
            asked(place).await;
            let path = format!("/lesson-changes?school={SCHOOL}&term=2026-2027-1");
            place.ask(who, "timetable", ("GET", &path), &[], None).await
        }),
        operation!("show_lesson_change", |place, who| {
            let path = format!("/lesson-changes/{}", asked(place).await);
            place.ask(who, "timetable", ("GET", &path), &[], None).await
        }),
        operation!("show_lesson_change_attendance", |place, who| {
            let path = format!("/lesson-changes/{}/attendance", approved(place).await);
            place.ask(who, "timetable", ("GET", &path), &[], None).await
        }),
        operation!("decide_lesson_change", |place, who| {
            let path = format!("/lesson-changes/{}/decide", asked(place).await);
            place.ask(who, "timetable", ("POST", &path), &[], Some(json!({"approved": true}))).await
        }),
        operation!("take_back_lesson_change", |place, who| {
            let path = format!("/lesson-changes/{}/take-back", asked_by(place, who).await);
            place.ask(who, "timetable", ("POST", &path), &[], None).await
        }),
        operation!("revoke_lesson_change", |place, who| {
            let path = format!("/lesson-changes/{}/revoke", approved(place).await);
            place.ask(who, "timetable", ("POST", &path), &[], Some(json!({"reason": "培训取消"}))).await
        }),
        operation!("record_lesson_change_fee", |place, who| {
            let path = format!("/lesson-changes/{}/fee", asked(place).await);
            let body = json!({"fee": {"amount_fen": 6_000, "note": "代课补贴"}});
            place.ask(who, "timetable", ("PUT", &path), &[FIRST], Some(body)).await
        }),
        operation!("export_lesson_changes", |place, who| {
            asked(place).await;
            let path = format!("/schools/{SCHOOL}/terms/2026-2027-1/lesson-changes/export");
            place.ask(who, "timetable", ("GET", &path), &[], None).await
        }),
    ]
}

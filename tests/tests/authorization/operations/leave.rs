//! Leave, its end, and corrections of attendance.

use std::time::Duration;

use domain::Moment;
use domain::teaching::roll::{Call, Presence, Roll};
use jiff::civil::date;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::class::{class_of, open_class, taught_by};
use testkit::stage::Who;
use testkit::town::Town;

use super::Operation;
use crate::bodies::{KEY, PUPIL, SCHOOL};
use crate::place::{Place, guardian, of};

/// The first lesson of the class, of today, and the second, of next week.
const TODAY: &str = "3144200101.2026-2027-1.K1.01.001";
const NEXT: &str = "3144200101.2026-2027-1.K1.01.002";

/// Who works at the school and asks, teaches the class, if the role is a teacher's.
const TEACHER: &str = "A000000001";

fn of_term(what: &str) -> String {
    format!("/schools/{SCHOOL}/terms/2026-2027-1/{what}")
}

/// The class is there, with the pupil in it.
async fn taught(place: &Place) {
    let days = [date(2026, 9, 1), date(2026, 9, 8)];
    let class = taught_by(class_of(&Town::small(4), 0, &days, [0]), TEACHER);
    open_class(place.stage.app().store(), &class, place.stage.now()).await;
}

/// Today's lesson is over, and the pupil was not there.
async fn missed(place: &Place) {
    taught(place).await;
    place.stage.world.advance(Duration::from_hours(10)).await;
    let (app, now): (_, Moment) = (place.stage.app(), place.stage.now());
    let pupil: domain::id::StudentId = PUPIL.parse().expect("an identifier");
    let class = "3144200101.2026-2027-1.K1.01".parse().expect("an identifier");
    let mut roll = Roll::new(&class, 1, (date(2026, 9, 1), 1));
    let call = Call { at: now, named: [(pupil.clone(), Presence::Absent)].into(), only_named: false };
    roll.enter(&call, vec![pupil], &TEACHER.parse().expect("an identifier"), now).expect("entered");
    let mut commit = Commit::new(domain::audit::Actor::system("test"), "test.begin", now);
    commit.save_roll(&Versioned::absent(roll)).expect("an item");
    app.store().commit(commit).await.expect("written");
}

fn leave() -> Value {
    json!({"student_id": PUPIL, "reason": "感冒发烧", "when": {"lessons": [NEXT]}})
}

fn correction() -> Value {
    json!({"lesson_id": TODAY, "student_id": PUPIL, "presence": "present", "reason": "当天在校医室"})
}

fn name(asked: &Value) -> String {
    asked["request_id"].as_str().expect("an identifier").to_owned()
}

/// Who asks is told what came of it; whoever may not ask finds what the guardian asked for.
async fn asked_by(place: &Place, who: &Who, what: &str, body: Value) -> String {
    let answered = place.ask(who, "leave", ("POST", &of_term(what)), &[KEY], Some(body.clone())).await;
    if answered.status.is_success() {
        return name(&answered.json());
    }
    name(&place.done(&guardian(), "leave", ("POST", &of_term(what)), &[KEY], Some(body)).await)
}

/// The guardian has asked for leave.
async fn leave_asked(place: &Place) -> String {
    taught(place).await;
    name(&place.done(&guardian(), "leave", ("POST", &of_term("leaves")), &[KEY], Some(leave())).await)
}

/// And the school has granted it.
async fn leave_granted(place: &Place) -> String {
    let id = leave_asked(place).await;
    let by = of("school_admin@school:3144200101");
    place.done(&by, "leave", ("POST", &format!("/leaves/{id}/decide")), &[], Some(json!({"approved": true}))).await;
    id
}

/// The guardian has asked for a correction.
async fn correction_asked(place: &Place) -> String {
    missed(place).await;
    name(&place.done(&guardian(), "leave", ("POST", &of_term("corrections")), &[KEY], Some(correction())).await)
}

pub(crate) fn of_leave() -> Vec<Operation> {
    vec![
        operation!("ask_leave", |place, who| {
            taught(place).await;
            place.ask(who, "leave", ("POST", &of_term("leaves")), &[KEY], Some(leave())).await
        }),
        operation!("ask_teacher_leave", |place, who| {
            taught(place).await;
            let body = json!({"teacher_id": TEACHER, "reason": "外出培训", "when": {"lessons": [NEXT]}});
            place.ask(who, "leave", ("POST", &of_term("teacher-leaves")), &[KEY], Some(body)).await
        }),
        operation!("list_leaves", |place, who| {
            leave_asked(place).await;
            let path = format!("{}?student_id={PUPIL}", of_term("leaves"));
            place.ask(who, "leave", ("GET", &path), &[], None).await
        }),
        operation!("show_leave", |place, who| {
            let path = format!("/leaves/{}", leave_asked(place).await);
            place.ask(who, "leave", ("GET", &path), &[], None).await
        }),
        operation!("decide_leave", |place, who| {
            let path = format!("/leaves/{}/decide", leave_asked(place).await);
            place.ask(who, "leave", ("POST", &path), &[], Some(json!({"approved": true}))).await
        }),
        operation!("take_back_leave", |place, who| {
            taught(place).await;
            let path = format!("/leaves/{}/take-back", asked_by(place, who, "leaves", leave()).await);
            place.ask(who, "leave", ("POST", &path), &[], None).await
        }),
        operation!("resume_leave", |place, who| {
            let path = format!("/leaves/{}/resume", leave_granted(place).await);
            place.ask(who, "leave", ("POST", &path), &[], Some(json!({"lesson_id": NEXT}))).await
        }),
    ]
}

pub(crate) fn of_corrections() -> Vec<Operation> {
    vec![
        operation!("ask_correction", |place, who| {
            missed(place).await;
            place.ask(who, "leave", ("POST", &of_term("corrections")), &[KEY], Some(correction())).await
        }),
        operation!("ask_check_in_correction", |place, who| {
            missed(place).await;
            let at = "2026-09-01T16:28:00+08:00";
            let body = json!({"lesson_id": TODAY, "teacher_id": TEACHER, "at": at, "reason": "忘记签到"});
            place.ask(who, "leave", ("POST", &of_term("check-in-corrections")), &[KEY], Some(body)).await
        }),
        operation!("list_corrections", |place, who| {
            correction_asked(place).await;
            let path = format!("{}?student_id={PUPIL}", of_term("corrections"));
            place.ask(who, "leave", ("GET", &path), &[], None).await
        }),
        operation!("show_correction", |place, who| {
            let path = format!("/corrections/{}", correction_asked(place).await);
            place.ask(who, "leave", ("GET", &path), &[], None).await
        }),
        operation!("decide_correction", |place, who| {
            let path = format!("/corrections/{}/decide", correction_asked(place).await);
            place.ask(who, "leave", ("POST", &path), &[], Some(json!({"approved": true}))).await
        }),
        operation!("take_back_correction", |place, who| {
            missed(place).await;
            let path = format!("/corrections/{}/take-back", asked_by(place, who, "corrections", correction()).await);
            place.ask(who, "leave", ("POST", &path), &[], None).await
        }),
    ]
}

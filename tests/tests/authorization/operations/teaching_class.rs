//! Teaching classes: set up, read, changed, filled, closed.

use std::collections::BTreeSet;

use domain::Pii;
use domain::audit::Actor;
use domain::teaching::class::{Closed, Outline, Teacher, TeacherRole, TeachingClass};
use domain::teaching::lesson::{Lesson, Pattern};
use domain::user::User;
use jiff::civil::date;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::stage::Who;
use testkit::town::Town;

use super::Operation;
use crate::bodies::{FIRST, KEY, PUPIL, SCHOOL};
use crate::place::Place;

/// The staff member who asks.
const STAFF: &str = "A000000001";
const CLASS: &str = "/classes/3144200101.2026-2027-1.K1.01";
const OFFERING: &str = "/offerings/3144200101.2026-2027-1.K1";

/// The first class of `K1`, which the staff member who asks teaches, with the pupil in it or without.
fn class(with_pupil: bool) -> TeachingClass {
    let town = Town::small(4);
    let offering = &town.offerings[0];
    let person = STAFF.parse().expect("a person");
    let outline = Outline {
        title: "书法入门1班".to_owned(),
        capacity: 2,
        teachers: vec![Teacher { person, called: "李老师".to_owned(), role: TeacherRole::Main }],
        stewards: Vec::new(),
        room: None,
        pattern: Pattern { slots: offering.slots.clone(), singles: BTreeSet::new() },
    };
    let mut class = TeachingClass::of(offering, 1, outline);
    class.lessons = vec![Lesson::planned(1, date(2026, 9, 7), 1)];
    if with_pupil {
        class.admit(&PUPIL.parse().expect("a pupil"), date(2026, 9, 1)).expect("a seat");
    }
    class
}

impl Place {
    async fn planted(&self, class: TeachingClass) {
        let app = self.stage.app();
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.save_class(&Versioned::absent(class)).expect("an item");
        app.store().commit(commit).await.expect("written");
    }

    /// Somebody may teach at the school.
    async fn teacher(&self) {
        let app = self.stage.app();
        let user = User {
            id: "T000000001".parse().expect("a person"),
            name: Pii::new("李建国".to_owned()),
            phone: Pii::new("13800000008".to_owned()),
            home: Some(SCHOOL.parse().expect("a school")),
            grants: vec![format!("teacher@classes:{SCHOOL}").parse().expect("a grant")],
            posts: Vec::new(),
            frozen: None,
            session_ver: 0,
            sessions_until: None,
            last_seen: None,
        };
        let mut commit = Commit::new(Actor::system("test"), "test.begin", app.now());
        commit.save_user(&Versioned::absent(user)).expect("an item");
        app.store().commit(commit).await.expect("written");
    }
}

async fn ask(place: &Place, who: &Who, (method, act): (&str, &str), body: Option<Value>) -> testkit::stage::Answered {
    place.ask(who, "teaching-class", (method, &format!("{CLASS}{act}")), &[], body).await
}

pub(crate) fn of_classes() -> Vec<Operation> {
    vec![
        operation!("create_class", |place, who| {
            place.teacher().await;
            let teacher = json!({"person_id": "T000000001", "called": "李老师", "role": "main"});
            let body = json!({"title": "书法入门1班", "teachers": [teacher]});
            place.ask(who, "teaching-class", ("POST", &format!("{OFFERING}/classes")), &[KEY], Some(body)).await
        }),
        operation!("list_classes", |place, who| {
            place.planted(class(true)).await;
            let path = format!("/schools/{SCHOOL}/terms/2026-2027-1/classes");
            place.ask(who, "teaching-class", ("GET", &path), &[], None).await
        }),
        operation!("show_class", |place, who| {
            place.planted(class(true)).await;
            let child = format!("?student_id={PUPIL}");
            ask(place, who, ("GET", if matches!(who, Who::Guardian(_)) { &child } else { "" }), None).await
        }),
        operation!("edit_class", |place, who| {
            place.planted(class(true)).await;
            place.ask(who, "teaching-class", ("PATCH", CLASS), &[FIRST], Some(json!({"title": "书法入门一班"}))).await
        }),
        operation!("delete_class", |place, who| {
            place.planted(class(false)).await;
            ask(place, who, ("DELETE", ""), None).await
        }),
        operation!("admit_pupils", |place, who| {
            place.paid().await;
            place.planted(class(false)).await;
            ask(place, who, ("POST", "/members"), Some(json!({"students": [PUPIL]}))).await
        }),
        operation!("fill_class", |place, who| {
            place.paid().await;
            place.planted(class(false)).await;
            ask(place, who, ("POST", "/members/fill"), Some(json!({}))).await
        }),
        operation!("dismiss_pupil", |place, who| {
            place.planted(class(true)).await;
            ask(place, who, ("DELETE", &format!("/members/{PUPIL}")), None).await
        }),
        operation!("hand_out_materials", |place, who| {
            place.planted(class(true)).await;
            ask(place, who, ("POST", "/materials"), Some(json!({"students": [PUPIL]}))).await
        }),
        operation!("show_closing", |place, who| {
            place.planted(class(true)).await;
            ask(place, who, ("GET", "/closing"), None).await
        }),
        operation!("close_class", |place, who| {
            place.planted(class(true)).await;
            ask(place, who, ("POST", "/close"), Some(json!({"reason": "场馆停用"}))).await
        }),
        operation!("close_classes", |place, who| {
            place.planted(class(true)).await;
            let path = format!("{OFFERING}/classes/close");
            place.ask(who, "teaching-class", ("POST", &path), &[], Some(json!({}))).await
        }),
        operation!("reopen_class", |place, who| {
            let by = STAFF.parse().expect("a person");
            let closed = Some(Closed { at: place.stage.app().now(), by, reason: None });
            place.planted(TeachingClass { closed, ..class(true) }).await;
            ask(place, who, ("POST", "/reopen"), Some(json!({"reason": "误操作结课"}))).await
        }),
    ]
}

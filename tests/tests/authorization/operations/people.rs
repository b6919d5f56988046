//! Homerooms, pupils, guardians and staff.

use serde_json::json;

use super::Operation;
use crate::bodies::{FIRST, HOMEROOM, KEY, NEW, homeroom, parent, pupil};

pub(crate) fn of_people() -> Vec<Operation> {
    vec![
        operation!("list_homerooms", |place, who| {
            place.ask(who, "people", ("GET", "/schools/3144200101/homerooms"), &[], None).await
        }),
        operation!("show_homeroom", |place, who| {
            place.homeroom().await;
            place.ask(who, "people", ("GET", "/homerooms/3144200101.2024.02"), &[], None).await
        }),
        operation!("keep_homeroom", |place, who| {
            let way = ("PUT", "/homerooms/3144200101.2024.03");
            place.ask(who, "people", way, &[NEW], Some(homeroom("三年级(3)班"))).await
        }),
        operation!("list_students", |place, who| {
            place.homeroom().await;
            place.ask(who, "people", ("GET", "/homerooms/3144200101.2024.02/students"), &[], None).await
        }),
        operation!("add_student", |place, who| {
            place.homeroom().await;
            let way = ("POST", "/homerooms/3144200101.2024.02/students");
            place.ask(who, "people", way, &[], Some(pupil())).await
        }),
        operation!("show_student", |place, who| {
            place.ask(who, "people", ("GET", "/students/S000000000"), &[], None).await
        }),
        operation!("edit_student", |place, who| {
            place.homeroom().await;
            let body = json!({"sex": "female", "homeroom_id": HOMEROOM, "waivers": []});
            place.ask(who, "people", ("PUT", "/students/S000000000"), &[FIRST], Some(body)).await
        }),
        operation!("link_guardian", |place, who| {
            place.ask(who, "people", ("POST", "/students/S000000000/guardians"), &[], Some(parent())).await
        }),
        operation!("edit_guardian", |place, who| {
            let way = ("PUT", "/students/S000000000/guardians/G000000000");
            place.ask(who, "people", way, &[FIRST], Some(json!({"name": "李建国"}))).await
        }),
        operation!("unlink_guardian", |place, who| {
            place.ask(who, "people", ("DELETE", "/students/S000000000/guardians/G000000000"), &[], None).await
        }),
        operation!("list_staff", |place, who| {
            place.ask(who, "people", ("GET", "/schools/3144200101/staff"), &[], None).await
        }),
        operation!("edit_posts", |place, who| {
            let path = format!("/users/{}/posts", place.user().await);
            let body = json!({"posts": [{"kind": "teaching", "subjects": ["书法"]}]});
            place.ask(who, "people", ("PUT", &path), &[FIRST], Some(body)).await
        }),
        operation!("export_people", |place, who| {
            place.ask(who, "people", ("GET", "/schools/3144200101/exports/students"), &[], None).await
        }),
        operation!("preview_promotion", |place, who| {
            let path = "/schools/3144200101/promotion?school_year=2026-2027";
            place.ask(who, "people", ("GET", path), &[], None).await
        }),
        operation!("promote", |place, who| {
            let body = json!({"school_year": "2026-2027"});
            place.ask(who, "people", ("POST", "/schools/3144200101/promotion"), &[KEY], Some(body)).await
        }),
    ]
}

//! Keys, looks at data in full, and the guardian's desk.

use serde_json::json;

use super::Operation;
use crate::bodies::{KEY, PUPIL, SCHOOL, correction, reveal};
use crate::place::guardian;

pub(crate) fn of_keys() -> Vec<Operation> {
    vec![
        operation!("list_keys", |place, who| {
            place.ask(who, "privacy", ("GET", "/keys/3144200101"), &[], None).await
        }),
        operation!("rotate_key", |place, who| {
            place.ask(who, "privacy", ("POST", "/keys/3144200101/rotate"), &[KEY], None).await
        }),
        operation!("propose_shredding", |place, who| {
            let body = json!({"school": SCHOOL, "reason": "学校撤并"});
            place.ask(who, "privacy", ("POST", "/keys/3144200101/shredding"), &[], Some(body)).await
        }),
        operation!("approve_shredding", |place, who| {
            place.shredding().await;
            let way = ("POST", "/keys/3144200101/shredding/approve");
            place.ask(who, "privacy", way, &[], Some(json!({"school": SCHOOL}))).await
        }),
        operation!("reject_shredding", |place, who| {
            place.shredding().await;
            place.ask(who, "privacy", ("POST", "/keys/3144200101/shredding/reject"), &[], None).await
        }),
    ]
}

pub(crate) fn of_reveals() -> Vec<Operation> {
    vec![
        operation!("ask_reveal", |place, who| {
            place.ask(who, "privacy", ("POST", "/reveals"), &[KEY], Some(reveal("student", PUPIL))).await
        }),
        operation!("list_reveals", |place, who| {
            place.reveal("Z000000001", "student", PUPIL).await;
            place.ask(who, "privacy", ("GET", "/reveals?school=3144200101"), &[], None).await
        }),
        operation!("show_reveal", |place, who| {
            // Asked by the person who asks again: nobody else is shown it.
            let path = format!("/reveals/{}", place.reveal("A000000001", "guardian", "G000000000").await);
            place.ask(who, "privacy", ("GET", &path), &[], None).await
        }),
        operation!("approve_reveal", |place, who| {
            let path = format!("/reveals/{}/approve", place.reveal("Z000000001", "student", PUPIL).await);
            place.ask(who, "privacy", ("POST", &path), &[], None).await
        }),
        operation!("reject_reveal", |place, who| {
            let path = format!("/reveals/{}/reject", place.reveal("Z000000001", "student", PUPIL).await);
            place.ask(who, "privacy", ("POST", &path), &[], None).await
        }),
    ]
}

pub(crate) fn of_privacy() -> Vec<Operation> {
    vec![
        operation!("show_privacy", |place, who| place.ask(who, "privacy", ("GET", "/me/privacy"), &[], None).await),
        operation!("export_privacy", |place, who| {
            place.ask(who, "privacy", ("GET", "/me/privacy/export"), &[], None).await
        }),
        operation!("ask_privacy_request", |place, who| {
            let way = ("POST", "/me/privacy-requests");
            place.ask(who, "privacy", way, &[KEY], Some(correction())).await
        }),
        operation!("list_privacy_requests", |place, who| {
            place.privacy_request().await;
            place.ask(who, "privacy", ("GET", "/privacy-requests?school=3144200101"), &[], None).await
        }),
        operation!("decide_privacy_request", |place, who| {
            let path = format!("/privacy-requests/{}/decide", place.privacy_request().await);
            let body = json!({"approved": true, "reason": "已更正"});
            place.ask(who, "privacy", ("POST", &path), &[], Some(body)).await
        }),
        operation!("list_consents", |place, who| place.ask(who, "privacy", ("GET", "/me/consents"), &[], None).await),
        operation!("give_consent", |place, who| {
            let body = json!({"document": "child_privacy", "version": 1, "student_id": PUPIL});
            place.ask(who, "privacy", ("POST", "/me/consents"), &[], Some(body)).await
        }),
        operation!("withdraw_consent", |place, who| {
            let body = json!({"document": "child_privacy", "version": 1, "student_id": PUPIL});
            place.done(&guardian(), "privacy", ("POST", "/me/consents"), &[], Some(body)).await;
            let body = json!({"document": "child_privacy", "student_id": PUPIL});
            place.ask(who, "privacy", ("POST", "/me/consents/withdraw"), &[], Some(body)).await
        }),
        operation!("list_subscriptions", |place, who| {
            place.ask(who, "privacy", ("GET", "/me/subscriptions"), &[], None).await
        }),
        operation!("subscribe", |place, who| {
            place.stage.mini_program().sign_in_by("c0de", "oUser0");
            let body = json!({"code": "c0de", "topics": {"attendance": true}});
            place.ask(who, "privacy", ("PUT", "/me/subscriptions"), &[], Some(body)).await
        }),
    ]
}

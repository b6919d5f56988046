//! Users, roles, reviews and the audit.

use serde_json::json;

use super::Operation;
use crate::bodies::{FIRST, KEY, SCHOOL, SECOND, staff};
use crate::place::of;

pub(crate) fn of_users() -> Vec<Operation> {
    vec![
        operation!("show_me", |place, who| place.ask(who, "identity", ("GET", "/me"), &[], None).await),
        operation!("set_password", |place, who| {
            let body = json!({"new_password": "Ein-langes-Passwort-4711"});
            place.ask(who, "identity", ("PUT", "/me/password"), &[], Some(body)).await
        }),
        operation!("list_users", |place, who| {
            let path = format!("/users?school={SCHOOL}");
            place.ask(who, "directory", ("GET", &path), &[], None).await
        }),
        operation!("add_user", |place, who| place.ask(who, "directory", ("POST", "/users"), &[], Some(staff())).await),
        operation!("show_user", |place, who| {
            let path = format!("/users/{}", place.user().await);
            place.ask(who, "directory", ("GET", &path), &[], None).await
        }),
        operation!("edit_user", |place, who| {
            let path = format!("/users/{}", place.user().await);
            place.ask(who, "directory", ("PUT", &path), &[FIRST], Some(json!({"name": "王晓明"}))).await
        }),
        operation!("find_users", |place, who| {
            let body = json!({"name": "王", "school": SCHOOL});
            place.ask(who, "directory", ("POST", "/users/search"), &[], Some(body)).await
        }),
        operation!("export_users", |place, who| {
            let path = format!("/users/export?school={SCHOOL}");
            place.ask(who, "directory", ("GET", &path), &[], None).await
        }),
        operation!("freeze_user", |place, who| {
            let path = format!("/users/{}/freeze", place.user().await);
            place.ask(who, "directory", ("POST", &path), &[FIRST], Some(json!({"reason": "离职"}))).await
        }),
        operation!("unfreeze_user", |place, who| {
            let user = place.user().await;
            let (freeze, path) = (format!("/users/{user}/freeze"), format!("/users/{user}/unfreeze"));
            let by = of("school_admin@school:3144200101");
            place.done(&by, "directory", ("POST", &freeze), &[FIRST], Some(json!({"reason": "离职"}))).await;
            place.ask(who, "directory", ("POST", &path), &[SECOND], None).await
        }),
        operation!("regrant_user", |place, who| {
            let path = format!("/users/{}/grants", place.user().await);
            place.ask(who, "directory", ("PUT", &path), &[FIRST], Some(json!({"grants": []}))).await
        }),
        operation!("reset_password", |place, who| {
            let path = format!("/users/{}/password-reset", place.user().await);
            place.ask(who, "directory", ("POST", &path), &[], None).await
        }),
    ]
}

pub(crate) fn of_roles() -> Vec<Operation> {
    vec![
        operation!("draw_up_review", |place, who| {
            let body = json!({"school": SCHOOL});
            place.ask(who, "directory", ("POST", "/access-reviews"), &[KEY], Some(body)).await
        }),
        operation!("list_reviews", |place, who| {
            place.ask(who, "directory", ("GET", "/access-reviews"), &[], None).await
        }),
        operation!("show_review", |place, who| {
            let path = format!("/access-reviews/{}", place.review().await);
            place.ask(who, "directory", ("GET", &path), &[], None).await
        }),
        operation!("sign_off_review", |place, who| {
            let path = format!("/access-reviews/{}/sign-off", place.review().await);
            let body = json!({"conclusion": "权限与岗位相符"});
            place.ask(who, "directory", ("POST", &path), &[FIRST], Some(body)).await
        }),
        operation!("list_roles", |place, who| place.ask(who, "directory", ("GET", "/roles"), &[], None).await),
        operation!("list_permissions", |place, who| {
            place.ask(who, "directory", ("GET", "/permissions"), &[], None).await
        }),
        operation!("list_role_changes", |place, who| {
            place.ask(who, "directory", ("GET", "/role-changes"), &[], None).await
        }),
        operation!("propose_role_change", |place, who| {
            let edits = json!({"edits": [{"role": "patrol_teacher", "add": ["view_people"]}], "reason": "巡课"});
            place.ask(who, "directory", ("POST", "/role-changes"), &[KEY], Some(edits)).await
        }),
        operation!("approve_role_change", |place, who| {
            let path = format!("/role-changes/{}/approve", place.role_change().await);
            place.ask(who, "directory", ("POST", &path), &[], None).await
        }),
        operation!("reject_role_change", |place, who| {
            let path = format!("/role-changes/{}/reject", place.role_change().await);
            place.ask(who, "directory", ("POST", &path), &[], None).await
        }),
        operation!("search_audit", |place, who| {
            let path = "/audit-entries?thing=directory%23SCHOOLS%23SCHOOL";
            place.ask(who, "directory", ("GET", path), &[], None).await
        }),
    ]
}

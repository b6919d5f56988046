//! Organizations, base data of schools, accounts and imports.

use serde_json::json;

use super::Operation;
use crate::bodies::{FIRST, KEY, NEW, SECOND, account, base_data, homerooms, provider, room};

pub(crate) fn of_school() -> Vec<Operation> {
    vec![
        operation!("list_children", |place, who| place.ask(who, "school", ("GET", "/children"), &[], None).await),
        operation!("export_base", |place, who| {
            place.ask(who, "school", ("GET", "/exports/rooms?school=3144200101"), &[], None).await
        }),
        operation!("list_schools", |place, who| place.ask(who, "school", ("GET", "/schools"), &[], None).await),
        operation!("show_school", |place, who| {
            place.ask(who, "school", ("GET", "/schools/3144200101"), &[], None).await
        }),
        operation!("keep_school", |place, who| {
            place.ask(who, "school", ("PUT", "/schools/3144200101"), &[FIRST], Some(base_data())).await
        }),
        operation!("show_calendar", |place, who| {
            place.ask(who, "school", ("GET", "/terms/3144200101.2026-2027-1/calendar"), &[], None).await
        }),
        operation!("edit_calendar", |place, who| {
            let way = ("PUT", "/terms/3144200101.2026-2027-1/calendar");
            place.ask(who, "school", way, &[NEW], Some(json!({"days": []}))).await
        }),
        operation!("show_holidays", |place, who| {
            place.ask(who, "school", ("GET", "/holidays/2026"), &[], None).await
        }),
        operation!("edit_holidays", |place, who| {
            place.ask(who, "school", ("PUT", "/holidays/2026"), &[NEW], Some(json!({"days": []}))).await
        }),
        operation!("list_rooms", |place, who| {
            place.ask(who, "school", ("GET", "/schools/3144200101/rooms"), &[], None).await
        }),
        operation!("show_room", |place, who| {
            place.room().await;
            place.ask(who, "school", ("GET", "/rooms/3144200101.R301"), &[], None).await
        }),
        operation!("keep_room", |place, who| {
            place.ask(who, "school", ("PUT", "/rooms/3144200101.R302"), &[NEW], Some(room())).await
        }),
        operation!("show_account", |place, who| {
            place.ask(who, "school", ("GET", "/schools/3144200101/account"), &[], None).await
        }),
        operation!("propose_account", |place, who| {
            let way = ("PUT", "/schools/3144200101/account/proposal");
            place.ask(who, "school", way, &[NEW], Some(account())).await
        }),
        operation!("approve_account", |place, who| {
            place.proposal().await;
            place.ask(who, "school", ("POST", "/schools/3144200101/account/approve"), &[FIRST], None).await
        }),
        operation!("reject_account", |place, who| {
            place.proposal().await;
            place.ask(who, "school", ("POST", "/schools/3144200101/account/reject"), &[FIRST], None).await
        }),
        operation!("submit_import", |place, who| {
            place.ask(who, "school", ("POST", "/imports"), &[], Some(homerooms())).await
        }),
        operation!("show_import", |place, who| {
            let path = format!("/imports/{}", place.import().await);
            place.ask(who, "school", ("GET", &path), &[], None).await
        }),
        operation!("show_import_errors", |place, who| {
            let path = format!("/imports/{}/errors", place.import().await);
            place.ask(who, "school", ("GET", &path), &[], None).await
        }),
        operation!("apply_import", |place, who| {
            let path = format!("/imports/{}/apply", place.import().await);
            place.ask(who, "school", ("POST", &path), &[KEY], Some(json!({}))).await
        }),
    ]
}

pub(crate) fn of_organizations() -> Vec<Operation> {
    vec![
        operation!("list_organizations", |place, who| {
            place.ask(who, "school", ("GET", "/organizations"), &[], None).await
        }),
        operation!("show_organization", |place, who| {
            place.provider().await;
            place.ask(who, "school", ("GET", "/organizations/P001"), &[], None).await
        }),
        operation!("keep_organization", |place, who| {
            place.ask(who, "school", ("PUT", "/organizations/P002"), &[NEW], Some(provider())).await
        }),
        operation!("blacklist_organization", |place, who| {
            place.provider().await;
            let way = ("POST", "/organizations/P001/blacklist");
            place.ask(who, "school", way, &[FIRST], Some(json!({"reason": "虚假宣传"}))).await
        }),
        operation!("unblacklist_organization", |place, who| {
            place.blacklisted().await;
            place.ask(who, "school", ("POST", "/organizations/P001/unblacklist"), &[SECOND], None).await
        }),
    ]
}

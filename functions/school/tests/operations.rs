//! Calendars, rooms and receiving accounts, event by event. B4.1 S4.1 S31.1, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use testkit::sample::{Case, Functions, Scene};
use testkit::town::{SCHOOL, id};

const FUNCTIONS: Functions = &[("school", school::routes)];

async fn done(scene: &Scene, file: &str) {
    let answered = scene.send(file).await;
    assert!(answered.status.is_success(), "{file}: {}", answered.text);
}

/// The merchant number payments of the school are begun with.
async fn merchant(scene: &Scene) -> Option<String> {
    scene.app.store().school(&id(SCHOOL)).await.expect("read").expect("a school").value.wechat_merchant
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

/// What a day of a calendar is taught by.
fn follows(calendar: &serde_json::Value, date: &str) -> serde_json::Value {
    let days = calendar["days"].as_array().expect("days");
    days.iter().find(|day| day["date"] == date).expect("a day of the term")["follows"].clone()
}

const CALENDAR: &[Case] = &[
    Case::done("school/show-calendar", 200).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.headers["etag"], "\"0\"");
            assert_eq!(follows(&answered.json(), "2026-10-01"), "thursday", "nobody has arranged holidays yet");
        })
    }),
    Case::done("school/show-calendar", 200).before(|scene| Box::pin(done(scene, "school/edit-holidays"))).after(
        |_, answered| {
            Box::pin(async {
                assert_eq!(follows(&answered.json(), "2026-10-01"), serde_json::Value::Null);
                assert_eq!(follows(&answered.json(), "2026-10-10"), "wednesday");
            })
        },
    ),
    Case::done("school/show-calendar-by-teacher", 200),
    Case::done("school/edit-calendar", 200).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.headers["etag"], "\"1\"");
            assert_eq!(follows(&answered.json(), "2026-10-10"), "wednesday");
            assert_eq!(follows(&answered.json(), "2026-10-12"), serde_json::Value::Null);
        })
    }),
    Case::done("school/edit-calendar-again", 200)
        .before(|scene| Box::pin(done(scene, "school/edit-calendar")))
        .after(|_, answered| Box::pin(async { assert_eq!(follows(&answered.json(), "2026-10-12"), "monday") })),
    Case::refused("school/edit-calendar-old-match", 412, "request/if-match-outdated"),
    Case::refused("school/edit-calendar-no-match", 428, "request/if-match-missing"),
    Case::refused("school/edit-calendar-outside", 422, "calendar/out-of-range"),
    Case::refused("school/edit-calendar-no-reason", 422, "calendar/reason-unusable"),
    Case::refused("school/edit-calendar-bad-date", 422, "request/field-unusable"),
    Case::refused("school/edit-calendar-bad-day", 422, "request/field-unusable"),
    Case::refused("school/show-calendar-unreadable", 400, "request/parameter-unusable"),
    Case::refused("school/show-calendar-unknown", 404, "access/not-found"),
    Case::refused("school/show-calendar-by-other-school", 404, "access/not-found"),
    Case::refused("school/show-calendar-by-guardian", 404, "access/not-found"),
    Case::refused("school/edit-calendar-unknown", 404, "access/not-found"),
    Case::refused("school/edit-calendar-by-other-school", 404, "access/not-found"),
    Case::refused("school/edit-calendar-by-teacher", 404, "access/not-found"),
];

#[test]
fn b4_1_a_school_has_a_calendar_of_its_term() {
    run(CALENDAR);
}

const HOLIDAYS: &[Case] = &[
    Case::done("school/edit-holidays", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["days"][1]["follows"], "wednesday") })),
    Case::done("school/show-holidays", 200),
    Case::refused("school/edit-holidays-by-school", 404, "access/not-found"),
    Case::refused("school/show-holidays-by-guardian", 404, "access/not-found"),
    Case::refused("school/show-holidays-unreadable", 400, "request/parameter-unusable"),
    Case::refused("school/edit-holidays-other-year", 422, "calendar/out-of-range"),
    Case::refused("school/edit-holidays-far-year", 422, "calendar/year-out-of-range"),
    Case::refused("school/edit-holidays-old-match", 412, "request/if-match-outdated"),
];

#[test]
fn b4_1_the_states_holidays_hold_for_all_schools() {
    run(HOLIDAYS);
}

const ROOMS: &[Case] = &[
    Case::done("school/keep-room", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.headers["etag"], "\"1\"") })),
    Case::done("school/keep-room-changed", 200).before(|scene| Box::pin(done(scene, "school/keep-room"))).after(
        |_, answered| {
            Box::pin(async {
                assert_eq!((&answered.json()["capacity"], &answered.json()["retired"]), (&40.into(), &true.into()));
            })
        },
    ),
    Case::done("school/list-rooms", 200)
        .before(|scene| Box::pin(done(scene, "school/keep-room")))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["room_id"], "3144200101.R301") })),
    Case::done("school/show-room", 200).before(|scene| Box::pin(done(scene, "school/keep-room"))),
    Case::refused("school/keep-room", 409, "room/exists").before(|scene| Box::pin(done(scene, "school/keep-room"))),
    Case::refused("school/keep-room-old-match", 412, "request/if-match-outdated"),
    Case::refused("school/keep-room-no-match", 428, "request/if-match-missing"),
    Case::refused("school/keep-room-no-name", 422, "room/name-unusable"),
    Case::refused("school/keep-room-no-seats", 422, "room/capacity-out-of-range"),
    Case::refused("school/keep-room-long-place", 422, "room/text-too-long"),
    Case::refused("school/keep-room-by-other-school", 404, "access/not-found"),
    Case::refused("school/keep-room-no-such-school", 404, "access/not-found"),
    Case::refused("school/list-rooms-by-other-school", 404, "access/not-found"),
    Case::refused("school/list-rooms-unreadable", 400, "request/parameter-unusable"),
    Case::refused("school/list-rooms-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("school/show-room-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(done(scene, "school/keep-room"))),
    Case::refused("school/show-room-unknown", 404, "access/not-found"),
    Case::refused("school/show-room-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s4_1_a_school_keeps_its_rooms() {
    run(ROOMS);
}

/// After the school's finance has proposed another account.
const fn proposed(case: Case) -> Case {
    case.before(|scene| Box::pin(done(scene, "school/propose-account")))
}

const ACCOUNTS: &[Case] = &[
    Case::done("school/show-account", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["account"], serde_json::Value::Null) })),
    Case::done("school/propose-account", 200).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!(
                (&view["proposed"]["number"], &view["account"]),
                (&"622*********7890".into(), &serde_json::Value::Null)
            );
            assert_eq!(merchant(scene).await.as_deref(), Some("1900000201"), "payments go where they went");
        })
    }),
    proposed(Case::done("school/approve-account", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["account"]["holder"], "五桂山第一小学");
            assert_eq!(merchant(scene).await.as_deref(), Some("1900000202"));
        })
    }),
    proposed(Case::done("school/reject-account", 200))
        .after(|scene, _| Box::pin(async move { assert_eq!(merchant(scene).await.as_deref(), Some("1900000201")) })),
    proposed(Case::refused("school/approve-account-own", 409, "account/second-person-needed")),
    proposed(Case::refused("school/propose-account-again", 409, "account/change-waiting")),
    Case::refused("school/propose-account-same", 409, "account/nothing-changes").before(|scene| {
        Box::pin(async {
            done(scene, "school/propose-account").await;
            done(scene, "school/approve-account").await;
        })
    }),
    Case::refused("school/approve-account-nothing", 409, "account/nothing-waiting"),
    Case::refused("school/reject-account-nothing", 409, "account/nothing-waiting"),
    Case::refused("school/propose-account-holder", 422, "account/holder-unusable"),
    Case::refused("school/propose-account-bank", 422, "account/bank-unusable"),
    Case::refused("school/propose-account-number", 422, "account/number-unusable"),
    Case::refused("school/propose-account-merchant", 422, "account/merchant-unusable"),
    Case::refused("school/propose-account-reason", 422, "user/reason-unusable"),
    Case::refused("school/propose-account-no-match", 428, "request/if-match-missing"),
    Case::refused("school/propose-account-old-match", 412, "request/if-match-outdated"),
    proposed(Case::refused("school/approve-account-old-match", 412, "request/if-match-outdated")),
    proposed(Case::refused("school/reject-account-old-match", 412, "request/if-match-outdated")),
    Case::refused("school/show-account-by-other-school", 404, "access/not-found"),
    Case::refused("school/show-account-by-teacher", 404, "access/not-found"),
    Case::refused("school/show-account-unknown", 404, "access/not-found"),
    Case::refused("school/show-account-unreadable", 400, "request/parameter-unusable"),
    Case::refused("school/propose-account-by-school-admin", 404, "access/not-found"),
    proposed(Case::refused("school/approve-account-by-finance", 404, "access/not-found")),
    proposed(Case::refused("school/reject-account-by-finance", 404, "access/not-found")),
];

#[test]
fn s31_1_a_receiving_account_changes_by_two_persons() {
    run(ACCOUNTS);
}

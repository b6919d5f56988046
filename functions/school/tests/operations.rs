//! Organizations, schools, calendars, rooms and receiving accounts, event by event. B2.1 B4.1 S1.1 S4.1 S31.1, promise P10.
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
    scene.app.store().school(&id(SCHOOL)).await.expect("read").expect("a school").value.merchants.wechat
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
    Case::refused("school/propose-account-merchant", 422, "account/wechat-unusable"),
    Case::done("school/propose-account-rate", 200).after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["proposed"]["merchants"]["rates"]["wechat"], 6_000) })
    }),
    Case::refused("school/propose-account-rate-high", 422, "account/rate-unusable"),
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

/// After a provider was added.
const fn with_provider(case: Case) -> Case {
    case.before(|scene| Box::pin(done(scene, "school/keep-organization")))
}

/// After a provider was added and blacklisted.
const fn blacklisted(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            done(scene, "school/keep-organization").await;
            done(scene, "school/blacklist-organization").await;
        })
    })
}

async fn township(scene: &Scene) {
    done(scene, "school/keep-organization-city").await;
    done(scene, "school/keep-organization-township").await;
}

/// After the city's bureau and one of its townships were added.
const fn with_township(case: Case) -> Case {
    case.before(|scene| Box::pin(township(scene)))
}

const ORGANIZATIONS: &[Case] = &[
    Case::done("school/keep-organization", 200).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.headers["etag"], "\"1\"");
            assert_eq!(answered.json()["unusable"], serde_json::Value::Null);
        })
    }),
    with_provider(Case::done("school/keep-organization-changed", 200)).after(|_, answered| {
        Box::pin(async {
            let told = "「中山示例艺术中心」的办学许可已于 2026-08-31 到期,请在续期并更新后使用";
            assert_eq!(answered.json()["unusable"], told);
        })
    }),
    blacklisted(Case::done("school/keep-organization-after-blacklisting", 200)).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["blacklisted"]["reason"], "虚假宣传", "changing takes nobody off");
        })
    }),
    Case::done("school/keep-organization-township", 200)
        .before(|scene| Box::pin(done(scene, "school/keep-organization-city"))),
    with_township(Case::done("school/list-organizations", 200)).after(|_, answered| {
        Box::pin(async {
            let codes: Vec<_> =
                answered.json()["items"].as_array().expect("items").iter().map(|it| it["kind"].clone()).collect();
            assert_eq!(codes, ["city", "township"]);
        })
    }),
    with_township(Case::done("school/list-organizations-of-kind", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json(), serde_json::json!({"items": []})) })),
    with_provider(Case::done("school/list-organizations-from", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["organization_id"], "P001") })),
    with_provider(Case::done("school/show-organization", 200)),
    with_provider(Case::refused("school/keep-organization", 409, "organization/exists")),
    with_provider(Case::refused("school/keep-organization-bureau-as-provider", 409, "organization/kind-fixed")),
    Case::refused("school/keep-organization-old-match", 412, "request/if-match-outdated"),
    Case::refused("school/keep-organization-no-match", 428, "request/if-match-missing"),
    Case::refused("school/keep-organization-short-name", 422, "organization/name-unusable"),
    Case::refused("school/keep-organization-credit-check", 422, "organization/credit-code-unusable"),
    Case::refused("school/keep-organization-credit-shape", 422, "organization/credit-code-unusable"),
    Case::refused("school/keep-organization-no-credit", 422, "organization/credit-code-missing"),
    Case::refused("school/keep-organization-parent-unknown", 422, "organization/parent-unsuitable"),
    Case::refused("school/keep-organization-licence-reversed", 422, "organization/licence-unusable"),
    Case::refused("school/keep-organization-mobile-phone", 422, "organization/phone-unusable"),
    Case::refused("school/keep-organization-township-licence", 422, "organization/providers-only"),
    Case::refused("school/keep-organization-unknown-field", 422, "request/field-unusable"),
    Case::refused("school/keep-organization-unknown-kind", 422, "request/field-unusable"),
    Case::refused("school/keep-organization-unreadable", 400, "request/parameter-unusable"),
    Case::refused("school/keep-organization-by-school", 404, "access/not-found"),
    Case::refused("school/keep-organization-by-guardian", 404, "access/not-found"),
    Case::refused("school/list-organizations-unknown-kind", 400, "request/parameter-unusable"),
    Case::refused("school/list-organizations-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("school/list-organizations-by-guardian", 404, "access/not-found"),
    Case::refused("school/list-organizations-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("school/show-organization-unknown", 404, "access/not-found"),
    Case::refused("school/show-organization-unreadable", 400, "request/parameter-unusable"),
    with_provider(Case::refused("school/show-organization-by-guardian", 404, "access/not-found")),
];

#[test]
fn b2_1_bureaus_townships_and_providers_are_kept() {
    run(ORGANIZATIONS);
}

const BLACKLIST: &[Case] = &[
    with_provider(Case::done("school/blacklist-organization", 200)).after(|scene, answered| {
        Box::pin(async move {
            let today = scene.app.now().day();
            let told = format!("「中山示例艺术培训有限公司」自 {today} 起被列入黑名单,原因:虚假宣传,请选择其他机构");
            assert_eq!(answered.json()["unusable"], told);
            let kept = scene.app.store().organization(&id("P001")).await.expect("read").expect("a provider");
            let by = kept.value.value.standing.blacklisted.expect("blacklisted").by;
            assert_eq!((kept.ver, by.as_str()), (2, "P000000001"));
        })
    }),
    blacklisted(Case::done("school/unblacklist-organization", 200)).after(|_, answered| {
        Box::pin(async {
            let view = answered.json();
            assert_eq!((&view["blacklisted"], &view["unusable"]), (&serde_json::Value::Null, &serde_json::Value::Null));
        })
    }),
    blacklisted(Case::refused("school/blacklist-organization-again", 409, "organization/blacklisted")),
    with_township(Case::refused("school/blacklist-organization-city", 409, "organization/not-provider")),
    with_provider(Case::refused("school/blacklist-organization-no-reason", 422, "user/reason-unusable")),
    with_provider(Case::refused("school/blacklist-organization-old-match", 412, "request/if-match-outdated")),
    with_provider(Case::refused("school/blacklist-organization-no-match", 428, "request/if-match-missing")),
    with_provider(Case::refused("school/blacklist-organization-by-school", 404, "access/not-found")),
    Case::refused("school/blacklist-organization-unknown", 404, "access/not-found"),
    with_provider(Case::refused("school/unblacklist-organization-nothing", 409, "organization/not-blacklisted")),
    blacklisted(Case::refused("school/unblacklist-organization-old-match", 412, "request/if-match-outdated")),
    blacklisted(Case::refused("school/unblacklist-organization-no-match", 428, "request/if-match-missing")),
    blacklisted(Case::refused("school/unblacklist-organization-by-school", 404, "access/not-found")),
    Case::refused("school/unblacklist-organization-unknown", 404, "access/not-found"),
];

#[test]
fn b2_1_a_provider_is_blacklisted_and_taken_off() {
    run(BLACKLIST);
}

/// The codes of the schools that are listed.
fn codes(answered: &testkit::stage::Answered) -> Vec<serde_json::Value> {
    answered.json()["items"].as_array().expect("items").iter().map(|school| school["code"].clone()).collect()
}

const SCHOOLS: &[Case] = &[
    Case::done("school/show-school", 200).after(|_, answered| {
        Box::pin(async {
            let view = answered.json();
            assert_eq!((&view["grades"], &view["campuses"]), (&[1, 2, 3, 4, 5, 6][..].into(), &serde_json::json!([])));
        })
    }),
    Case::done("school/show-school-by-teacher", 200),
    Case::done("school/keep-school", 200).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!((&view["grades"], &view["campuses"][0]["name"]), (&[1, 2, 3][..].into(), &"本部".into()));
            assert_eq!(answered.headers["etag"], "\"2\"");
            assert_eq!(merchant(scene).await.as_deref(), Some("1900000201"), "where its money goes stays");
        })
    }),
    Case::done("school/keep-school-by-platform", 200),
    Case::done("school/keep-school-other-stages-by-platform", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["stages"][1], "junior") })),
    with_township(Case::done("school/keep-school-new", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.headers["etag"], "\"1\"");
            assert_eq!(codes(&scene.send("school/schools-named").await), ["2144200103", "3144200101"]);
        })
    }),
    Case::done("school/schools-named", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(codes(answered), ["3144200101"]) })),
    Case::done("school/schools-named-otherwise", 200)
        .after(|_, answered| Box::pin(async { assert!(codes(answered).is_empty()) })),
    Case::done("school/schools-from", 200).after(|_, answered| Box::pin(async { assert!(codes(answered).is_empty()) })),
    Case::refused("school/schools-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("school/keep-school-other-stages", 409, "school/platform-only"),
    Case::refused("school/keep-school-exists", 409, "school/exists"),
    Case::refused("school/keep-school-moved", 422, "school/township-unknown"),
    Case::refused("school/keep-school-moved-by-platform", 422, "school/township-unknown"),
    Case::refused("school/keep-school-unfit-stages", 422, "school/stages-unfit"),
    Case::refused("school/keep-school-short-name", 422, "school/name-unusable"),
    Case::refused("school/keep-school-long-address", 422, "school/address-too-long"),
    Case::refused("school/keep-school-mobile-phone", 422, "school/phone-unusable"),
    Case::refused("school/keep-school-campus-twice", 422, "school/campuses-unusable"),
    Case::refused("school/keep-school-grade-outside", 422, "school/grades-outside"),
    Case::refused("school/keep-school-unknown-field", 422, "request/field-unusable"),
    Case::refused("school/keep-school-unknown-stage", 422, "request/field-unusable"),
    Case::refused("school/keep-school-old-match", 412, "request/if-match-outdated"),
    Case::refused("school/keep-school-no-match", 428, "request/if-match-missing"),
    Case::refused("school/keep-school-unreadable", 400, "request/parameter-unusable"),
    Case::refused("school/keep-school-by-other-school", 404, "access/not-found"),
    Case::refused("school/keep-school-by-teacher", 404, "access/not-found"),
    with_township(Case::refused("school/keep-school-new-by-school", 404, "access/not-found")),
    with_township(Case::refused("school/keep-school-new-stages", 422, "school/stages-unfit")),
    with_township(Case::refused("school/keep-school-new-code", 422, "school/code-unusable")),
    with_township(Case::refused("school/keep-school-new-old-match", 412, "request/if-match-outdated")),
    Case::refused("school/show-school-by-other-school", 404, "access/not-found"),
    Case::refused("school/show-school-by-guardian", 404, "access/not-found"),
    Case::refused("school/show-school-unknown", 404, "access/not-found"),
    Case::refused("school/show-school-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s1_1_a_school_keeps_its_base_data() {
    run(SCHOOLS);
}

/// After a second school was added.
const fn two_schools(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            township(scene).await;
            done(scene, "school/keep-school-new").await;
        })
    })
}

const EXPORTS: &[Case] = &[
    Case::done("school/export-organizations", 200)
        .before(|scene| Box::pin(done(scene, "school/keep-organization")))
        .after(|_, answered| {
            Box::pin(async {
                let file = answered.file();
                let row = "P001,机构,中山示例艺术培训有限公司,,91350100M000100Y43,教民 144200070000001 号,2028-12-31,0760-88881234,正常";
                assert!(file.contains(row), "{file}");
            })
        }),
    two_schools(Case::done("school/export-schools", 200)).after(|_, answered| {
        Box::pin(async {
            let file = answered.file();
            assert_eq!(answered.json()["rows"], 2);
            assert!(file.contains("\n2144200103,") && file.contains("\n3144200101,"), "{file}");
        })
    }),
    two_schools(Case::done("school/export-schools-own", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["rows"], 1, "no other school's") })),
    Case::done("school/export-rooms", 200).before(|scene| Box::pin(done(scene, "school/keep-room"))).after(
        |_, answered| {
            Box::pin(async {
                let file = answered.file();
                assert!(file.contains("3144200101.R301,书法室,综合楼三楼,书法、国画,45,在用"), "{file}");
            })
        },
    ),
    Case::done("school/export-rooms-workbook", 200).after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["file_name"], "3144200101-场室-2026-09-01.xlsx") })
    }),
    Case::refused("school/export-rooms-no-school", 400, "request/parameter-unusable"),
    Case::refused("school/export-base-unreadable-school", 400, "request/parameter-unusable"),
    Case::refused("school/export-base-unknown-kind", 400, "request/parameter-unusable"),
    Case::refused("school/export-base-bad-format", 400, "request/parameter-unusable"),
    Case::refused("school/export-rooms-other-school", 404, "access/not-found"),
    Case::refused("school/export-base-by-guardian", 404, "access/not-found"),
    Case::refused("school/export-base-by-teacher", 404, "access/not-found"),
];

#[test]
fn b2_1_s1_1_s4_1_lists_are_taken_out_by_who_reaches_them() {
    run(EXPORTS);
}

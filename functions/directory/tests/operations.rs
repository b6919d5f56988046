//! Users, their roles, and changes of roles, event by event. B1.1 B3.1 K5.1, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use domain::access::Permission;
use domain::id::PersonId;
use store::user::Admission;
use testkit::sample::{self, Case, Functions, Scene};
use testkit::simulate;
use testkit::stage::{Answered, Stage};
use testkit::town::{Town, id};

const FUNCTIONS: Functions = &[("directory", directory::routes), ("enrollment", enrollment::routes)];

/// Who has the phone of the events.
const PERSON: &str = "8VMSB4P4WT";

async fn admission(scene: &Scene) -> Admission {
    let person: PersonId = id(PERSON);
    scene.app.store().admission(&person).await.expect("read").expect("an account")
}

/// What a role allows in a new environment.
async fn allows(scene: &Scene, role: &str, permission: Permission) -> bool {
    let book = scene.stage.app().store().role_book().await.expect("read").as_ref().clone();
    book.role(&id(role)).is_some_and(|role| role.permissions.contains(&permission))
}

async fn done(scene: &Scene, file: &str) {
    let answered = scene.send(file).await;
    assert!(answered.status.is_success(), "{file}: {}", answered.text);
}

/// How many a search finds.
async fn found(scene: &Scene, file: &str) -> usize {
    scene.send(file).await.json()["items"].as_array().map_or(0, Vec::len)
}

fn nobody<'a>(_: &'a Scene, answered: &'a Answered) -> sample::Work<'a> {
    Box::pin(async { assert_eq!(answered.json()["items"].as_array().map(Vec::len), Some(0)) })
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

/// After the account of the events was added.
const fn added(case: Case) -> Case {
    case.before(|scene| Box::pin(done(scene, "directory/add-user")))
}

/// After a sensitive change was proposed.
const fn proposed(case: Case) -> Case {
    case.before(|scene| Box::pin(done(scene, "directory/change-roles-sensitive")))
}

const USERS: &[Case] = &[
    Case::done("directory/add-user", 201).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!(
                (&view["person_id"], &view["name"], &view["phone"]),
                (&PERSON.into(), &"王**".into(), &"138****0001".into())
            );
            assert_eq!(view["grants"][0]["title"], "任课教师");
            assert_eq!(answered.headers["etag"], "\"1\"");
            assert!(admission(scene).await.honours(1), "giving roles begins a new stretch of sessions");
        })
    }),
    Case::done("directory/add-user-without-roles", 201),
    Case::done("directory/add-user-by-system", 201),
    added(Case::refused("directory/add-user", 409, "user/exists")),
    added(Case::done("directory/list-users", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["person_id"], PERSON) })),
    Case::done("directory/list-users-above-schools", 200)
        .before(|scene| Box::pin(done(scene, "directory/add-user-by-system")))
        .after(|_, answered| {
            Box::pin(async { assert_eq!(answered.json()["items"].as_array().map(Vec::len), Some(1)) })
        }),
    added(Case::done("directory/show-user", 200)),
];

#[test]
fn b1_1_accounts_are_added_and_listed() {
    run(USERS);
}

const FOUND: &[Case] = &[
    added(Case::done("directory/edit-user", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.headers["etag"], "\"2\"");
            assert_eq!(found(scene, "directory/find-users-by-name").await, 0, "the old name is gone");
            assert!(admission(scene).await.honours(1), "a name ends no session");
        })
    }),
    added(Case::refused("directory/edit-user-old-match", 412, "request/if-match-outdated")),
    added(Case::refused("directory/edit-user-no-match", 428, "request/if-match-missing")),
    added(Case::refused("directory/edit-user-short-name", 422, "user/name-unusable")),
    added(Case::refused("directory/edit-user-phone", 422, "request/field-unusable")),
    added(Case::refused("directory/edit-user-by-other-school", 404, "access/not-found")),
    added(Case::refused("directory/edit-user-by-guardian", 404, "access/not-found")),
    Case::refused("directory/edit-user-unknown", 404, "access/not-found"),
    added(Case::done("directory/find-users-by-phone", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["person_id"], PERSON) })),
    added(Case::done("directory/find-users-by-name", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["name"], "王**") })),
    added(Case::done("directory/find-users-by-other-name", 200)).after(nobody),
    added(Case::done("directory/find-users-by-phone-of-other-school", 200)).after(nobody),
    Case::refused("directory/find-users-other-school", 404, "access/not-found"),
    Case::refused("directory/find-users-by-guardian", 404, "access/not-found"),
    Case::refused("directory/find-users-nothing", 422, "user/nothing-to-find"),
    Case::refused("directory/find-users-both", 422, "user/nothing-to-find"),
    Case::refused("directory/find-users-blank", 422, "user/nothing-to-find"),
    Case::refused("directory/find-users-unreadable-school", 400, "request/parameter-unusable"),
    added(Case::done("directory/export-users", 200)).after(|_, answered| {
        Box::pin(async {
            let file = answered.file();
            assert!(file.contains("王**,138****0001,3144200101,任课教师(teacher@classes:3144200101),正常,"), "{file}");
        })
    }),
    Case::done("directory/export-users-above-schools", 200).after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["file_name"], "平台-用户-2026-09-01.xlsx") })
    }),
    Case::refused("directory/export-users-above-schools-by-school", 404, "access/not-found"),
    Case::refused("directory/export-users-other-school", 404, "access/not-found"),
    Case::refused("directory/export-users-by-guardian", 404, "access/not-found"),
    Case::refused("directory/export-users-bad-format", 400, "request/parameter-unusable"),
];

#[test]
fn b1_1_accounts_are_corrected_found_and_taken_out() {
    run(FOUND);
}

const FROZEN: &[Case] = &[
    added(Case::done("directory/freeze-user", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["frozen_reason"], "已离职");
            let state = admission(scene).await;
            assert!(!state.honours(1) && !state.honours(2));
        })
    }),
    Case::refused("directory/freeze-user-again", 409, "user/state-unchanged").before(|scene| {
        Box::pin(async {
            done(scene, "directory/add-user").await;
            done(scene, "directory/freeze-user").await;
        })
    }),
    Case::done("directory/unfreeze-user", 200)
        .before(|scene| {
            Box::pin(async {
                done(scene, "directory/add-user").await;
                done(scene, "directory/freeze-user").await;
            })
        })
        .after(|scene, _| Box::pin(async { assert!(admission(scene).await.honours(2)) })),
    added(Case::refused("directory/unfreeze-user-not-frozen", 409, "user/state-unchanged")),
    added(Case::refused("directory/freeze-user-old-match", 412, "request/if-match-outdated")),
    added(Case::refused("directory/freeze-user-no-match", 428, "request/if-match-missing")),
    added(Case::refused("directory/freeze-user-no-reason", 422, "user/reason-unusable")),
];

#[test]
fn b1_1_an_account_is_frozen_and_let_in_again() {
    run(FROZEN);
}

const REGRANTED: &[Case] = &[
    added(Case::done("directory/regrant-user", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["grants"].as_array().map(Vec::len), Some(2));
            assert!(admission(scene).await.honours(2), "its sessions end");
        })
    }),
    added(Case::done("directory/regrant-user-none", 200)),
    added(Case::refused("directory/regrant-user-beyond", 409, "user/beyond-own")),
    added(Case::refused("directory/regrant-user-old-match", 412, "request/if-match-outdated")),
    Case::done("directory/regrant-user-by-security", 200)
        .before(|scene| Box::pin(done(scene, "directory/add-user-without-roles"))),
    Case::refused("directory/regrant-user-separated", 409, "user/separated")
        .before(|scene| Box::pin(done(scene, "directory/add-user-without-roles"))),
];

#[test]
fn b3_1_roles_are_given_and_taken() {
    run(REGRANTED);
}

const ADDING_REFUSED: &[Case] = &[
    Case::refused("directory/add-user-above-schools", 404, "access/not-found"),
    Case::refused("directory/add-user-beyond", 409, "user/beyond-own"),
    Case::refused("directory/add-user-guardian-role", 422, "user/guardian-by-hand"),
    Case::refused("directory/add-user-unknown-role", 422, "user/role-unknown"),
    Case::refused("directory/add-user-unsuitable-scope", 422, "user/scope-unsuitable"),
    Case::refused("directory/add-user-unreadable-grant", 422, "request/field-unusable"),
    Case::refused("directory/add-user-short-name", 422, "user/name-unusable"),
    Case::refused("directory/add-user-short-phone", 422, "user/phone-unusable"),
    Case::refused("directory/add-user-unreadable-home", 400, "request/parameter-unusable"),
    Case::refused("directory/add-user-unknown-field", 422, "request/field-unusable"),
    Case::refused("directory/add-user-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("directory/list-users-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("directory/show-user-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn b1_1_what_does_not_hold_changes_nothing() {
    run(ADDING_REFUSED);
}

const AUDIT: &[Case] = &[
    added(Case::done("directory/search-audit", 200)).after(|_, answered| {
        Box::pin(async {
            let entries = answered.json();
            let added = entries["items"]
                .as_array()
                .and_then(|items| items.iter().find(|entry| entry["action"] == "directory.add_user").cloned());
            let added = added.expect("an entry of the account");
            assert_eq!(
                (&added["actor"], &added["scope"]),
                (&"school_admin:A000000001".into(), &"school:3144200101".into())
            );
            assert_eq!(added["version"], 1);
        })
    }),
    added(Case::done("directory/search-audit-actor", 200)),
    added(Case::done("directory/search-audit-thing", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["version"], 1) })),
    Case::refused("directory/search-audit-no-span", 400, "request/parameter-unusable"),
    Case::refused("directory/search-audit-long-span", 400, "request/parameter-unusable"),
    Case::refused("directory/search-audit-backwards", 400, "request/parameter-unusable"),
    Case::refused("directory/search-audit-by-system", 404, "access/not-found"),
    Case::refused("directory/search-audit-by-guardian", 404, "access/not-found"),
];

#[test]
fn k5_1_the_audit_is_searched_by_its_administrator_alone() {
    run(AUDIT);
}

const STRANGERS: &[Case] = &[
    Case::refused("directory/add-user-above-schools-by-school", 404, "access/not-found"),
    Case::refused("directory/add-user-other-school", 404, "access/not-found"),
    Case::refused("directory/add-user-by-guardian", 404, "access/not-found"),
    Case::refused("directory/list-users-above-schools-by-school", 404, "access/not-found"),
    Case::refused("directory/list-users-other-school", 404, "access/not-found"),
    Case::refused("directory/list-users-by-guardian", 404, "access/not-found"),
    added(Case::refused("directory/show-user-by-other-school", 404, "access/not-found")),
    added(Case::refused("directory/show-user-by-guardian", 404, "access/not-found")),
    Case::refused("directory/show-user-unknown", 404, "access/not-found"),
    added(Case::refused("directory/freeze-user-by-other-school", 404, "access/not-found")),
    added(Case::refused("directory/freeze-user-by-guardian", 404, "access/not-found")),
    Case::refused("directory/freeze-user-unknown", 404, "access/not-found"),
    added(Case::refused("directory/unfreeze-user-by-other-school", 404, "access/not-found")),
    added(Case::refused("directory/regrant-user-by-other-school", 404, "access/not-found")),
    added(Case::refused("directory/regrant-user-by-guardian", 404, "access/not-found")),
    Case::refused("directory/regrant-user-unknown", 404, "access/not-found"),
    Case::refused("directory/list-roles-by-guardian", 404, "access/not-found"),
    Case::refused("directory/list-permissions-by-guardian", 404, "access/not-found"),
    Case::refused("directory/list-role-changes-by-guardian", 404, "access/not-found"),
    Case::refused("directory/change-roles-by-school", 404, "access/not-found"),
    Case::refused("directory/change-roles-by-system", 404, "access/not-found"),
    proposed(Case::refused("directory/approve-role-change-by-school", 404, "access/not-found")),
    proposed(Case::refused("directory/reject-role-change-by-school", 404, "access/not-found")),
    Case::refused("directory/approve-role-change-unknown", 404, "access/not-found"),
    Case::refused("directory/reject-role-change-unknown", 404, "access/not-found"),
    Case::refused("directory/wrong-path", 404, "request/no-such-path"),
    Case::refused("directory/wrong-method", 404, "request/no-such-method"),
];

#[test]
fn k5_1_accounts_of_others_are_out_of_reach() {
    run(STRANGERS);
}

/// The session of an account that has been changed since no longer moves permissions, not even on itself.
const ENDED: &[Case] = &[
    added(Case::refused("directory/add-user-by-frozen", 401, "access/session-ended")),
    added(Case::refused("directory/freeze-user-own", 401, "access/session-ended")),
    added(Case::refused("directory/regrant-user-own", 401, "access/session-ended")),
];

#[test]
fn k5_1_a_changed_account_is_noticed_at_the_next_weighty_operation() {
    run(ENDED);
}

const ROLES: &[Case] = &[
    Case::done("directory/list-roles", 200).after(|_, answered| {
        Box::pin(async {
            let roles = answered.json()["items"].as_array().map(Vec::len);
            assert_eq!(roles, Some(domain::access::built_in().len()));
        })
    }),
    Case::done("directory/list-permissions", 200),
    Case::done("directory/change-roles", 201).after(|scene, answered| {
        Box::pin(async move {
            let change = answered.json();
            assert_eq!(
                (&change["state"], &change["difference"][0]["added"][0]["title"]),
                (&"applied".into(), &"导入数据".into())
            );
            assert!(allows(scene, "steward", Permission::Import).await);
            assert!(allows(scene, "steward", Permission::ViewPeople).await);
        })
    }),
    Case::done("directory/change-roles", 201)
        .before(|scene| Box::pin(done(scene, "directory/change-roles")))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.headers["etag"], "\"1\"") })),
    Case::refused("directory/change-roles-key-reused", 422, "request/idempotency-key-reused")
        .before(|scene| Box::pin(done(scene, "directory/change-roles"))),
    Case::done("directory/change-roles-batch", 201).after(|scene, _| {
        Box::pin(async move {
            assert!(!allows(scene, "guardian", Permission::Pay).await);
            assert!(allows(scene, "clerk", Permission::ViewPeople).await);
        })
    }),
    Case::done("directory/change-roles-sensitive", 201).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "proposed");
            assert!(!allows(scene, "steward", Permission::ViewPersonalData).await, "not before a second person agrees");
        })
    }),
    proposed(Case::done("directory/list-role-changes", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["state"], "proposed") })),
    proposed(Case::done("directory/approve-role-change", 200))
        .after(|scene, _| Box::pin(async { assert!(allows(scene, "steward", Permission::ViewPersonalData).await) })),
    proposed(Case::done("directory/reject-role-change", 200))
        .after(|scene, _| Box::pin(async { assert!(!allows(scene, "steward", Permission::ViewPersonalData).await) })),
    proposed(Case::refused("directory/approve-role-change-own", 409, "role/second-person-needed")),
    proposed(Case::refused("directory/reject-role-change-own", 409, "role/second-person-needed")),
    Case::refused("directory/approve-role-change", 409, "role/already-decided").before(|scene| {
        Box::pin(async {
            done(scene, "directory/change-roles-sensitive").await;
            done(scene, "directory/reject-role-change").await;
        })
    }),
];

#[test]
fn b3_1_roles_are_configured_and_sensitive_changes_wait_for_a_second_person() {
    run(ROLES);
}

/// After the account of the events was added and its school reviewed.
const fn reviewed(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            done(scene, "directory/add-user").await;
            done(scene, "directory/draw-up-review").await;
        })
    })
}

const REVIEWS: &[Case] = &[
    added(Case::done("directory/draw-up-review", 201)).after(|_, answered| {
        Box::pin(async {
            let review = answered.json();
            assert_eq!((&review["accounts"], &review["with_findings"]), (&1.into(), &1.into()), "never signed in");
            assert_eq!(
                (&review["signed_by"], answered.headers["etag"].as_bytes()),
                (&serde_json::Value::Null, b"\"1\"".as_slice())
            );
        })
    }),
    reviewed(Case::done("directory/draw-up-review", 201))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.headers["etag"], "\"1\"", "the same review") })),
    Case::done("directory/draw-up-review-above-schools", 201),
    reviewed(Case::refused("directory/draw-up-review-key-reused", 422, "request/idempotency-key-reused")),
    Case::refused("directory/draw-up-review-unknown-school", 404, "access/not-found"),
    Case::refused("directory/draw-up-review-unreadable-school", 400, "request/parameter-unusable"),
    Case::refused("directory/draw-up-review-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("directory/draw-up-review-by-school", 404, "access/not-found"),
    reviewed(Case::done("directory/list-reviews", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["accounts"], 1) })),
    Case::refused("directory/list-reviews-bad-cursor", 400, "request/parameter-unusable"),
    reviewed(Case::done("directory/show-review", 200)).after(|_, answered| {
        Box::pin(async {
            let line = &answered.json()["lines"][0];
            assert_eq!((&line["person_id"], &line["name"]), (&PERSON.into(), &"王**".into()));
            assert_eq!(line["findings"], serde_json::json!(["never_signed_in"]));
            assert_eq!(line["permissions"][0]["permission"], "view_catalog");
        })
    }),
    reviewed(Case::refused("directory/show-review-unknown", 404, "access/not-found")),
    reviewed(Case::refused("directory/show-review-unreadable", 400, "request/parameter-unusable")),
    reviewed(Case::refused("directory/show-review-by-school", 404, "access/not-found")),
    reviewed(Case::done("directory/sign-off-review", 200)).after(|_, answered| {
        Box::pin(async {
            let review = answered.json();
            assert_eq!((&review["signed_by"], &review["conclusion"]), (&"X000000001".into(), &"权限与岗位相符".into()));
        })
    }),
    reviewed(Case::refused("directory/sign-off-review-own", 409, "review/second-person-needed")),
    reviewed(Case::refused("directory/sign-off-review-no-conclusion", 422, "review/conclusion-unusable")),
    reviewed(Case::refused("directory/sign-off-review-old-match", 412, "request/if-match-outdated")),
    reviewed(Case::refused("directory/sign-off-review-no-match", 428, "request/if-match-missing")),
    Case::refused("directory/sign-off-review-again", 409, "review/already-signed").before(|scene| {
        Box::pin(async {
            done(scene, "directory/draw-up-review").await;
            done(scene, "directory/sign-off-review").await;
        })
    }),
];

#[test]
fn k5_2_accesses_are_reviewed_and_signed_off_by_a_second_person() {
    run(REVIEWS);
}

#[test]
fn k5_2_a_used_right_is_no_finding() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        let used = async || scene.app.store().used(&id("Z000000001")).await.expect("read");
        assert!(used().await.is_empty());
        done(&scene, "directory/draw-up-review").await;
        assert_eq!(used().await.into_keys().collect::<Vec<_>>(), [Permission::ReviewAccess]);
    });
}

const PASSWORDS: &[Case] = &[
    added(Case::done("directory/reset-password", 200)).after(|scene, answered| {
        Box::pin(async move {
            let temporary = answered.json()["temporary_password"].as_str().expect("a password").to_owned();
            let stored = scene.app.store().credential(&id(PERSON)).await.expect("read").expect("a credential").value;
            assert_eq!(edge::password::is_password(&temporary, Some(&stored.password)), Ok(true));
            assert!(stored.must_change && stored.second_factor.is_none());
        })
    }),
    added(Case::refused("directory/reset-password-own", 409, "user/own-account")),
    added(Case::refused("directory/reset-password-by-other-school", 404, "access/not-found")),
    added(Case::refused("directory/reset-password-by-system", 404, "access/not-found")),
    Case::refused("directory/reset-password-unknown", 404, "access/not-found"),
];

#[test]
fn b1_1_a_password_is_reset_by_who_may_give_the_roles() {
    run(PASSWORDS);
}

const GUARDIANS: &[Case] = &[
    Case::done("directory/freeze-guardian", 200).after(|scene, _| {
        Box::pin(async {
            let found = scene.app.store().admission(&id("G000000000")).await.expect("read").expect("an account");
            assert!(!found.honours(0));
        })
    }),
    Case::refused("directory/freeze-guardian-by-school", 404, "access/not-found"),
    Case::refused("directory/freeze-guardian", 412, "request/if-match-outdated")
        .before(|scene| Box::pin(done(scene, "directory/freeze-guardian"))),
];

#[test]
fn b1_1_a_guardian_without_an_account_is_frozen_too() {
    run(GUARDIANS);
}

const ROLES_REFUSED: &[Case] = &[
    Case::refused("directory/change-roles-fixed", 409, "role/fixed"),
    Case::refused("directory/change-roles-nothing", 409, "role/nothing-changes"),
    Case::refused("directory/change-roles-none", 422, "role/edits-out-of-range"),
    Case::refused("directory/change-roles-unknown-permission", 422, "request/field-unusable"),
    Case::refused("directory/change-roles-new-incomplete", 422, "role/new-role-incomplete"),
    Case::refused("directory/change-roles-level", 422, "role/level-fixed"),
    Case::refused("directory/change-roles-both", 422, "role/added-and-removed"),
    Case::refused("directory/change-roles-twice", 422, "role/edited-twice"),
    Case::refused("directory/change-roles-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("directory/change-roles-no-reason", 422, "user/reason-unusable"),
    Case::refused("directory/list-role-changes-bad-cursor", 400, "request/parameter-unusable"),
    Case::refused("directory/approve-role-change-unreadable", 400, "request/parameter-unusable"),
    Case::refused("directory/reject-role-change-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn b3_1_a_change_of_roles_that_does_not_hold_changes_nothing() {
    run(ROLES_REFUSED);
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named(
        "directory",
        &[
            USERS,
            FOUND,
            FROZEN,
            REGRANTED,
            ADDING_REFUSED,
            STRANGERS,
            ENDED,
            ROLES,
            ROLES_REFUSED,
            AUDIT,
            REVIEWS,
            PASSWORDS,
            GUARDIANS,
        ],
    );
}

#[test]
fn k5_1_a_role_that_loses_a_permission_loses_it_at_the_next_weighty_operation() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        assert_eq!(scene.send("directory/add-user").await.status, 201);
        // The administrators of schools give no roles any more; this environment still remembers that they did.
        let edits = r#"{"edits":[{"role":"school_admin","remove":["grant_roles"]}],"reason":"收回授权"}"#;
        let who = testkit::stage::Who::Staff("security_admin@platform".to_owned());
        let event = testkit::stage::event("POST", "/role-changes", &who, &[("Idempotency-Key", "r-9")], Some(edits));
        let other = edge::start::router(scene.stage.app(), directory::routes());
        assert_eq!(testkit::stage::send(&other, &event).await.status, 201);
        assert_eq!(scene.send("directory/regrant-user").await.slug(), "access/not-found");
    });
}

//! Homerooms, pupils, guardians and staff, event by event. S2.1 S3.1 S3.2 S3.3, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use domain::access::Guarded;
use domain::audit::Actor;
use domain::directory::{Guardian, Homeroom, Pupil};
use domain::id::{GuardianId, HomeroomId, StudentId};
use serde_json::Value;
use store::{Commit, Versioned};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::{PREFIX, Stage};
use testkit::town::{SCHOOL, Town, id};
use testkit::{Fault, Script, plain, simulate, table_name};

const FUNCTIONS: Functions =
    &[("people", people::routes), ("directory", directory::routes), ("enrollment", enrollment::routes)];

/// Who has the student number of the events.
const PUPIL: &str = "BQGVT06APV";
/// Who has the student number of the one who leaves.
const GRADUATE: &str = "9M8JFXVA4Q";
/// Who has the phone of the guardian of the events.
const PARENT: &str = "ARE6837BST";
/// The homerooms of the events.
const SECOND: &str = "3144200101.2024.02";
const THIRD: &str = "3144200101.2024.03";

async fn done(scene: &Scene, file: &str) {
    let answered = scene.send(file).await;
    assert!(answered.status.is_success(), "{file}: {}", answered.text);
}

async fn all_done(scene: &Scene, files: &[&str]) {
    for file in files {
        done(scene, file).await;
    }
}

async fn pupil(scene: &Scene, student: &str) -> Pupil {
    let student: StudentId = id(student);
    scene.app.store().pupil(&student).await.expect("read").map(Guarded::unguarded).expect("a pupil").value
}

async fn guardian(scene: &Scene, person: &str) -> Guardian {
    let person: GuardianId = id(person);
    scene.app.store().open_guardian(&person).await.expect("read").map(Guarded::unguarded).expect("a guardian").value
}

/// Who is in a homeroom by its places.
async fn members(scene: &Scene, homeroom: &str) -> Vec<String> {
    let homeroom: HomeroomId = id(homeroom);
    let members = scene.app.store().members(&homeroom).await.expect("read");
    members.iter().map(ToString::to_string).collect()
}

fn listed(answered: &Value) -> usize {
    answered["items"].as_array().map_or(0, Vec::len)
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

/// After the homeroom of the events was kept.
const fn kept(case: Case) -> Case {
    case.before(|scene| Box::pin(done(scene, "people/keep-homeroom")))
}

/// After the pupil of the events was added to it.
const fn added(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(all_done(scene, &["people/keep-homeroom", "people/keep-homeroom-third", "people/add-student"]))
    })
}

/// After the guardian of the events was linked.
const fn linked(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(all_done(scene, &["people/keep-homeroom", "people/add-student", "people/link-guardian"]))
    })
}

/// After an account of the school was added.
const fn employed(case: Case) -> Case {
    case.before(|scene| Box::pin(all_done(scene, &["people/keep-homeroom", "directory/add-user"])))
}

const HOMEROOMS: &[Case] = &[
    Case::done("people/keep-homeroom", 200).after(|_, answered| {
        Box::pin(async {
            let view = answered.json();
            assert_eq!((&view["grade"], &view["entry_year"]), (&3.into(), &2024.into()));
            assert_eq!(answered.headers["etag"], "\"1\"");
        })
    }),
    Case::done("people/keep-homeroom-third", 200),
    kept(Case::done("people/keep-homeroom-renamed", 200)).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["name"], "三年级(二)班");
            assert_eq!(answered.headers["etag"], "\"2\"");
        })
    }),
    kept(Case::done("people/list-homerooms", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["homeroom_id"], SECOND) })),
    kept(Case::done("people/list-homerooms-by-teacher", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(listed(&answered.json()), 1) })),
    kept(Case::done("people/list-homerooms-grade", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(listed(&answered.json()), 0) })),
    kept(Case::done("people/list-homerooms-graduated", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(listed(&answered.json()), 0) })),
    kept(Case::done("people/show-homeroom", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.headers["etag"], "\"1\"") })),
    kept(Case::refused("people/keep-homeroom", 409, "homeroom/exists")),
    kept(Case::refused("people/keep-homeroom-grade-fixed", 409, "homeroom/grade-fixed")),
    kept(Case::refused("people/keep-homeroom-name-taken", 409, "homeroom/name-taken")),
    Case::refused("people/keep-homeroom-old-match", 412, "request/if-match-outdated"),
    Case::refused("people/keep-homeroom-no-match", 428, "request/if-match-missing"),
    Case::refused("people/keep-homeroom-no-name", 422, "homeroom/name-unusable"),
    Case::refused("people/keep-homeroom-grade-disagrees", 422, "homeroom/grade-disagrees"),
    Case::refused("people/keep-homeroom-out-of-range", 422, "homeroom/grade-out-of-range"),
    Case::refused("people/keep-homeroom-year-closed", 422, "homeroom/school-year-closed"),
    Case::refused("people/keep-homeroom-bad-year", 422, "homeroom/school-year-closed"),
    Case::refused("people/keep-homeroom-unreadable", 400, "request/parameter-unusable"),
    Case::refused("people/keep-homeroom-by-other-school", 404, "access/not-found"),
    Case::refused("people/keep-homeroom-by-teacher", 404, "access/not-found"),
    Case::refused("people/keep-homeroom-no-such-school", 404, "access/not-found"),
    Case::refused("people/list-homerooms-by-other-school", 404, "access/not-found"),
    Case::refused("people/list-homerooms-by-guardian", 404, "access/not-found"),
    Case::refused("people/list-homerooms-bad-grade", 400, "request/parameter-unusable"),
    Case::refused("people/list-homerooms-unreadable", 400, "request/parameter-unusable"),
    kept(Case::refused("people/show-homeroom-by-other-school", 404, "access/not-found")),
    Case::refused("people/show-homeroom-unknown", 404, "access/not-found"),
    Case::refused("people/show-homeroom-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s3_1_a_school_keeps_its_homerooms() {
    run(HOMEROOMS);
}

const PUPILS: &[Case] = &[
    kept(Case::done("people/add-student", 201)).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!((&view["student_id"], &view["name"]), (&PUPIL.into(), &"李**".into()));
            assert_eq!(view["number"], "L44************0099");
            assert_eq!((pupil(scene, PUPIL).await.grade, members(scene, SECOND).await), (3, vec![PUPIL.to_owned()]));
        })
    }),
    kept(Case::done("people/add-student-full-width", 201)),
    added(Case::refused("people/add-student", 409, "pupil/exists")),
    added(Case::refused("people/add-student-full-width", 409, "pupil/exists")),
    added(Case::done("people/list-students", 200)).after(|_, answered| {
        Box::pin(async {
            let view = answered.json();
            assert_eq!((&view["items"][0]["name"], listed(&view)), (&"李**".into(), 1));
            assert!(!answered.text.contains("李一诺"), "masked");
        })
    }),
    added(Case::done("people/list-students-by-steward", 200)),
    added(Case::done("people/show-student", 200)).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["waivers"][0]["reason"], "低保家庭");
            assert_eq!(answered.headers["etag"], "\"1\"");
        })
    }),
    added(Case::done("people/edit-student", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!((&answered.json()["name"], &answered.json()["sex"]), (&"李*".into(), &"male".into()));
            assert!(pupil(scene, PUPIL).await.waivers.is_empty());
            assert_eq!(members(scene, SECOND).await, [PUPIL]);
        })
    }),
    added(Case::done("people/edit-student-moved", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["name"], "李**", "a name that is left out stays");
            assert_eq!(pupil(scene, PUPIL).await.homeroom.to_string(), THIRD);
            assert!(members(scene, SECOND).await.is_empty());
            assert_eq!(members(scene, THIRD).await, [PUPIL]);
            let third = scene.send("people/list-students-third").await.json();
            assert_eq!(listed(&third), 1);
        })
    }),
    Case::done("people/edit-student-back", 200)
        .before(|scene| {
            let before = &[
                "people/keep-homeroom",
                "people/keep-homeroom-third",
                "people/add-student",
                "people/edit-student-moved",
            ];
            Box::pin(all_done(scene, before))
        })
        .after(|scene, _| {
            Box::pin(async {
                assert_eq!(members(scene, SECOND).await, [PUPIL]);
                assert!(members(scene, THIRD).await.is_empty());
            })
        }),
    Case::done("people/list-students-third", 200).before(|scene| Box::pin(done(scene, "people/keep-homeroom-third"))),
];

#[test]
fn s3_3_pupils_are_added_moved_and_listed_by_homeroom() {
    run(PUPILS);
}

const PUPILS_REFUSED: &[Case] = &[
    kept(Case::refused("people/add-student-bad-number", 422, "pupil/number-unusable")),
    kept(Case::refused("people/add-student-bad-name", 422, "pupil/name-unusable")),
    kept(Case::refused("people/add-student-bad-waiver", 422, "pupil/waiver-unusable")),
    kept(Case::refused("people/add-student-bad-sex", 422, "request/field-unusable")),
    kept(Case::refused("people/add-student-unknown-field", 422, "request/field-unusable")),
    Case::refused("people/add-student-unknown-homeroom", 404, "access/not-found"),
    kept(Case::refused("people/add-student-by-other-school", 404, "access/not-found")),
    kept(Case::refused("people/add-student-by-steward", 404, "access/not-found")),
    kept(Case::refused("people/add-student-not-signed-in", 401, "access/not-signed-in")),
    kept(Case::refused("people/list-students-by-teacher", 404, "access/not-found")),
    kept(Case::refused("people/list-students-by-other-school", 404, "access/not-found")),
    Case::refused("people/list-students-unknown", 404, "access/not-found"),
    kept(Case::refused("people/list-students-bad-cursor", 400, "request/parameter-unusable")),
    added(Case::refused("people/show-student-by-other-school", 404, "access/not-found")),
    added(Case::refused("people/show-student-by-guardian", 404, "access/not-found")),
    Case::refused("people/show-student-unknown", 404, "access/not-found"),
    Case::refused("people/show-student-unreadable", 400, "request/parameter-unusable"),
    added(Case::refused("people/edit-student-old-match", 412, "request/if-match-outdated")),
    added(Case::refused("people/edit-student-no-match", 428, "request/if-match-missing")),
    added(Case::refused("people/edit-student-bad-name", 422, "pupil/name-unusable")),
    added(Case::refused("people/edit-student-name-no-text", 422, "request/field-unusable")),
    added(Case::refused("people/edit-student-bad-waiver", 422, "pupil/waiver-unusable")),
    added(Case::refused("people/edit-student-unknown-homeroom", 422, "pupil/homeroom-unknown")),
    added(Case::refused("people/edit-student-other-schools-homeroom", 422, "pupil/homeroom-unknown")),
    added(Case::refused("people/edit-student-by-other-school", 404, "access/not-found")),
    added(Case::refused("people/edit-student-by-steward", 404, "access/not-found")),
    Case::refused("people/edit-student-unknown", 404, "access/not-found"),
];

#[test]
fn s3_3_what_does_not_hold_of_a_pupil_changes_nothing() {
    run(PUPILS_REFUSED);
}

const GUARDIANS: &[Case] = &[
    added(Case::done("people/link-guardian", 201)).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!(
                (&view["guardians"][0]["person_id"], &view["guardians"][0]["phone"]),
                (&PARENT.into(), &"138****0009".into())
            );
            assert_eq!(pupil(scene, PUPIL).await.guardians, [id::<GuardianId>(PARENT)]);
            assert_eq!(guardian(scene, PARENT).await.children, [id::<StudentId>(PUPIL)]);
        })
    }),
    linked(Case::refused("people/link-guardian", 409, "pupil/already-linked")),
    linked(Case::done("people/link-guardian-sibling", 201)).after(|scene, _| {
        Box::pin(async {
            assert_eq!(guardian(scene, PARENT).await.children.len(), 2);
            assert_eq!(pupil(scene, "S000000000").await.guardians.len(), 2);
        })
    }),
    linked(Case::refused("people/link-guardian-other-name", 409, "pupil/guardian-name-differs")),
    added(Case::refused("people/link-guardian-bad-phone", 422, "pupil/phone-unusable")),
    added(Case::refused("people/link-guardian-bad-name", 422, "pupil/name-unusable")),
    added(Case::refused("people/link-guardian-by-other-school", 404, "access/not-found")),
    added(Case::refused("people/link-guardian-by-steward", 404, "access/not-found")),
    Case::refused("people/link-guardian-unknown", 404, "access/not-found"),
    linked(Case::done("people/edit-guardian", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.headers["etag"], "\"3\"", "what was read of the pupil and its guardians has changed");
            assert_eq!(guardian(scene, PARENT).await.name.masked_name(), "李**");
            assert_eq!(scene.send("people/link-guardian-sibling").await.slug(), "pupil/guardian-name-differs");
        })
    }),
    linked(Case::refused("people/edit-guardian-old-match", 412, "request/if-match-outdated")),
    linked(Case::refused("people/edit-guardian-no-match", 428, "request/if-match-missing")),
    linked(Case::refused("people/edit-guardian-no-name", 422, "pupil/name-unusable")),
    linked(Case::refused("people/edit-guardian-unknown-field", 422, "request/field-unusable")),
    linked(Case::refused("people/edit-guardian-unreadable", 400, "request/parameter-unusable")),
    linked(Case::refused("people/edit-guardian-stranger", 404, "access/not-found")),
    linked(Case::refused("people/edit-guardian-by-other-school", 404, "access/not-found")),
    linked(Case::done("people/unlink-guardian-linked", 200)).after(|scene, _| {
        Box::pin(async {
            assert!(guardian(scene, PARENT).await.children.is_empty());
            assert!(pupil(scene, PUPIL).await.guardians.is_empty());
        })
    }),
    Case::done("people/unlink-guardian", 200).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["guardians"].as_array().map(Vec::len), Some(0));
            assert_eq!(guardian(scene, "G000000000").await.children, [id::<StudentId>("S000000001")]);
        })
    }),
    Case::refused("people/unlink-guardian", 409, "pupil/last-guardian")
        .before(|scene| Box::pin(done(scene, "enrollment/enroll"))),
    Case::refused("people/unlink-guardian-stranger", 404, "access/not-found"),
    Case::refused("people/unlink-guardian-by-other-school", 404, "access/not-found"),
    Case::refused("people/unlink-guardian-by-guardian", 404, "access/not-found"),
    Case::refused("people/unlink-guardian-unknown", 404, "access/not-found"),
    Case::refused("people/unlink-guardian-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s2_1_guardians_are_linked_and_taken_apart_on_both_sides() {
    run(GUARDIANS);
}

const STAFF: &[Case] = &[
    employed(Case::done("people/edit-posts", 200)).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!((&view["posts"][0]["title"], &view["posts"][0]["grades"][1]), (&"任课".into(), &4.into()));
            let listed = scene.send("people/list-staff").await.json();
            assert_eq!((&listed["items"][0]["name"], &listed["items"][0]["posts"]), (&"王**".into(), &view["posts"]));
        })
    }),
    employed(Case::done("people/edit-posts-none", 200)),
    employed(Case::done("people/list-staff", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(listed(&answered.json()), 1) })),
    Case::done("people/list-staff-by-steward", 200),
    employed(Case::refused("people/edit-posts-twice", 422, "post/twice")),
    employed(Case::refused("people/edit-posts-too-many", 422, "post/too-many")),
    employed(Case::refused("people/edit-posts-no-subject", 422, "post/subjects-unusable")),
    employed(Case::refused("people/edit-posts-unknown-homeroom", 422, "post/homeroom-unknown")),
    employed(Case::refused("people/edit-posts-unknown-grade", 422, "post/grade-unknown")),
    employed(Case::refused("people/edit-posts-unknown-kind", 422, "request/field-unusable")),
    Case::refused("people/edit-posts-above-schools", 409, "post/not-of-school")
        .before(|scene| Box::pin(done(scene, "directory/add-user-by-system"))),
    employed(Case::refused("people/edit-posts-old-match", 412, "request/if-match-outdated")),
    employed(Case::refused("people/edit-posts-no-match", 428, "request/if-match-missing")),
    employed(Case::refused("people/edit-posts-by-other-school", 404, "access/not-found")),
    employed(Case::refused("people/edit-posts-by-steward", 404, "access/not-found")),
    Case::refused("people/edit-posts-unknown", 404, "access/not-found"),
    Case::refused("people/edit-posts-unreadable", 400, "request/parameter-unusable"),
    Case::refused("people/list-staff-by-teacher", 404, "access/not-found"),
    Case::refused("people/list-staff-by-other-school", 404, "access/not-found"),
    Case::refused("people/list-staff-unreadable", 400, "request/parameter-unusable"),
    Case::refused("people/list-staff-bad-cursor", 400, "request/parameter-unusable"),
];

#[test]
fn s3_2_the_staff_has_posts() {
    run(STAFF);
}

/// How often a list of the school was noted as taken out.
fn exports(scene: &Scene) -> usize {
    let entries = scene.stage.world.scan(&table_name(PREFIX, "audit"));
    entries.iter().map(plain).filter(|entry| entry["kind"] == "trace" && entry["a"] == "access.exported").count()
}

const EXPORTS: &[Case] = &[
    added(Case::done("people/export-students-csv", 200)).after(|scene, answered| {
        Box::pin(async move {
            let text = answered.file();
            assert!(text.starts_with('\u{FEFF}') && text.contains("三年级(2)班,3,BQGVT06APV,李**,"), "{text}");
            assert!(!text.contains("李一诺") && !text.contains("L442000201701010099"), "masked");
            assert_eq!((answered.json()["rows"].as_u64(), exports(scene)), (Some(1), 1));
        })
    }),
    added(Case::done("people/export-students-grade", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["rows"], 0) })),
    added(Case::done("people/export-students", 200)).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.json()["file_name"], "3144200101-学生-2026-09-01.xlsx");
        })
    }),
    added(Case::done("people/export-homerooms-csv", 200)).after(|_, answered| {
        Box::pin(async { assert!(answered.file().contains("3144200101.2024.02,三年级(2)班,3,2024,1")) })
    }),
    Case::done("people/export-staff-csv", 200)
        .before(|scene| {
            let before = &["people/keep-homeroom", "directory/add-user", "people/edit-posts"];
            Box::pin(all_done(scene, before))
        })
        .after(|_, answered| {
            Box::pin(async { assert!(answered.file().contains("王**,138****0001,任课、巡课,书法,")) })
        }),
    Case::refused("people/export-unknown-kind", 400, "request/parameter-unusable"),
    Case::refused("people/export-bad-format", 400, "request/parameter-unusable"),
    Case::refused("people/export-unreadable", 400, "request/parameter-unusable"),
    Case::refused("people/export-by-steward", 404, "access/not-found"),
    Case::refused("people/export-by-other-school", 404, "access/not-found"),
    Case::refused("people/export-by-guardian", 404, "access/not-found"),
];

#[test]
fn s2_1_lists_are_taken_out_masked_and_noted() {
    run(EXPORTS);
}

/// Homerooms as they were in the school year before, with a pupil in each.
async fn last_year(scene: &Scene) {
    for (entry_year, class, grade, name) in [(2024, 2, 2, "二年级(2)班"), (2020, 1, 6, "六年级(1)班")] {
        let homeroom = Homeroom {
            id: HomeroomId::new(&id(SCHOOL), entry_year, class),
            grade,
            name: name.to_owned(),
            graduated: None,
        };
        let mut commit = Commit::new(Actor::system("test"), "test.keep", scene.stage.now());
        commit.save_homeroom(&Versioned::absent(homeroom)).expect("a homeroom");
        scene.app.store().commit(commit).await.expect("written");
    }
    all_done(scene, &["people/add-student", "people/add-student-sixth"]).await;
}

/// At the turn of the school year.
const fn turning(case: Case) -> Case {
    case.before(|scene| Box::pin(last_year(scene)))
}

async fn promoted(scene: &Scene) {
    let store = scene.app.store();
    let homeroom = store.homeroom(&id(SECOND)).await.expect("read").expect("a homeroom").value;
    assert_eq!((homeroom.grade, homeroom.name.as_str()), (3, "三年级(2)班"));
    let left = store.homeroom(&id("3144200101.2020.01")).await.expect("read").expect("a homeroom").value;
    assert_eq!((left.grade, left.graduated), (6, Some(2026)));
    assert_eq!(pupil(scene, PUPIL).await.grade, 3);
    let graduate = pupil(scene, GRADUATE).await;
    assert_eq!((graduate.grade, graduate.graduated), (6, Some(2026)), "kept, as what it was");
    let present = scene.send("people/list-homerooms").await.json();
    assert_eq!((listed(&present), &present["items"][0]["homeroom_id"]), (1, &SECOND.into()));
    assert_eq!(listed(&scene.send("people/list-homerooms-graduated").await.json()), 1);
}

const PROMOTIONS: &[Case] = &[
    turning(Case::done("people/preview-promotion", 200)).after(|_, answered| {
        Box::pin(async {
            let items = &answered.json()["items"];
            assert_eq!((&items[0]["step"], &items[0]["name_then"]), (&"rises".into(), &"三年级(2)班".into()));
            assert_eq!((&items[0]["pupils"], &items[0]["pupils_to_change"]), (&1.into(), &1.into()));
            assert_eq!(items[1]["step"], "graduates");
        })
    }),
    Case::done("people/preview-promotion-by-steward", 200),
    turning(Case::done("people/promote", 200)).after(|scene, answered| {
        Box::pin(async move {
            let view = answered.json();
            assert_eq!((&view["risen"], &view["graduated"], &view["pupils"]), (&1.into(), &1.into(), &2.into()));
            assert_eq!(view["finished"], true);
            promoted(scene).await;
        })
    }),
    Case::done("people/promote-again", 200)
        .before(|scene| {
            Box::pin(async {
                last_year(scene).await;
                done(scene, "people/promote").await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                let view = answered.json();
                assert_eq!((&view["risen"], &view["pupils"], &view["finished"]), (&0.into(), &0.into(), &true.into()));
                promoted(scene).await;
            })
        }),
    turning(Case::refused("people/add-student-sixth", 409, "pupil/exists")),
    turning(Case::refused("people/promote-closed", 409, "promotion/school-year-closed")),
    Case::refused("people/preview-promotion-closed", 409, "promotion/school-year-closed"),
    Case::refused("people/promote-bad-year", 400, "request/parameter-unusable"),
    Case::refused("people/preview-promotion-bad-year", 400, "request/parameter-unusable"),
    Case::refused("people/preview-promotion-no-year", 400, "request/parameter-unusable"),
    Case::refused("people/promote-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("people/promote-unknown-field", 422, "request/field-unusable"),
    turning(Case::refused("people/promote-by-steward", 404, "access/not-found")),
    turning(Case::refused("people/promote-by-other-school", 404, "access/not-found")),
    Case::refused("people/promote-unknown", 404, "access/not-found"),
    Case::refused("people/preview-promotion-by-other-school", 404, "access/not-found"),
    Case::refused("people/preview-promotion-by-guardian", 404, "access/not-found"),
    Case::refused("people/preview-promotion-unknown", 404, "access/not-found"),
];

#[test]
fn s3_1_a_school_is_promoted_at_the_turn_of_the_year() {
    run(PROMOTIONS);
}

/// More pupils than one transaction takes, and a crash at each of its calls: the next call finishes, and nobody has
/// skipped a grade.
#[test]
fn s3_1_a_promotion_that_was_interrupted_is_finished_by_calling_again() {
    for (at_call, fault) in (2..18).flat_map(|call| [(call, Fault::CrashBefore), (call, Fault::CrashAfter)]) {
        simulate(1, async |world| {
            let scene = Scene::new(Stage::with(&world, &Town::small(0)).await, FUNCTIONS);
            last_year(&scene).await;
            crowd(&scene).await;
            world.set_script(Script { at_call, fault });
            drop(world.run(scene.send("people/promote")).await);
            done(&scene, "people/promote").await;
            promoted(&scene).await;
            for student in members(&scene, SECOND).await {
                assert_eq!(pupil(&scene, &student).await.grade, 3, "{student}, {fault:?} at {at_call}");
            }
            assert_eq!(members(&scene, SECOND).await.len(), 1 + CROWD);
        });
    }
}

/// Pupils beside the one of the events.
const CROWD: usize = 46;

async fn crowd(scene: &Scene) {
    let store = scene.app.store();
    let template = store.student_kept(&id(PUPIL)).await.expect("read").map(Guarded::unguarded).expect("a pupil");
    for number in 0..CROWD {
        let mut student = template.value.value.clone();
        student.pupil.id = id(&format!("C{number:09}"));
        let mut commit = Commit::new(Actor::system("test"), "test.add", scene.stage.now());
        commit.save_student(&Versioned::absent(student.clone())).expect("a pupil");
        let place = (None, &student.pupil.homeroom);
        store.move_student(&mut commit, &student.pupil.id, place).await.expect("read");
        store.commit(commit).await.expect("written");
    }
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named("people", &[HOMEROOMS, PUPILS, PUPILS_REFUSED, GUARDIANS, STAFF, EXPORTS, PROMOTIONS]);
}

//! Hours and sheets, event by event. S21 S22 S25 S26 T2 P9 P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use domain::audit::Actor;
use domain::directory::Homeroom;
use domain::id::{HomeroomId, PersonId, StudentId};
use domain::teaching::class::{Teacher, TeacherRole, TeachingClass};
use domain::teaching::lesson::StandIn;
use domain::teaching::roll::{Call, CheckIn, Presence, Roll};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::class::{class_of, open_class};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::Answered;
use testkit::town::{SCHOOL, Town, id};

const FUNCTIONS: Functions = &[("lesson-hours", lesson_hours::routes)];

const DAYS: [Date; 3] = [date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 8)];

/// Three pupils of the town and two lessons given, in the second of which somebody stands in for the teacher.
fn class() -> TeachingClass {
    let mut class = class_of(&Town::small(4), 0, &DAYS, [0, 1, 2]);
    let present = Teacher { person: id("T000000002"), called: "王老师".to_owned(), role: TeacherRole::Main };
    class.lessons[1].stand_ins = vec![StandIn { absent: id("T000000001"), present }];
    class.admit_staff();
    class
}

/// On the third day: of the first lesson one pupil had leave and one was absent, and the teacher came late; of the
/// second one pupil was late, and who stood in called the roll without checking in.
async fn taught(scene: &Scene) {
    let class = class();
    open_class(scene.app.store(), &class, scene.stage.now()).await;
    scene.stage.world.advance(Duration::from_hours(48)).await;
    let leave = id("3144200101.2026-2027-1.00000000000000000001");
    let check_in = CheckIn { at: scene.app.now(), late_minutes: 6, metres: None, correction: None };
    let mut first = called(scene, &class, 0, ("T000000001", [("S000000001", Presence::Absent)]));
    first.grant_leave(&id("S000000000"), &leave, scene.app.now()).expect("leave");
    first.check_in(&id::<PersonId>("T000000001"), check_in).expect("checked in");
    let second = called(scene, &class, 1, ("T000000002", [("S000000000", Presence::Late)]));
    for roll in [first, second] {
        let mut commit = Commit::new(Actor::system("test"), "test.call", scene.app.now());
        commit.save_roll(&Versioned::absent(roll)).expect("a roll");
        scene.app.store().commit(commit).await.expect("written");
    }
}

fn called(scene: &Scene, class: &TeachingClass, at: usize, (by, named): (&str, [(&str, Presence); 1])) -> Roll {
    let (lesson, now) = (&class.lessons[at], scene.app.now());
    let named: BTreeMap<StudentId, Presence> = named.into_iter().map(|(who, said)| (id(who), said)).collect();
    let mut roll = Roll::new(&class.id, lesson.no, lesson.at());
    let call = Call { at: now, named, only_named: false };
    roll.enter(&call, class.roster(lesson.date), &id(by), now).expect("called");
    roll
}

/// The homeroom of the town's pupils with its name.
async fn with_homeroom(scene: &Scene) {
    taught(scene).await;
    let homeroom = Homeroom {
        id: HomeroomId::new(&id(SCHOOL), 2024, 1),
        grade: 3,
        name: "三年级(1)班".to_owned(),
        graduated: None,
    };
    let mut commit = Commit::new(Actor::system("test"), "test.homeroom", scene.app.now());
    commit.save_homeroom(&Versioned::absent(homeroom.clone())).expect("a homeroom");
    scene.app.store().commit(commit).await.expect("written");
    for pupil in (0..3).map(|number| Town::small(4).pupil(number)) {
        let mut commit = Commit::new(Actor::system("test"), "test.homeroom", scene.app.now());
        scene.app.store().move_student(&mut commit, &pupil, (None, &homeroom.id)).await.expect("read");
        scene.app.store().commit(commit).await.expect("written");
    }
}

const fn done(file: &'static str) -> Case {
    Case::done(file, 200).before(|scene| Box::pin(taught(scene)))
}

const fn refused(file: &'static str, status: u16, slug: &'static str) -> Case {
    Case::refused(file, status, slug).before(|scene| Box::pin(taught(scene)))
}

/// The keys of the rows with some of their counts.
fn rows(answered: &Answered, counts: &[&str]) -> Value {
    let answer = answered.json();
    let row = |row: &Value| {
        let counts = counts.iter().map(|count| row[*count].clone());
        Value::Array(std::iter::once(row["key"].clone()).chain(counts).collect())
    };
    answer["items"].as_array().expect("rows").iter().map(row).collect()
}

const HOURS: [&str; 4] = ["planned", "to_come", "held", "done"];
const TALLY: [&str; 6] = ["due", "normal", "late", "on_leave", "absent", "rate"];

macro_rules! counts {
    ($file:literal, $counts:expr, $rows:tt) => {
        done($file)
            .after(|_, answered| Box::pin(async { assert_eq!(rows(answered, &$counts), json!($rows), "{}", $file) }))
    };
}

const HOURS_OF_A_SCHOOL: &[Case] = &[
    done("lesson-hours/show-lesson-hours").after(|_, answered| {
        Box::pin(async {
            let expected = json!([["T000000001", 3, 1, 2, 1], ["T000000002", 1, 0, 1, 1]]);
            assert_eq!(rows(answered, &HOURS), expected);
            let answer = answered.json();
            let (own, stand_in) = (&answer["items"][0], &answer["items"][1]);
            assert_eq!((&own["name"], &own["replaced"]), (&"李老师".into(), &1.into()));
            assert_eq!((&stand_in["stood_in"], &stand_in["abnormal"]), (&1.into(), &1.into()));
            assert_eq!((&answer["total"]["held"], &answer["total"]["done"]), (&3.into(), &2.into()));
        })
    }),
    counts!(
        "lesson-hours/show-lesson-hours-by-teacher",
        HOURS,
        [["T000000001", 3, 1, 2, 1], ["T000000002", 1, 0, 1, 1]]
    ),
    counts!("lesson-hours/show-lesson-hours-by-other-teacher", HOURS, []),
    counts!("lesson-hours/show-lesson-hours-of-lessons", HOURS, [["2026-09", 3, 1, 2, 2]]),
    counts!("lesson-hours/show-lesson-hours-of-care", HOURS, []),
    counts!("lesson-hours/show-lesson-hours-next-page", HOURS, [["T000000002", 1, 0, 1, 1]]),
    Case::done("lesson-hours/show-lesson-hours-of-pupils", 200).before(|scene| Box::pin(with_homeroom(scene))).after(
        |_, answered| {
            Box::pin(async {
                let expected =
                    json!([["S000000000", 3, 1, 2, 1], ["S000000001", 3, 1, 2, 1], ["S000000002", 3, 1, 2, 2]]);
                assert_eq!(rows(answered, &HOURS), expected);
                let first = &answered.json()["items"][0];
                assert_eq!((&first["name"], &first["homeroom_id"]), (&"学**".into(), &"3144200101.2024.01".into()));
            })
        },
    ),
    refused("lesson-hours/show-lesson-hours-bad-group", 400, "counting/group-unusable"),
    refused("lesson-hours/show-lesson-hours-backwards", 400, "counting/range-unusable"),
    refused("lesson-hours/show-lesson-hours-too-long", 400, "counting/range-unusable"),
    refused("lesson-hours/show-lesson-hours-by-guardian", 404, "access/not-found"),
    refused("lesson-hours/show-lesson-hours-by-other-school", 404, "access/not-found"),
    refused("lesson-hours/show-lesson-hours-unknown-term", 404, "access/not-found"),
    refused("lesson-hours/show-lesson-hours-unreadable", 400, "request/parameter-unusable"),
    refused("lesson-hours/show-lesson-hours-other-homeroom", 404, "access/not-found"),
    done("lesson-hours/export-lesson-hours").after(|_, answered| {
        Box::pin(async {
            let answer = answered.json();
            assert_eq!((answer["rows"].clone(), answered.file().starts_with("PK")), (2.into(), true));
            assert_eq!(answer["file_name"], "3144200101-2026-09-01至2026-09-30-教师课时-2026-09-03.xlsx");
        })
    }),
    done("lesson-hours/export-lesson-hours-csv").after(|_, answered| {
        Box::pin(async {
            let file = answered.file();
            assert!(file.contains("T000000001,李老师,,3,0,1,2,1,0,0,0,1,0,0"), "{file}");
            assert!(file.contains("T000000002,王老师,,1,0,0,1,1,0,0,1,0,1,0"), "{file}");
        })
    }),
    refused("lesson-hours/export-lesson-hours-by-teacher", 404, "access/not-found"),
    refused("lesson-hours/export-lesson-hours-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s22_1_s26_1_a_schools_hours_are_counted_by_condition_and_taken_out() {
    run(HOURS_OF_A_SCHOOL);
}

const OWN_HOURS: &[Case] = &[
    counts!("lesson-hours/show-own-lesson-hours", HOURS, [["2026-08-31", 2, 0, 2, 1], ["2026-09-07", 1, 1, 0, 0]]),
    counts!("lesson-hours/show-own-lesson-hours-by-guardian", HOURS, []),
    refused("lesson-hours/show-own-lesson-hours-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s22_1_a_teacher_counts_the_own_hours() {
    run(OWN_HOURS);
}

const HOURS_OF_A_CHILD: &[Case] = &[
    counts!(
        "lesson-hours/show-student-lesson-hours",
        HOURS,
        [["2026-09-01", 1, 0, 1, 0], ["2026-09-02", 1, 0, 1, 1], ["2026-09-08", 1, 1, 0, 0]]
    ),
    done("lesson-hours/show-student-lesson-hours-by-course").after(|_, answered| {
        Box::pin(async {
            assert_eq!(rows(answered, &HOURS), json!([["K1", 3, 1, 2, 1]]));
            assert_eq!(answered.json()["items"][0]["name"], "课程K1");
        })
    }),
    refused("lesson-hours/show-student-lesson-hours-by-other-guardian", 404, "access/not-found"),
    refused("lesson-hours/show-student-lesson-hours-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn p10_1_a_guardian_sees_a_childs_hours_by_day_and_course() {
    run(HOURS_OF_A_CHILD);
}

const SHEETS: &[Case] = &[
    done("lesson-hours/show-attendance-sheet").after(|_, answered| {
        Box::pin(async {
            let expected = json!([
                ["S000000000", 2, 0, 1, 1, 0, "50.0"],
                ["S000000001", 2, 1, 0, 0, 1, "50.0"],
                ["S000000002", 2, 2, 0, 0, 0, "100.0"]
            ]);
            assert_eq!(rows(answered, &TALLY), expected);
            assert_eq!(answered.json()["total"]["rate"], "66.7");
        })
    }),
    done("lesson-hours/show-attendance-sheet-by-teacher")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["total"]["due"], 6) })),
    Case::done("lesson-hours/show-attendance-sheet-of-homerooms", 200)
        .before(|scene| Box::pin(with_homeroom(scene)))
        .after(|_, answered| {
            Box::pin(async {
                assert_eq!(rows(answered, &TALLY), json!([["3144200101.2024.01", 6, 3, 1, 1, 1, "66.7"]]));
                assert_eq!(answered.json()["items"][0]["name"], "三年级(1)班");
            })
        }),
    counts!(
        "lesson-hours/show-attendance-sheet-of-teachers",
        TALLY,
        [["3144200101.2026-2027-1.K1.01", 3, 0, 1, 0, 0, "33.3"]]
    ),
    refused("lesson-hours/show-attendance-sheet-of-lessons", 400, "request/parameter-unusable"),
    refused("lesson-hours/show-attendance-sheet-by-guardian", 404, "access/not-found"),
    refused("lesson-hours/show-attendance-sheet-by-other-school", 404, "access/not-found"),
    done("lesson-hours/export-attendance-sheet").after(|_, answered| {
        Box::pin(async {
            assert_eq!((answered.json()["rows"].clone(), answered.file().starts_with("PK")), (3.into(), true));
        })
    }),
    done("lesson-hours/export-attendance-sheet-csv").after(|_, answered| {
        Box::pin(async {
            let file = answered.file();
            let row = "S000000000,学**,3144200101.2024.01,2,0,1,1,0,0,0,0,0,0,50.0";
            assert!(file.contains("出勤率(%)") && file.contains(row), "{file}");
        })
    }),
    refused("lesson-hours/export-attendance-sheet-by-guardian", 404, "access/not-found"),
    refused("lesson-hours/export-attendance-sheet-of-lessons", 400, "request/parameter-unusable"),
];

#[test]
fn s21_3_s25_3_a_schools_sheets_are_seen_and_taken_out() {
    run(SHEETS);
}

const OWN_SHEETS: &[Case] = &[
    done("lesson-hours/show-own-attendance-sheet").after(|_, answered| {
        Box::pin(async {
            assert_eq!(rows(answered, &TALLY), json!([["all", 2, 0, 1, 0, 0, "50.0"]]));
            assert_eq!(answered.json()["total"]["replaced"], 1);
        })
    }),
    done("lesson-hours/show-own-attendance-sheet-by-stand-in").after(|_, answered| {
        Box::pin(async {
            let total = &answered.json()["total"];
            assert_eq!((&total["due"], &total["abnormal"], &total["stood_in"]), (&1.into(), &1.into(), &1.into()));
        })
    }),
    refused("lesson-hours/show-own-attendance-sheet-unreadable", 400, "counting/range-unusable"),
    done("lesson-hours/list-own-attendance").after(|_, answered| {
        Box::pin(async {
            let answer = answered.json();
            let told = |n: usize| [&answer["items"][n]["standing"], &answer["items"][n]["mark"]];
            assert_eq!(told(0), [&json!("held"), &json!("late")]);
            assert_eq!(told(1), [&json!("held"), &json!("replaced")]);
            assert_eq!(told(2), [&json!("to_come"), &Value::Null]);
            assert_eq!(
                (&answer["items"][0]["late_minutes"], &answer["items"][0]["pupils"]["due"]),
                (&6.into(), &3.into())
            );
            assert_eq!(answer["items"][0]["pupils"]["rate"], "33.3");
        })
    }),
    refused("lesson-hours/list-own-attendance-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn t2_1_a_teacher_sees_the_own_attendance_lesson_by_lesson_and_in_sum() {
    run(OWN_SHEETS);
}

const SHEETS_OF_A_CHILD: &[Case] = &[
    counts!("lesson-hours/show-student-attendance-sheet", TALLY, [["all", 2, 0, 1, 1, 0, "50.0"]]),
    counts!(
        "lesson-hours/show-student-attendance-sheet-by-admin",
        TALLY,
        [["2026-08-31", 2, 0, 1, 1, 0, "50.0"], ["2026-09-07", 0, 0, 0, 0, 0, null]]
    ),
    refused("lesson-hours/show-student-attendance-sheet-by-other-guardian", 404, "access/not-found"),
    refused("lesson-hours/show-student-attendance-sheet-bad-pupil", 400, "request/parameter-unusable"),
];

#[test]
fn p9_3_a_guardian_sees_a_childs_attendance_in_sum() {
    run(SHEETS_OF_A_CHILD);
}

const RECORDS: &[Case] = &[
    done("lesson-hours/list-teacher-attendance").after(|_, answered| {
        Box::pin(async {
            let answer = answered.json();
            let all = answer["items"].as_array().expect("records");
            let told: Vec<_> =
                all.iter().map(|one| [&one["date"], &one["person_id"], &one["mark"], &one["stands_in"]]).collect();
            let expected = [
                [json!("2026-09-01"), json!("T000000001"), json!("late"), json!(false)],
                [json!("2026-09-02"), json!("T000000001"), json!("replaced"), json!(false)],
                [json!("2026-09-02"), json!("T000000002"), json!("abnormal"), json!(true)],
                [json!("2026-09-08"), json!("T000000001"), Value::Null, json!(false)],
            ];
            assert_eq!(told, expected.each_ref().map(<[Value; 4]>::each_ref));
        })
    }),
    done("lesson-hours/list-teacher-attendance-replaced")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["date"], "2026-09-02") })),
    done("lesson-hours/list-teacher-attendance-next-page")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["date"], "2026-09-08") })),
    refused("lesson-hours/list-teacher-attendance-by-other-school", 404, "access/not-found"),
    refused("lesson-hours/list-teacher-attendance-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s21_2_a_school_sees_its_teachers_lesson_by_lesson() {
    run(RECORDS);
}

#[test]
fn every_event_of_lesson_hours_is_run() {
    let all = [HOURS_OF_A_SCHOOL, OWN_HOURS, HOURS_OF_A_CHILD, SHEETS, OWN_SHEETS, SHEETS_OF_A_CHILD, RECORDS];
    sample::every_event_is_named("lesson-hours", &all);
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

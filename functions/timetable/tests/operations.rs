//! Timetables, the calendars that follow them, and changes of lessons, event by event. S23 T3 T5 P8, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use domain::access::Guarded;
use domain::audit::Actor;
use domain::teaching::class::TeachingClass;
use domain::teaching::roll::{Call, CheckIn, Roll};
use domain::teaching::rules::{SchoolRules, TeachingRules};
use domain::user::Frozen;
use serde_json::Value;
use store::{Commit, Versioned};
use testkit::lessons::{FIRST_CLASS, SECOND_CLASS, begin_teaching, two_periods};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::{Answered, Who, event};
use testkit::town::{SCHOOL, id};

const FUNCTIONS: Functions = &[("timetable", timetable::routes)];

const ASKED: &str = "3144200101.2026-2027-1.f28d14b93853c872d44b";

/// The school teaches.
async fn taught(scene: &Scene) {
    begin_teaching(scene.app.store(), "T000000001", scene.app.now()).await;
}

/// A teacher has asked for a lesson to be moved.
async fn asked(scene: &Scene) {
    taught(scene).await;
    sent(scene, "timetable/ask-reschedule", 201).await;
}

/// And it is approved.
async fn moved(scene: &Scene) {
    asked(scene).await;
    sent(scene, "timetable/decide-approve", 200).await;
}

/// A teacher has asked for somebody to stand in, and it is approved.
async fn stood_in(scene: &Scene) {
    taught(scene).await;
    sent(scene, "timetable/ask-substitute", 201).await;
    sent(scene, "timetable/decide-approve", 200).await;
}

/// The school itself has asked for somebody to stand in.
async fn asked_by_school(scene: &Scene) {
    taught(scene).await;
    sent(scene, "timetable/ask-substitute-by-school", 201).await;
}

/// The school has let a lesson off.
async fn off(scene: &Scene) {
    taught(scene).await;
    sent(scene, "timetable/ask-off", 201).await;
}

async fn sent(scene: &Scene, file: &str, status: u16) -> Answered {
    let answered = scene.send(file).await;
    assert_eq!(answered.status, status, "{file}: {}", answered.text);
    answered
}

async fn class(scene: &Scene, class: &str) -> TeachingClass {
    let found = scene.app.store().class(&id(class)).await.expect("read").map(Guarded::unguarded);
    found.expect("a class").value
}

async fn roll(scene: &Scene, lesson: &str) -> Option<Versioned<Roll>> {
    scene.app.store().roll(&id(lesson)).await.expect("read").map(Guarded::unguarded)
}

/// The lessons of an answer: when, where, by whom.
fn lessons(answered: &Answered) -> Vec<String> {
    let all = answered.json()["lessons"].as_array().expect("lessons").clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |lesson: &Value| {
        let teacher = &lesson["teachers"][0];
        let stands_in = teacher["stands_in_for"].as_str().map(|absent| format!("代{absent}")).unwrap_or_default();
        let moved = lesson["moved_from"]["date"].as_str().map(|date| format!(" 原{date}")).unwrap_or_default();
        let off = lesson["off"].as_str().map(|reason| format!(" 停:{reason}")).unwrap_or_default();
        format!(
            "{} {} {} {} {}{stands_in}{moved}{off}",
            text(&lesson["date"]),
            text(&lesson["begins"]),
            text(&lesson["class_title"]),
            text(&lesson["room"]),
            text(&teacher["called"]),
        )
    };
    all.iter().map(told).collect()
}

const MONDAY: &str = "2026-09-07 16:30 课程K11班 书法室 李老师";
const TUESDAY: &str = "2026-09-08 16:30 课程K21班 美术室 王老师";

macro_rules! shows {
    ($file:literal, $lessons:expr) => {
        Case::done($file, 200)
            .before(|scene| Box::pin(taught(scene)))
            .after(|_, answered| Box::pin(async { assert_eq!(lessons(answered), $lessons) }))
    };
}

const SHOWING: &[Case] = &[
    shows!("timetable/show-timetable", [MONDAY, TUESDAY]).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(lessons(answered), [MONDAY, TUESDAY]);
            let first = &answered.json()["lessons"][0];
            assert_eq!(first["lesson_id"], "3144200101.2026-2027-1.K1.01.001");
            assert_eq!(
                (&first["weekday"], &first["ends"], &first["course"]),
                (&1.into(), &"17:15".into(), &"K1".into())
            );
            assert_eq!((&first["period_name"], &first["course_title"]), (&"课后第一节".into(), &"课程K1".into()));
            let calls = scene.stage.world.counts().calls_total();
            sent(scene, "timetable/show-timetable", 200).await;
            assert_eq!(scene.stage.world.counts().calls_total(), calls, "a warm environment asks no table");
        })
    }),
    shows!("timetable/show-timetable-of-teacher", [TUESDAY]),
    shows!("timetable/show-timetable-of-room", [MONDAY]),
    shows!("timetable/show-timetable-of-course", [TUESDAY]),
    shows!("timetable/show-timetable-of-class", [MONDAY]),
    shows!("timetable/show-timetable-by-teacher", [MONDAY]),
    Case::refused("timetable/show-timetable-by-guardian", 404, "access/not-found")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/show-timetable-by-other-school", 404, "access/not-found"),
    Case::refused("timetable/show-timetable-too-long", 400, "timetable/range-unusable"),
    Case::refused("timetable/show-timetable-unreadable-day", 400, "request/parameter-unusable"),
    Case::refused("timetable/show-timetable-unknown-parameter", 400, "request/parameter-unusable"),
    Case::refused("timetable/show-timetable-not-signed-in", 401, "access/not-signed-in"),
    shows!("timetable/show-student-timetable", [MONDAY, TUESDAY]),
    shows!("timetable/show-student-timetable-by-school", [MONDAY, TUESDAY]),
    Case::refused("timetable/show-student-timetable-other-family", 404, "access/not-found")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/show-student-timetable-by-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/show-student-timetable-unreadable", 400, "request/parameter-unusable"),
    Case::refused("timetable/show-student-timetable-not-signed-in", 401, "access/not-signed-in"),
    shows!("timetable/show-own-timetable", [MONDAY]),
    Case::done("timetable/show-own-timetable-by-guardian", 200)
        .before(|scene| Box::pin(taught(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(lessons(answered), Vec::<String>::new()) })),
    Case::refused("timetable/show-own-timetable-not-signed-in", 401, "access/not-signed-in"),
];

const ASKING: &[Case] = &[
    Case::done("timetable/ask-reschedule", 201).before(|scene| Box::pin(taught(scene))).after(|scene, answered| {
        Box::pin(async move {
            let change = answered.json();
            assert_eq!((&change["change_id"], &change["state"]), (&ASKED.into(), &"asked".into()));
            assert_eq!((&change["party"], &change["was"]["date"]), (&"teacher".into(), &"2026-09-14".into()));
            let again = sent(scene, "timetable/ask-reschedule", 201).await;
            assert_eq!(again.json(), change, "the same request is the same change");
            let key_reused = scene.send("timetable/ask-reschedule-key-reused").await;
            assert_eq!(key_reused.slug(), "request/idempotency-key-reused");
            assert_eq!(class(scene, FIRST_CLASS).await.lessons[1].changes, 0, "nothing has changed yet");
        })
    }),
    Case::refused("timetable/ask-reschedule-key-reused", 422, "request/idempotency-key-reused")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/ask-reschedule-no-key", 400, "request/idempotency-key-missing"),
    Case::refused("timetable/ask-reschedule-clash", 409, "timetable/clashes")
        .before(|scene| Box::pin(taught(scene)))
        .after(|_, answered| {
            Box::pin(async {
                let detail = answered.json()["detail"].as_str().expect("words").to_owned();
                assert!(detail.contains("学生 S000000000在 2026-09-15 第1节已安排「课程K21班」"), "{detail}");
            })
        }),
    Case::refused("timetable/ask-reschedule-unknown-lesson", 409, "lesson-change/no-such-lesson")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-unknown-class", 404, "access/not-found")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-by-other-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-by-guardian", 404, "access/not-found")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-no-day", 422, "request/field-unusable")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-unknown-field", 422, "request/field-unusable"),
    Case::refused("timetable/ask-reschedule-no-reason", 422, "lesson-change/reason-unusable")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-after-term", 422, "lesson-change/day-out-of-term")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-same", 422, "lesson-change/nothing-changes")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-reschedule-unknown-room", 422, "lesson-change/room-unknown")
        .before(|scene| Box::pin(taught(scene))),
    // Without a second period there is none to move to.
    Case::refused("timetable/ask-reschedule-room", 422, "lesson-change/period-unknown")
        .before(|scene| Box::pin(taught(scene))),
    Case::done("timetable/ask-reschedule-room", 201).town(two_periods).before(|scene| Box::pin(taught(scene))).after(
        |scene, _| {
            Box::pin(async move {
                sent(scene, "timetable/decide-approve", 200).await;
                let lesson = class(scene, FIRST_CLASS).await.lessons[1].clone();
                assert_eq!((lesson.period, lesson.room), (2, Some(id("3144200101.R303"))));
            })
        },
    ),
    Case::refused("timetable/ask-reschedule-not-signed-in", 401, "access/not-signed-in"),
    Case::done("timetable/ask-second-class", 201).before(|scene| Box::pin(taught(scene))),
    Case::done("timetable/ask-substitute", 201).before(|scene| Box::pin(taught(scene))).after(|_, answered| {
        Box::pin(async {
            let change = answered.json();
            let who = [&change["absent_id"], &change["present_id"], &change["present_called"]];
            assert_eq!(who, ["T000000001", "T000000003", "张老师"]);
        })
    }),
    Case::done("timetable/ask-substitute-by-school", 201).before(|scene| Box::pin(taught(scene))).after(
        |_, answered| {
            Box::pin(async {
                let change = answered.json();
                assert_eq!((&change["party"], &change["fee"]["amount_fen"]), (&"school".into(), &6_000.into()));
            })
        },
    ),
    Case::refused("timetable/ask-substitute-unknown-teacher", 422, "lesson-change/teacher-unknown")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-substitute-not-the-teacher", 422, "lesson-change/not-the-teacher")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-substitute-nobody", 422, "request/field-unusable")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-substitute-no-name", 422, "lesson-change/called-unusable")
        .before(|scene| Box::pin(taught(scene))),
    Case::refused("timetable/ask-substitute-fee-too-high", 422, "lesson-change/fee-unusable")
        .before(|scene| Box::pin(taught(scene))),
    Case::done("timetable/ask-off", 201).before(|scene| Box::pin(taught(scene))).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "approved", "what the school lets off needs nobody else");
            assert_eq!(class(scene, FIRST_CLASS).await.lessons[1].off.as_deref(), Some("台风停课"));
        })
    }),
    Case::refused("timetable/ask-off-by-teacher", 409, "lesson-change/by-school-only")
        .before(|scene| Box::pin(taught(scene))),
];

const DECIDING: &[Case] = &[
    Case::done("timetable/decide-approve", 200)
        .before(|scene| {
            Box::pin(async move {
                asked(scene).await;
                sent(scene, "timetable/show-timetable", 200).await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                let change = answered.json();
                assert_eq!((&change["state"], &change["became"]["date"]), (&"approved".into(), &"2026-09-16".into()));
                let class = class(scene, FIRST_CLASS).await;
                let lesson = class.lesson(2).expect("a lesson");
                assert_eq!((lesson.date.to_string(), lesson.changes), ("2026-09-16".to_owned(), 1));
                let roll = roll(scene, "3144200101.2026-2027-1.K1.01.002").await.expect("a roll");
                assert_eq!((roll.value.date, roll.value.called_at), (lesson.date, None), "no call passes beside it");
                let path = "/schools/3144200101/terms/2026-2027-1/timetable?from=2026-09-14&until=2026-09-20";
                let shown = by(scene, &Who::Staff("school_admin@school:3144200101".to_owned()), "GET", path).await;
                let moved = "2026-09-16 16:30 课程K11班 书法室 李老师 原2026-09-14";
                assert!(lessons(&shown).contains(&moved.to_owned()), "shown at once: {}", shown.text);
                let twice = scene.send("timetable/decide-approve").await;
                assert_eq!(twice.slug(), "lesson-change/already-decided");
            })
        }),
    Case::refused("timetable/decide-approve-off", 409, "lesson-change/already-decided")
        .before(|scene| Box::pin(off(scene))),
    Case::done("timetable/decide-refuse", 200).before(|scene| Box::pin(asked(scene))).after(|scene, answered| {
        Box::pin(async move {
            let change = answered.json();
            assert_eq!((&change["state"], &change["decision"]["reason"]), (&"refused".into(), &"当天有公开课".into()));
            assert_eq!(class(scene, FIRST_CLASS).await.lessons[1].changes, 0);
        })
    }),
    Case::refused("timetable/decide-refuse-no-reason", 422, "lesson-change/reason-unusable")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/decide-by-teacher", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/decide-by-other-school", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/decide-own", 409, "lesson-change/second-person-needed")
        .before(|scene| Box::pin(asked_by_school(scene))),
    Case::refused("timetable/decide-unreadable", 400, "request/parameter-unusable"),
    Case::refused("timetable/decide-unknown-field", 422, "request/field-unusable")
        .before(|scene| Box::pin(asked(scene))),
    // Both classes have a pupil in common: the second would need the pupil twice.
    Case::refused("timetable/decide-second-class", 409, "timetable/clashes").before(|scene| {
        Box::pin(async move {
            asked(scene).await;
            sent(scene, "timetable/ask-second-class", 201).await;
            sent(scene, "timetable/decide-approve", 200).await;
        })
    }),
    Case::done("timetable/take-back", 200)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "taken_back") })),
    Case::refused("timetable/take-back", 409, "lesson-change/already-decided").before(|scene| Box::pin(moved(scene))),
    Case::refused("timetable/take-back-by-school", 409, "lesson-change/not-the-asker")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/take-back-by-other-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(asked(scene))),
    Case::done("timetable/revoke", 200).before(|scene| Box::pin(moved(scene))).after(|scene, answered| {
        Box::pin(async move {
            let change = answered.json();
            assert_eq!((&change["state"], &change["revocation"]["reason"]), (&"revoked".into(), &"培训取消".into()));
            let lesson = class(scene, FIRST_CLASS).await.lessons[1].clone();
            assert_eq!((lesson.date.to_string(), lesson.is_settled()), ("2026-09-14".to_owned(), false));
        })
    }),
    Case::done("timetable/revoke-off", 200).before(|scene| Box::pin(off(scene))),
    Case::refused("timetable/revoke", 409, "lesson-change/not-in-effect").before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/revoke-no-reason", 422, "lesson-change/reason-unusable")
        .before(|scene| Box::pin(moved(scene))),
    Case::refused("timetable/revoke-by-teacher", 404, "access/not-found").before(|scene| Box::pin(moved(scene))),
    Case::refused("timetable/revoke", 409, "lesson-change/roll-called").before(|scene| {
        Box::pin(async move {
            moved(scene).await;
            given(scene).await;
        })
    }),
    Case::done("timetable/record-fee", 200)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["fee"]["amount_fen"], -4_000) })),
    Case::refused("timetable/record-fee-no-match", 428, "request/if-match-missing")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/record-fee-outdated", 412, "request/if-match-outdated")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/record-fee-too-high", 422, "lesson-change/fee-unusable")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/record-fee-by-teacher", 404, "access/not-found").before(|scene| Box::pin(asked(scene))),
];

/// The second lesson is given as it stands: somebody has checked in, one pupil of two was there.
async fn given(scene: &Scene) {
    scene.stage.world.advance(Duration::from_hours(13 * 24 + 8)).await;
    let now = scene.app.now();
    let class = class(scene, FIRST_CLASS).await;
    let lesson = class.lesson(2).expect("a lesson");
    let teacher = class.teachers_of(lesson)[0].person.clone();
    let found = roll(scene, "3144200101.2026-2027-1.K1.01.002").await;
    let mut roll = found.unwrap_or_else(|| Versioned::absent(Roll::new(&class.id, 2, lesson.at())));
    (roll.value.date, roll.value.period) = (now.day(), 1);
    let check_in = CheckIn { at: now, late_minutes: 6, metres: None, correction: None };
    roll.value.check_in(&teacher, check_in).expect("checked in");
    let absent = BTreeMap::from([(id("S000000001"), domain::teaching::roll::Presence::Absent)]);
    let call = Call { at: now, named: absent, only_named: false };
    roll.value.enter(&call, class.roster(lesson.date), &teacher, now).expect("called");
    let mut commit = Commit::new(Actor::system("test"), "test.call", now);
    commit.save_roll(&roll).expect("a roll");
    scene.app.store().commit(commit).await.expect("written");
}

const LISTING: &[Case] = &[
    Case::done("timetable/show-change", 200)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["reason"], "外出培训") })),
    Case::refused("timetable/show-change-by-other-school", 404, "access/not-found")
        .before(|scene| Box::pin(asked(scene))),
    Case::refused("timetable/show-change-by-other-teacher", 404, "access/not-found")
        .before(|scene| Box::pin(asked(scene))),
    Case::done("timetable/list-changes", 200)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["change_id"], ASKED) })),
    Case::done("timetable/list-changes-none", 200)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"], Value::Array(Vec::new())) })),
    Case::done("timetable/list-changes-by-teacher", 200)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["change_id"], ASKED) })),
    Case::done("timetable/list-changes-by-other-teacher", 200)
        .before(|scene| Box::pin(asked(scene)))
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"], Value::Array(Vec::new())) })),
    Case::refused("timetable/list-changes-by-guardian", 404, "access/not-found"),
    Case::refused("timetable/list-changes-by-other-school", 404, "access/not-found"),
    Case::refused("timetable/list-changes-bad-state", 400, "request/parameter-unusable"),
    Case::done("timetable/show-attendance", 200)
        .before(|scene| {
            Box::pin(async move {
                stood_in(scene).await;
                given(scene).await;
            })
        })
        .after(|_, answered| {
            Box::pin(async {
                let told = answered.json();
                let teacher = &told["teachers"][0];
                assert_eq!((&teacher["called"], &teacher["late_minutes"]), (&"张老师".into(), &6.into()));
                assert_eq!((&told["expected"], &told["present"]), (&2.into(), &1.into()));
            })
        }),
    Case::refused("timetable/show-attendance-by-guardian", 404, "access/not-found")
        .before(|scene| Box::pin(moved(scene))),
    Case::done("timetable/export-changes", 200).before(|scene| Box::pin(moved(scene))).after(|_, answered| {
        Box::pin(async {
            assert_eq!((answered.json()["rows"].clone(), answered.file().starts_with("PK")), (1.into(), true));
        })
    }),
    Case::done("timetable/export-changes-csv", 200)
        .before(|scene| {
            Box::pin(async move {
                stood_in(scene).await;
                given(scene).await;
            })
        })
        .after(|_, answered| {
            Box::pin(async {
                let file = answered.file();
                let row = file.lines().nth(1).expect("a row");
                for told in ["代课,已通过,课程K11班,2,2026-09-14,1", "张老师", "外出培训", "签到(迟到 6 分钟)", "1/2"]
                {
                    assert!(row.contains(told), "{told}: {file}");
                }
            })
        }),
    Case::refused("timetable/export-changes-by-teacher", 404, "access/not-found"),
    Case::refused("timetable/export-changes-by-other-school", 404, "access/not-found"),
    Case::refused("timetable/export-changes-bad-state", 400, "request/parameter-unusable"),
];

const FEEDS: &[Case] = &[
    Case::done("timetable/make-feed", 201).before(|scene| Box::pin(taught(scene))).after(|scene, answered| {
        Box::pin(async move {
            let url = answered.json()["url"].as_str().expect("an address").to_owned();
            let calendar = served(scene, &url, &[]).await;
            assert_eq!(
                (calendar.status.as_u16(), &calendar.headers["content-type"]),
                (200, &"text/calendar; charset=utf-8".parse().expect("a value"))
            );
            assert_eq!(calendar.text.matches("BEGIN:VEVENT").count(), 6);
            assert!(calendar.text.contains("DTSTART;TZID=Asia/Shanghai:20260907T163000"), "{}", calendar.text);
            for personal in ["S000000000", "G000000000", "学生", "家长"] {
                assert!(!calendar.text.contains(personal), "{personal}: {}", calendar.text);
            }
            let tag = calendar.headers["etag"].to_str().expect("text").to_owned();
            let same = served(scene, &url, &[("If-None-Match", &tag)]).await;
            assert_eq!((same.status.as_u16(), same.text.as_str()), (304, ""));
            let token = url.rsplit('/').next().expect("a name").trim_end_matches(".ics");
            let stored = format!("{:?}", scene.everything());
            assert!(!stored.contains(token), "only its hash is kept");
        })
    }),
    Case::done("timetable/make-feed-own", 201).before(|scene| Box::pin(taught(scene))).after(|scene, answered| {
        Box::pin(async move {
            let url = answered.json()["url"].as_str().expect("an address").to_owned();
            let calendar = served(scene, &url, &[]).await;
            assert_eq!(calendar.text.matches("BEGIN:VEVENT").count(), 3, "the own lessons");
            freeze(scene, "T000000001").await;
            assert_eq!(served(scene, &url, &[]).await.slug(), "access/not-found", "nothing for a frozen account");
        })
    }),
    Case::refused("timetable/make-feed-other-family", 404, "access/not-found"),
    Case::refused("timetable/make-feed-of-child-by-school", 404, "access/not-found"),
    Case::refused("timetable/make-feed-of-nothing", 400, "request/parameter-unusable"),
    Case::refused("timetable/make-feed-of-other-school", 404, "access/not-found"),
    Case::refused("timetable/make-feed-unknown-field", 422, "request/field-unusable"),
    Case::refused("timetable/make-feed-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("timetable/make-feed", 409, "calendar-feed/too-many").before(|scene| {
        Box::pin(async move {
            for _ in 0..10 {
                sent(scene, "timetable/make-feed", 201).await;
            }
        })
    }),
    Case::done("timetable/list-feeds", 200)
        .before(|scene| Box::pin(async { drop(sent(scene, "timetable/make-feed", 201).await) }))
        .after(|_, answered| {
            Box::pin(async {
                let feeds = answered.json();
                assert_eq!(feeds["items"][0]["student_id"], "S000000000");
                assert_eq!(feeds["items"][0]["url"], Value::Null, "told once");
            })
        }),
    Case::refused("timetable/list-feeds-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("timetable/revoke-feed-unknown", 404, "access/not-found"),
    Case::refused("timetable/serve-feed-unknown", 404, "access/not-found"),
    Case::refused("timetable/serve-feed-unreadable", 404, "access/not-found"),
    Case::refused("timetable/serve-feed-no-ending", 404, "access/not-found"),
];

async fn by(scene: &Scene, who: &Who, method: &str, path: &str) -> Answered {
    requested(scene, &event(method, path, who, &[], None)).await
}

/// Asks the environment that has sent the samples, too, so that what it remembers counts.
async fn requested(scene: &Scene, event: &Value) -> Answered {
    scene.request("timetable", event).await
}

async fn served(scene: &Scene, url: &str, headers: &[(&str, &str)]) -> Answered {
    let path = url.strip_prefix("https://platform.invalid/v1").expect("an address of ours");
    requested(scene, &event("GET", path, &Who::Nobody, headers, None)).await
}

async fn freeze(scene: &Scene, person: &str) {
    let found = scene.app.store().user(&id(person)).await.expect("read").map(Guarded::unguarded);
    let mut user = found.expect("a user");
    user.value.frozen = Some(Frozen { reason: "离职".to_owned(), since: scene.app.now() });
    let mut commit = Commit::new(Actor::system("test"), "test.freeze", scene.app.now());
    commit.save_user(&user).expect("a user");
    scene.app.store().commit(commit).await.expect("written");
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

#[test]
fn t3_1_timetables_show_what_concerns_the_caller() {
    run(SHOWING);
}

#[test]
fn t5_1_a_change_of_a_lesson_is_asked_for() {
    run(ASKING);
}

#[test]
fn s23_2_a_change_of_a_lesson_is_decided_and_revoked() {
    run(DECIDING);
}

#[test]
fn s23_4_changes_are_listed_and_taken_out_with_the_attendance() {
    run(LISTING);
}

#[test]
fn p8_1_a_calendar_follows_a_timetable_by_its_address() {
    run(FEEDS);
}

#[test]
fn t5_2_every_event_is_named() {
    sample::every_event_is_named("timetable", &[SHOWING, ASKING, DECIDING, LISTING, FEEDS]);
}

/// A scene, and what happens in it.
fn playing(work: impl AsyncFnOnce(Scene)) {
    testkit::simulate(1, async |world| {
        let town = testkit::town::Town::small(4);
        let stage = testkit::stage::Stage::with(&world, &town).await;
        work(Scene::new(stage, FUNCTIONS)).await;
    });
}

#[test]
fn p8_1_a_revoked_address_leads_nowhere_and_a_calendar_tells_of_changes() {
    playing(async |scene| {
        taught(&scene).await;
        let made = sent(&scene, "timetable/make-feed", 201).await.json();
        let url = made["url"].as_str().expect("an address").to_owned();
        sent(&scene, "timetable/ask-reschedule", 201).await;
        sent(&scene, "timetable/decide-approve", 200).await;
        let calendar = served(&scene, &url, &[]).await.text;
        let of_lesson = |text: &str| {
            let events = text.split("BEGIN:VEVENT");
            events.filter(|event| event.contains("K1.01.002@lessons")).map(str::to_owned).collect::<Vec<_>>()
        };
        let [event] = of_lesson(&calendar).try_into().expect("one event, whatever becomes of the lesson");
        assert!(event.contains("SEQUENCE:1\r\n") && event.contains(":20260916T163000\r\n"), "{event}");
        sent(&scene, "timetable/revoke", 200).await;
        sent(&scene, "timetable/ask-off", 201).await;
        let calendar = served(&scene, &url, &[]).await.text;
        let [event] = of_lesson(&calendar).try_into().expect("one event");
        assert!(event.contains("SEQUENCE:3\r\n") && event.contains("STATUS:CANCELLED\r\n"), "{event}");
        let path = format!("/me/calendar-feeds/{}", made["feed_id"].as_str().expect("an identifier"));
        let other = by(&scene, &Who::Guardian("G000000001".to_owned()), "DELETE", &path).await;
        assert_eq!(other.slug(), "access/not-found", "nobody else's");
        let revoked = by(&scene, &Who::Guardian("G000000000".to_owned()), "DELETE", &path).await;
        assert_eq!(revoked.json()["items"], Value::Array(Vec::new()));
        assert_eq!(served(&scene, &url, &[]).await.slug(), "access/not-found");
    });
}

#[test]
fn p8_1_who_is_no_guardian_any_more_reads_no_calendar() {
    playing(async |scene| {
        taught(&scene).await;
        let made = sent(&scene, "timetable/make-feed", 201).await.json();
        let url = made["url"].as_str().expect("an address").to_owned();
        let store = scene.app.store();
        let mut pupil =
            store.open_student(&id("S000000000")).await.expect("read").map(Guarded::unguarded).expect("a pupil");
        pupil.value.pupil.guardians = vec![id("G000000009")];
        let mut commit = Commit::new(Actor::system("test"), "test.unlink", scene.app.now());
        commit.save_student(&pupil).expect("a pupil");
        store.commit(commit).await.expect("written");
        assert_eq!(served(&scene, &url, &[]).await.slug(), "access/not-found");
    });
}

#[test]
fn s23_2_where_nobody_has_to_approve_a_change_is_in_effect_at_once() {
    playing(async |scene| {
        taught(&scene).await;
        let mut rules = TeachingRules::built_in();
        (rules.approvals.reschedule, rules.approvals.substitute) = (false, false);
        let mut commit = Commit::new(Actor::system("test"), "test.rules", scene.app.now());
        commit.save_teaching_rules(&Versioned::absent(SchoolRules { school: id(SCHOOL), rules })).expect("rules");
        scene.app.store().commit(commit).await.expect("written");
        let change = sent(&scene, "timetable/ask-reschedule", 201).await.json();
        assert_eq!((&change["state"], &change["decision"]["by"]), (&"approved".into(), &Value::Null));
        let again = sent(&scene, "timetable/ask-reschedule", 201).await.json();
        assert_eq!(again, change, "once");
    });
}

#[test]
fn s23_3_of_two_changes_at_once_one_sees_the_other() {
    playing(async |scene| {
        asked(&scene).await;
        sent(&scene, "timetable/ask-second-class", 201).await;
        let first = scene.send("timetable/decide-approve");
        let (one, other) = tokio::join!(first, scene.send("timetable/decide-second-class"));
        let mut slugs = [one.slug(), other.slug()];
        slugs.sort();
        assert_eq!(slugs, ["", "timetable/clashes"], "{} {}", one.text, other.text);
        let (first, second) = (class(&scene, FIRST_CLASS).await, class(&scene, SECOND_CLASS).await);
        assert_eq!(first.lessons[1].changes + second.lessons[1].changes, 1);
    });
}

#[test]
fn s23_1_who_stands_in_opens_the_class_until_it_is_revoked() {
    playing(async |scene| {
        stood_in(&scene).await;
        let stand_in = Who::Person("T000000003".to_owned(), "teacher@classes:3144200101".to_owned());
        let path = "/me/timetable?from=2026-09-14&until=2026-09-20";
        let own = by(&scene, &stand_in, "GET", path).await;
        assert_eq!(lessons(&own), ["2026-09-14 16:30 课程K11班 书法室 张老师代李老师"]);
        sent(&scene, "timetable/revoke", 200).await;
        assert_eq!(lessons(&by(&scene, &stand_in, "GET", path).await), Vec::<String>::new());
    });
}

//! A school that teaches: two classes of the town with rooms, teachers, pupils in common and three lessons each.

use domain::audit::Actor;
use domain::catalog::{Period, Weekday, Weeks};
use domain::id::{PersonId, StudentId};
use domain::room::Room;
use domain::teaching::class::{Outline, Teacher, TeacherRole, TeachingClass};
use domain::teaching::lesson::{Lesson, Pattern};
use domain::user::User;
use domain::{Moment, Pii};
use jiff::civil::{Date, date};
use store::{Commit, Store, Versioned};

use crate::town::{SCHOOL, TERM, Town, id, offering};

/// The class of `K1`: Mondays from 7 September, in `R301`.
pub const FIRST_CLASS: &str = "3144200101.2026-2027-1.K1.01";
/// The class of `K2`: Tuesdays from 8 September, in `R302`, by `T000000002`.
pub const SECOND_CLASS: &str = "3144200101.2026-2027-1.K2.01";

/// A second period of the day: there is somewhere to move a lesson to.
pub fn two_periods(town: &mut Town) {
    let second = Period { number: 2, name: "课后第二节".to_owned(), from_minute: 1_040, until_minute: 1_085 };
    town.term.periods.push(second);
}

fn commit(now: Moment) -> Commit {
    Commit::new(Actor::system("town"), "town.teach", now)
}

/// Rooms, and three teachers of whom `main` is the first.
pub async fn staff(store: &Store, main: &str, now: Moment) {
    for (code, name) in [("R301", "书法室"), ("R302", "美术室"), ("R303", "音乐室")] {
        let mut commit = commit(now);
        commit.save_room(&Versioned::absent(room(code, name))).expect("a room");
        store.commit(commit).await.expect("written");
    }
    for person in [main, "T000000002", "T000000003"] {
        let mut commit = commit(now);
        commit.save_user(&Versioned::absent(user(person))).expect("a user");
        store.commit(commit).await.expect("written");
    }
}

/// Rooms, teachers and classes. The first class is taught by `main`; `T000000003` teaches none and may stand in.
pub async fn begin_teaching(store: &Store, main: &str, now: Moment) {
    staff(store, main, now).await;
    let first =
        class("K1", (main, "李老师"), "R301", (Weekday::Monday, date(2026, 9, 7)), &["S000000000", "S000000001"]);
    let second = class(
        "K2",
        ("T000000002", "王老师"),
        "R302",
        (Weekday::Tuesday, date(2026, 9, 8)),
        &["S000000000", "S000000002"],
    );
    let timetable = store.timetable(&id(SCHOOL), &id(TERM)).await.expect("read");
    let mut commit = commit(now);
    commit.save_class(&Versioned::absent(first)).expect("a class");
    commit.save_class(&Versioned::absent(second)).expect("a class");
    commit.save_timetable(&timetable).expect("a timetable");
    store.commit(commit).await.expect("written");
}

fn room(code: &str, name: &str) -> Room {
    Room {
        id: id(&format!("{SCHOOL}.{code}")),
        school: id(SCHOOL),
        name: name.to_owned(),
        place: "综合楼".to_owned(),
        purpose: String::new(),
        capacity: 45,
        retired: false,
    }
}

fn user(person: &str) -> User {
    User {
        id: id(person),
        name: Pii::new("教师".to_owned()),
        phone: Pii::new("13900000000".to_owned()),
        home: Some(id(SCHOOL)),
        grants: vec![id(&format!("teacher@classes:{SCHOOL}"))],
        posts: Vec::new(),
        frozen: None,
        session_ver: 0,
        sessions_until: None,
        last_seen: None,
    }
}

fn class(
    course: &str,
    (person, called): (&str, &str),
    room: &str,
    (weekday, first): (Weekday, Date),
    pupils: &[&str],
) -> TeachingClass {
    let offering = offering(course, 40, weekday);
    let slot = domain::catalog::Slot { weekday, period: 1, weeks: Weeks::Every };
    let outline = Outline {
        title: format!("课程{course}1班"),
        capacity: 40,
        teachers: vec![Teacher { person: id::<PersonId>(person), called: called.to_owned(), role: TeacherRole::Main }],
        stewards: Vec::new(),
        room: Some(id(&format!("{SCHOOL}.{room}"))),
        pattern: Pattern { slots: vec![slot], singles: std::collections::BTreeSet::new() },
    };
    let mut class = TeachingClass::of(&offering, 1, outline);
    let week = |no: u16| first.saturating_add(jiff::Span::new().weeks(i64::from(no) - 1));
    class.lessons = (1..=3).map(|no| Lesson::planned(no, week(no), 1)).collect();
    for pupil in pupils {
        class.admit(&id::<StudentId>(pupil), date(2026, 9, 1)).expect("a seat");
    }
    class
}

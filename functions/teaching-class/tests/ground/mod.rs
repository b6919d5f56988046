//! The town as a school sets up its classes in it: people who may teach, a room, pupils who have paid.

use cashier::Cashier;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{ClassId, OfferingId, PersonId};
use domain::record::{Line, Order, OrderState, RequestMark, TermRecord};
use domain::room::Room;
use domain::seat::Stamp;
use domain::teaching::class::TeachingClass;
use domain::teaching::roll::Roll;
use domain::user::User;
use domain::{Money, Pii};
use store::seat::Claim;
use store::{Commit, Versioned};
use testkit::sample::{Functions, Scene};
use testkit::town::{SCHOOL, TERM, id};

pub(crate) const FUNCTIONS: Functions = &[("teaching-class", teaching_class::routes)];
/// The first class of `K1`.
pub(crate) const FIRST: &str = "3144200101.2026-2027-1.K1.01";

pub(crate) fn offering(course: &str) -> OfferingId {
    OfferingId::new(&id(SCHOOL), &id(TERM), &id(course))
}

fn commit(scene: &Scene) -> Commit {
    Commit::new(Actor::system("test"), "test.begin", scene.app.now())
}

async fn account(scene: &Scene, (person, grant): (&str, &str)) {
    let user = User {
        id: id::<PersonId>(person),
        name: Pii::new("李建国".to_owned()),
        phone: Pii::new("13800000009".to_owned()),
        home: Some(id(SCHOOL)),
        grants: vec![grant.parse().expect("a grant")],
        posts: Vec::new(),
        frozen: None,
        session_ver: 0,
        sessions_until: None,
        last_seen: None,
    };
    let mut commit = commit(scene);
    commit.save_user(&Versioned::absent(user)).expect("a user");
    scene.app.store().commit(commit).await.expect("written");
}

/// The school has teachers, somebody who looks after classes, finance, and a room for forty.
pub(crate) async fn staffed(scene: &Scene) {
    for (person, role) in [
        ("T000000001", "teacher@classes"),
        ("T000000002", "teacher@classes"),
        ("W000000001", "teacher@classes"),
        ("M000000001", "steward@school"),
        ("N000000001", "school_finance@school"),
    ] {
        account(scene, (person, &format!("{role}:{SCHOOL}"))).await;
    }
    let (school, text) = (id(SCHOOL), String::new);
    let name = "书法室".to_owned();
    let room =
        Room { id: id("3144200101.R301"), school, name, place: text(), purpose: text(), capacity: 40, retired: false };
    let mut commit = commit(scene);
    commit.save_room(&Versioned::absent(room)).expect("a room");
    scene.app.store().commit(commit).await.expect("written");
}

/// These events are done, one after the other.
pub(crate) async fn done(scene: &Scene, files: &[&str]) {
    for file in files {
        let answered = scene.send(&format!("teaching-class/{file}")).await;
        assert!(answered.status.is_success(), "{file}: {}", answered.text);
    }
}

/// The pupil has a paid seat in the course.
pub(crate) async fn paid(scene: &Scene, pupil: usize, course: &str) {
    let (store, now) = (scene.app.store(), scene.app.now());
    let student = id(&format!("S{pupil:09}"));
    let offering = store.offering(&offering(course)).await.expect("read").expect("an offering").value;
    let stamp = Stamp::claim(now.plus_minutes(15), 7);
    let claim = store.claim(&offering.id, offering.capacity, &student, stamp).await.expect("claimed");
    let Claim::Won { seat, .. } = claim else { panic!("{course} is full") };
    let line = Line::of(&offering, true, true, &[], seat).expect("a line");
    let found = store.record(&student, &id(TERM)).await.expect("read").map(Guarded::unguarded);
    let mut record = found.unwrap_or_else(|| Versioned::absent(TermRecord::new(student.clone(), id(TERM), id(SCHOOL))));
    let (total, request) = (line.amount, RequestMark { key: format!("k-{course}"), body: String::new() });
    let next = record.value.next_order(id(&format!("G{:09}", pupil / 2)), (vec![line], total), request, now);
    let order = Order { state: OrderState::Paid, deadline: now.plus_minutes(15), archived: true, ..next };
    assert!(course != "K6" || order.total == Money::ZERO, "K6 is free of charge");
    let mut commit = commit(scene);
    commit.confirm_seats(&record.value, &order);
    record.value.orders.push(order);
    commit.save_record(&record).expect("a record");
    store.commit(commit).await.expect("written");
}

/// A class as it lies in the tables.
pub(crate) async fn class(scene: &Scene, class: &str) -> Option<TeachingClass> {
    let found = scene.app.store().class(&id::<ClassId>(class)).await.expect("read");
    found.map(Guarded::unguarded).map(|found| found.value)
}

/// The roll of each lesson of the first class was taken.
pub(crate) async fn called(scene: &Scene) {
    for lesson in class(scene, FIRST).await.expect("a class").lessons {
        let mut roll = Roll::new(&id(FIRST), lesson.no, lesson.at());
        roll.called_at = Some(scene.app.now());
        let mut commit = commit(scene);
        commit.save_roll(&Versioned::absent(roll)).expect("a roll");
        scene.app.store().commit(commit).await.expect("written");
    }
}

/// The course is given up: the pupil leaves it today.
pub(crate) async fn leaves(scene: &Scene, pupil: usize, course: &str) -> bool {
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("payout"));
    let student = id(&format!("S{pupil:09}"));
    Box::pin(cashier.leave_cancelled(&student, &offering(course))).await.expect("left")
}

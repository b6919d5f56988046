//! A teaching class of the town, as operations about lessons find it.

use domain::Moment;
use domain::audit::Actor;
use domain::id::PersonId;
use domain::teaching::class::{Outline, Teacher, TeacherRole, TeachingClass};
use domain::teaching::lesson::{Lesson, Pattern};
use jiff::civil::Date;
use store::{Commit, Store, Versioned};

use crate::town::{Town, id};

/// Who teaches the class.
pub const TEACHER: &str = "T000000001";
/// The room it is taught in.
pub const ROOM: &str = "3144200101.R301";

/// The first class of an offering of the town, taught by [`TEACHER`] in the first period of these days, with these
/// pupils of the town from the first day of the term on.
pub fn class_of(town: &Town, offering: usize, days: &[Date], pupils: impl IntoIterator<Item = usize>) -> TeachingClass {
    let offering = &town.offerings[offering];
    let teacher = Teacher { person: id(TEACHER), called: "李老师".to_owned(), role: TeacherRole::Main };
    let outline = Outline {
        title: format!("{}1班", offering.title),
        capacity: 40,
        teachers: vec![teacher],
        stewards: Vec::new(),
        room: Some(id(ROOM)),
        pattern: Pattern { slots: offering.slots.clone(), singles: days.iter().map(|day| (*day, 1)).collect() },
    };
    let mut class = TeachingClass::of(offering, 1, outline);
    class.lessons = (1u16..).zip(days).map(|(no, day)| Lesson::planned(no, *day, 1)).collect();
    for pupil in pupils {
        class.admit(&town.pupil(pupil), town.term.starts_on).expect("a seat");
    }
    class
}

/// The same class taught by somebody else.
#[must_use]
pub fn taught_by(mut class: TeachingClass, person: &str) -> TeachingClass {
    for teacher in &mut class.teachers {
        teacher.person = id::<PersonId>(person);
    }
    class.admit_staff();
    class
}

/// Writes the next version of a class and of its term's timetable.
pub async fn open_class(store: &Store, class: &TeachingClass, now: Moment) {
    let found = store.arranged(&class.school, &class.id.term()).await.expect("read");
    let mut commit = Commit::new(Actor::system("town"), "town.open_class", now);
    commit.save_class(&Versioned::next(found.class(&class.id), class.clone())).expect("a class");
    commit.save_timetable(&found.timetable).expect("a timetable");
    store.commit(commit).await.expect("written");
    store.forget_classes(&class.school, &class.id.term());
}

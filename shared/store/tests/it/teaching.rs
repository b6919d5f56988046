//! Classes, and what their changes rest on: of two that were judged side by side one comes too late. S9.2 S17.2.

use domain::access::Guarded;
use domain::catalog::Weekday;
use domain::teaching::class::{Outline, TeachingClass};
use domain::teaching::lesson::Pattern;
use store::{Store, StoreError, Versioned};
use testkit::simulate;
use testkit::town::{self, SCHOOL, TERM, id};

use crate::{any_seat, change, everything, record, tables, written};

fn class(course: &str, number: u8) -> Versioned<TeachingClass> {
    let outline = Outline {
        title: format!("{course}-{number}班"),
        capacity: 2,
        teachers: Vec::new(),
        stewards: Vec::new(),
        room: None,
        pattern: Pattern::default(),
    };
    Versioned::absent(TeachingClass::of(&town::offering(course, 2, Weekday::Monday), number, outline))
}

/// A class is written together with the timetable.
async fn arrange(store: &Store, class: &Versioned<TeachingClass>, mut commit: store::Commit) {
    let arranged = store.arranged(&id(SCHOOL), &id(TERM)).await.expect("read");
    commit.save_class(class).expect("a class");
    commit.save_timetable(&arranged.timetable).expect("a timetable");
    store.commit(commit).await.expect("written");
}

#[test]
fn s9_2_of_two_classes_arranged_side_by_side_one_comes_too_late() {
    simulate(1, async |world| {
        let store = tables(&world);
        for arranged_before in [false, true] {
            let seen = store.arranged(&id(SCHOOL), &id(TERM)).await.expect("read");
            arrange(&store, &class("K1", 1 + u8::from(arranged_before)), change(&world)).await;
            let before = everything(&world);
            let mut late = change(&world);
            late.save_class(&class("K2", 1)).expect("a class");
            late.save_timetable(&seen.timetable).expect("a timetable");
            assert!(matches!(store.commit(late).await, Err(StoreError::Stale)));
            assert_eq!(everything(&world), before, "nothing of it is written");
        }
    });
}

#[test]
fn s17_2_a_change_rests_on_a_timetable_and_a_record_without_writing_them() {
    simulate(1, async |world| {
        let store = tables(&world);
        let value = record(&world, any_seat(&world));
        let mut first = change(&world);
        first.save_record(&Versioned::absent(value.clone())).expect("a record");
        let seated = written(&store, first, value).await;
        let empty = store.timetable(&id(SCHOOL), &id(TERM)).await.expect("read");
        let resting = |number| {
            let mut commit = change(&world);
            commit.save_class(&class("K1", number)).expect("a class");
            commit.rest_on_timetable(&empty);
            commit.rest_on_record(&seated);
            commit
        };
        store.commit(resting(1)).await.expect("written: both are what they were");
        let read = store.timetable(&id(SCHOOL), &id(TERM)).await.expect("read");
        assert_eq!(read.ver, 0, "nobody has written it");
        arrange(&store, &class("K2", 1), change(&world)).await;
        let before = everything(&world);
        assert!(matches!(store.commit(resting(2)).await, Err(StoreError::Stale)), "the timetable was written");
        assert_eq!(everything(&world), before);
        let mut commit = change(&world);
        commit.save_record(&seated).expect("a record");
        store.commit(commit).await.expect("written");
        let before = everything(&world);
        let mut late = change(&world);
        late.save_class(&class("K1", 2)).expect("a class");
        late.rest_on_record(&seated);
        assert!(matches!(store.commit(late).await, Err(StoreError::Stale)), "the record was written");
        assert_eq!(everything(&world), before);
    });
}

#[test]
fn s17_1_a_deleted_class_is_not_there_and_its_number_is_taken() {
    simulate(1, async |world| {
        let store = tables(&world);
        arrange(&store, &class("K1", 1), change(&world)).await;
        let found = store.class(&class("K1", 1).value.id).await.expect("read").map(Guarded::unguarded);
        let mut gone = found.expect("a class");
        gone.value.deleted_at = Some(crate::now(&world));
        arrange(&store, &gone, change(&world)).await;
        let arranged = store.arranged(&id(SCHOOL), &id(TERM)).await.expect("read");
        assert_eq!((arranged.classes.len(), arranged.next_number(&gone.value.id.offering())), (0, Some(2)));
        assert!(store.class(&gone.value.id).await.expect("read").is_none());
        assert!(store.classes_of(&gone.value.id.offering()).await.expect("read").is_empty());
        assert_eq!(store.term_classes(&id(SCHOOL), &id(TERM)).await.expect("read").all().count(), 0);
    });
}

//! Leave: a request is written once, its places stay, a roll that was changed meanwhile refuses, and forty lessons fit
//! into a transaction. P9.2 S25.1.

use domain::id::{LessonId, TeachingRequestId};
use domain::teaching::leave::{Absentee, LeaveRequest, Missed};
use domain::teaching::request::{Handling, Party};
use domain::teaching::roll::{Call, Roll};
use jiff::civil::date;
use store::leave::{ListOf, TeachingRequestPlace};
use store::{Commit, StoreError, Versioned};
use testkit::town::{SCHOOL, TERM, id};
use testkit::{World, simulate};

use crate::{change, now, pupil, tables};

fn name(n: u8) -> TeachingRequestId {
    id(&format!("{SCHOOL}.{TERM}.{n:020x}"))
}

fn missed(no: u16) -> Missed {
    let lesson: LessonId = id(&format!("{SCHOOL}.{TERM}.K1.01.{no:03}"));
    Missed { lesson, date: date(2026, 9, 1), period: 1, off: false, resumed_at: None }
}

fn leave(world: &World, n: u8, lessons: u16) -> LeaveRequest {
    LeaveRequest {
        id: name(n),
        school: id(SCHOOL),
        who: Absentee::Pupil(pupil(0)),
        reason: "感冒发烧".to_owned(),
        lessons: (1..=lessons).map(missed).collect(),
        staff: vec![id("T000000001")],
        handling: Handling::asked("hash".to_owned(), (id("G000000000"), Party::Guardian), now(world)),
    }
}

fn roll(no: u16) -> Versioned<Roll> {
    let at = missed(no);
    Versioned::absent(Roll::new(&at.lesson.class(), no, at.at()))
}

/// The leave with a mark on each of these rolls.
fn marked(world: &World, leave: &LeaveRequest, rolls: impl IntoIterator<Item = Versioned<Roll>>) -> Commit {
    let mut commit = change(world);
    commit.save_leave(&Versioned::absent(leave.clone())).expect("a leave");
    for mut roll in rolls {
        leave.mark(&mut roll.value, now(world)).expect("marked");
        commit.mark_roll(&roll).expect("a roll");
    }
    commit
}

#[test]
fn s25_1_a_request_is_written_once_and_found_by_day() {
    simulate(1, async |world| {
        let store = tables(&world);
        for n in [2, 1] {
            let written = store.commit(marked(&world, &leave(&world, n, 1), [])).await;
            written.expect("written");
        }
        let again = store.commit(marked(&world, &leave(&world, 1, 2), [])).await;
        assert!(matches!(again, Err(StoreError::Stale)), "{again:?}");
        let (school, term) = (id(SCHOOL), id(TERM));
        for of in [ListOf::Term(&school, &term), ListOf::Subject("S000000000", &term)] {
            let (first, next) = store.leaves(of, None, 1).await.expect("read");
            let after = TeachingRequestPlace { day: date(2026, 9, 1), id: name(1) };
            assert_eq!((first.len(), next.as_ref()), (1, Some(&after)));
            let (rest, _) = store.leaves(of, next.as_ref(), 50).await.expect("read");
            let rest: Vec<_> = rest.into_iter().map(|found| found.unguarded().value.id).collect();
            assert_eq!(rest, [name(2)]);
        }
        let (none, _) = store.leaves(ListOf::Subject("S000000001", &term), None, 50).await.expect("read");
        assert!(none.is_empty());
    });
}

#[test]
fn p9_2_leave_is_not_granted_over_a_roll_that_was_changed_meanwhile() {
    simulate(1, async |world| {
        let store = tables(&world);
        let mut called = roll(1);
        let call = Call { at: now(&world), named: [].into(), only_named: false };
        called.value.enter(&call, vec![pupil(0)], &id("T000000001"), now(&world)).expect("entered");
        let mut commit = change(&world);
        commit.carry_roll(&called).expect("a roll");
        let late = marked(&world, &leave(&world, 1, 2), [roll(1), roll(2)]);
        store.commit(commit).await.expect("written");
        let refused = store.commit(late).await;
        assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
        assert!(store.leave(&name(1)).await.expect("read").is_none(), "nothing of it is written");
        assert!(store.roll(&missed(2).lesson).await.expect("read").is_none());
    });
}

#[test]
fn p9_2_forty_lessons_fit_into_a_transaction_whatever_their_rolls_carry() {
    simulate(1, async |world| {
        let store = tables(&world);
        for no in 1..=40 {
            for minute in 0..3 {
                let found = store.roll(&missed(no).lesson).await.expect("read");
                let mut called = found.map_or_else(|| roll(no), domain::access::Guarded::unguarded);
                let at = now(&world).plus_minutes(minute - 5);
                let call = Call { at, named: [].into(), only_named: false };
                called.value.enter(&call, vec![pupil(0)], &id("T000000001"), now(&world)).expect("entered");
                let mut commit = change(&world);
                commit.carry_roll(&called).expect("a roll");
                store.commit(commit).await.expect("written");
            }
        }
        let rolls = store.rolls_of((1..=40).map(|no| missed(no).lesson)).await.expect("read");
        let written = store.commit(marked(&world, &leave(&world, 1, 40), rolls.into_values())).await;
        written.expect("carried beside what they carry");
        let fresh = marked(&world, &leave(&world, 2, 40), (41..=80).map(roll));
        store.commit(fresh).await.expect("each with its entry");
    });
}

//! Rolls and the calls that could not be entered: of two that write at once one comes too late; a roll carries its
//! audit, and what is written with it drains. P9 P11.

use domain::access::Guarded;
use domain::id::{ClassId, LessonId, TeachingRequestId};
use domain::teaching::parked::{ParkedCall, ParkedFor, ParkedState};
use domain::teaching::roll::{Call, Roll};
use jiff::civil::date;
use store::{Store, StoreError, Versioned};
use testkit::town::{SCHOOL, TERM, id};
use testkit::{World, plain, simulate, table_name};

use crate::{change, now, tables};

fn lesson() -> LessonId {
    LessonId::new(&id::<ClassId>(&format!("{SCHOOL}.{TERM}.K1.01")), 1)
}

async fn roll(store: &Store) -> Versioned<Roll> {
    let found = store.roll(&lesson()).await.expect("read").map(Guarded::unguarded);
    found.unwrap_or_else(|| Versioned::absent(Roll::new(&lesson().class(), 1, (date(2026, 9, 1), 1))))
}

fn entries(world: &World) -> usize {
    let audit = world.scan(&table_name("t", "audit"));
    audit.iter().map(plain).filter(|item| item["kind"] == "trace").count()
}

#[test]
fn p11_a_call_that_was_judged_before_a_seal_comes_too_late() {
    simulate(1, async |world| {
        let store = tables(&world);
        let judged = roll(&store).await;
        let mut sealed = judged.clone();
        sealed.value.seal();
        let mut sealing = change(&world);
        sealing.save_roll(&sealed).expect("a roll");
        store.commit(sealing).await.expect("written");
        let mut calling = change(&world);
        calling.carry_roll(&judged).expect("a roll");
        assert!(matches!(store.commit(calling).await, Err(StoreError::Stale)));
        assert!(roll(&store).await.value.sealed);
    });
}

#[test]
fn p9_a_roll_carries_its_entries_until_something_else_is_written_or_there_are_many() {
    simulate(1, async |world| {
        let store = tables(&world);
        for carried in 1..=8 {
            let mut calling = change(&world);
            calling.carry_roll(&roll(&store).await).expect("a roll");
            store.commit(calling).await.expect("written");
            assert_eq!((roll(&store).await.value.trail.len(), entries(&world)), (carried, 0));
        }
        let mut calling = change(&world);
        calling.carry_roll(&roll(&store).await).expect("a roll");
        store.commit(calling).await.expect("written");
        assert_eq!((roll(&store).await.value.trail.len(), entries(&world)), (0, 9));
    });
}

#[test]
fn s25_5_a_parked_call_is_decided_once_and_listed_by_pages() {
    simulate(1, async |world| {
        let store = tables(&world);
        let (school, term) = (id(SCHOOL), id(TERM));
        for number in 1..=3 {
            let parked = ParkedCall {
                id: TeachingRequestId::named(&school, &term, &format!("{number:020}")),
                lesson: lesson(),
                school: school.clone(),
                call: Call { at: now(&world), named: [].into(), only_named: false },
                by: id("T000000001"),
                parked_for: ParkedFor::Locked,
                at: now(&world),
                state: ParkedState::Waiting,
            };
            let mut parking = change(&world);
            parking.save_parked_call(&Versioned::absent(parked)).expect("a call");
            store.commit(parking).await.expect("written");
        }
        let (first, next) = store.parked_calls((&school, &term), None, 2).await.expect("read");
        let (rest, end) = store.parked_calls((&school, &term), next.as_ref(), 2).await.expect("read");
        assert_eq!((first.len(), rest.len(), end), (2, 1, None));
        let judged = rest.into_iter().map(Guarded::unguarded).next().expect("a call");
        let mut one = judged.clone();
        one.value.discard("误点", &id("A000000001"), now(&world)).expect("discarded");
        for (written, decided) in [(true, &one), (false, &judged)] {
            let mut deciding = change(&world);
            deciding.save_parked_call(decided).expect("a call");
            assert_eq!(store.commit(deciding).await.is_ok(), written);
        }
        let found = store.parked_call(&judged.value.id).await.expect("read").map(Guarded::unguarded);
        assert!(!found.expect("a call").value.is_waiting());
    });
}

#[test]
fn s22_1_what_is_counted_of_many_lessons_is_what_is_read_of_each() {
    simulate(1, async |world| {
        let store = tables(&world);
        let classes: Vec<ClassId> = (1..=3).map(|number| id(&format!("{SCHOOL}.{TERM}.K{number}.01"))).collect();
        for class in &classes {
            for no in (1..=60).filter(|no| no % 7 != 0) {
                let mut calling = change(&world);
                let roll = Roll::new(class, no, (date(2026, 9, 1), 1));
                calling.save_roll(&Versioned::absent(roll)).expect("a roll");
                store.commit(calling).await.expect("written");
            }
        }
        let some = |count: u16| {
            let of = move |class: &ClassId| {
                (1..=count).rev().map({
                    let class = class.clone();
                    move |no| LessonId::new(&class, no * 2)
                })
            };
            classes.iter().flat_map(of).collect::<Vec<_>>()
        };
        for (lessons, calls) in [(some(5), 1), (some(30), 1), (some(35), 3)] {
            let before = world.counts();
            let among = store.rolls_among(lessons.clone()).await.expect("read");
            assert_eq!(world.counts().since(&before).calls_total(), calls, "{} lessons", lessons.len());
            let each = store.rolls_of(lessons).await.expect("read");
            let each: Vec<Roll> = each.into_values().map(|roll| roll.value).collect();
            assert_eq!(among.into_values().collect::<Vec<_>>(), each);
        }
    });
}

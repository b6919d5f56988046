//! What families are told: of two who write it at once one comes too late; a task says that something waits. P9.1.

use std::collections::{BTreeMap, BTreeSet};

use domain::Pii;
use domain::access::Guarded;
use domain::id::{ClassId, GuardianId, LessonId};
use domain::subscription::{Subscription, Topic};
use domain::task::Queue;
use domain::teaching::roll::{Call, Roll};
use jiff::civil::date;
use store::telling::About;
use store::{Store, StoreError, Versioned};
use testkit::town::{SCHOOL, TERM, id};
use testkit::{World, plain, simulate, table_name};

use crate::{change, now, pupil, tables};

fn lesson() -> LessonId {
    LessonId::new(&id::<ClassId>(&format!("{SCHOOL}.{TERM}.K1.01")), 1)
}

/// The lesson's roll after it was called, with one pupil.
async fn called(world: &World, store: &Store) -> Versioned<Roll> {
    let mut roll = Versioned::absent(Roll::new(&lesson().class(), 1, (date(2026, 9, 1), 1)));
    let call = Call { at: now(world), named: BTreeMap::new(), only_named: false };
    roll.value.enter(&call, vec![pupil(0)], &id("T000000001"), now(world)).expect("entered");
    let mut calling = change(world);
    calling.carry_roll(&roll).expect("a roll");
    store.commit(calling).await.expect("written");
    read(store).await
}

async fn read(store: &Store) -> Versioned<Roll> {
    store.roll(&lesson()).await.expect("read").map(Guarded::unguarded).expect("a roll")
}

#[test]
fn p9_1_a_roll_is_told_as_it_was_read_or_not_at_all() {
    simulate(1, async |world| {
        let store = tables(&world);
        let (about, roll) = (About::Lesson(lesson()), called(&world, &store).await);
        let mut telling = store.telling(&about).await.expect("read");
        telling.value.follow_roll(&roll.value, now(&world));
        let follow = async || {
            let mut following = change(&world);
            following.save_told_roll(&roll).expect("a roll");
            following.save_telling(&about, &telling, None).expect("a telling");
            store.commit(following).await
        };
        follow().await.expect("written");
        let told = read(&store).await.value;
        assert_eq!((told.untold_since, told.due()), (None, None), "its trail is drained too");
        let waiting = store.task(Queue::Notice, lesson().as_str()).await.expect("read").expect("it waits");
        assert_eq!(waiting.wanted, 1);
        assert!(matches!(follow().await, Err(StoreError::Stale)), "somebody else has followed");
        assert_eq!(store.telling(&about).await.expect("read").value, telling.value);
    });
}

#[test]
fn p9_1_who_has_a_word_is_written_once_and_raises_no_task() {
    simulate(1, async |world| {
        let store = tables(&world);
        let (about, roll) = (About::Lesson(lesson()), called(&world, &store).await);
        let mut telling = store.telling(&about).await.expect("read");
        telling.value.follow_roll(&roll.value, now(&world));
        telling.value.reached(0, &id("G000000000"));
        let reach = async || {
            let mut reaching = change(&world);
            reaching.save_reached(&about, &telling).expect("a telling");
            store.commit(reaching).await
        };
        reach().await.expect("written");
        assert!(matches!(reach().await, Err(StoreError::Stale)));
        assert!(world.scan(&table_name("t", "tasks")).is_empty());
        let other = About::Leave(id(&format!("{SCHOOL}.{TERM}.00000000000000000001")));
        assert_eq!(store.telling(&other).await.expect("read").ver, 0, "a leave has its own");
    });
}

#[test]
fn k3_a_name_at_wechat_is_sealed_and_of_two_choices_one_comes_too_late() {
    simulate(1, async |world| {
        let store = tables(&world);
        let (guardian, open_id) = (id::<GuardianId>("G000000000"), Pii::new("oUser0".to_owned()));
        let topics = [(Topic::Attendance, true)].into();
        let chosen = Subscription::choose(None, (&guardian, open_id), &topics, now(&world)).expect("chosen");
        let chosen = Versioned::absent(chosen.expect("new"));
        let choose = async || {
            let mut choosing = change(&world);
            choosing.save_subscription(&chosen).expect("a subscription");
            store.commit(choosing).await
        };
        choose().await.expect("written");
        assert!(matches!(choose().await, Err(StoreError::Stale)));
        let items = world.scan(&table_name("t", "directory"));
        assert!(items.iter().all(|item| !plain(item).to_string().contains("oUser0")));
        let all: BTreeSet<GuardianId> = [guardian.clone(), id("G000000001")].into();
        let found = store.open_subscriptions(&all).await.expect("read");
        assert_eq!(found.len(), 1);
        assert_eq!(found[&guardian].value, chosen.value);
        let alone = store.open_subscription(&guardian).await.expect("read").map(Guarded::unguarded);
        assert_eq!(alone.expect("there").value, chosen.value);
    });
}

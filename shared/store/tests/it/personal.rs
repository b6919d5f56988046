//! Personal data: sealed on its way into the table, opened with the tenant's key only, gone when the keys are. K3 P13.

use domain::audit::Actor;
use domain::directory::{Guardian, Student};
use domain::{Fault as _, Kind, Pii, Tenant};
use futures::future::{join_all, try_join_all};
use store::envelope::EnvelopeError;
use store::keyring::KEY_REFRESH;
use store::{Commit, Store, StoreError, Versioned};
use testkit::town::{SCHOOL, Town, id};
use testkit::{Fault, Faults, Item, Outcome, Script, World, simulate};

use crate::{another, change, everything, now, tables};

const DIRECTORY: &str = "t-directory";

fn school() -> Tenant {
    Tenant::School(id(SCHOOL))
}

fn actor() -> Actor {
    Actor::person("platform_admin", "P1")
}

fn student(number: usize) -> Student {
    Town::small(number + 1).students.remove(number)
}

fn guardian(number: usize) -> Guardian {
    Town::small(number * 2 + 1).guardians.remove(number)
}

fn saving(world: &World, student: &Versioned<Student>) -> Commit {
    let mut commit = change(world);
    commit.save_student(student).expect("a pupil");
    commit
}

async fn save(world: &World, store: &Store, number: usize) {
    store.commit(saving(world, &Versioned::absent(student(number)))).await.expect("written");
}

async fn opened(store: &Store, number: usize) -> Result<Student, StoreError> {
    let found = store.open_student(&student(number).pupil.id).await?;
    Ok(found.expect("it is there").unguarded().value)
}

/// The items of a tenant's keys, in order.
fn keys(world: &World, tenant: &Tenant) -> Vec<Item> {
    let pk = format!("KEY#{tenant}");
    world.scan(DIRECTORY).into_iter().filter(|item| item["pk"].as_s() == Ok(&pk)).collect()
}

fn item(world: &World, number: usize) -> Item {
    world.peek(DIRECTORY, &format!("STUDENT#S{number:09}"), "STUDENT").expect("an item")
}

/// The number of the key that a pupil's name is sealed with.
fn sealed_with(world: &World, number: usize) -> u8 {
    let item = item(world, number);
    let marked = item.get("name").and_then(|name| name.as_m().ok()).expect("marked");
    let envelope = marked.get("pii").and_then(|datum| datum.as_b().ok()).expect("sealed");
    *envelope.as_ref().get(4).expect("a key number")
}

fn calls(world: &World, operation: &str) -> u64 {
    world.counts().calls.get(operation).copied().unwrap_or_default()
}

#[test]
fn k3_personal_data_lies_sealed_and_opens_again() {
    simulate(1, async |world| {
        let store = tables(&world);
        let mut commit = change(&world);
        commit.save_student(&Versioned::absent(student(0))).expect("a pupil");
        commit.save_guardian(&Versioned::absent(guardian(0))).expect("a guardian");
        store.commit(commit).await.expect("written");
        let tables: String = everything(&world).iter().map(ToString::to_string).collect();
        for datum in [student(0).name, student(0).number, guardian(0).name, guardian(0).phone] {
            assert!(!tables.contains(datum.reveal()), "{tables}");
        }
        assert_eq!(item(&world, 0)["tenant"].as_s().map(String::as_str), Ok(SCHOOL));
        // Another environment, which knows nothing yet.
        let other = another(&world);
        assert_eq!(opened(&other, 0).await.expect("opened"), student(0));
        let read = other.open_guardian(&guardian(0).id).await.expect("opened").expect("a guardian").unguarded();
        assert_eq!((read.ver, read.value), (1, guardian(0)));
    });
}

#[test]
fn p13_what_needs_no_names_needs_no_key() {
    simulate(1, async |world| {
        let store = tables(&world);
        save(&world, &store, 0).await;
        let before = world.counts();
        let pupil = another(&world).pupil(&student(0).pupil.id).await.expect("read").expect("a pupil").unguarded();
        assert_eq!(pupil.value, student(0).pupil);
        let used = world.counts().since(&before);
        assert_eq!(used.calls_total(), 1, "{:?}", used.calls);
    });
}

#[test]
fn p13_a_datum_in_the_clear_or_moved_from_elsewhere_is_refused() {
    simulate(1, async |world| {
        let store = tables(&world);
        save(&world, &store, 0).await;
        save(&world, &store, 1).await;
        let (good, other) = (item(&world, 0), item(&world, 1));
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let marked = aws_sdk_dynamodb::types::AttributeValue::M([("pii".to_owned(), text("欧阳小明"))].into());
        for (field, value) in [
            ("name", other["name"].clone()),
            ("name", good["number"].clone()),
            ("name", marked),
            ("name", text("欧阳小明")),
            ("tenant", text("platform")),
            ("tenant", text("欧阳小明")),
        ] {
            let mut spoilt = good.clone();
            spoilt.insert(field.to_owned(), value);
            world.plant(DIRECTORY, spoilt);
            let error = opened(&another(&world), 0).await.expect_err("refused");
            assert_eq!(error.kind(), Kind::Internal, "{error:?}");
            assert!(!format!("{error} {error:?}").contains("欧阳"), "a fault does not repeat it: {error:?}");
        }
        world.plant(DIRECTORY, good);
        assert_eq!(opened(&another(&world), 0).await.expect("as it was"), student(0));
        let mut torn = item(&world, 0);
        torn.remove("tenant");
        world.plant(DIRECTORY, torn);
        let error = opened(&another(&world), 0).await.expect_err("refused");
        assert!(matches!(error, StoreError::Envelope(EnvelopeError::NoTenant)), "{error:?}");
    });
}

#[test]
fn k3_two_environments_at_once_make_one_key() {
    for seed in 0..20 {
        simulate(seed, async |world| {
            tables(&world);
            world.set_faults(Faults::latency(40));
            let stores: Vec<Store> = (0..4).map(|_| another(&world)).collect();
            join_all(stores.iter().enumerate().map(|(number, store)| save(&world, store, number))).await;
            assert_eq!(keys(&world, &school()).len(), 1, "seed {seed}");
            let fresh = another(&world);
            for number in 0..4 {
                assert_eq!(opened(&fresh, number).await.expect("opened"), student(number), "seed {seed}");
            }
        });
    }
}

#[test]
fn k3_one_environment_asks_for_a_key_once() {
    simulate(3, async |world| {
        let store = tables(&world);
        world.set_faults(Faults::latency(40));
        join_all((0..8).map(|number| save(&world, &store, number))).await;
        assert_eq!((calls(&world, "kms:GenerateDataKey"), calls(&world, "kms:Decrypt")), (1, 0));
        let other = another(&world);
        let ids: Vec<_> = (0..8).map(|number| student(number).pupil.id).collect();
        try_join_all(ids.iter().map(|id| other.open_student(id))).await.expect("opened");
        assert_eq!((calls(&world, "kms:GenerateDataKey"), calls(&world, "kms:Decrypt")), (1, 1));
        world.advance(KEY_REFRESH).await;
        opened(&other, 0).await.expect("opened");
        assert_eq!(calls(&world, "kms:Decrypt"), 2, "after five minutes it is asked for again");
    });
}

#[test]
fn k3_keys_rotate_while_readers_and_writers_run() {
    for seed in 0..10 {
        simulate(seed, async |world| {
            let store = tables(&world);
            for number in 0..6 {
                save(&world, &store, number).await;
            }
            world.set_faults(Faults::latency(40));
            let (rotating, writing, reading) = (another(&world), another(&world), another(&world));
            let edit = async |number: usize| {
                let id = student(number).pupil.id;
                let mut read = writing.open_student(&id).await.expect("read").expect("a pupil").unguarded();
                read.value.name = Pii::new(format!("改名{number}"));
                writing.commit(saving(&world, &read)).await.expect("written");
            };
            let rotations = async {
                for _ in 0..3 {
                    rotating.rotate_key(&school(), &actor(), now(&world)).await.expect("rotated");
                }
            };
            let writes = join_all((0..3).map(edit));
            let reads = join_all((3..6).map(|number| opened(&reading, number)));
            let ((), _, reads) = futures::future::join3(rotations, writes, reads).await;
            for (number, read) in (3..6).zip(reads) {
                assert_eq!(read.expect("opened"), student(number), "seed {seed}");
            }
            world.set_faults(Faults::none());
            // The environment that rotated seals with the newest at once, every other one within the cache time.
            save(&world, &rotating, 6).await;
            world.advance(KEY_REFRESH).await;
            save(&world, &writing, 7).await;
            assert_eq!((sealed_with(&world, 3), sealed_with(&world, 6), sealed_with(&world, 7)), (1, 4, 4));
            let fresh = another(&world);
            for number in 3..8 {
                assert_eq!(opened(&fresh, number).await.expect("older ones open too"), student(number));
            }
            for number in 0..3 {
                assert_eq!(opened(&fresh, number).await.expect("opened").name.reveal(), &format!("改名{number}"));
            }
        });
    }
}

#[test]
fn k3_two_rotations_at_once_make_two_keys() {
    for seed in 0..10 {
        simulate(seed, async |world| {
            let (one, two) = (tables(&world), another(&world));
            world.set_faults(Faults::latency(40));
            let rotate =
                async |store: &Store| store.rotate_key(&school(), &actor(), now(&world)).await.expect("rotated");
            let mut numbers =
                <[u32; 2]>::from(futures::future::join(Box::pin(rotate(&one)), Box::pin(rotate(&two))).await);
            numbers.sort_unstable();
            assert_eq!(numbers, [1, 2], "seed {seed}");
            assert_eq!(keys(&world, &school()).len(), 2);
        });
    }
}

#[test]
fn k3_what_is_shredded_is_gone_for_good() {
    simulate(1, async |world| {
        let (store, elsewhere) = (tables(&world), another(&world));
        save(&world, &store, 0).await;
        store.rotate_key(&school(), &actor(), now(&world)).await.expect("rotated");
        save(&world, &store, 1).await;
        let mut commit = change(&world);
        commit.save_guardian(&Versioned::absent(guardian(0))).expect("a guardian");
        store.commit(commit).await.expect("written");
        opened(&elsewhere, 0).await.expect("opened");

        store.shred(&school(), &actor(), now(&world)).await.expect("shredded");
        let after = everything(&world);
        let left = keys(&world, &school());
        assert_eq!(left.len(), 3, "two keys, and the end behind them");
        for item in &left {
            assert!(!item.contains_key("wrapped"), "{item:?}");
            let told = item["destroyed"].as_m().expect("when and by whom");
            let by = told["by"].as_m().expect("an actor");
            assert_eq!(by["w"].as_s().map(String::as_str), Ok("platform_admin:P1"));
            assert!(told.contains_key("at"));
        }
        let traces: Vec<_> = world.scan("t-audit").iter().map(testkit::plain).collect();
        assert_eq!(traces.iter().filter(|trace| trace["a"] == "key.shred").count(), 3);
        assert_eq!(traces.iter().filter(|trace| trace["a"] == "key.rotate").count(), 1);
        assert_eq!(traces.iter().filter(|trace| trace["a"] == "key.make").count(), 2, "school and platform");

        world.advance(KEY_REFRESH).await;
        for environment in [&store, &elsewhere, &another(&world)] {
            for number in 0..2 {
                let error = opened(environment, number).await.expect_err("gone");
                assert_eq!((error.kind(), error.slug()), (Kind::Refused, "store/shredded"));
                assert_eq!(error.to_string(), "相关个人信息已按规定销毁,不能再查看或修改");
            }
            let refused = environment.commit(saving(&world, &Versioned::absent(student(2)))).await;
            assert!(matches!(refused, Err(StoreError::Shredded)), "{refused:?}");
            let refused = environment.rotate_key(&school(), &actor(), now(&world)).await;
            assert!(matches!(refused, Err(StoreError::Shredded)), "{refused:?}");
            environment.shred(&school(), &actor(), now(&world)).await.expect("twice is once");
            // What is not personal, and whoever else's data, stays.
            assert_eq!(
                environment.pupil(&student(0).pupil.id).await.expect("read").expect("it").unguarded().value,
                student(0).pupil
            );
            let other =
                environment.open_guardian(&guardian(0).id).await.expect("opened").expect("a guardian").unguarded();
            assert_eq!(other.value, guardian(0));
        }
        assert_eq!(everything(&world), after, "nothing was written since");
    });
}

#[test]
fn k3_a_key_that_is_made_while_all_are_destroyed_does_not_survive() {
    for seed in 0..40 {
        simulate(seed, async |world| {
            let (one, two, three) = (tables(&world), another(&world), another(&world));
            if seed % 2 == 0 {
                save(&world, &one, 0).await;
            }
            world.set_faults(Faults::latency(40));
            let (shredded, _, _) = futures::future::join3(
                Box::pin(one.shred(&school(), &actor(), now(&world))),
                Box::pin(two.rotate_key(&school(), &actor(), now(&world))),
                Box::pin(three.commit(saving(&world, &Versioned::absent(student(1))))),
            )
            .await;
            shredded.expect("shredded");
            assert!(keys(&world, &school()).iter().all(|item| !item.contains_key("wrapped")), "seed {seed}");
        });
    }
}

#[test]
fn k3_more_keys_than_a_transaction_holds_are_destroyed_too() {
    simulate(1, async |world| {
        let store = tables(&world);
        for _ in 0..90 {
            store.rotate_key(&school(), &actor(), now(&world)).await.expect("rotated");
        }
        store.shred(&school(), &actor(), now(&world)).await.expect("shredded");
        let left = keys(&world, &school());
        assert_eq!(left.len(), 91);
        assert!(left.iter().all(|item| !item.contains_key("wrapped")));
    });
}

/// Runs `act` once with each fault at each call, then `after` in a calm world.
fn at_every_step(act: &impl AsyncFn(&World, &Store) -> Result<(), StoreError>, after: &impl AsyncFn(&World, &str)) {
    for fault in Fault::EVERY_STEP {
        let mut at_call = 0;
        loop {
            let calls = simulate(7, async |world| {
                let store = tables(&world);
                save(&world, &store, 0).await;
                store.rotate_key(&school(), &actor(), now(&world)).await.expect("rotated");
                save(&world, &store, 1).await;
                let fresh = another(&world);
                world.set_script(Script { at_call, fault });
                let outcome = world.run(act(&world, &fresh)).await;
                let calls = world.calls_of_last_run().len();
                if let Outcome::Done(Err(error)) = outcome {
                    assert_eq!(error.kind(), Kind::Unavailable, "{fault:?} at {at_call}: {error:?}");
                }
                after(&world, &format!("{fault:?} at {at_call}")).await;
                calls
            });
            at_call += 1;
            if at_call > calls {
                break;
            }
        }
        assert!(at_call > 2, "{fault:?}: {at_call}");
    }
}

#[test]
fn p13_reading_survives_a_fault_at_every_call() {
    at_every_step(&async |_, store| opened(store, 0).await.map(drop), &async |world, step| {
        assert_eq!(opened(&another(world), 0).await.expect(step), student(0));
    });
}

#[test]
fn p13_the_first_key_survives_a_fault_at_every_call() {
    let first = async |world: &World, store: &Store| {
        let mut commit = change(world);
        commit.save_guardian(&Versioned::absent(guardian(0))).expect("a guardian");
        store.commit(commit).await
    };
    at_every_step(&first, &async |world, step| {
        let store = another(world);
        match first(world, &store).await {
            Ok(()) | Err(StoreError::Stale) => {}
            Err(error) => panic!("{step}: {error:?}"),
        }
        let read = another(world).open_guardian(&guardian(0).id).await.expect(step).expect(step).unguarded();
        assert_eq!((read.ver, read.value), (1, guardian(0)), "{step}");
        assert_eq!(keys(world, &Tenant::Platform).len(), 1, "{step}");
    });
}

#[test]
fn p13_rotation_survives_a_fault_at_every_call() {
    at_every_step(
        &async |world, store| store.rotate_key(&school(), &actor(), now(world)).await.map(drop),
        &async |world, step| {
            let store = another(world);
            save(world, &store, 2).await;
            for number in 0..3 {
                assert_eq!(opened(&store, number).await.expect(step), student(number), "{step}");
            }
            let made = keys(world, &school()).len();
            assert!((2..=3).contains(&made), "{step}: {made} keys");
            assert_eq!(usize::from(sealed_with(world, 2)), made, "{step}: with the newest");
        },
    );
}

#[test]
fn p13_shredding_survives_a_fault_at_every_call() {
    at_every_step(&async |world, store| store.shred(&school(), &actor(), now(world)).await, &async |world, step| {
        let store = another(world);
        // All of it or nothing; and done again, it is done.
        let whole = keys(world, &school()).iter().filter(|item| item.contains_key("wrapped")).count();
        assert!(matches!(whole, 0 | 2), "{step}: {whole} keys left");
        store.shred(&school(), &actor(), now(world)).await.expect(step);
        for number in 0..2 {
            let gone = opened(&store, number).await;
            assert!(matches!(gone, Err(StoreError::Shredded)), "{step}: {gone:?}");
        }
        assert_eq!(keys(world, &school()).len(), 3, "{step}");
    });
}

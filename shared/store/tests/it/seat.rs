//! Seat ledgers: no seat is given twice, none is lost, and none is given back by whoever does not have it. P1.

use domain::seat::{Seat, Stamp};
use store::StoreError;
use store::seat::Claim;
use testkit::{Fault, Faults, Script, simulate};

use crate::{another, ledger, now, offering, pupil, stamp, tables, take};

#[test]
fn p1_a_full_ledger_gives_no_seat() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 1).await.expect("set"));
        take(&store, 1, &pupil(0), stamp(&world, 1)).await;
        let claim = store.claim(&offering(), 1, &pupil(1), stamp(&world, 2)).await.expect("asked");
        assert_eq!(claim, Claim::Full);
        let after = ledger(&store, 0).await;
        assert_eq!((after.taken, after.seats.len(), after.seats.contains_key("S000000001")), (1, 1, false));
    });
}

#[test]
fn p1_an_offering_without_ledger_gives_no_seat() {
    simulate(1, async |world| {
        let store = tables(&world);
        let claim = store.claim(&offering(), 1, &pupil(0), stamp(&world, 1)).await;
        assert!(matches!(claim, Err(StoreError::Missing(_))), "{claim:?}");
        assert!(world.scan("t-seats").is_empty());
    });
}

#[test]
fn p1_of_many_at_once_as_many_win_as_there_are_seats() {
    for seed in 0..5 {
        simulate(seed, async |world| {
            let store = tables(&world);
            assert!(store.set_capacity(&offering(), 50).await.expect("set"));
            world.set_faults(Faults::latency(30));
            let claims = (0..80).map(|number| {
                let (store, world) = (&store, &world);
                async move { store.claim(&offering(), 50, &pupil(number), stamp(world, 1)).await.expect("asked") }
            });
            let claims = futures::future::join_all(claims).await;
            let won = claims.iter().filter(|claim| matches!(claim, Claim::Won { fresh: true, .. })).count();
            let ledgers = store.ledgers(&offering(), 50).await.expect("read");
            assert_eq!((won, ledgers.iter().map(|ledger| ledger.seats.len()).sum::<usize>()), (50, 50));
            assert!(ledgers.iter().all(|ledger| ledger.taken == ledger.capacity));
        });
    }
}

#[test]
fn p1_the_same_claim_twice_is_one_seat() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 2).await.expect("set"));
        let mark = stamp(&world, 1);
        let seat = take(&store, 2, &pupil(0), mark).await;
        assert_eq!(take(&store, 2, &pupil(0), mark).await, seat);
        assert_eq!(ledger(&store, 0).await.taken, 1);
        // Also when the answer to the first was lost on its way, and the client of the table tries again.
        world.set_script(Script { at_call: 0, fault: Fault::LostAnswer });
        let claim = world.run(store.claim(&offering(), 2, &pupil(1), stamp(&world, 2))).await.done().expect("no crash");
        assert!(matches!(claim, Ok(Claim::Won { fresh: true, .. })));
        assert_eq!(ledger(&store, 0).await.taken, 2);
    });
}

#[test]
fn p1_a_claim_left_behind_is_taken_over_and_its_owner_cannot_give_it_back() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 1).await.expect("set"));
        let left = take(&store, 1, &pupil(0), stamp(&world, 1)).await;
        let claim = store.claim(&offering(), 1, &pupil(0), stamp(&world, 2)).await.expect("asked");
        let Claim::Won { seat, fresh: false } = claim else { panic!("{claim:?}") };
        assert!(!store.release(&offering(), &pupil(0), left).await.expect("asked"), "it is another claim's now");
        assert_eq!(ledger(&store, 0).await.seats["S000000000"], seat.stamp);
        assert_eq!(ledger(&store, 0).await.taken, 1, "one pupil, one seat");
    });
}

#[test]
fn p1_two_who_take_over_at_once_do_not_both_win() {
    for seed in 0..20 {
        simulate(seed, async |world| {
            let store = tables(&world);
            assert!(store.set_capacity(&offering(), 1).await.expect("set"));
            take(&store, 1, &pupil(0), stamp(&world, 1)).await;
            world.set_faults(Faults::latency(30));
            let claims = [2, 3].map(|which| {
                let (store, world) = (&store, &world);
                async move { (which, store.claim(&offering(), 1, &pupil(0), stamp(world, which)).await) }
            });
            let claims = futures::future::join_all(claims).await;
            let stands = ledger(&store, 0).await;
            assert_eq!(stands.taken, 1);
            for (which, claim) in claims {
                match claim {
                    Ok(Claim::Won { fresh, .. }) => assert!(!fresh),
                    Err(StoreError::Stale) => assert_ne!(stands.seats["S000000000"], stamp(&world, which)),
                    other => panic!("{other:?}"),
                }
            }
        });
    }
}

#[test]
fn p1_only_the_very_claim_gives_its_seat_back_and_only_once() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 2).await.expect("set"));
        let seat = take(&store, 2, &pupil(0), stamp(&world, 1)).await;
        let other = Seat { stamp: stamp(&world, 2), ..seat };
        assert!(!store.release(&offering(), &pupil(0), other).await.expect("asked"));
        assert!(!store.release(&offering(), &pupil(1), seat).await.expect("asked"));
        assert_eq!(ledger(&store, 0).await.taken, 1);
        assert!(store.release(&offering(), &pupil(0), seat).await.expect("asked"));
        assert!(!store.release(&offering(), &pupil(0), seat).await.expect("asked"));
        assert_eq!(ledger(&store, 0).await.taken, 0);
    });
}

#[test]
fn p1_only_the_very_claim_is_confirmed_and_then_cannot_be_given_back_by_it() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 1).await.expect("set"));
        let seat = take(&store, 1, &pupil(0), stamp(&world, 1)).await;
        let other = Seat { stamp: stamp(&world, 2), ..seat };
        store.confirm(&offering(), &pupil(0), other).await.expect("asked");
        store.confirm(&offering(), &pupil(1), seat).await.expect("asked");
        let before = ledger(&store, 0).await;
        assert_eq!((before.seats["S000000000"], before.seats.len()), (seat.stamp, 1));
        store.confirm(&offering(), &pupil(0), seat).await.expect("asked");
        assert_eq!(ledger(&store, 0).await.seats["S000000000"], Stamp::CONFIRMED);
        assert!(!store.release(&offering(), &pupil(0), seat).await.expect("asked"));
        assert_eq!(ledger(&store, 0).await.taken, 1);
    });
}

#[test]
fn p1_a_second_ledger_is_used_when_the_first_is_full() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 41).await.expect("set"));
        for number in 0..41 {
            take(&store, 41, &pupil(number), stamp(&world, 1)).await;
        }
        let claim = store.claim(&offering(), 41, &pupil(41), stamp(&world, 1)).await.expect("asked");
        assert_eq!(claim, Claim::Full);
        assert_eq!([ledger(&store, 0).await.taken, ledger(&store, 1).await.taken], [21, 20]);
    });
}

#[test]
fn s12_3_no_taken_seat_is_taken_away() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 60).await.expect("set"));
        for number in 0..45 {
            take(&store, 60, &pupil(number), stamp(&world, 1)).await;
        }
        let before = store.ledgers(&offering(), 60).await.expect("read");
        for fewer in [0, 1, 30, 44] {
            assert!(!store.set_capacity(&offering(), fewer).await.expect("asked"), "{fewer}");
            assert_eq!(store.ledgers(&offering(), 60).await.expect("read"), before, "{fewer}: nothing has changed");
        }
        for (seats, ledgers) in [(45, 2), (40 * 3 + 1, 4), (45, 4), (60, 4)] {
            assert!(store.set_capacity(&offering(), seats).await.expect("asked"), "{seats}");
            let mut sums = (0, 0);
            for index in 0..ledgers {
                let ledger = ledger(&store, index).await;
                assert!(ledger.taken <= ledger.capacity);
                sums = (sums.0 + ledger.capacity, sums.1 + ledger.taken);
            }
            assert_eq!(sums, (seats, 45));
        }
    });
}

#[test]
fn s12_3_seats_are_never_more_than_before_or_after_a_change() {
    for seed in 0..10 {
        simulate(seed, async |world| {
            let store = tables(&world);
            assert!(store.set_capacity(&offering(), 30).await.expect("set"));
            world.set_faults(Faults::latency(20));
            let claims = (0..60).map(|number| {
                let (store, world) = (&store, &world);
                async move { store.claim(&offering(), 30, &pupil(number), stamp(world, 1)).await.expect("asked") }
            });
            let (fits, claims) =
                futures::future::join(store.set_capacity(&offering(), 20), futures::future::join_all(claims)).await;
            let won = claims.iter().filter(|claim| matches!(claim, Claim::Won { .. })).count();
            let after = ledger(&store, 0).await;
            assert_eq!(usize::from(after.taken), won);
            assert_eq!(after.capacity, if fits.expect("asked") { 20 } else { 30 }, "seed {seed}");
            assert!(won <= usize::from(after.capacity));
        });
    }
}

#[test]
fn p1_a_ledger_that_was_claimed_meanwhile_stays_due() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 2).await.expect("set"));
        let seat = take(&store, 2, &pupil(0), stamp(&world, 1)).await;
        assert!(store.release(&offering(), &pupil(0), seat).await.expect("asked"));
        let read = ledger(&store, 0).await;
        take(&store, 2, &pupil(1), stamp(&world, 2)).await;
        store.rearm(&offering(), &read, None).await.expect("asked");
        let later = now(&world).plus_minutes(15);
        assert_eq!(store.due_ledgers(later, 10).await.expect("read"), [(offering(), 0)], "the late word is not heard");
        let read = ledger(&store, 0).await;
        store.rearm(&offering(), &read, Some(later)).await.expect("asked");
        assert!(store.due_ledgers(later.plus_seconds(-1), 10).await.expect("read").is_empty());
        assert_eq!(store.due_ledgers(later, 10).await.expect("read").len(), 1);
        store.rearm(&offering(), &read, None).await.expect("asked");
        assert!(store.due_ledgers(later, 10).await.expect("read").is_empty(), "of the state that was judged it is");
    });
}

#[test]
fn p1_a_ledger_is_due_at_its_first_deadline_and_at_once_when_a_seat_was_given_back() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 3).await.expect("set"));
        let first = now(&world).plus_minutes(5);
        take(&store, 3, &pupil(0), Stamp::claim(first, 1)).await;
        let late = take(&store, 3, &pupil(1), Stamp::claim(first.plus_minutes(60), 1)).await;
        assert!(store.due_ledgers(first.plus_seconds(-1), 10).await.expect("read").is_empty());
        assert_eq!(another(&world).due_ledgers(first, 10).await.expect("read").len(), 1);
        let read = ledger(&store, 0).await;
        store.rearm(&offering(), &read, None).await.expect("asked");
        assert!(store.release(&offering(), &pupil(1), late).await.expect("asked"));
        assert_eq!(store.due_ledgers(now(&world), 10).await.expect("read").len(), 1);
    });
}

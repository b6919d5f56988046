//! The sold-out board: it never turns away whom a seat or an answer awaits. P1.

use std::time::Duration;

use store::board::REFRESH;
use testkit::{Faults, plain, simulate};

use crate::{another, ledger, offering, pupil, stamp, tables, take};

#[test]
fn p1_who_has_no_seat_is_turned_away_once_all_are_taken() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 41).await.expect("set"));
        for number in 0..41 {
            assert!(!another(&world).sold_out_for(&offering(), 41, &pupil(99)).await.expect("read"), "{number}");
            take(&store, 41, &pupil(number), stamp(&world, 1)).await;
        }
        let store = another(&world);
        assert!(store.sold_out_for(&offering(), 41, &pupil(99)).await.expect("read"));
        for number in 0..41 {
            let own = store.sold_out_for(&offering(), 41, &pupil(number)).await.expect("read");
            assert!(!own, "pupil {number} has a seat and gets the same answer as before");
        }
    });
}

#[test]
fn p1_an_offering_that_was_never_posted_is_not_sold_out() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(!store.sold_out_for(&offering(), 1, &pupil(0)).await.expect("read"));
    });
}

#[test]
fn p1_an_older_state_does_not_replace_a_newer_one() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 1).await.expect("set"));
        let seat = take(&store, 1, &pupil(0), stamp(&world, 1)).await;
        let full = ledger(&store, 0).await;
        assert!(full.is_full());
        assert!(store.release(&offering(), &pupil(0), seat).await.expect("asked"));
        let board = world.scan("t-seats").iter().map(plain).find(|item| item["kind"] == "board");
        store.post(&offering(), &full).await.expect("heard");
        assert_eq!(world.scan("t-seats").iter().map(plain).find(|item| item["kind"] == "board"), board);
        assert!(!another(&world).sold_out_for(&offering(), 1, &pupil(1)).await.expect("read"));
    });
}

#[test]
fn p1_a_board_is_believed_for_a_fifth_of_a_second() {
    simulate(1, async |world| {
        let (store, other) = (tables(&world), another(&world));
        assert!(store.set_capacity(&offering(), 1).await.expect("set"));
        let seat = take(&store, 1, &pupil(0), stamp(&world, 1)).await;
        assert!(other.sold_out_for(&offering(), 1, &pupil(1)).await.expect("read"));
        assert!(store.release(&offering(), &pupil(0), seat).await.expect("asked"));
        world.advance(REFRESH.saturating_sub(Duration::from_millis(1))).await;
        assert!(other.sold_out_for(&offering(), 1, &pupil(1)).await.expect("read"), "not older than it may be");
        world.advance(Duration::from_millis(1)).await;
        assert!(!other.sold_out_for(&offering(), 1, &pupil(1)).await.expect("read"));
    });
}

#[test]
fn p1_a_post_that_is_lost_turns_nobody_away() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 1).await.expect("set"));
        take(&store, 1, &pupil(0), stamp(&world, 1)).await;
        // A board that says more than the ledger: full, at a version the ledger has not reached.
        let mut ahead = ledger(&store, 0).await;
        ahead.ver += 5;
        store.post(&offering(), &ahead).await.expect("heard");
        assert!(!another(&world).sold_out_for(&offering(), 1, &pupil(1)).await.expect("read"));
        // The board cannot be written: the claim is won all the same.
        let third = another(&world);
        assert!(third.set_capacity(&offering(), 2).await.expect("set"));
        world.set_faults(Faults { lag: 1000, lag_limit_milliseconds: 3_000, stale_read: 1000, ..Faults::none() });
        take(&third, 2, &pupil(1), stamp(&world, 2)).await;
        assert!(!another(&world).sold_out_for(&offering(), 2, &pupil(1)).await.expect("read"), "stale, and harmless");
    });
}

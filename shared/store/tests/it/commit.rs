//! The writer: all of a change, or nothing, and never over somebody else's. P2 P5 P9.

use domain::Money;
use domain::access::Guarded;
use domain::journal::Entry;
use domain::payment::{Channel, Evidence, Source};
use domain::refund::{Refund, RefundReason};
use domain::task::{Queue, Task};
use store::money::RawEvent;
use store::{StoreError, Versioned};
use testkit::{Fault, Faults, Script, World, simulate};

use crate::{
    any_seat, change, everything, ledger, now, offering, order_no, payment, pupil, record, stamp, tables, take, written,
};

fn evidence(world: &World) -> Evidence {
    Evidence {
        source: Source::Callback,
        channel: Channel::Wechat,
        event: None,
        payment: payment(world).no,
        transaction: "4200000001".to_owned(),
        merchant: "1900000109".to_owned(),
        app: "wx0000fictive00001".to_owned(),
        sub_merchant: "1900000201".to_owned(),
        total: Money::from_fen(40_000),
        currency: "CNY".to_owned(),
        paid_at: now(world),
    }
}

fn raw(world: &World) -> RawEvent {
    RawEvent {
        channel: Channel::Wechat,
        event: "EV-1".to_owned(),
        body: "{}".to_owned(),
        headers: Vec::new(),
        received_at: now(world),
        quarantined: None,
    }
}

#[test]
fn p2_a_record_is_not_written_over_a_newer_one() {
    simulate(1, async |world| {
        let store = tables(&world);
        let value = record(&world, any_seat(&world));
        let mut commit = change(&world);
        commit.save_record(&Versioned::absent(value.clone())).expect("a record");
        let first = written(&store, commit, value.clone()).await;
        for ver in [0, 2, 7] {
            let before = everything(&world);
            let mut commit = change(&world);
            commit.save_record(&Versioned { ver, ..first.clone() }).expect("a record");
            assert!(matches!(store.commit(commit).await, Err(StoreError::Stale)), "version {ver}");
            assert_eq!(everything(&world), before, "version {ver}");
        }
        let mut commit = change(&world);
        commit.save_record(&first).expect("a record");
        store.commit(commit).await.expect("the present version is written over");
        let read =
            store.record(&value.student, &value.term).await.expect("read").map(Guarded::unguarded).expect("a record");
        assert_eq!((read.ver, read.value.trail.len()), (2, 0));
    });
}

#[test]
fn p2_one_stale_item_leaves_all_others_unwritten() {
    simulate(1, async |world| {
        let store = tables(&world);
        let value = record(&world, any_seat(&world));
        let mut commit = change(&world);
        commit.save_record(&Versioned::absent(value.clone())).expect("a record");
        store.commit(commit).await.expect("written");
        let before = everything(&world);
        let mut commit = change(&world);
        commit.save_payment(&Versioned::absent(payment(&world))).expect("a payment");
        commit.post_journal(&Entry::paid(&evidence(&world), &value.school, true)).expect("an entry");
        commit.task(Task::new(Queue::Archive, "x", 1, now(&world))).expect("a task");
        commit.event(raw(&world)).expect("an event");
        commit.save_record(&Versioned::absent(value)).expect("a record");
        assert!(matches!(store.commit(commit).await, Err(StoreError::Stale)));
        assert_eq!(everything(&world), before, "no payment, no entry, no task, no event, no trace");
    });
}

#[test]
fn p5_a_money_fact_is_posted_once() {
    simulate(1, async |world| {
        let store = tables(&world);
        let entry = Entry::paid(&evidence(&world), &payment(&world).school, true);
        let mut commit = change(&world);
        commit.post_journal(&entry).expect("an entry");
        store.commit(commit).await.expect("written");
        let before = everything(&world);
        // Also with other sides: the fact is the key.
        let other = Entry::paid(&evidence(&world), &payment(&world).school, false);
        for entry in [entry, other] {
            let mut commit = change(&world);
            commit.post_journal(&entry).expect("an entry");
            commit.save_payment(&Versioned::absent(payment(&world))).expect("a payment");
            assert!(matches!(store.commit(commit).await, Err(StoreError::Stale)));
            assert_eq!(everything(&world), before);
        }
    });
}

#[test]
fn p5_a_refund_number_is_used_once() {
    simulate(1, async |world| {
        let store = tables(&world);
        let refund = Refund::whole(&mut payment(&world), None, RefundReason::SeatsGone, now(&world));
        let mut commit = change(&world);
        commit.save_refund(&Versioned::absent(refund.clone())).expect("a refund");
        store.commit(commit).await.expect("written");
        let before = everything(&world);
        let mut commit = change(&world);
        let other = Refund { amount: Money::from_fen(1), ..refund };
        commit.save_refund(&Versioned::absent(other)).expect("a refund");
        assert!(matches!(store.commit(commit).await, Err(StoreError::Stale)));
        assert_eq!(everything(&world), before);
    });
}

#[test]
fn p3_a_notification_is_kept_once() {
    simulate(1, async |world| {
        let store = tables(&world);
        let first = RawEvent { quarantined: Some("payment/unknown".to_owned()), ..raw(&world) };
        store.keep_event(first, change(&world)).await.expect("kept");
        let before = everything(&world);
        store.keep_event(raw(&world), change(&world)).await.expect("known");
        assert_eq!(everything(&world), before, "what was kept first stays as it came");
        // With an effect, it is the effect that must not come twice.
        let mut commit = change(&world);
        commit.event(raw(&world)).expect("an event");
        commit.save_payment(&Versioned::absent(payment(&world))).expect("a payment");
        assert!(matches!(store.commit(commit).await, Err(StoreError::Stale)));
        assert_eq!(everything(&world), before);
    });
}

#[test]
fn p1_seats_are_confirmed_with_an_order_only_while_its_claims_stand() {
    simulate(1, async |world| {
        let store = tables(&world);
        assert!(store.set_capacity(&offering(), 2).await.expect("set"));
        let seat = take(&store, 2, &pupil(0), stamp(&world, 1)).await;
        let mut value = record(&world, seat);
        value.orders[0].lines[0].seat.stamp = stamp(&world, 2);
        let before = everything(&world);
        let confirmed = |value: &domain::record::TermRecord| {
            let mut commit = change(&world);
            commit.save_record(&Versioned::absent(value.clone())).expect("a record");
            commit.confirm_seats(value, value.order(&order_no()).expect("an order"));
            commit
        };
        assert!(matches!(store.commit(confirmed(&value)).await, Err(StoreError::Stale)));
        assert_eq!(everything(&world), before, "neither record nor seat");
        value.orders[0].lines[0].seat = seat;
        store.commit(confirmed(&value)).await.expect("written");
        assert_eq!(ledger(&store, 0).await.seats["S000000000"], domain::seat::Stamp::CONFIRMED);
    });
}

#[test]
fn p9_every_version_of_a_payment_has_its_trace() {
    simulate(1, async |world| {
        let store = tables(&world);
        for ver in 0..3 {
            let mut commit = change(&world);
            commit.save_payment(&Versioned { ver, ..Versioned::absent(payment(&world)) }).expect("a payment");
            store.commit(commit).await.expect("written");
        }
        let traces = traces(&world);
        assert_eq!(traces.iter().map(|trace| trace["v"].clone()).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(traces.iter().all(|trace| trace["w"] == "test" && trace["a"] == "test.change"));
        let hashes: std::collections::BTreeSet<_> = traces.iter().filter_map(|trace| trace["h"].as_str()).collect();
        assert_eq!(hashes.len(), 1, "the content is the same each time");
    });
}

fn traces(world: &World) -> Vec<serde_json::Value> {
    let items = world.scan("t-audit");
    items.iter().map(testkit::plain).filter(|item| item["kind"] == "trace").collect()
}

#[test]
fn p9_what_a_record_carries_is_drained_by_whoever_writes_it_next() {
    simulate(1, async |world| {
        let store = tables(&world);
        let value = record(&world, any_seat(&world));
        let mut found = Versioned::absent(value.clone());
        for ver in 1..=2 {
            let before = world.counts();
            let mut commit = change(&world);
            commit.carry_record(&found).expect("a record");
            store.commit(commit).await.expect("written");
            found = store.record(&value.student, &value.term).await.expect("read").expect("a record").unguarded();
            assert_eq!((found.ver, found.value.trail.len()), (ver, usize::try_from(ver).expect("a count")));
            let calls = world.counts().since(&before).calls;
            assert_eq!(calls.get("dynamodb:TransactWriteItems"), None, "one item, no transaction");
        }
        assert!(traces(&world).is_empty());
        assert!(found.value.trail_due().is_some() && found.value.due().is_some());
        // Whoever works from an old version drains nothing.
        let mut old = Versioned { ver: 1, ..found.clone() };
        old.value.trail.truncate(1);
        let mut commit = change(&world);
        commit.save_record(&old).expect("a record");
        assert!(matches!(store.commit(commit).await, Err(StoreError::Stale)));
        assert!(traces(&world).is_empty());
        let mut commit = change(&world);
        commit.save_record(&found).expect("a record");
        world.set_script(Script { at_call: 0, fault: Fault::LostAnswer });
        world.run(store.commit(commit)).await.done().expect("no crash").expect("written once");
        let drained = traces(&world);
        assert_eq!(drained.iter().map(|trace| trace["v"].clone()).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(drained.iter().all(|trace| trace["h"].is_string() && trace["c"] == drained[0]["c"]));
        let found = store.record(&value.student, &value.term).await.expect("read").expect("a record").unguarded();
        assert_eq!((found.ver, found.value.trail.len()), (3, 0));
        let waiting = world.scan("t-audit").len() - drained.len();
        assert_eq!(waiting, 1, "one item hands all of a change to the sealer");
    });
}

#[test]
fn p2_a_conflict_is_tried_again_and_one_that_lasts_is_unavailable() {
    simulate(1, async |world| {
        let store = tables(&world);
        let paying = |ver| {
            let mut commit = change(&world);
            commit.save_payment(&Versioned { ver, ..Versioned::absent(payment(&world)) }).expect("a payment");
            commit
        };
        world.set_script(Script { at_call: 0, fault: Fault::Conflict });
        world.run(store.commit(paying(0))).await.done().expect("no crash").expect("written the second time");
        let before = everything(&world);
        world.set_faults(Faults { conflict: 1000, ..Faults::none() });
        assert!(matches!(store.commit(paying(1)).await, Err(StoreError::Unavailable { .. })));
        world.set_faults(Faults::none());
        assert_eq!(everything(&world), before);
    });
}

#[test]
fn p2_a_lost_answer_never_writes_twice() {
    simulate(1, async |world| {
        let store = tables(&world);
        // A transaction bears a token: sent again, it is the same one.
        let mut commit = change(&world);
        commit.save_payment(&Versioned::absent(payment(&world))).expect("a payment");
        world.set_script(Script { at_call: 0, fault: Fault::LostAnswer });
        world.run(store.commit(commit)).await.done().expect("no crash").expect("written once");
        assert_eq!(
            store.payment(&payment(&world).no).await.expect("read").map(Guarded::unguarded).map(|found| found.ver),
            Some(1)
        );
        // A single write has none: what is there is read, and tells that it is ours.
        let value = record(&world, any_seat(&world));
        let mut commit = change(&world);
        commit.carry_record(&Versioned::absent(value.clone())).expect("a record");
        world.set_script(Script { at_call: 0, fault: Fault::LostAnswer });
        let outcome = world.run(store.commit(commit)).await.done().expect("no crash");
        assert!(matches!(outcome, Err(StoreError::Stale)), "{outcome:?}");
        let read =
            store.record(&value.student, &value.term).await.expect("read").map(Guarded::unguarded).expect("a record");
        assert_eq!((read.ver, read.value.orders), (1, value.orders));
    });
}

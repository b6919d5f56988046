//! Alerts: of two who find the same fact one tells of it, and nothing is read where nothing comes or goes. Promise P8.

use domain::Money;
use domain::access::Guarded;
use domain::alert::{Alert, Facts};
use domain::refund::{Refund, RefundReason, RefundState};
use store::{Store, StoreError};
use testkit::town::{SCHOOL, id};
use testkit::{World, simulate};

use crate::{another, change, now, payment, tables};

const NAME: &str = "3144200101.refund_abnormal.20261-S000000000-01-1-R1";

fn refund(world: &World, state: RefundState) -> Refund {
    let mut payment = payment(world);
    payment.amount = Money::from_fen(40_000);
    Refund { state, ..Refund::whole(&mut payment, None, RefundReason::Agreed, now(world)) }
}

async fn alert(store: &Store) -> Option<Alert> {
    store.alert(&id(NAME)).await.expect("read").map(Guarded::unguarded).map(|found| found.value)
}

#[test]
fn p8_of_two_who_find_a_fact_one_tells_of_it() {
    simulate(1, async |world| {
        let (store, other) = (tables(&world), another(&world));
        let before = Facts::of_refund(&refund(&world, RefundState::Processing));
        let after = Facts::of_refund(&refund(&world, RefundState::Abnormal));
        let (mut one, mut two) = (change(&world), change(&world));
        store.tell(&mut one, &before, &before).await.expect("nothing comes");
        assert!(one.is_empty());
        store.tell(&mut one, &before, &after).await.expect("told");
        other.tell(&mut two, &before, &after).await.expect("told");
        store.commit(one).await.expect("written");
        assert!(matches!(other.commit(two).await, Err(StoreError::Stale)));
        assert_eq!(alert(&store).await.map(|alert| (alert.times, alert.is_open())), Some((1, true)));
        let mut again = change(&world);
        store.tell(&mut again, &before, &after).await.expect("told");
        assert!(again.is_empty(), "it is open");
    });
}

#[test]
fn p8_an_alert_ends_once_and_is_listed_by_its_kind() {
    simulate(1, async |world| {
        let store = tables(&world);
        let calm = Facts::of_refund(&refund(&world, RefundState::Done));
        let abnormal = Facts::of_refund(&refund(&world, RefundState::Abnormal));
        for (before, after) in [(&calm, &abnormal), (&abnormal, &calm), (&calm, &abnormal)] {
            let mut commit = change(&world);
            store.tell(&mut commit, before, after).await.expect("told");
            store.commit(commit).await.expect("written");
        }
        assert_eq!(alert(&store).await.map(|alert| (alert.times, alert.is_open())), Some((2, true)), "it came again");
        let found = store.alert(&id(NAME)).await.expect("read").map(Guarded::unguarded).expect("an alert");
        let (mut first, mut second) = (change(&world), change(&world));
        first.save_alert(&found).expect("an alert");
        second.save_alert(&found).expect("an alert");
        store.commit(first).await.expect("written");
        assert!(matches!(store.commit(second).await, Err(StoreError::Stale)), "who comes second reads again");
        for (kind, count) in [(Some("refund_abnormal"), 1), (Some("refund_refused"), 0), (None, 1)] {
            let kind = kind.map(|kind| kind.parse().expect("a kind"));
            let (listed, next) = store.alerts(&id(SCHOOL), kind, None, 10).await.expect("read");
            assert_eq!((listed.len(), next), (count, None));
        }
    });
}

//! Replies: a request is answered once, and the answer stays. P4.

use store::StoreError;
use store::key;
use store::reply::Reply;
use testkit::simulate;

use crate::{change, everything, payment, tables};
use store::Versioned;

fn reply(body: &str, subject: &str) -> Reply {
    Reply { body: body.to_owned(), subject: subject.to_owned(), expires_at: 2_000_000_000 }
}

#[test]
fn p4_a_second_answer_to_a_request_is_not_written_nor_is_its_effect() {
    simulate(1, async |world| {
        let store = tables(&world);
        let key = key::reply("G000000000", "pay_order", "20261-S000000000-01#k");
        assert_eq!(store.reply(&key).await.expect("read"), None);
        let mut first = change(&world);
        first.reply(key.clone(), &reply("one", "a")).expect("a reply");
        store.commit(first).await.expect("written");
        let before = everything(&world);
        let mut second = change(&world);
        second.save_payment(&Versioned::absent(payment(&world))).expect("a payment");
        second.reply(key.clone(), &reply("two", "b")).expect("a reply");
        assert!(matches!(store.commit(second).await, Err(StoreError::Stale)));
        assert_eq!(store.reply(&key).await.expect("read"), Some(reply("one", "a")));
        assert_eq!(everything(&world), before);
    });
}

#[test]
fn p4_keys_of_others_do_not_meet() {
    simulate(1, async |world| {
        let store = tables(&world);
        let mut commit = change(&world);
        commit.reply(key::reply("G000000000", "pay_order", "k"), &reply("one", "a")).expect("a reply");
        store.commit(commit).await.expect("written");
        for other in [key::reply("G000000001", "pay_order", "k"), key::reply("G000000000", "cancel_order", "k")] {
            assert_eq!(store.reply(&other).await.expect("read"), None);
        }
    });
}

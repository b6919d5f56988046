//! Races of notifications: doubled, at once, while we are down, wrong, and beside our own asking. Payments reference
//! §7.4: 2, 11, 12, 19, 20.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::journal::FactKind;
use domain::record::OrderState;
use futures::future::join_all;
use serde_json::{Value, json};
use simulator::wechat::Faults;
use testkit::{Fault, Outcome, Script, simulate};

use crate::order::{at_once, in_every_order};
use crate::scene::{FIRST, PRICE, Scene, town};

/// The payment took effect, once.
fn counted_once(scene: &Scene) {
    assert_eq!(scene.order().state, OrderState::Paid);
    assert_eq!((scene.posted(FactKind::Pay), scene.refunds().len()), (1, 0));
    assert_eq!(scene.seated("K1").len(), 1);
}

/// The payer has paid, and nobody has told us.
async fn paid_unheard(scene: &Scene) {
    scene.paying().await;
    assert!(scene.pays(FIRST));
}

#[test]
fn p4_race_02_the_same_notification_many_times_at_once() {
    for seed in 1..=6 {
        simulate(seed, async |world| {
            let scene = Scene::new(&world, &town()).await;
            scene.paying().await;
            scene.set_faults(Faults { duplicate: 9, ..Faults::NONE });
            assert!(scene.pays(FIRST));
            let letters = scene.letters();
            assert_eq!(letters.len(), 10);
            world.set_faults(testkit::Faults::latency(30));
            let told = join_all(letters.iter().map(|letter| scene.deliver(letter))).await;
            world.set_faults(testkit::Faults::none());
            assert!(told.contains(&200) && told.iter().all(|status| matches!(status, 200 | 500)), "{told:?}");
            scene.rest().await;
            counted_once(&scene);
            assert_eq!(scene.kept().0, 1);
            scene.sound();
        });
    }
}

#[test]
fn p4_race_02_the_same_fact_under_other_notification_numbers() {
    in_every_order(
        &town(),
        |scene| Box::pin(paid_unheard(scene)),
        &[
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
            |scene| {
                Box::pin(async {
                    scene.is_asked(FIRST).await;
                    let other = scene.another_letter("EV-OTHER", FIRST, |_| {}).await;
                    assert_eq!(scene.deliver(&other).await, 200);
                })
            },
        ],
        |scene| Box::pin(async { counted_once(scene) }),
    );
}

#[test]
fn p4_race_11_while_we_cannot_write_nothing_is_acknowledged_and_it_comes_again() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        paid_unheard(&scene).await;
        // The environment is warm: only the tables are down.
        let probe = scene.another_letter("EV-0", FIRST, |content| content["sp_mchid"] = json!("1900000110")).await;
        assert_eq!(scene.deliver(&probe).await, 401);
        for _ in 0..3 {
            world.set_faults(testkit::Faults { throttle: 1_000, ..testkit::Faults::none() });
            assert_eq!(scene.post().await, [500]);
            world.set_faults(testkit::Faults::none());
            assert_eq!((scene.journal().len(), scene.kept().0), (0, 0));
            world.advance(Duration::from_secs(30)).await;
        }
        assert_eq!(scene.post().await, [200]);
        counted_once(&scene);
        scene.rest().await;
        scene.sound();
    });
}

/// The notification is kept in the transaction of what it brings about: there is no moment at which it is stored and not
/// applied. Wherever the function stops, what comes again finds all of it or nothing.
#[test]
fn p4_race_11_wherever_the_function_stops_the_provider_calls_again_and_it_counts_once() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer] {
        for at_call in 0..12 {
            simulate(1, async |world| {
                let scene = Scene::new(&world, &town()).await;
                paid_unheard(&scene).await;
                let letter = scene.letters().remove(0);
                world.set_script(Script { at_call, fault });
                if let Outcome::Done(status) = world.run(scene.deliver(&letter)).await {
                    assert!(status != 200 || scene.journal().len() == 1, "{fault:?} at {at_call}: said, not written");
                }
                scene.rest().await;
                counted_once(&scene);
                scene.sound();
            });
        }
    }
}

/// A notification is spoiled on its way; it is turned away, leaves nothing, and comes again as it should be.
fn turned_away(faults: &Faults) {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.set_faults(faults.clone());
        paid_unheard(&scene).await;
        assert_eq!(scene.post().await, [401], "{faults:?}");
        assert_eq!((scene.journal().len(), scene.kept().0), (0, 0));
        world.advance(Duration::from_secs(15)).await;
        assert_eq!(scene.post().await, [200], "what comes again is right");
        counted_once(&scene);
        scene.rest().await;
        scene.sound();
    });
}

/// A notification is rightly signed and does not fit; it is kept for a person, and what is true the provider says when
/// asked.
fn set_aside(faults: &Faults, why: &str) {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.set_faults(faults.clone());
        paid_unheard(&scene).await;
        assert_eq!(scene.post().await, [200]);
        assert_eq!(scene.kept(), (1, vec![why.to_owned()]));
        counted_once(&scene);
        scene.rest().await;
        scene.sound();
    });
}

#[test]
fn p4_race_12_a_wrong_amount_is_never_applied() {
    set_aside(&Faults { wrong_amount: true, ..Faults::NONE }, "payment/amount-differs");
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paying().await;
        // The provider's own books have another amount: nothing it says pays this order.
        scene.stage.provider().pay_amount(FIRST, PRICE - 1, world.now()).expect("paid");
        assert_eq!(scene.post().await, [200]);
        scene.rest().await;
        assert_eq!((scene.order().state == OrderState::Paid, scene.journal().len()), (false, 0));
        assert_eq!(scene.kept().1, ["payment/amount-differs"]);
        scene.sound();
    });
}

#[test]
fn p4_race_12_another_schools_merchant_is_never_applied() {
    set_aside(&Faults { other_school: true, ..Faults::NONE }, "payment/merchant-differs");
}

#[test]
fn p4_race_12_a_stale_notification_is_turned_away() {
    turned_away(&Faults { stale: true, ..Faults::NONE });
}

#[test]
fn p4_race_12_the_providers_probe_is_turned_away() {
    turned_away(&Faults { probe: true, ..Faults::NONE });
}

#[test]
fn p4_race_12_an_unknown_serial_is_turned_away() {
    turned_away(&Faults { unknown_serial: true, ..Faults::NONE });
}

#[test]
fn p4_race_12_keys_are_changed_while_a_notification_is_repeated() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        paid_unheard(&scene).await;
        // The first delivery is signed by the public key and lost in a failure, the second by the old certificate.
        world.set_faults(testkit::Faults { connection_error: 1_000, ..testkit::Faults::none() });
        assert_eq!(scene.post().await, [500]);
        world.set_faults(testkit::Faults::none());
        scene.set_faults(Faults { old_certificate: true, deliveries: 2, ..Faults::NONE });
        world.advance(Duration::from_secs(15)).await;
        assert_eq!(scene.post().await, [200]);
        counted_once(&scene);
        scene.rest().await;
        scene.sound();
    });
}

#[test]
fn p4_race_19_asking_beside_a_callback() {
    at_once(
        &town(),
        |scene| {
            Box::pin(async {
                paid_unheard(scene).await;
                scene.later(2).await;
            })
        },
        &[
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.sweep()),
            |scene| Box::pin(scene.is_asked(FIRST)),
        ],
        |scene| Box::pin(async { counted_once(scene) }),
    );
}

#[test]
fn p4_race_19_asking_beside_a_callback_while_the_order_ends() {
    at_once(
        &town(),
        |scene| {
            Box::pin(async {
                paid_unheard(scene).await;
                scene.later(16).await;
            })
        },
        &[
            |scene| Box::pin(scene.sweep()),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.sweep()),
        ],
        |scene| Box::pin(async { counted_once(scene) }),
    );
}

/// Transactions by the token of their request: how often each was sent.
fn tokens(scene: &Scene) -> BTreeMap<String, usize> {
    let mut tokens = BTreeMap::new();
    for sent in scene.stage.world.requests() {
        let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        if let (Some(token), true) = (body["ClientRequestToken"].as_str(), body["TransactItems"].is_array()) {
            *tokens.entry(token.to_owned()).or_default() += 1;
        }
    }
    tokens
}

#[test]
fn p4_race_20_a_transaction_is_repeated_under_its_own_token() {
    let (mut repeated, mut anew) = (0, 0);
    for fault in [Fault::Conflict, Fault::InProgress, Fault::LostAnswer, Fault::Throttle] {
        for at_call in 0..12 {
            simulate(1, async |world| {
                let scene = Scene::new(&world, &town()).await;
                paid_unheard(&scene).await;
                let letter = scene.letters().remove(0);
                world.keep_requests();
                world.set_script(Script { at_call, fault });
                let Outcome::Done(status) = world.run(scene.deliver(&letter)).await else { unreachable!("no crash") };
                assert_eq!(status, 200, "{fault:?} at {at_call} is got over");
                let tokens = tokens(&scene);
                repeated += usize::from(tokens.values().any(|times| *times > 1));
                anew += usize::from(tokens.len() > 1);
                counted_once(&scene);
                scene.rest().await;
                scene.sound();
            });
        }
    }
    // In progress, lost and throttled is the same transaction once more; a conflict may be decided anew.
    assert!(repeated >= 3, "{repeated} transactions were repeated, {anew} decided anew");
}

#[test]
fn p4_race_20_transactions_that_conflict_all_the_time_end_all_the_same() {
    for seed in 1..=6 {
        simulate(seed, async |world| {
            let scene = Scene::new(&world, &town()).await;
            paid_unheard(&scene).await;
            world.set_faults(testkit::Faults { conflict: 400, in_progress: 200, ..testkit::Faults::latency(20) });
            let letter = scene.letters().remove(0);
            futures::join!(scene.deliver(&letter), scene.sweep(), scene.is_asked(FIRST));
            world.set_faults(testkit::Faults::none());
            scene.rest().await;
            counted_once(&scene);
            scene.sound();
        });
    }
}

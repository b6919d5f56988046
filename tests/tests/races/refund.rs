//! Races of giving back: partial, at once, beyond the provider's limits, lost, stuck. Payments reference §7.4: 8–10, and
//! the writing half of 11.

use std::time::Duration;

use domain::journal::{Account, FactKind};
use domain::refund::RefundState;
use domain::refund::reserve::{MANY_REFUNDS, MOST_REFUNDS};
use simulator::wechat::{Faults, RefundStep, UNFUNDED_SECONDS};
use testkit::{Fault, Outcome, Script, simulate};

use crate::order::{at_once, in_every_order};
use crate::scene::{AGAIN, FIRST, ORDER, PRICE, REFUND, Scene, town};

/// All of the price is back at the payer, and nothing is owed.
fn all_is_back(scene: &Scene) {
    let accounts = [Account::ChannelClearing, Account::RefundPayable, Account::OrderPrepaid];
    assert_eq!(accounts.map(|account| scene.balance(account)), [0, 0, 0]);
}

/// The guardian has withdrawn before the lessons, and the money is set aside.
async fn withdrawn(scene: &Scene) {
    scene.paid().await;
    let asked = scene.withdraws("K1").await;
    assert_eq!(asked.status, 201, "{}", asked.text);
}

/// The provider has taken the refund on, and goes on with it only when it is told to.
async fn taken_on(scene: &Scene) {
    withdrawn(scene).await;
    scene.set_faults(Faults { refund_hold: true, ..Faults::NONE });
    scene.pay_out().await;
    assert_eq!(scene.refund(REFUND).await.state, RefundState::Processing);
}

fn steps(scene: &Scene, step: RefundStep) {
    let now = scene.stage.world.now();
    scene.stage.provider().step_refund(REFUND, step, now).expect("under way");
}

#[test]
fn p4_race_08_what_is_left_goes_back_after_a_part_of_it() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paid().await;
        let part = scene.agrees("K1", 10_000).await;
        assert_eq!(part.status, 200, "{}", part.text);
        let more = scene.agrees("K1", PRICE - 10_000 + 1).await;
        assert_eq!((more.status.as_u16(), more.slug().as_str()), (422, "refund-request/amount-out-of-range"));
        assert_eq!(scene.withdraws("K1").await.status, 201);
        scene.rest().await;
        let mut back: Vec<i64> = scene.refunds().iter().map(|refund| refund.amount.fen()).collect();
        back.sort_unstable();
        assert_eq!(back, [10_000, 30_000]);
        all_is_back(&scene);
        scene.sound();
    });
}

#[test]
fn p4_race_08_refunds_asked_for_at_once_never_sum_over_what_was_paid() {
    at_once(
        &town(),
        |scene| {
            Box::pin(async {
                assert_eq!(scene.enrolls(0, &["K1", "K2"]).await.status, 201);
                assert_eq!(scene.begins(ORDER, "wechat", "native").await.status, 201);
                assert!(scene.pays(FIRST));
                scene.post().await;
            })
        },
        &[
            |scene| Box::pin(async { drop(scene.withdraws("K1").await) }),
            |scene| Box::pin(async { drop(scene.withdraws("K1").await) }),
            |scene| Box::pin(async { drop(scene.withdraws("K2").await) }),
            |scene| Box::pin(async { drop(scene.agrees("K2", PRICE).await) }),
            |scene| Box::pin(async { drop(scene.agrees("K1", 30_000).await) }),
            |scene| Box::pin(scene.pay_out()),
        ],
        |scene| {
            Box::pin(async {
                let paid = scene.payment(FIRST).await.amount.fen();
                let back: i64 = scene.stage.provider().refunds().values().map(|refund| refund.refund_fen).sum();
                let held: i64 = scene.refunds().iter().map(|refund| refund.amount.fen()).sum();
                assert_eq!(back, held, "each was sent once, and none was refused");
                assert!((1..=paid).contains(&back), "{back} of {paid}");
            })
        },
    );
}

#[test]
fn p4_race_08_the_last_refunds_are_gathered_and_the_fifty_first_is_refused() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paid().await;
        for number in 1..=MOST_REFUNDS {
            let agreed = scene.agrees("K1", 1).await;
            assert_eq!(agreed.status, 200, "{number}: {}", agreed.text);
            if number > MANY_REFUNDS {
                // What is asked for in the same month goes back in the same refund.
                assert_eq!(scene.agrees("K1", 1).await.status, 200);
                assert_eq!(scene.payment(FIRST).await.refunds, number);
                scene.later(32 * 24 * 60).await;
            }
            scene.rest().await;
        }
        let (before, reserved) = (scene.refunds().len(), scene.payment(FIRST).await.refund_reserved);
        let refused = scene.agrees("K1", 1).await;
        assert_eq!((refused.status.as_u16(), refused.slug().as_str()), (409, "refund/too-many"), "{}", refused.text);
        assert_eq!((scene.refunds().len(), scene.payment(FIRST).await.refund_reserved), (before, reserved));
        assert_eq!(scene.stage.provider().refunds().len(), usize::from(MOST_REFUNDS), "as many as it takes");
        scene.sound();
    });
}

#[test]
fn p4_race_08_after_a_year_the_provider_gives_nothing_back_and_nothing_is_promised() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paid().await;
        scene.later(40 * 24 * 60).await;
        let asked = scene.school_withdraws("K1").await;
        assert_eq!(asked.json()["waits_for"], "school", "{}", asked.text);
        scene.later(326 * 24 * 60).await;
        let late = scene.approves(&asked).await;
        assert_eq!((late.status.as_u16(), late.slug().as_str()), (409, "refund/too-late"), "{}", late.text);
        assert_eq!((scene.refunds().len(), scene.payment(FIRST).await.refund_reserved.fen()), (0, 0));
        assert_eq!(scene.seated("K1").len(), 1, "the seat goes with the money or not at all");
        scene.sound();
    });
}

#[test]
fn p4_race_09_a_refund_whose_answer_is_lost_is_done_once() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                withdrawn(scene).await;
                scene.set_faults(Faults { answer_lost: 1, ..Faults::NONE });
                scene.pay_out().await;
                assert_eq!(scene.refund(REFUND).await.state, RefundState::Sent, "the outcome is not known");
                scene.stage.world.advance(Duration::from_secs(10)).await;
            })
        },
        &[
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_carried(REFUND)),
            |scene| {
                Box::pin(async {
                    scene.later(1).await;
                    scene.sweep().await;
                    scene.pay_out().await;
                })
            },
        ],
        |scene| {
            Box::pin(async {
                assert_eq!((scene.refund(REFUND).await.state, scene.refunds().len()), (RefundState::Done, 1));
                assert_eq!(scene.stage.provider().refunds().len(), 1);
                assert_eq!(scene.posted(FactKind::Refund), 1);
                all_is_back(scene);
            })
        },
    );
}

#[test]
fn p4_race_09_a_callback_about_a_refund_before_its_answer() {
    for seed in 1..=12 {
        simulate(seed, async |world| {
            let scene = Scene::new(&world, &town()).await;
            withdrawn(&scene).await;
            world.set_faults(testkit::Faults {
                outside_delay: 1_000,
                outside_delay_limit_milliseconds: 20_000,
                ..testkit::Faults::latency(10)
            });
            let provider = async {
                while scene.stage.provider().refunds().is_empty() {
                    world.advance(Duration::from_millis(50)).await;
                }
                steps(&scene, RefundStep::Success);
                assert_eq!(scene.post().await, [200]);
            };
            futures::join!(scene.pay_out(), provider);
            world.set_faults(testkit::Faults::none());
            scene.rest().await;
            assert_eq!((scene.refund(REFUND).await.state, scene.posted(FactKind::Refund)), (RefundState::Done, 1));
            all_is_back(&scene);
            scene.sound();
        });
    }
}

#[test]
fn p4_race_10_what_the_provider_gives_up_after_seven_days_goes_back_under_a_new_number() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                withdrawn(scene).await;
                scene.set_faults(Faults { refund_unfunded: true, ..Faults::NONE });
                scene.pay_out().await;
                scene.set_faults(Faults::NONE);
                scene.stage.world.advance(Duration::from_secs(UNFUNDED_SECONDS.unsigned_abs() + 60)).await;
            })
        },
        &[
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_carried(REFUND)),
            |scene| Box::pin(scene.sweep()),
        ],
        |scene| {
            Box::pin(async {
                let (closed, again) = (scene.refund(REFUND).await, scene.refund(AGAIN).await);
                assert_eq!((closed.state, closed.retried), (RefundState::Closed, true));
                assert_eq!((again.state, again.retry_of, again.amount.fen()), (RefundState::Done, Some(1), PRICE));
                assert_eq!((scene.refunds().len(), scene.posted(FactKind::Refund)), (2, 1));
                all_is_back(scene);
            })
        },
    );
}

#[test]
fn p4_race_10_an_abnormal_refund_that_succeeds_in_the_end() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                taken_on(scene).await;
                // Its first notification is lost on the way and comes again later, beside the second.
                steps(scene, RefundStep::Abnormal);
                drop(scene.letters());
                scene.stage.world.advance(Duration::from_secs(15)).await;
                steps(scene, RefundStep::Success);
            })
        },
        &[
            |scene| {
                Box::pin(async {
                    // Only the last one gets through.
                    if let Some(letter) = scene.letters().last() {
                        scene.deliver(letter).await;
                    }
                })
            },
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_carried(REFUND)),
        ],
        |scene| {
            Box::pin(async {
                let refund = scene.refund(REFUND).await;
                assert_eq!((refund.state, refund.trouble), (RefundState::Done, None));
                assert_eq!(scene.posted(FactKind::Refund), 1);
                all_is_back(scene);
            })
        },
    );
}

#[test]
fn p4_race_10_an_abnormal_refund_that_goes_to_the_schools_own_card() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                taken_on(scene).await;
                steps(scene, RefundStep::Abnormal);
                scene.post().await;
                assert_eq!(scene.takes_it_to_the_school().await.status, 200);
                scene.stage.world.advance(Duration::from_secs(10)).await;
            })
        },
        &[
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_carried(REFUND)),
            |scene| Box::pin(scene.sweep()),
        ],
        |scene| {
            Box::pin(async {
                assert_eq!(scene.refund(REFUND).await.state, RefundState::Returned, "the school pays it out by hand");
                assert_eq!((scene.refunds().len(), scene.posted(FactKind::Refund)), (1, 1));
                all_is_back(scene);
            })
        },
    );
}

#[test]
fn p4_race_11_wherever_the_payout_stops_its_message_comes_again_and_one_refund_is_made() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer] {
        for at_call in 0..16 {
            simulate(1, async |world| {
                let scene = Scene::new(&world, &town()).await;
                withdrawn(&scene).await;
                world.set_script(Script { at_call, fault });
                match world.run(scene.pay_out()).await {
                    Outcome::Done(()) | Outcome::Crashed => {}
                }
                // What was out when the function died comes back after its visibility.
                scene.later(2).await;
                scene.rest().await;
                assert_eq!(scene.stage.provider().refunds().len(), 1, "{fault:?} at {at_call}");
                assert_eq!(scene.posted(FactKind::Refund), 1, "{fault:?} at {at_call}");
                all_is_back(&scene);
                scene.sound();
            });
        }
    }
}

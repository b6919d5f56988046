//! Races of paying: late, lost, doubled, closed, extended. Payments reference §7.4: 1, 3–7, 14, 15.

use std::time::Duration;

use domain::journal::{Account, FactKind};
use domain::payment::PaymentState;
use domain::record::OrderState;
use domain::refund::{RefundReason, RefundState};
use serde_json::Value;
use simulator::wechat::Faults;
use testkit::simulate;

use crate::order::{at_once, in_every_order};
use crate::scene::{FIRST, ORDER, PRICE, REFUND, SECOND, Scene, one_seat, town};

const FIRST_PUPIL: &str = "S000000000";

/// The order is paid by this payment alone, and its pupil sits.
async fn is_paid_by(scene: &Scene, payment: &str) {
    let order = scene.order();
    assert_eq!(order.state, OrderState::Paid);
    assert_eq!(order.paid.map(|(no, _)| no.to_string()).as_deref(), Some(payment));
    assert_eq!(scene.payment(payment).await.paid.map(|paid| paid.counted), Some(true));
    assert!(scene.seated("K1").contains(&FIRST_PUPIL.to_owned()));
}

/// All of a payment went back to the payer, for this reason.
async fn went_back(scene: &Scene, payment: &str, reason: RefundReason) {
    let refund = scene.refund(&format!("{payment}-R1")).await;
    assert_eq!((refund.reason, refund.state, refund.amount.fen()), (reason, RefundState::Done, PRICE));
    assert_eq!(scene.balance(Account::RefundPayable), 0, "nothing is owed any more");
}

/// Nothing was paid, and nothing is held.
fn nothing_is_left(scene: &Scene, state: OrderState) {
    assert_eq!((scene.order().state, scene.journal().len(), scene.refunds().len()), (state, 0, 0));
    assert!(!scene.seated("K1").contains(&FIRST_PUPIL.to_owned()));
}

#[test]
fn p4_race_01_a_late_payment_takes_its_seat_again_while_it_is_free() {
    in_every_order(
        &one_seat(),
        |scene| Box::pin(scene.paying()),
        &[
            |scene| Box::pin(scene.time_is_over()),
            |scene| Box::pin(async { assert!(scene.pays_late(FIRST)) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
        ],
        |scene| {
            Box::pin(async {
                is_paid_by(scene, FIRST).await;
                assert_eq!((scene.posted(FactKind::Pay), scene.refunds().len()), (1, 0));
            })
        },
    );
}

#[test]
fn p4_race_01_a_late_payment_goes_back_when_its_seat_is_gone() {
    in_every_order(
        &one_seat(),
        |scene| {
            Box::pin(async {
                scene.paying().await;
                scene.time_is_over().await;
                assert_eq!(scene.enrolls(2, &["K1"]).await.status, 201, "the seat is free, and a neighbour takes it");
                assert_eq!(scene.begins("20261-S000000002-01", "wechat", "native").await.status, 201);
            })
        },
        &[
            |scene| Box::pin(async { assert!(scene.pays_late(FIRST)) }),
            |scene| Box::pin(async { assert!(scene.pays("20261-S000000002-01-1")) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
        ],
        |scene| {
            Box::pin(async {
                assert_eq!(scene.order().state, OrderState::Expired);
                went_back(scene, FIRST, RefundReason::SeatsGone).await;
                assert_eq!(scene.seated("K1"), ["S000000002"], "the neighbour's seat is the neighbour's");
            })
        },
    );
}

#[test]
fn p4_race_01_two_late_payments_for_one_seat_give_it_to_one_of_them() {
    in_every_order(
        &one_seat(),
        |scene| {
            Box::pin(async {
                scene.paying().await;
                scene.time_is_over().await;
                assert_eq!(scene.enrolls(2, &["K1"]).await.status, 201);
                assert_eq!(scene.begins("20261-S000000002-01", "wechat", "native").await.status, 201);
                scene.time_is_over().await;
                assert!(scene.seated("K1").is_empty());
            })
        },
        &[
            |scene| Box::pin(async { assert!(scene.pays_late(FIRST)) }),
            |scene| Box::pin(async { assert!(scene.pays_late("20261-S000000002-01-1")) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
        ],
        |scene| {
            Box::pin(async {
                assert_eq!(scene.seated("K1").len(), 1);
                let refunds = scene.refunds();
                assert_eq!((refunds.len(), refunds[0].state), (1, RefundState::Done), "the other's money is back");
            })
        },
    );
}

#[test]
fn p4_race_03_a_callback_before_the_answer_to_the_create() {
    for seed in 1..=12 {
        simulate(seed, async |world| {
            let scene = Scene::new(&world, &town()).await;
            scene.ordered().await;
            let slow = testkit::Faults {
                outside_delay: 1_000,
                outside_delay_limit_milliseconds: 20_000,
                ..testkit::Faults::latency(10)
            };
            world.set_faults(slow);
            let payer = async {
                while !scene.pays(FIRST) {
                    world.advance(Duration::from_millis(50)).await;
                }
                assert_eq!(scene.post().await, [200]);
            };
            let (begun, ()) = futures::join!(scene.begins(ORDER, "wechat", "native"), payer);
            world.set_faults(testkit::Faults::none());
            assert!(matches!(begun.status.as_u16(), 201 | 409 | 503), "seed {seed}: {}", begun.text);
            scene.rest().await;
            is_paid_by(&scene, FIRST).await;
            scene.sound();
        });
    }
}

#[test]
fn p4_race_03_a_callback_while_nobody_knows_whether_the_create_arrived() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                scene.ordered().await;
                scene.set_faults(Faults { answer_lost: 1, ..Faults::NONE });
                assert_eq!(scene.begins(ORDER, "wechat", "native").await.status, 503);
                assert_eq!(scene.payment(FIRST).await.state, PaymentState::Sent);
            })
        },
        &[
            |scene| Box::pin(async { assert!(scene.pays(FIRST)) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(async { drop(scene.begins(ORDER, "wechat", "native").await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
        ],
        |scene| {
            Box::pin(async {
                is_paid_by(scene, FIRST).await;
                assert_eq!(scene.stage.provider().payments().len(), 1);
            })
        },
    );
}

#[test]
fn p4_race_04_a_create_whose_answer_is_lost_is_repeated_under_its_number() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.ordered().await;
        scene.set_faults(Faults { answer_lost: 3, ..Faults::NONE });
        for _ in 0..3 {
            assert_eq!(scene.begins(ORDER, "wechat", "native").await.status, 503);
        }
        let begun = scene.begins(ORDER, "wechat", "native").await;
        assert_eq!((begun.status.as_u16(), begun.json()["payment_no"].as_str()), (201, Some(FIRST)));
        assert_eq!((scene.stage.provider().payments().len(), scene.order().attempts), (1, 1));
        assert!(scene.pays(FIRST));
        scene.rest().await;
        is_paid_by(&scene, FIRST).await;
        scene.sound();
    });
}

#[test]
fn p4_race_05_two_attempts_both_paid_one_counts_and_the_other_goes_back() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                scene.paying().await;
                let second = scene.begins(ORDER, "alipay", "page").await;
                assert_eq!((second.status.as_u16(), second.json()["payment_no"].as_str()), (201, Some(SECOND)));
            })
        },
        &[
            |scene| Box::pin(async { assert!(scene.pays_late(FIRST), "the code was scanned before it was closed") }),
            |scene| Box::pin(async { assert!(scene.pays(SECOND)) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
        ],
        |scene| {
            Box::pin(async {
                let counted = scene.order().paid.expect("paid").0;
                let other = if counted.as_str() == FIRST { SECOND } else { FIRST };
                is_paid_by(scene, counted.as_str()).await;
                went_back(scene, other, RefundReason::PaidTwice).await;
                assert_eq!(scene.balance(Account::ChannelClearing), PRICE, "the school has the price once");
            })
        },
    );
}

#[test]
fn p4_race_05_what_is_left_open_beside_a_paid_order_is_closed_before_it_is_paid_too() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                scene.paying().await;
                assert_eq!(scene.begins(ORDER, "wechat", "h5").await.status, 201);
            })
        },
        &[
            |scene| Box::pin(async { assert!(scene.pays_late(FIRST)) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(SECOND)),
        ],
        |scene| {
            Box::pin(async {
                is_paid_by(scene, FIRST).await;
                assert_eq!(scene.payment(SECOND).await.state, PaymentState::Closed);
                assert!(!scene.pays(SECOND), "nobody pays twice by mistake");
            })
        },
    );
}

#[test]
fn p4_race_06_a_close_against_a_payment() {
    in_every_order(
        &town(),
        |scene| Box::pin(scene.paying()),
        &[
            |scene| Box::pin(async { drop(scene.cancels().await) }),
            |scene| {
                Box::pin(async {
                    scene.pays(FIRST);
                })
            },
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.sweep()),
        ],
        |scene| Box::pin(cancelled_or_paid(scene)),
    );
}

/// Whoever came first has it: the order is given up and nothing is paid, or it is paid and the seat is kept.
async fn cancelled_or_paid(scene: &Scene) {
    if scene.order().state == OrderState::Paid {
        is_paid_by(scene, FIRST).await;
    } else {
        nothing_is_left(scene, OrderState::Cancelled);
        assert!(!scene.pays(FIRST), "closed at the provider, too");
    }
}

#[test]
fn p4_race_06_a_close_and_a_payment_at_once() {
    at_once(
        &town(),
        |scene| Box::pin(scene.paying()),
        &[
            |scene| Box::pin(async { drop(scene.cancels().await) }),
            |scene| {
                Box::pin(async {
                    scene.stage.world.advance(Duration::from_millis(scene.stage.world.random() % 300)).await;
                    scene.pays(FIRST);
                    scene.post().await;
                })
            },
            |scene| Box::pin(scene.sweep()),
        ],
        |scene| Box::pin(cancelled_or_paid(scene)),
    );
}

#[test]
fn p4_race_06_while_a_password_is_entered_the_close_has_to_wait() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paying().await;
        let until = world.now() + Duration::from_secs(90);
        scene.stage.provider().enter_password(FIRST, until).expect("a payment");
        assert_eq!(scene.cancels().await.status, 200);
        scene.sweep().await;
        assert_eq!((scene.order().state, scene.seated("K1").len()), (OrderState::Closing, 1));
        assert!(scene.pays(FIRST));
        scene.rest().await;
        is_paid_by(&scene, FIRST).await;
        scene.sound();
    });
}

#[test]
fn p4_race_06_a_close_that_was_confirmed_and_a_payment_that_succeeds_all_the_same() {
    in_every_order(
        &town(),
        |scene| Box::pin(scene.paying()),
        &[
            |scene| Box::pin(async { drop(scene.cancels().await) }),
            |scene| Box::pin(async { assert!(scene.pays_late(FIRST)) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
        ],
        |scene| {
            Box::pin(async {
                if scene.order().state == OrderState::Paid {
                    is_paid_by(scene, FIRST).await;
                } else {
                    assert_eq!(scene.order().state, OrderState::Cancelled);
                    went_back(scene, FIRST, RefundReason::OrderEnded).await;
                }
            })
        },
    );
}

/// A create was sent, and is on its way still: the provider has not seen it.
async fn create_on_its_way(scene: &Scene) {
    scene.ordered().await;
    scene.stage.world.keep_requests();
    scene.set_faults(Faults { busy: 20, ..Faults::NONE });
    assert_eq!(scene.begins(ORDER, "wechat", "native").await.status, 503);
    scene.set_faults(Faults::NONE);
    assert!(scene.stage.provider().payments().is_empty());
}

/// It arrives after all.
fn create_arrives(scene: &Scene) -> bool {
    let requests = scene.stage.world.requests();
    let sent = requests.iter().find(|sent| sent.uri.contains("/transactions/native")).expect("a create was sent");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    scene.create_arrives(&body)
}

#[test]
fn p4_race_07_a_payment_the_provider_does_not_know_is_not_closed_while_its_create_may_arrive() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &one_seat()).await;
        create_on_its_way(&scene).await;
        scene.time_is_over().await;
        assert_eq!((scene.order().state, scene.seated("K1").len()), (OrderState::Closing, 1), "not known, not closed");
        assert!(create_arrives(&scene));
        assert!(scene.pays(FIRST), "the provider grants a late create a minute");
        scene.rest().await;
        is_paid_by(&scene, FIRST).await;
        scene.sound();
    });
}

#[test]
fn p4_race_07_a_late_create_against_the_end_of_its_order() {
    in_every_order(
        &one_seat(),
        |scene| Box::pin(create_on_its_way(scene)),
        &[
            |scene| {
                Box::pin(async {
                    create_arrives(scene);
                })
            },
            |scene| Box::pin(scene.time_is_over()),
            |scene| {
                Box::pin(async {
                    scene.pays(FIRST);
                })
            },
            |scene| Box::pin(async { drop(scene.post().await) }),
        ],
        |scene| {
            Box::pin(async {
                if scene.order().state == OrderState::Paid {
                    is_paid_by(scene, FIRST).await;
                } else {
                    nothing_is_left(scene, OrderState::Expired);
                    assert_eq!(scene.payment(FIRST).await.state, PaymentState::Closed);
                    assert!(!scene.pays(FIRST), "nobody can pay for a seat that is given away");
                }
            })
        },
    );
}

#[test]
fn p4_race_07_a_create_that_never_arrives_frees_its_seat_in_the_end() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &one_seat()).await;
        create_on_its_way(&scene).await;
        scene.rest().await;
        nothing_is_left(&scene, OrderState::Expired);
        assert_eq!(scene.enrolls(2, &["K1"]).await.status, 201);
        scene.sound();
    });
}

#[test]
fn p4_race_14_a_withdrawal_while_the_payment_is_under_way() {
    in_every_order(
        &town(),
        |scene| Box::pin(scene.paying()),
        &[
            |scene| Box::pin(async { assert!(scene.pays(FIRST)) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| {
                Box::pin(async {
                    let known = scene.order().state == OrderState::Paid;
                    let asked = scene.withdraws("K1").await;
                    assert_eq!(asked.status, if known { 201 } else { 409 }, "{}", asked.text);
                })
            },
            |scene| Box::pin(scene.sweep()),
        ],
        |scene| {
            Box::pin(async {
                let left = scene.order().lines[0].has_left();
                assert_eq!((scene.order().state, scene.seated("K1").len()), (OrderState::Paid, usize::from(!left)));
                assert_eq!(scene.balance(Account::ChannelClearing), if left { 0 } else { PRICE });
                assert_eq!(scene.balance(Account::RefundPayable), 0);
            })
        },
    );
}

#[test]
fn p4_race_14_a_class_is_given_up_while_a_payment_for_it_is_under_way() {
    in_every_order(
        &town(),
        |scene| Box::pin(scene.paying()),
        &[
            |scene| Box::pin(async { assert_eq!(scene.gives_up_the_class().await.status, 202) }),
            |scene| Box::pin(async { assert!(scene.pays(FIRST)) }),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.pay_out()),
        ],
        |scene| {
            Box::pin(async {
                assert!(scene.seated("K1").is_empty(), "nobody sits in a class that is given up");
                let refund = scene.refund(REFUND).await;
                assert_eq!((refund.state, refund.amount.fen()), (RefundState::Done, PRICE));
                assert_eq!((scene.refunds().len(), scene.balance(Account::ChannelClearing)), (1, 0));
            })
        },
    );
}

#[test]
fn p4_race_15_a_deadline_is_not_put_off_while_the_order_is_closing() {
    simulate(1, async |world| {
        let scene = Scene::new(&world, &town()).await;
        scene.paying().await;
        let until = world.now() + Duration::from_hours(3);
        scene.stage.provider().enter_password(FIRST, until).expect("a payment");
        scene.time_is_over().await;
        assert_eq!(scene.order().state, OrderState::Closing);
        let deadline = scene.order().deadline;
        let refused = scene.extends(60).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert_eq!((scene.order().state, scene.order().deadline), (OrderState::Closing, deadline));
        scene.later(180).await;
        scene.rest().await;
        nothing_is_left(&scene, OrderState::Expired);
        scene.sound();
    });
}

#[test]
fn p4_race_15_a_deadline_is_put_off_at_the_moment_at_which_it_passes() {
    at_once(
        &town(),
        |scene| {
            Box::pin(async {
                scene.paying().await;
                scene.later(15).await;
            })
        },
        &[
            |scene| Box::pin(scene.sweep()),
            |scene| {
                Box::pin(async {
                    scene.stage.world.advance(Duration::from_millis(scene.stage.world.random() % 200)).await;
                    let mut extended = scene.extends(60).await;
                    // Somebody else wrote in between: it is asked for once more.
                    while extended.status == 503 {
                        extended = scene.extends(60).await;
                    }
                    if extended.status == 200 {
                        let order = scene.order();
                        assert_eq!((order.state, order.has_seats()), (OrderState::Pending, true), "kept as promised");
                        let again = scene.begins(ORDER, "wechat", "native").await;
                        assert_eq!(again.status, 201, "and it can be paid: {}", again.text);
                        assert!(scene.pays(SECOND));
                    } else {
                        assert_eq!(extended.status, 409, "{}", extended.text);
                    }
                })
            },
        ],
        |scene| {
            Box::pin(async {
                if scene.order().extension.is_some() {
                    is_paid_by(scene, SECOND).await;
                } else {
                    nothing_is_left(scene, OrderState::Expired);
                }
            })
        },
    );
}

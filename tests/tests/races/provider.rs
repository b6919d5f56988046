//! Races of a provider whose words mean two things. Payments reference §7.4: 13.

use domain::journal::{Account, FactKind};
use domain::payment::PaymentState;
use domain::record::OrderState;
use domain::refund::RefundState;

use crate::order::in_every_order;
use crate::scene::{FIRST, ORDER, PRICE, REFUND, Scene, town};

/// The first pupil has taken `K1` and has opened the page of Alipay.
async fn at_alipay(scene: &Scene) {
    scene.ordered().await;
    let begun = scene.begins(ORDER, "alipay", "page").await;
    assert_eq!(begun.status, 201, "{}", begun.text);
}

#[test]
fn p4_race_13_a_notice_of_a_refund_reads_like_a_payment_and_is_none() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                at_alipay(scene).await;
                assert!(scene.pays(FIRST));
                scene.is_asked(FIRST).await;
                let agreed = scene.agrees("K1", 10_000).await;
                assert_eq!(agreed.status, 200, "{}", agreed.text);
                scene.pay_out().await;
                // Both notices are due now: of the payment, and of the refund.
                assert_eq!(scene.stage.alipay().notifications().filter(|one| one.due.is_some()).count(), 2);
            })
        },
        &[
            |scene| {
                Box::pin(async {
                    let letters = scene.letters();
                    for letter in letters.iter().rev() {
                        assert_eq!(scene.deliver(letter).await, 200);
                    }
                })
            },
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
            |scene| Box::pin(scene.is_carried(REFUND)),
        ],
        |scene| {
            Box::pin(async {
                assert_eq!((scene.posted(FactKind::Pay), scene.posted(FactKind::Refund)), (1, 1));
                assert_eq!(
                    (scene.order().state, scene.refund(REFUND).await.state),
                    (OrderState::Paid, RefundState::Done)
                );
                assert_eq!(scene.balance(Account::ChannelClearing), PRICE - 10_000);
            })
        },
    );
}

#[test]
fn p4_race_13_a_trade_that_went_back_whole_reads_closed_and_was_paid() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                at_alipay(scene).await;
                assert!(scene.pays(FIRST));
                scene.is_asked(FIRST).await;
                assert_eq!(scene.withdraws("K1").await.status, 201);
            })
        },
        &[
            |scene| Box::pin(scene.pay_out()),
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.is_asked(FIRST)),
            |scene| Box::pin(scene.time_is_over()),
        ],
        |scene| {
            Box::pin(async {
                assert_eq!(scene.stage.alipay().trades()[FIRST].status(), "TRADE_CLOSED");
                assert_eq!(
                    (scene.order().state, scene.payment(FIRST).await.state),
                    (OrderState::Paid, PaymentState::Succeeded)
                );
                assert_eq!((scene.posted(FactKind::Pay), scene.posted(FactKind::Refund)), (1, 1));
                assert_eq!(scene.balance(Account::ChannelClearing), 0);
            })
        },
    );
}

#[test]
fn p4_race_13_a_trade_of_which_only_its_end_is_heard_was_paid_all_the_same() {
    in_every_order(
        &town(),
        |scene| {
            Box::pin(async {
                at_alipay(scene).await;
                assert!(scene.pays(FIRST));
                // Its notice is lost, and all of it goes back by hand, in the school's console.
                drop(scene.letters());
                scene.stage.alipay().refund_in_console(FIRST, PRICE, scene.stage.world.now()).expect("gone back");
                assert_eq!(scene.stage.alipay().trades()[FIRST].status(), "TRADE_CLOSED");
            })
        },
        &[
            |scene| Box::pin(async { drop(scene.post().await) }),
            |scene| Box::pin(scene.time_is_over()),
            |scene| Box::pin(scene.is_asked(FIRST)),
        ],
        |scene| {
            Box::pin(async {
                assert_eq!(scene.payment(FIRST).await.state, PaymentState::Succeeded, "closed is not unpaid");
                assert_eq!((scene.posted(FactKind::Pay), scene.refunds().len()), (1, 0), "the rest is for a person");
            })
        },
    );
}

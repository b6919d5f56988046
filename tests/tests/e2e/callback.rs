//! The provider's notification twice, late, tampered with, and not at all.

use serde_json::Value;
use simulator::wechat::Faults;
use tests::client::until;
use tests::family::{cancel, order, order_in};
use tests::main_job::NOTIFIED_SECONDS;
use tests::{Outcome, ensure};

use crate::scene::Scene;

/// How long the provider waits before it notifies again, with time to spare.
const NOTIFIED_AGAIN_SECONDS: u64 = 60;

/// The journal has exactly one entry for the one payment of a paid order.
async fn posted_once(scene: &Scene, order_no: &str) -> Outcome<()> {
    let paid: Value = scene.session.get(&format!("/orders/{order_no}")).await?.read(200)?;
    let payments: Vec<&Value> = paid["payments"].as_array().into_iter().flatten().collect();
    ensure(payments.len() == 1 && payments[0]["state"] == "succeeded", || format!("payments {payments:?}"))?;
    ensure(payments[0]["refund_reserved_fen"] == 0, || "money is set aside to go back".to_owned())?;
    let text = |name: &str| payments[0][name].as_str().unwrap_or_default();
    let (transaction, day) = (text("transaction_id"), text("paid_at").split('T').next().unwrap_or_default());
    let journal = scene.aws.partition("money", &format!("JOURNAL#{}#{day}", scene.child.school)).await?;
    let entries = journal.iter().filter(|entry| entry.to_string().contains(transaction)).count();
    ensure(entries == 1, || format!("{entries} journal entries for {transaction}"))
}

#[tokio::test]
async fn p6_2_a_notification_that_comes_four_times_counts_once() -> Outcome<()> {
    let scene = Scene::at("2144200601").await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.break_payment(&payment, &Faults { duplicate: 3, ..Faults::NONE }).await?;
    scene.provider.press_pay(&payment).await?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    scene.provider.notified(&payment, NOTIFIED_SECONDS, |notice| notice.last_status == Some(200)).await?;
    posted_once(&scene, &placed.order_no).await?;
    scene.seats_taken(1).await
}

#[tokio::test]
async fn p6_2_a_notification_that_comes_late_counts() -> Outcome<()> {
    let scene = Scene::at("2144200601").await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.break_payment(&payment, &Faults { delay_seconds: 4, ..Faults::NONE }).await?;
    scene.provider.press_pay(&payment).await?;
    let waiting = order(&scene.session, &placed.order_no).await?;
    ensure(waiting.state == "pending", || format!("{} before the notification", waiting.state))?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    posted_once(&scene, &placed.order_no).await
}

#[tokio::test]
async fn p6_2_a_tampered_notification_is_refused_and_the_right_one_counts() -> Outcome<()> {
    let scene = Scene::at("2144200601").await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.break_payment(&payment, &Faults { tamper_body: true, ..Faults::NONE }).await?;
    scene.provider.press_pay(&payment).await?;
    let refused = scene.provider.notified(&payment, NOTIFIED_SECONDS, |notice| notice.last_status.is_some()).await?;
    ensure(refused.last_status == Some(401), || format!("tampered, and answered {:?}", refused.last_status))?;
    let waiting = order(&scene.session, &placed.order_no).await?;
    ensure(waiting.state == "pending", || format!("{} by a tampered notification", waiting.state))?;
    let right = |notice: &tests::provider::Notification| notice.last_status == Some(200) && notice.deliveries > 1;
    scene.provider.notified(&payment, NOTIFIED_AGAIN_SECONDS, right).await?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    posted_once(&scene, &placed.order_no).await
}

#[tokio::test]
async fn p6_5_the_sweep_finds_a_payment_whose_notification_is_lost() -> Outcome<()> {
    let scene = Scene::at("2144200602").await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.break_payment(&payment, &Faults { drop: 99, ..Faults::NONE }).await?;
    scene.provider.press_pay(&payment).await?;
    // A payment is asked about a minute after it was begun.
    until("a paid order without a notification", 300, async || {
        scene.aws.sweep().await?;
        let now = order(&scene.session, &placed.order_no).await?;
        Ok(Some(()).filter(|()| now.state == "paid"))
    })
    .await?;
    let lost = scene.provider.notified(&payment, NOTIFIED_SECONDS, |notice| notice.deliveries > 0).await?;
    ensure(lost.last_status.is_none(), || "a notification arrived after all".to_owned())?;
    posted_once(&scene, &placed.order_no).await?;
    scene.seats_taken(1).await
}

#[tokio::test]
async fn p6_3_cancelling_finds_that_it_is_paid() -> Outcome<()> {
    let scene = Scene::at("2144200602").await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.break_payment(&payment, &Faults { drop: 99, ..Faults::NONE }).await?;
    scene.provider.press_pay(&payment).await?;
    cancel(&scene.session, &placed.order_no).await?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    posted_once(&scene, &placed.order_no).await?;
    scene.seats_taken(1).await
}

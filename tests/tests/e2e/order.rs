//! Orders that are reminded of, merged, or end unpaid, and what is kept of those that were submitted.

use serde_json::{Value, json};
use tests::client::until;
use tests::dataset::TERM;
use tests::family::{Choice, Order, cancel, order, order_in, pay, snapshot, submit};
use tests::main_job::check_snapshot;
use tests::sign_in::Login;
use tests::{Outcome, Session, ensure};

use crate::scene::Scene;

#[tokio::test]
async fn p6_3_cancelling_closes_the_payment_and_frees_the_seat() -> Outcome<()> {
    let scene = Scene::at("2144200602").await?;
    let (placed, payment) = scene.begin().await?;
    scene.seats_taken(1).await?;
    cancel(&scene.session, &placed.order_no).await?;
    order_in(&scene.session, &placed.order_no, "cancelled", 300).await?;
    scene.seats_taken(0).await?;

    let closed = scene.provider.pay(&payment).await?;
    ensure(closed == Err("closed".to_owned()), || format!("paying after cancelling: {closed:?}"))?;
    let again = cancel(&scene.session, &placed.order_no).await?;
    ensure(again.state == "cancelled", || format!("cancelled twice: {}", again.state))?;
    let body = json!({ "channel": "wechat", "method": "native" });
    let path = format!("/orders/{}/payments", placed.order_no);
    scene.session.post(&path, "after-cancelling", &body).await?.problem(409)?;
    Ok(())
}

/// The shortest hold is five minutes; a test has not so long, so it moves the deadline of the record into the past.
#[tokio::test]
async fn p6_3_a_hold_that_runs_out_closes_the_payment_and_frees_the_seat() -> Outcome<()> {
    let scene = Scene::at("2144200603").await?;
    let (placed, payment) = scene.begin().await?;
    scene.seats_taken(1).await?;
    archived(&scene, &placed.order_no).await?;
    let past = json!({ "N": "1767225600" });
    let edit = json!({
        "Key": {
            "pk": { "S": format!("STUDENT#{}", scene.child.student_id) },
            "sk": { "S": format!("TERM#{TERM}") },
        },
        "UpdateExpression": "SET orders[0].til = :past, due = :past",
        "ConditionExpression": "attribute_exists(orders[0].til)",
        "ExpressionAttributeValues": { ":past": past },
    });
    scene.aws.table("enrollments", "UpdateItem", edit).await?;
    until("an expired order", 300, async || {
        scene.aws.sweep().await?;
        let now = order(&scene.session, &placed.order_no).await?;
        Ok(Some(()).filter(|()| now.state == "expired"))
    })
    .await?;
    scene.seats_taken(0).await?;
    let closed = scene.provider.pay(&payment).await?;
    ensure(closed == Err("closed".to_owned()), || format!("paying after the hold: {closed:?}"))
}

/// Has the order's snapshot archived.
async fn archived(scene: &Scene, order_no: &str) -> Outcome<()> {
    scene.aws.sweep().await?;
    until("an archived snapshot", 300, async || {
        Ok(Some(snapshot(&scene.session, order_no).await?).filter(|kept| kept.archived))
    })
    .await
    .map(drop)
}

/// Nobody calls the sweep here: its schedule does, it wakes the queue, and the queue the archive.
#[tokio::test]
async fn p2_5_schedule_and_queue_bring_the_snapshot_into_the_archive() -> Outcome<()> {
    let scene = Scene::at("2144200603").await?;
    let placed = scene.enroll().await?;
    let before = check_snapshot(&scene.session, &placed).await?;
    let after = until("an archived snapshot", 300, async || {
        Ok(Some(snapshot(&scene.session, &placed.order_no).await?).filter(|kept| kept.archived))
    })
    .await?;
    ensure(after.body == before.body && after.sha256 == before.sha256, || "the archived snapshot differs".to_owned())?;
    check_snapshot(&scene.session, &placed).await.map(drop)
}

#[tokio::test]
async fn p6_2_s33_3_a_family_is_reminded_merges_two_orders_and_pays_once() -> Outcome<()> {
    let scene = Scene::at("2144200603").await?;
    let (first, other) = (scene.enroll().await?, scene.another().await?);
    let wanted = [Choice { offering: &other, extras: false }];
    let key = format!("e2e-second-{}", scene.child.student_id);
    let second: Order = submit(&scene.session, &scene.child, &wanted, &key).await?.read(201)?;

    let admin = Login::holder(&format!("school_admin@school:{}", scene.child.school))?;
    let school = Session::sign_in(&scene.cloud, &admin).await?;
    let words = json!({ "words": "请于今天内完成缴费" });
    let path = format!("/orders/{}/reminder", second.order_no);
    school.post(&path, &format!("remind-{}", second.order_no), &words).await?.read::<Value>(200)?;
    let seen: Value = scene.session.get(&format!("/orders/{}", second.order_no)).await?.read(200)?;
    ensure(seen["reminder"]["words"] == words["words"], || format!("the family sees {seen}"))?;

    let path = format!("/orders/{}/merge", first.order_no);
    let with = json!({ "orders": [second.order_no] });
    let whole: Order = scene.session.post(&path, &format!("merge-{}", first.order_no), &with).await?.read(201)?;
    ensure(whole.total_fen == first.total_fen + second.total_fen, || {
        format!("together they cost {}", whole.total_fen)
    })?;
    let begun = pay(&scene.session, &whole.order_no, &format!("pay-{}", whole.order_no)).await?;
    ensure(begun.amount_fen == whole.total_fen, || format!("to be paid: {}", begun.amount_fen))?;
    let paid = scene.provider.pay(&begun.payment_no).await?;
    ensure(paid.is_ok(), || format!("paying: {paid:?}"))?;
    order_in(&scene.session, &whole.order_no, "paid", 300).await?;
    let ended = order(&scene.session, &first.order_no).await?;
    ensure(ended.state == "cancelled", || format!("the merged order is {}", ended.state))?;
    scene.seats_taken(1).await
}

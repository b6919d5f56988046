//! Money that goes back: withdrawn and refunded, abnormal and sent elsewhere, paid too late.

use serde_json::json;
use simulator::wechat::Faults;
use tests::client::until;
use tests::family::{order, order_in, pay_by};
use tests::main_job::NOTIFIED_SECONDS;
use tests::refund::{Refund, approve, disputed, quote, refund, refund_in, refunds_of, withdraw};
use tests::sign_in::Login;
use tests::{Outcome, Session, ensure};

use crate::scene::Scene;

/// How long a refund may take on its way through queue, provider and notification.
const REFUNDED_SECONDS: u64 = 120;

/// A course that is paid for.
async fn paid(scene: &Scene) -> Outcome<(String, String)> {
    let (placed, payment) = scene.begin().await?;
    scene.provider.press_pay(&payment).await?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    Ok((placed.order_no, payment))
}

/// The guardian gives it up, and the school agrees; the number of the refund.
async fn withdrawn(scene: &Scene, order_no: &str) -> Outcome<String> {
    let asked = withdraw(&scene.session, order_no, scene.offering.course()).await?;
    let school = Session::sign_in(&scene.cloud, &Login::school_admin(&scene.child.school)?).await?;
    let granted = approve(&school, &asked).await?;
    ensure(granted.state == "granted", || format!("a request that is {}", granted.state))?;
    ensure(granted.quote.total_fen == asked.quote.total_fen, || "what goes back is not what was quoted".to_owned())?;
    Ok(granted.refund_no.unwrap_or_default())
}

#[tokio::test]
async fn k8_1_p4_1_p13_1_a_course_is_given_up_and_its_money_goes_back() -> Outcome<()> {
    let scene = Scene::at("2144200603").await?;
    let (order_no, _) = paid(&scene).await?;
    scene.seats_taken(1).await?;
    let quoted = quote(&scene.session, &order_no, scene.offering.course()).await?;
    ensure(quoted.total_fen > 0 && !quoted.lines.is_empty(), || format!("quoted {quoted:?}"))?;
    let refund_no = withdrawn(&scene, &order_no).await?;
    scene.seats_taken(0).await?;
    let done = refund_in(&scene.session, &refund_no, "done", REFUNDED_SECONDS).await?;
    ensure(done.amount_fen == quoted.total_fen, || {
        format!("quoted {}, refunded {}", quoted.total_fen, done.amount_fen)
    })?;
    ensure(done.snapshot_sha256.is_some(), || "a refund without a snapshot".to_owned())?;
    let again = withdraw(&scene.session, &order_no, scene.offering.course()).await?;
    ensure(again.refund_no.as_deref() == Some(refund_no.as_str()), || {
        "the same request made another refund".to_owned()
    })?;
    ensure(refunds_of(&scene.session, &order_no).await?.len() == 1, || "more than one refund".to_owned())
}

#[tokio::test]
async fn p6_2_p7_1_what_was_paid_by_alipay_goes_back_by_alipay() -> Outcome<()> {
    let scene = Scene::at("3144200604").await?;
    let placed = scene.enroll().await?;
    let begun = pay_by(&scene.session, &placed.order_no, "alipay", ("alipay", "page")).await?;
    let paid = scene.provider.pay_by_alipay(&begun.checkout, &begun.payment_no).await?;
    ensure(paid.is_ok(), || format!("paying: {paid:?}"))?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    let quoted = quote(&scene.session, &placed.order_no, scene.offering.course()).await?;
    let refund_no = withdrawn(&scene, &placed.order_no).await?;
    let done = refund_in(&scene.session, &refund_no, "done", REFUNDED_SECONDS).await?;
    ensure(done.amount_fen == quoted.total_fen, || {
        format!("quoted {}, refunded {}", quoted.total_fen, done.amount_fen)
    })?;
    scene.seats_taken(0).await
}

#[tokio::test]
async fn s34_4_a_refund_that_the_card_does_not_take_goes_through_the_school() -> Outcome<()> {
    let scene = Scene::at("2144200601").await?;
    let (order_no, payment) = paid(&scene).await?;
    scene.provider.break_payment(&payment, &Faults { refund_abnormal: true, ..Faults::NONE }).await?;
    let refund_no = withdrawn(&scene, &order_no).await?;
    let abnormal = refund_in(&scene.session, &refund_no, "abnormal", REFUNDED_SECONDS).await?;
    ensure(abnormal.trouble.as_deref() == Some("payer_account"), || format!("trouble {:?}", abnormal.trouble))?;
    scene.session.post(&format!("/refunds/{refund_no}/disputes"), "dispute", &json!({})).await?.read::<Refund>(200)?;
    let school = &scene.child.school;
    let finance = Session::sign_in(&scene.cloud, &Login::holder(&format!("school_finance@school:{school}"))?).await?;
    let missed = disputed(&finance, school).await?;
    ensure(missed.iter().any(|refund| refund.refund_no == refund_no), || "the school is not told".to_owned())?;
    let answer = json!({ "answer": "原支付账户异常,学校将线下退还" });
    finance.post(&format!("/refunds/{refund_no}/answer"), "answer", &answer).await?.read::<Refund>(200)?;
    let to = json!({ "to": "school" });
    finance.post(&format!("/refunds/{refund_no}/redirect"), "redirect", &to).await?.read::<Refund>(200)?;
    let handed = refund(&finance, &refund_no).await?;
    ensure(handed.state == "returned", || format!("it ends {}", handed.state))
}

/// The seats of an order whose time is over are taken by nobody; but the child has chosen anew, so all of it goes back.
#[tokio::test]
async fn p6_3_what_is_paid_too_late_goes_back() -> Outcome<()> {
    let scene = Scene::at("2144200602").await?;
    let (placed, payment) = scene.begin().await?;
    tests::family::cancel(&scene.session, &placed.order_no).await?;
    order_in(&scene.session, &placed.order_no, "cancelled", 180).await?;
    let late = scene.provider.pay_although_closed(&payment).await?;
    ensure(late.is_ok(), || format!("paying late: {late:?}"))?;
    let refund_no = format!("{payment}-R1");
    until("a late payment that goes back", REFUNDED_SECONDS, async || {
        scene.aws.sweep().await?;
        let found = refunds_of(&scene.session, &placed.order_no).await?;
        Ok(found.into_iter().find(|refund| refund.refund_no == refund_no && refund.state == "done"))
    })
    .await?;
    let now = order(&scene.session, &placed.order_no).await?;
    ensure(now.state == "cancelled", || format!("{} by a payment that came too late", now.state))?;
    scene.seats_taken(0).await
}

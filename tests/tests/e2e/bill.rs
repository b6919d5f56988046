//! What the providers' bills say and nobody else said. It is played before anybody else is at work, so that the bill comes before
//! the sweep, which asks for each payment after a minute.

use serde_json::{Value, json};
use simulator::wechat::Faults;
use tests::family::order;
use tests::reconciliation::statement;
use tests::sign_in::Login;
use tests::{Outcome, Session, ensure};

use crate::scene::Scene;

/// A bill this old can be had at any hour of the day.
const DAYS_AGO: i64 = 2;

#[tokio::test]
async fn s35_1_a_payment_nobody_told_of_is_healed_by_the_bill() -> Outcome<()> {
    let scene = Scene::at("2144200601").await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.break_payment(&payment, &Faults { drop: u32::MAX, ..Faults::NONE }).await?;
    let paid = scene.provider.pay_days_ago(&payment, DAYS_AGO).await?;
    ensure(paid.is_ok(), || format!("paying: {paid:?}"))?;
    let report = scene.aws.bill_run().await?;
    ensure(report["read"].as_u64() > Some(0) && report["failed"] == json!(0), || format!("the run says {report}"))?;
    let now = order(&scene.session, &placed.order_no).await?;
    ensure(now.state == "paid", || format!("{} after the bill was read", now.state))?;
    let school = &scene.child.school;
    let finance = Session::sign_in(&scene.cloud, &Login::holder(&format!("school_finance@school:{school}"))?).await?;
    let found: Value = finance.get(&format!("/schools/{school}/differences?state=healed")).await?.read(200)?;
    let mine = found["items"].as_array().and_then(|items| items.iter().find(|one| one["number"] == payment.as_str()));
    ensure(mine.is_some_and(|one| one["kind"] == "state_lag"), || format!("no difference is told: {found}"))?;
    let day = statement(&finance, school, DAYS_AGO).await?;
    ensure(day.is_final && day.received_fen >= placed.total_fen, || format!("the day is {day:?}"))?;
    let again = scene.aws.bill_run().await?;
    ensure(again["open"] == report["open"] || again["read"] == json!(0), || format!("a second run says {again}"))
}

//! The exchange with the city: what happens here arrives there and agrees, what the city loses comes again, what it refuses
//! waits for the school, and officials see all of it. It is played when nobody else is at work any more, and lets the city
//! take records as fast as they come.

use serde_json::{Value, json};
use simulator::supervision::SupervisionFaults;
use tests::aws::Aws;
use tests::client::until;
use tests::seed::seed;
use tests::sign_in::Login;
use tests::supervision::{City, intake, reporting};
use tests::teaching::day;
use tests::{Cloud, Failure, Outcome, Session, ensure};

/// Where the teaching day is played: orders, payments, refunds, a class and its rolls are there.
const SCHOOL: &str = tests::teaching::SCHOOL;

/// Everything the city is told of, as it calls it.
const DATASETS: [&str; 11] =
    ["BJSJ", "XSJBSJ", "JZGJBSJ", "KHXSDD", "KHZFD", "KHXSTK", "KHBJSJ", "KHBJJS", "KHBJXS", "KHJSCQ", "KHXSCQ"];

#[tokio::test]
async fn b5_1_b6_1_k7_1_k7_2_d5_1_what_happens_is_at_the_city_and_what_it_tells_is_here() -> Outcome<()> {
    let cloud = Cloud::here()?;
    let city = City::of(&cloud)?;
    city.switch(&SupervisionFaults::default()).await?;
    seed(&cloud).await?;
    day::of_next_family(&cloud).await?;
    reporting(&cloud, SCHOOL).await?;
    for set in DATASETS {
        ensure(!city.records(SCHOOL, set).await?.is_empty(), || format!("the city has no {set} of {SCHOOL}"))?;
    }
    refused(&cloud, &city).await?;
    intake(&cloud).await
}

/// A homeroom is sent again and refused; the school sees why, and sends it when the city takes it.
async fn refused(cloud: &Cloud, city: &City) -> Outcome<()> {
    let admin = Session::sign_in(cloud, &Login::school_admin(SCHOOL)?).await?;
    let homeroom = city.records(SCHOOL, "BJSJ").await?.into_iter().next();
    let homeroom = homeroom.ok_or_else(|| Failure("the city has no homeroom".to_owned()))?;
    let number = homeroom.get("YWBH").and_then(Value::as_str).unwrap_or_default();
    let again = format!("/schools/{SCHOOL}/supervision/records/class/{number}/send-again");
    let parked = format!("/schools/{SCHOOL}/supervision/parked");
    let words = ("1004".to_owned(), "班级名称不规范".to_owned());
    city.switch(&SupervisionFaults { refuse: [("BJSJ".to_owned(), words)].into(), ..Default::default() }).await?;
    admin.post(&again, "again", &json!({})).await?.read::<Value>(202)?;
    let found = waiting(cloud, &admin, &parked, |listed| listed.contains("班级名称不规范")).await;
    city.switch(&SupervisionFaults::default()).await?;
    found?;
    admin.post(&again, "released", &json!({})).await?.read::<Value>(202)?;
    waiting(cloud, &admin, &parked, |listed| !listed.contains(number)).await
}

/// Until what a school's list of refused records says is so.
async fn waiting(cloud: &Cloud, admin: &Session, path: &str, is_so: impl Fn(&str) -> bool) -> Outcome<()> {
    let aws = Aws::of(cloud)?;
    until("what was refused", 300, async || {
        aws.sweep().await?;
        let listed: Value = admin.get(path).await?.read(200)?;
        Ok(is_so(&listed.to_string()).then_some(()))
    })
    .await
}

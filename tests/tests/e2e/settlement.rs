//! A month is settled: drawn up, confirmed by two people, corrected by the next batch, taken out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tests::client::until;
use tests::dataset::TERM;
use tests::family::order_in;
use tests::main_job::NOTIFIED_SECONDS;
use tests::sign_in::Login;
use tests::{Failure, Outcome, Session, ensure};

use crate::scene::Scene;

const SCHOOL: &str = "3144200604";
const MONTH: &str = "2026-09";

/// Minutes may pass between a payment and its row in the register; the sweep is asked to hurry.
const LISTED_SECONDS: u64 = 120;

/// What goes back once the month is settled, as school and guardian agree.
const BACK_FEN: i64 = 1_600;

#[derive(Debug, Deserialize)]
struct Drawn {
    batch_id: String,
    number: u16,
    state: String,
    sha256: String,
    lessons: i64,
    sold_fen: i64,
    refunded_fen: i64,
    tuition_fen: i64,
    fees_fen: i64,
}

#[derive(Debug, Deserialize)]
struct OfMonth {
    month: String,
    lessons: i64,
    tuition_fen: i64,
    fees_fen: i64,
    batches: Vec<u16>,
}

#[derive(Debug, Deserialize)]
struct Line {
    kept_fen: i64,
    months: Vec<OfMonth>,
}

#[derive(Debug, Deserialize)]
struct Split {
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Taken {
    file_name: String,
    rows: usize,
    content_base64: String,
}

async fn signed_in(scene: &Scene, role: &str) -> Outcome<Session> {
    Session::sign_in(&scene.cloud, &Login::holder(&format!("{role}@school:{SCHOOL}"))?).await
}

/// The order by months, of its only line.
async fn split(session: &Session, order_no: &str) -> Outcome<Line> {
    let split: Split = session.get(&format!("/orders/{order_no}/months")).await?.read(200)?;
    split.lines.into_iter().next().ok_or_else(|| Failure("an order without a line".to_owned()))
}

/// Draws the month up for the course, once there is something to settle.
async fn drawn(scene: &Scene, finance: &Session, key: &str) -> Outcome<Drawn> {
    let body = json!({ "term": TERM, "months": [MONTH], "courses": [scene.offering.course()] });
    let path = format!("/schools/{SCHOOL}/settlements");
    until("a batch", LISTED_SECONDS, async || {
        scene.aws.sweep().await?;
        let answer = finance.post(&path, key, &body).await?;
        if answer.status == 409 { Ok(None) } else { answer.read(201).map(Some) }
    })
    .await
}

async fn agree(session: &Session, batch: &Drawn, act: &str) -> Outcome<Drawn> {
    let path = format!("/settlements/{}/{act}", batch.batch_id);
    session.post(&path, act, &json!({ "sha256": batch.sha256 })).await?.read(200)
}

#[tokio::test]
async fn s36_2_s36_4_a_month_is_settled_by_two_people_and_corrected_afterwards() -> Outcome<()> {
    let scene = Scene::at(SCHOOL).await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.press_pay(&payment).await?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    let (finance, admin) = (signed_in(&scene, "school_finance").await?, signed_in(&scene, "school_admin").await?);

    let whole = split(&finance, &placed.order_no).await?;
    let months: i64 = whole.months.iter().map(|month| month.tuition_fen + month.fees_fen).sum();
    ensure(months == placed.total_fen && whole.kept_fen == months, || format!("{} of {}", months, placed.total_fen))?;
    let september = whole.months.iter().find(|month| month.month == MONTH);
    let september = september.ok_or_else(|| Failure(format!("no {MONTH} in {whole:?}")))?;

    let batch = drawn(&scene, &finance, "settle-1").await?;
    ensure(batch.state == "drawn" && batch.lessons == september.lessons, || format!("{batch:?}"))?;
    let kept = (batch.tuition_fen, batch.fees_fen);
    ensure(kept == (september.tuition_fen, september.fees_fen), || format!("{kept:?} of {september:?}"))?;
    let early = finance.get(&format!("/settlements/{}/exports/orders", batch.batch_id)).await?.problem(409)?;
    ensure(early.kind.ends_with("settlement/not-settled"), || early.kind)?;
    agree(&finance, &batch, "confirm").await?;
    let settled = agree(&admin, &batch, "approve").await?;
    ensure(settled.state == "settled", || format!("{settled:?}"))?;

    go_back(&scene, &admin, &placed.order_no).await?;
    let correction = drawn(&scene, &finance, "settle-2").await?;
    ensure(correction.number > batch.number && correction.sold_fen == 0, || format!("{correction:?}"))?;
    let now = split(&finance, &placed.order_no).await?;
    ensure(now.kept_fen == placed.total_fen - BACK_FEN, || format!("{now:?}"))?;
    let left = now.months.iter().find(|month| month.month == MONTH);
    let left = left.map_or(0, |month| month.tuition_fen + month.fees_fen);
    let corrected = correction.tuition_fen + correction.fees_fen;
    ensure(batch.tuition_fen + batch.fees_fen + corrected == left, || format!("{batch:?} {correction:?} {now:?}"))?;
    ensure(corrected < 0 && correction.refunded_fen == -corrected, || format!("{correction:?}"))?;
    taken_out(&finance, &batch, &placed.order_no).await?;
    let marked = now.months.iter().any(|month| month.month == MONTH && month.batches == [batch.number]);
    ensure(marked, || format!("{now:?}"))
}

/// School and guardian agree on something that goes back.
async fn go_back(scene: &Scene, admin: &Session, order_no: &str) -> Outcome<()> {
    let body = json!({ "order_no": order_no, "course": scene.offering.course(), "amount_fen": BACK_FEN, "note": "协商退还部分学费" });
    let asked: Value = admin.post("/refund-requests", "settlement-back", &body).await?.read(201)?;
    let id = asked["request_id"].as_str().unwrap_or_default();
    let yes = json!({ "approved": true });
    scene.session.post(&format!("/refund-requests/{id}/confirm"), "yes", &yes).await?.read::<Value>(200).map(drop)
}

/// The settled batch as a file says what was settled, whatever went back since.
async fn taken_out(finance: &Session, batch: &Drawn, order_no: &str) -> Outcome<()> {
    let path = format!("/settlements/{}/exports/orders?format=csv", batch.batch_id);
    let file: Taken = finance.get(&path).await?.read(200)?;
    let text = STANDARD.decode(&file.content_base64).map_err(|error| Failure::of("a file", &error))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let named = file.file_name.contains("订单明细") && file.rows == 1;
    ensure(named && text.contains(order_no) && text.contains(MONTH), || format!("{}: {text}", file.file_name))
}

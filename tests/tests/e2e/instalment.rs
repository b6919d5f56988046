//! A term whose courses are paid in parts: from the setting of the term to the second payment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Moment;
use domain::import::{Cell, ImportKind};
use jiff::civil::{Date, time};
use jiff::{Timestamp, ToSpan as _};
use reqwest::Method;
use serde_json::{Value, json};
use sheet::Limits;
use tests::client::{Answer, until};
use tests::dataset;
use tests::family::{Order, order_in, pay};
use tests::seed::{Import, apply};
use tests::sign_in::Login;
use tests::{Failure, Outcome, Session, ensure};

use crate::scene::Scene;

const TERM: &str = "2026-2027-2";

/// Until an order is listed, a record looked at, a payment told.
const LISTED_SECONDS: u64 = 240;

/// The first row of a file of the data set that fits, with other cells under some headings, as a file of its own.
fn altered(kind: ImportKind, fits: impl Fn(&str) -> bool, edits: &[(&str, Cell)]) -> Outcome<Vec<u8>> {
    let broken = |what: &str| Failure(format!("{kind}: {what}"));
    let table = sheet::read(&dataset::file(&format!("{kind}.xlsx"))?, &Limits::default());
    let table = table.map_err(|error| broken(&error.to_string()))?;
    let (_, rows) = table.split().ok_or_else(|| broken("no heading"))?;
    let text = |row: &domain::import::Row| row.cells.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
    let row = rows.iter().find(|row| fits(&text(row))).ok_or_else(|| broken("no such row"))?;
    let cell = |(at, column): (usize, &domain::import::Column)| {
        let edit = edits.iter().find(|(title, _)| *title == column.title);
        edit.map_or_else(|| row.cell(at).clone(), |(_, cell)| cell.clone())
    };
    let mut file = sheet::template(kind, Date::constant(2026, 8, 1));
    file.rows = vec![kind.columns().iter().enumerate().map(cell).collect()];
    sheet::write_xlsx(&file).map_err(|error| broken(&error.to_string()))
}

async fn bring(admin: &Session, kind: ImportKind, file: Vec<u8>) -> Outcome<()> {
    let name = format!("{kind}-in-parts.xlsx");
    let body = json!({ "kind": kind.to_string(), "file_name": name, "content_base64": STANDARD.encode(file) });
    let checked: Import = admin.post("/imports", &format!("in-parts-{kind}"), &body).await?.read(201)?;
    ensure(checked.errors.is_empty(), || format!("{kind}: {:?}", checked.errors))?;
    apply(admin, &checked).await.map(|_| ())
}

/// The term with its version, after an edit.
async fn edit(staff: &Session, school: &str, body: &Value) -> Outcome<Value> {
    let path = format!("/terms/{school}.{TERM}");
    let listed: Value = staff.get(&format!("/terms?school={school}")).await?.read(200)?;
    let terms = listed["items"].as_array().cloned().unwrap_or_default();
    let term = terms.into_iter().find(|term| term["term"] == TERM);
    let version = term.map(|term| term["ver"].to_string()).ok_or_else(|| Failure(format!("no term in {listed}")))?;
    let request = staff.request(Method::PATCH, &path).header("If-Match", format!("\"{version}\"")).json(body);
    Answer::of(request).await?.read(200)
}

#[tokio::test]
async fn p6_1_a_course_is_paid_in_parts() -> Outcome<()> {
    let scene = Scene::at("3144200604").await?;
    #[expect(clippy::disallowed_methods, reason = "the journeys happen now")]
    let (school, today) = (scene.child.school.clone(), Moment::from(Timestamp::now()).day());
    let admin = Session::sign_in(&scene.cloud, &Login::system_admin()?).await?;
    let staff = Session::sign_in(&scene.cloud, &Login::holder(&format!("school_admin@school:{school}"))?).await?;

    // A term that has begun, into which nobody can enroll yet; a course of four lessons in its first week.
    let at = |day: Date| Cell::Date(day.to_datetime(time(9, 0, 0, 0)));
    let (begun, later) = (today.saturating_sub(30.days()), today.saturating_add(2.days()));
    let edits = [
        ("学期", Cell::Text(TERM.to_owned())),
        ("开学日期", at(begun)),
        ("结束日期", at(today.saturating_add(60.days()))),
        ("选课开始", at(later)),
        ("选课结束", at(today.saturating_add(50.days()))),
        ("退课开始", Cell::Empty),
        ("退课结束", Cell::Empty),
    ];
    bring(&admin, ImportKind::Terms, altered(ImportKind::Terms, |row| row.contains(&school), &edits)?).await?;
    let care = |row: &str| row.contains(&school) && row.contains("G-TG-45");
    let edits = [("学期", Cell::Text(TERM.to_owned())), ("课时数", Cell::Number("4".to_owned()))];
    bring(&admin, ImportKind::Offerings, altered(ImportKind::Offerings, care, &edits)?).await?;

    let mode = json!({ "payment": { "mode": "periods", "count": 2, "days": 7 } });
    let term = edit(&staff, &school, &mode).await?;
    ensure(term["payment"]["count"] == 2, || format!("the term is {term}"))?;
    let (from, until_then) = (today.saturating_sub(1.day()), today.saturating_add(50.days()));
    let opening = json!({ "opening": { "from": format!("{from}T00:00:00+08:00"), "until": format!("{until_then}T00:00:00+08:00") } });
    edit(&staff, &school, &opening).await?;

    let path = format!("/offerings?term={TERM}&student_id={}", scene.child.student_id);
    let listed: Value = scene.session.get(&path).await?.read(200)?;
    let offering = &listed["items"][0]["offering_id"];
    let body = json!({ "student_id": scene.child.student_id, "term": TERM, "choices": [{ "offering_id": offering }] });
    let key = format!("parts-{}", scene.child.student_id);
    let first: Order = scene.session.post("/enrollments", &key, &body).await?.read(201)?;
    let tuition = listed["items"][0]["tuition_fen"].as_i64().unwrap_or_default();
    ensure(first.total_fen * 2 == tuition, || format!("{} of {tuition} is asked for first", first.total_fen))?;
    paid(&scene, &first.order_no).await?;

    let second = until("the order of the second part", LISTED_SECONDS, async || {
        let told = scene.aws.instalments().await?;
        ensure(told["failed"] == 0, || format!("the run says {told}"))?;
        let path = format!("/enrollments?term={TERM}&student_id={}", scene.child.student_id);
        let orders: Value = scene.session.get(&path).await?.read(200)?;
        let orders = orders["items"].as_array().cloned().unwrap_or_default();
        Ok(orders.into_iter().find(|order| order["continues"] == first.order_no.as_str()))
    })
    .await?;
    ensure(second["total_fen"] == first.total_fen, || format!("the second part is {second}"))?;
    paid(&scene, second["order_no"].as_str().unwrap_or_default()).await
}

async fn paid(scene: &Scene, order_no: &str) -> Outcome<()> {
    let begun = pay(&scene.session, order_no, &format!("pay-{order_no}")).await?;
    let paid = scene.provider.pay(&begun.payment_no).await?;
    ensure(paid.is_ok(), || format!("paying {order_no}: {paid:?}"))?;
    order_in(&scene.session, order_no, "paid", LISTED_SECONDS).await.map(|_| ())
}

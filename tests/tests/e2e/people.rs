//! A school keeps its homerooms, pupils, guardians and staff by hand, takes lists out, and looks at the turn of the year.
//! Each journey has a homeroom of its own: nobody is touched whom another journey takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Moment;
use domain::school_year::SchoolYear;
use reqwest::Method;
use serde_json::{Value, json};
use tests::sign_in::Login;
use tests::{Answer, Cloud, Outcome, Session, ensure};

use crate::scene::cloud;

/// The school of these journeys.
const SCHOOL: &str = "2144200603";

/// The school year that runs on this day.
fn running() -> SchoolYear {
    #[expect(clippy::disallowed_methods, reason = "the cloud lives in the present")]
    let now = jiff::Timestamp::now();
    SchoolYear::at(Moment::from(now).day())
}

async fn administrator(cloud: &Cloud) -> Outcome<Session> {
    Session::sign_in(cloud, &Login::school_admin(SCHOOL)?).await
}

async fn put(session: &Session, path: &str, version: u64, body: &Value) -> Outcome<Answer> {
    let request = session.request(Method::PUT, path).header("If-Match", format!("\"{version}\""));
    Answer::of(request.json(body)).await
}

/// A first-grade homeroom of the journey's own.
async fn homeroom(session: &Session, class: u8) -> Outcome<String> {
    let id = format!("{SCHOOL}.{:04}.{class:02}", running().first());
    let school_year = running().to_string();
    let body = json!({ "name": format!("一年级({class})班"), "school_year": school_year, "grade": 1 });
    put(session, &format!("/homerooms/{id}"), 0, &body).await?.read::<Value>(200)?;
    Ok(id)
}

/// A pupil of the journey's own in it.
async fn pupil(session: &Session, homeroom: &str, number: &str) -> Outcome<String> {
    let body = json!({ "name": "示例新生", "number": number, "sex": "female" });
    let added: Value = session.post(&format!("/homerooms/{homeroom}/students"), "add", &body).await?.read(201)?;
    ensure(added["name"] == "示***", || format!("shown as {}", added["name"]))?;
    Ok(added["student_id"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn s3_1_a_homeroom_is_kept_and_the_turn_of_the_year_is_looked_at() -> Outcome<()> {
    let admin = administrator(&cloud().await?).await?;
    let id = homeroom(&admin, 91).await?;
    let school_year = running().to_string();
    let wrong = json!({ "name": "二年级(92)班", "school_year": school_year, "grade": 2 });
    let other = id.replace(".91", ".92");
    let refused = put(&admin, &format!("/homerooms/{other}"), 0, &wrong).await?.problem(422)?;
    ensure(refused.kind.ends_with("homeroom/grade-disagrees"), || refused.kind.clone())?;

    let path = format!("/schools/{SCHOOL}/promotion");
    let plan: Value = admin.get(&format!("{path}?school_year={school_year}")).await?.read(200)?;
    let listed = plan["items"].as_array().cloned().unwrap_or_default();
    let own = listed.iter().find(|item| item["homeroom_id"] == *id).cloned().unwrap_or_default();
    ensure(own["step"] == "stays" && own["grade_then"] == 1, || format!("planned {own}"))?;
    let far = admin.get(&format!("{path}?school_year=2090-2091")).await?.problem(409)?;
    ensure(far.kind.ends_with("promotion/school-year-closed"), || far.kind.clone())
}

#[tokio::test]
async fn s3_3_a_pupil_is_added_moved_and_listed() -> Outcome<()> {
    let admin = administrator(&cloud().await?).await?;
    let (from, to) = (homeroom(&admin, 93).await?, homeroom(&admin, 94).await?);
    let student = pupil(&admin, &from, "L442000201911110093").await?;
    let again = json!({ "name": "示例新生", "number": "L442000201911110093", "sex": "female" });
    admin.post(&format!("/homerooms/{to}/students"), "again", &again).await?.problem(409)?;

    let moved = json!({ "sex": "male", "homeroom_id": to, "waivers": [{ "reason": "低保家庭", "percent": 50 }] });
    put(&admin, &format!("/students/{student}"), 1, &moved).await?.read::<Value>(200)?;
    put(&admin, &format!("/students/{student}"), 1, &moved).await?.problem(412)?;
    for (homeroom, expected) in [(&from, 0), (&to, 1)] {
        let page: Value = admin.get(&format!("/homerooms/{homeroom}/students")).await?.read(200)?;
        let count = page["items"].as_array().map_or(0, Vec::len);
        ensure(count == expected, || format!("{homeroom} lists {count}"))?;
    }
    let elsewhere = Session::sign_in(&cloud().await?, &Login::school_admin("2144200602")?).await?;
    elsewhere.get(&format!("/students/{student}")).await?.problem(404)?;
    Ok(())
}

#[tokio::test]
async fn s2_1_a_guardian_is_linked_and_signs_in() -> Outcome<()> {
    let cloud = cloud().await?;
    let admin = administrator(&cloud).await?;
    let room = homeroom(&admin, 95).await?;
    let student = pupil(&admin, &room, "L442000201911110095").await?;
    let path = format!("/students/{student}/guardians");
    let body = json!({ "name": "示例新家长", "phone": "19700000095" });
    let linked: Value = admin.post(&path, "link", &body).await?.read(201)?;
    let person = linked["guardians"][0]["person_id"].as_str().unwrap_or_default().to_owned();
    let login = Login::guardian("示例新家长", "19700000095", "家长示例新家长");
    let children: Value = Session::sign_in(&cloud, &login).await?.get("/children").await?.read(200)?;
    ensure(children["items"][0]["name"] == "示例新生", || children.to_string())?;

    let renamed = put(&admin, &format!("{path}/{person}"), 2, &json!({ "name": "示例家长" })).await?;
    let renamed: Value = renamed.read(200)?;
    ensure(renamed["guardians"][0]["name"] == "示***", || renamed.to_string())?;
    let request = admin.request(Method::DELETE, &format!("{path}/{person}"));
    let alone: Value = Answer::of(request).await?.read(200)?;
    ensure(alone["guardians"].as_array().is_some_and(Vec::is_empty), || alone.to_string())?;

    let file: Value = admin.get(&format!("/schools/{SCHOOL}/exports/students?format=csv&grade=1")).await?.read(200)?;
    let text = STANDARD.decode(file["content_base64"].as_str().unwrap_or_default()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    ensure(text.contains("示***") && !text.contains("示例新生"), || "the list is not masked".to_owned())
}

#[tokio::test]
async fn s3_2_a_member_of_the_staff_has_posts() -> Outcome<()> {
    let admin = administrator(&cloud().await?).await?;
    let room = homeroom(&admin, 96).await?;
    let body = json!({ "name": "示例新教师", "phone": "19700000096", "home": SCHOOL, "grants": [] });
    let added: Value = admin.post("/users", "add-teacher", &body).await?.read(201)?;
    let person = added["person_id"].as_str().unwrap_or_default().to_owned();
    let posts = json!({ "posts": [{ "kind": "teaching", "subjects": ["书法"], "homerooms": [room] }] });
    put(&admin, &format!("/users/{person}/posts"), 1, &posts).await?.read::<Value>(200)?;
    let staff: Value = admin.get(&format!("/schools/{SCHOOL}/staff")).await?.read(200)?;
    let listed = staff["items"].as_array().cloned().unwrap_or_default();
    let own = listed.iter().find(|one| one["person_id"] == *person).cloned().unwrap_or_default();
    ensure(own["posts"][0]["title"] == "任课", || format!("listed {own}"))
}

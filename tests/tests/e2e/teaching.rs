//! A teaching day, from the class to the lock; then what each of its people does about it: hours, corrections, calendars,
//! changes, moves, the end of a class.

use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH};
use serde_json::{Value, json};
use tests::client::{Answer, http, until};
use tests::family::{Offering, order_in};
use tests::main_job::NOTIFIED_SECONDS;
use tests::teaching::day::lasting_day;
use tests::teaching::{Class, SCHOOL, day, fits, now, text};
use tests::{Failure, Outcome, Session, ensure};
use tokio::sync::OnceCell;

use crate::scene::Scene;

/// The day is played once; what comes after it is about its class.
static TAUGHT: OnceCell<(Offering, Class)> = OnceCell::const_new();

async fn taught() -> Outcome<(Offering, Class)> {
    let (offering, class) = TAUGHT
        .get_or_try_init(|| async {
            let scene = Scene::beside(SCHOOL, fits).await?;
            let (placed, payment) = scene.begin().await?;
            scene.provider.press_pay(&payment).await?;
            order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
            let bought = (&scene.offering, placed.order_no.as_str());
            let class = lasting_day(&scene.cloud, (&scene.session, &scene.child), bought).await?;
            Ok::<_, Failure>((scene.offering, class))
        })
        .await?;
    Ok((offering.clone(), class.afresh()?))
}

async fn read(session: &Session, path: &str) -> Outcome<Value> {
    session.get(path).await?.read(200)
}

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[tokio::test]
async fn s17_t1_t2_t4_t5_p8_p9_s25_5_s34_2_a_teaching_day_from_the_class_to_the_lock() -> Outcome<()> {
    taught().await.map(drop)
}

#[tokio::test]
async fn s21_3_s22_1_s25_3_s26_1_t2_1_p9_3_p10_1_everybody_counts_the_same_hours() -> Outcome<()> {
    let (_, class) = taught().await?;
    let days = format!("from={}&until={}", day(class.today, -1), class.today);
    let child = &class.child.student_id;
    let of_child = read(&class.family, &format!("/students/{child}/lesson-hours?{days}&by=day")).await?;
    ensure(of_child["total"]["on_leave"] == 1 && items(&of_child).len() == 2, || format!("hours: {of_child}"))?;
    let sheet = read(&class.family, &format!("/students/{child}/attendance-sheet?{days}")).await?;
    ensure(sheet["total"]["due"] == of_child["total"]["held"], || format!("the sheet differs: {sheet}"))?;
    let of_school =
        read(&class.admin, &class.of_term(&format!("lesson-hours?{days}&of=pupils&class={}", class.id))).await?;
    let row = items(&of_school).iter().find(|row| row["key"] == child.as_str()).cloned().unwrap_or_default();
    ensure(row["done"] == of_child["total"]["done"], || format!("the school counts {row}, the family {of_child}"))?;
    let own = read(&class.teacher.session, &format!("/me/lesson-hours?{days}&class={}", class.id)).await?;
    let of_teachers = class.of_term(&format!("lesson-hours?{days}&of=teachers&class={}", class.id));
    let of_teachers = read(&class.admin, &of_teachers).await?;
    ensure(own["total"] == of_teachers["total"], || format!("a teacher counts {own}, the school {of_teachers}"))?;
    let export = class.of_term(&format!("lesson-hours/export?{days}&of=teachers&format=csv"));
    let file = read(&class.admin, &export).await?;
    ensure(file["content_base64"].as_str().is_some_and(|text| !text.is_empty()), || "an empty file".to_owned())?;
    let forbidden = class.teacher.session.get(&export).await?;
    ensure(forbidden.status == 404, || format!("a teacher takes a school's hours out: {}", forbidden.status))
}

#[tokio::test]
async fn s21_2_s25_2_t2_1_each_lesson_tells_who_was_there() -> Outcome<()> {
    let (_, class) = taught().await?;
    let days = format!("from={}&until={}", day(class.today, -1), class.today);
    let child = &class.child.student_id;
    let lessons = read(&class.family, &format!("/students/{child}/attendance?{days}")).await?;
    ensure(items(&lessons).iter().any(|lesson| lesson["presence"] == "on_leave"), || format!("no leave: {lessons}"))?;
    let own = read(&class.teacher.session, &format!("/me/attendance?{days}&class={}", class.id)).await?;
    ensure(items(&own).iter().any(|lesson| lesson["mark"] == "normal" || lesson["mark"] == "late"), || {
        own.to_string()
    })?;
    let listed = class.of_term(&format!("teacher-attendance?{days}&class={}", class.id));
    let listed = read(&class.admin, &listed).await?;
    ensure(items(&listed).len() == items(&own).len(), || format!("the school sees {listed}, the teacher {own}"))
}

#[tokio::test]
async fn p9_4_s25_4_t2_2_what_was_wrong_is_asked_for_and_put_right_unless_it_is_locked() -> Outcome<()> {
    let (_, class) = taught().await?;
    let body = json!({
        "lesson_id": class.lesson(2), "student_id": class.child.student_id, "presence": "present",
        "reason": "点名时在校医室,随后到课",
    });
    let path = class.of_term("corrections");
    let asked: Value = class.family.post(&path, "correct", &body).await?.read(201)?;
    let decide = format!("/corrections/{}/decide", text(&asked, "request_id")?);
    let own = class.family.post(&decide, "decide", &json!({ "approved": true })).await?;
    ensure(own.status == 404, || format!("a family decides, answered {}", own.status))?;
    class.admin.post(&decide, "decide", &json!({ "approved": true })).await?.read::<Value>(200)?;
    class.seen(0, "present").await?;
    let listed = read(&class.admin, &class.of_term(&format!("corrections?class_id={}", class.id))).await?;
    ensure(items(&listed).iter().any(|one| one["request_id"] == asked["request_id"]), || listed.to_string())?;
    let forgotten = json!({ "lesson_id": class.lesson(1), "at": now(), "reason": "手机没电,忘记签到" });
    let path = class.of_term("check-in-corrections");
    let locked = class.teacher.session.post(&path, "forgotten", &forgotten).await?.problem(409)?;
    ensure(locked.detail.contains("锁定"), || format!("not told that it is locked: {}", locked.detail))
}

#[tokio::test]
async fn p8_1_t3_1_a_calendar_follows_the_timetable_until_it_is_revoked() -> Outcome<()> {
    let (_, class) = taught().await?;
    let body = json!({ "student_id": class.child.student_id });
    let made: Value = class.family.post("/me/calendar-feeds", "feed", &body).await?.read(201)?;
    let url = text(&made, "url")?;
    let calendar = http()?.get(&url).send().await?.text().await?;
    ensure(calendar.contains("BEGIN:VEVENT") && calendar.contains("END:VCALENDAR"), || calendar.clone())?;
    ensure(!calendar.contains(&class.child.student_id), || "the calendar names the child".to_owned())?;
    let feed = format!("/me/calendar-feeds/{}", text(&made, "feed_id")?);
    let revoked = Answer::of(class.family.request(Method::DELETE, &feed)).await?;
    ensure(revoked.status < 300, || format!("revoking: {}", revoked.status))?;
    let gone = http()?.get(&url).send().await?.status().as_u16();
    ensure(gone == 404, || format!("a revoked feed is answered {gone}"))
}

#[tokio::test]
async fn s23_4_s23_5_t5_2_changes_are_listed_with_what_they_cost_and_taken_out() -> Outcome<()> {
    let (_, class) = taught().await?;
    let term = tests::dataset::TERM;
    let path = format!("/lesson-changes?school={SCHOOL}&term={term}&class={}", class.id);
    let own = read(&class.teacher.session, &path).await?;
    let change = items(&own).first().cloned().unwrap_or_default();
    let one = format!("/lesson-changes/{}", text(&change, "change_id")?);
    let answer = class.admin.get(&one).await?;
    let version = answer.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
    let fee = json!({ "fee": { "amount_fen": 6_000, "note": "代课补贴 60 元" } });
    let request = class.admin.request(Method::PUT, &format!("{one}/fee")).header(IF_MATCH, version).json(&fee);
    let recorded: Value = Answer::of(request).await?.read(200)?;
    ensure(recorded["fee"]["amount_fen"] == 6_000, || format!("not recorded: {recorded}"))?;
    let file = read(&class.admin, &class.of_term("lesson-changes/export?format=csv")).await?;
    ensure(file["content_base64"].as_str().is_some_and(|text| !text.is_empty()), || "an empty file".to_owned())
}

#[tokio::test]
async fn s28_1_p12_1_s20_1_a_child_is_transferred_and_its_new_class_ends_and_goes_on() -> Outcome<()> {
    let (offering, class) = taught().await?;
    let other = class.create(&offering, (2, 2), 1).await?;
    let body = json!({
        "student_id": class.child.student_id, "term": tests::dataset::TERM, "kind": "transfer", "class_id": other,
        "on": day(class.today, 1).to_string(), "reason": "与校队训练时间冲突",
    });
    let asked: Value = class.family.post("/moves", "transfer", &body).await?.read(201)?;
    let path = format!("/moves/{}/decide", text(&asked, "move_id")?);
    let moved: Value = class.admin.post(&path, "decide", &json!({ "approved": true })).await?.read(200)?;
    ensure(moved["state"] == "done", || format!("not transferred: {moved}"))?;
    let members = |shown: &Value| -> Vec<Value> { shown["members"].as_array().cloned().unwrap_or_default() };
    let here = |one: &Value| one["student_id"] == class.child.student_id.as_str() && one["until"].is_null();
    let there = read(&class.admin, &format!("/classes/{other}")).await?;
    let left = read(&class.admin, &format!("/classes/{}", class.id)).await?;
    ensure(members(&there).iter().any(here) && !members(&left).iter().any(here), || format!("{there} {left}"))?;
    let closing = read(&class.admin, &format!("/classes/{other}/closing")).await?;
    ensure(closing["missing"].as_array().is_some_and(|missing| !missing.is_empty()), || closing.to_string())?;
    let close = format!("/classes/{other}/close");
    class.admin.post(&close, "close", &json!({})).await?.problem(409)?;
    let reason = json!({ "reason": "场馆停用,提前结课" });
    class.admin.post(&close, "close", &reason).await?.read::<Value>(200)?;
    let reason = json!({ "reason": "误操作结课" });
    class.admin.post(&format!("/classes/{other}/reopen"), "reopen", &reason).await?.read::<Value>(200)?;
    let listed = read(&class.admin, &format!("/moves?school={SCHOOL}&term={}", tests::dataset::TERM)).await?;
    ensure(items(&listed).iter().any(|one| one["move_id"] == asked["move_id"]), || listed.to_string())
}

#[tokio::test]
async fn s27_1_s27_2_p11_1_a_course_is_exchanged_seat_for_seat() -> Outcome<()> {
    let scene = Scene::at("2144200603").await?;
    let (placed, payment) = scene.begin().await?;
    scene.provider.press_pay(&payment).await?;
    order_in(&scene.session, &placed.order_no, "paid", NOTIFIED_SECONDS).await?;
    let other = scene.another().await?;
    let (child, term) = (&scene.child.student_id, tests::dataset::TERM);
    let query = format!(
        "student_id={child}&term={term}&from_course={}&offering_id={}",
        scene.offering.course(),
        other.offering_id
    );
    let quoted = read(&scene.session, &format!("/moves/quote?{query}")).await?;
    let body = json!({
        "student_id": child, "term": term, "kind": "exchange", "from_course": scene.offering.course(),
        "offering_id": other.offering_id, "reason": "孩子更喜欢画画",
    });
    let asked: Value = scene.session.post("/moves", "exchange", &body).await?.read(201)?;
    ensure(asked["exchange"]["difference"] == quoted["difference"], || format!("quoted {quoted}, asked {asked}"))?;
    let school = Session::sign_in(&scene.cloud, &tests::sign_in::Login::school_admin(&scene.child.school)?).await?;
    let one = format!("/moves/{}", text(&asked, "move_id")?);
    let decided: Value =
        school.post(&format!("{one}/decide"), "decide", &json!({ "approved": true })).await?.read(200)?;
    if decided["state"] == "awaiting_payment" {
        scene.seats_taken(1).await?;
        let order = text(&decided["exchange"], "order_no")?;
        let begun = tests::family::pay(&scene.session, &order, &format!("pay-{order}")).await?;
        scene.provider.press_pay(&begun.payment_no).await?;
    }
    until("the exchange is in effect", NOTIFIED_SECONDS, async || {
        let shown = read(&scene.session, &one).await?;
        Ok(Some(()).filter(|()| shown["state"] == "done"))
    })
    .await?;
    scene.seats_taken(0).await
}

//! A teaching day (教学日): a class is set up, its teacher checks in and calls the roll, a family asks for leave, somebody
//! else teaches a lesson, a day is locked; and the guardian sees all of it.
#![expect(clippy::indexing_slicing, reason = "what an answer lacks is null")]

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{ToSpan, Zoned};
use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use serde_json::{Value, json};
use simulator::people;

use crate::address::Cloud;
use crate::client::{Answer, Session, until};
use crate::dataset::TERM;
use crate::failure::{Failure, Outcome, ensure};
use crate::family::{self, Child, Choice, Offering, Order};
use crate::main_job::NOTIFIED_SECONDS;
use crate::provider::Provider;
use crate::sign_in::Login;
use crate::tell::{line, step};

/// Where two teachers of the demo work.
pub const SCHOOL: &str = "2144200601";

/// What a running environment knows of a school's classes is at most ten seconds old.
const KNOWN_SECONDS: u64 = 60;

/// A teacher who is signed in.
#[derive(Debug)]
struct Teacher {
    session: Session,
    person_id: String,
    called: String,
}

/// A class of a school, and who has to do with it.
#[derive(Debug)]
struct Class<'a> {
    family: &'a Session,
    child: &'a Child,
    admin: Session,
    teacher: Teacher,
    substitute: Teacher,
    id: String,
    today: Date,
}

/// Plays the day of the next family that has taken nothing yet; once for each demo, since its teacher is then at work.
pub async fn of_next_family(cloud: &Cloud) -> Outcome<()> {
    let (teacher, _) = teachers(cloud).await?;
    let (from, until) = (day(today(), -1), day(today(), 30));
    let path = format!("/me/timetable?from={from}&until={until}");
    let taught: Value = teacher.session.get(&path).await?.read(200)?;
    if taught["lessons"].as_array().is_some_and(|lessons| !lessons.is_empty()) {
        step("教学日已演示过;make demo-reset 后可重新演示");
        return Ok(());
    }
    for household in family::of_one_child(SCHOOL)? {
        let session = Session::sign_in(cloud, &household.login()).await?;
        let [child] = family::children(&session).await?.try_into().map_err(|_all| Failure("one child".to_owned()))?;
        let listed = family::offerings(&session, &child).await?;
        let free = listed.into_iter().find(|offering| offering.seats_left > 0 && offering.tuition_fen > 0);
        let (Some(offering), true) = (free, family::orders(&session, &child).await?.is_empty()) else { continue };
        let wanted = [Choice { offering: &offering, extras: false }];
        let key = format!("day-{}", child.student_id);
        let order: Order = family::submit(&session, &child, &wanted, &key).await?.read(201)?;
        let begun = family::pay(&session, &order.order_no, &format!("pay-{}", order.order_no)).await?;
        Provider::of(cloud)?.press_pay(&begun.payment_no).await?;
        family::order_in(&session, &order.order_no, "paid", NOTIFIED_SECONDS).await?;
        return teaching_day(cloud, &session, &child, &offering).await;
    }
    Err(Failure(format!("no family is left at {SCHOOL}")))
}

/// Plays the day of a child who has a paid seat in the offering. While it lasts, the school's first period is the whole
/// day, so that there is always a lesson now.
pub async fn teaching_day(cloud: &Cloud, family: &Session, child: &Child, offering: &Offering) -> Outcome<()> {
    let admin = Session::sign_in(cloud, &Login::school_admin(SCHOOL)?).await?;
    let bells = first_period_all_day(&admin).await?;
    let played = play(cloud, (family, child), offering, admin.clone()).await;
    put_bells(&admin, &bells).await?;
    played
}

async fn play(cloud: &Cloud, (family, child): (&Session, &Child), offering: &Offering, admin: Session) -> Outcome<()> {
    step(format!("{}开设教学班,按缴费名单编班", child.school_name));
    let (teacher, substitute) = teachers(cloud).await?;
    let today = today();
    let mut class = Class { family, child, admin, teacher, substitute, id: String::new(), today };
    class.create(offering).await?;
    step("教师签到、点名,家长即时看到");
    class.check_in().await?;
    class.call_roll().await?;
    step("家长为孩子请假,审核后考勤自动为请假");
    class.take_leave().await?;
    step("教师申请代课,审核后课表即时更新");
    class.substitute().await?;
    step("锁定昨日考勤:迟到的离线点名留存待学校处理");
    class.lock().await
}

impl Class<'_> {
    /// A lesson each day from yesterday on, as many as were sold.
    async fn create(&mut self, offering: &Offering) -> Outcome<()> {
        let period = 1;
        let dates: Vec<Value> =
            (-1..40).map(|days| json!({ "date": day(self.today, days).to_string(), "period": period })).collect();
        let body = json!({
            "title": format!("{}1班", offering.title),
            "teachers": [{ "person_id": self.teacher.person_id, "called": self.teacher.called, "role": "main" }],
            "pattern": { "dates": dates },
        });
        let path = format!("/offerings/{}/classes", offering.offering_id);
        let made: Value =
            self.admin.post(&path, &format!("class-{}", self.child.student_id), &body).await?.read(201)?;
        self.id = text(&made, "class_id")?;
        let path = format!("/classes/{}/members/fill", self.id);
        let from = json!({ "from": day(self.today, -1).to_string() });
        let filled: Value = self.admin.post(&path, "fill", &from).await?.read(200)?;
        let new = filled["new"].as_array().cloned().unwrap_or_default();
        ensure(new.iter().any(|student| student == &self.child.student_id), || format!("not taken in: {filled}"))?;
        line(format!("教学班 {},{} 名学生,{}任教", self.id, new.len(), self.teacher.called));
        Ok(())
    }

    /// The teacher says to be there; said twice, it is said once.
    async fn check_in(&self) -> Outcome<()> {
        let path = format!("/lessons/{}/check-in", self.lesson(2));
        let teacher = &self.teacher.session;
        let checked: Value = until("a check-in", KNOWN_SECONDS, async || {
            let answer = teacher.post(&path, "check-in", &json!({})).await?;
            if answer.status == 404 { Ok(None) } else { answer.read(200).map(Some) }
        })
        .await?;
        let again: Value = teacher.post(&path, "check-in", &json!({})).await?.read(200)?;
        ensure(checked == again, || format!("checked in twice: {checked} {again}"))?;
        line(format!("{}签到 {}", self.teacher.called, checked["at"]));
        let stranger = self.substitute.session.post(&path, "check-in", &json!({})).await?;
        ensure(stranger.status == 404, || format!("another teacher is answered {}", stranger.status))
    }

    /// The roll is called, and called again by a telephone that did not hear the answer.
    async fn call_roll(&self) -> Outcome<()> {
        let path = format!("/lessons/{}/roll", self.lesson(2));
        let call = json!({ "at": now(), "named": [{ "student_id": self.child.student_id, "presence": "late" }] });
        for state in ["entered", "known"] {
            let request = self.teacher.session.request(Method::PUT, &path).json(&call);
            let called: Value = Answer::of(request).await?.read(200)?;
            ensure(called["state"] == state, || format!("not {state}: {called}"))?;
        }
        let (presence, etag) = self.seen(0, "late").await?;
        line(format!("家长看到 {}:{presence}", self.child.name));
        let path = self.day_path(0);
        let same = Answer::of(self.family.request(Method::GET, &path).header(IF_NONE_MATCH, etag)).await?;
        ensure(same.status == 304, || format!("what is known is answered {}", same.status))?;
        line("再次查询:304,没有变化不重复传输");
        Ok(())
    }

    async fn take_leave(&self) -> Outcome<()> {
        let path = format!("/schools/{SCHOOL}/terms/{TERM}/leaves");
        let lessons = [self.lesson(3)];
        let body = json!({
            "student_id": self.child.student_id, "reason": "感冒发烧", "when": { "lessons": lessons },
        });
        let key = format!("leave-{}", self.child.student_id);
        let asked: Value = until("leave", KNOWN_SECONDS, async || {
            let answer = self.family.post(&path, &key, &body).await?;
            if answer.status == 201 { answer.read(201).map(Some) } else { answer.problem(404).map(|_| None) }
        })
        .await?;
        let path = format!("/leaves/{}/decide", text(&asked, "request_id")?);
        let refused = self.family.post(&path, "decide", &json!({ "approved": true })).await?;
        ensure(refused.status == 404, || format!("a family decides, answered {}", refused.status))?;
        self.admin.post(&path, "decide", &json!({ "approved": true })).await?.read::<Value>(200)?;
        let (presence, _) = self.seen(1, "on_leave").await?;
        line(format!("明日 {}:{presence}", self.child.name));
        Ok(())
    }

    async fn substitute(&self) -> Outcome<()> {
        let lesson = self.lesson(4);
        let body = json!({
            "lesson_id": lesson, "change": "substitute", "reason": "外出培训",
            "present_id": self.substitute.person_id, "present_called": self.substitute.called,
        });
        let key = format!("substitute-{}", self.child.student_id);
        let asked: Value = self.teacher.session.post("/lesson-changes", &key, &body).await?.read(201)?;
        ensure(asked["state"] == "asked", || format!("in effect without approval: {asked}"))?;
        let path = format!("/lesson-changes/{}/decide", text(&asked, "change_id")?);
        let own = self.teacher.session.post(&path, "decide", &json!({ "approved": true })).await?;
        ensure(own.status == 404, || format!("a teacher decides, answered {}", own.status))?;
        self.admin.post(&path, "decide", &json!({ "approved": true })).await?.read::<Value>(200)?;
        let on = day(self.today, 2);
        let shown = |timetable: &Value| {
            let lessons = timetable["lessons"].as_array();
            let found = lessons?.iter().find(|one| one["lesson_id"] == lesson.as_str())?;
            let stands_in = found["teachers"].as_array()?.iter().find(|one| !one["stands_in_for"].is_null())?;
            Some(format!("{} 由{}代课", text(found, "date").ok()?, text(stands_in, "called").ok()?))
        };
        let of_child = format!("/students/{}/timetable?from={on}&until={on}", self.child.student_id);
        let of_teacher = format!("/me/timetable?from={on}&until={on}");
        for (session, path) in [(self.family, of_child), (&self.substitute.session, of_teacher)] {
            let words = until("a stand-in", KNOWN_SECONDS, async || {
                let timetable: Value = session.get(&path).await?.read(200)?;
                Ok(shown(&timetable))
            })
            .await?;
            line(words);
        }
        Ok(())
    }

    /// What is locked stays: a call for yesterday is kept aside, whoever sends it.
    async fn lock(&self) -> Outcome<()> {
        let path = format!("/schools/{SCHOOL}/terms/{TERM}/attendance-locks");
        let yesterday = day(self.today, -1).to_string();
        let body = json!({ "from": yesterday, "until": yesterday });
        until("a lock", KNOWN_SECONDS, async || {
            let locked: Value = self.admin.post(&path, "lock", &body).await?.read(200)?;
            Ok(Some(()).filter(|()| locked["state"] == "locked"))
        })
        .await?;
        let roll = format!("/lessons/{}/roll", self.lesson(1));
        let call = json!({ "at": now(), "named": [{ "student_id": self.child.student_id, "presence": "absent" }] });
        let parked: Value =
            Answer::of(self.teacher.session.request(Method::PUT, &roll).json(&call)).await?.read(202)?;
        ensure(parked["state"] == "parked", || format!("not parked: {parked}"))?;
        let calls: Value =
            self.admin.get(&format!("/schools/{SCHOOL}/terms/{TERM}/parked-calls?waiting=true")).await?.read(200)?;
        let waits = |one: &Value| one["parked_call_id"] == parked["parked_call_id"];
        ensure(calls["items"].as_array().is_some_and(|all| all.iter().any(waits)), || calls.to_string())?;
        let path = format!("/parked-calls/{}/discard", text(&parked, "parked_call_id")?);
        self.admin.post(&path, "discard", &json!({ "reason": "当日考勤已锁定" })).await?.read::<Value>(200)?;
        line(format!("{yesterday} 已锁定,点名留存为 {}", text(&parked, "parked_call_id")?));
        Ok(())
    }

    fn lesson(&self, number: u16) -> String {
        format!("{}.{number:03}", self.id)
    }

    fn day_path(&self, days: i64) -> String {
        format!("/students/{}/days/{}", self.child.student_id, day(self.today, days))
    }

    /// What the guardian sees of the child's lesson of a day, once it is this.
    async fn seen(&self, days: i64, presence: &str) -> Outcome<(String, String)> {
        until(&format!("the guardian sees {presence}"), KNOWN_SECONDS, async || {
            let answer = self.family.get(&self.day_path(days)).await?;
            let shown: Value = answer.read(200)?;
            let lessons = shown["lessons"].as_array().cloned().unwrap_or_default();
            let here = |one: &&Value| one["class_id"] == self.id.as_str() && one["presence"] == presence;
            let etag = answer.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
            Ok(lessons.iter().find(here).map(|_| (presence.to_owned(), etag)))
        })
        .await
    }
}

/// The teachers of the school, with what families call them.
async fn teachers(cloud: &Cloud) -> Outcome<(Teacher, Teacher)> {
    let grant = format!("teacher@classes:{SCHOOL}");
    let mut all = Vec::new();
    for (staff, called) in people::holders(&grant).zip(["李老师", "张老师"]) {
        let session = Session::sign_in(cloud, &Login::staff(staff)).await?;
        let me: Value = session.get("/me").await?.read(200)?;
        all.push(Teacher { session, person_id: text(&me, "person_id")?, called: called.to_owned() });
    }
    let two: [Teacher; 2] = all.try_into().map_err(|_few| Failure(format!("fewer than two are {grant}")))?;
    let [one, other] = two;
    Ok((one, other))
}

/// The school's bells as they were; from now on the first period is almost the whole day, the others its last minutes.
async fn first_period_all_day(admin: &Session) -> Outcome<Value> {
    let before: Value = admin.get(&bells_path()).await?.read(200)?;
    let mut periods = before["periods"].as_array().cloned().unwrap_or_default();
    let last = 1_439_usize;
    let first_of_rest = last.saturating_sub(periods.len());
    for (place, period) in periods.iter_mut().enumerate() {
        let at = first_of_rest.saturating_add(place);
        let from = if place == 0 { 0 } else { at };
        period["from_minute"] = json!(from);
        period["until_minute"] = json!(at.saturating_add(1));
    }
    put_bells(admin, &json!({ "periods": periods })).await?;
    Ok(json!({ "periods": before["periods"] }))
}

async fn put_bells(admin: &Session, bells: &Value) -> Outcome<()> {
    let now = admin.get(&bells_path()).await?;
    let version = now.headers.get(ETAG).and_then(|version| version.to_str().ok()).unwrap_or_default().to_owned();
    let request = admin.request(Method::PUT, &bells_path()).header(IF_MATCH, version).json(bells);
    Answer::of(request).await?.read::<Value>(200).map(drop)
}

fn bells_path() -> String {
    format!("/terms/{SCHOOL}.{TERM}/bells")
}

fn text(value: &Value, name: &str) -> Outcome<String> {
    let found = value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    found.ok_or_else(|| Failure(format!("no {name} in {value}")))
}

fn day(today: Date, days: i64) -> Date {
    today.saturating_add(days.days())
}

fn today() -> Date {
    here().date()
}

/// Now, as a teacher's telephone writes it.
fn now() -> String {
    here().strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

#[expect(clippy::disallowed_methods, reason = "people live by the clock on the wall")]
fn here() -> Zoned {
    Zoned::now().with_time_zone(Offset::constant(8).to_time_zone())
}

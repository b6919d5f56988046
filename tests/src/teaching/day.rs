//! A teaching day (教学日): a class is set up, its teacher checks in and calls the roll, a family asks for leave and gets
//! back what was missed, somebody else teaches a lesson, a day is locked; and the guardian sees all of it.
#![expect(clippy::indexing_slicing, reason = "what an answer lacks is null")]

use reqwest::Method;
use reqwest::header::IF_NONE_MATCH;
use serde_json::{Value, json};

use super::{Class, KNOWN_SECONDS, SCHOOL, day, first_period_all_day, fits, now, put_bells, teachers, text, today};
use crate::address::Cloud;
use crate::client::{Answer, Session, until};
use crate::failure::{Failure, Outcome, ensure};
use crate::family::{self, Child, Choice, Offering, Order};
use crate::main_job::NOTIFIED_SECONDS;
use crate::provider::Provider;
use crate::refund::{Request, approve, refund_in};
use crate::sign_in::Login;
use crate::tell::{line, step};

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
        let free =
            listed.into_iter().find(|offering| offering.seats_left > 0 && offering.tuition_fen > 0 && fits(offering));
        let (Some(offering), true) = (free, family::orders(&session, &child).await?.is_empty()) else { continue };
        let wanted = [Choice { offering: &offering, extras: false }];
        let key = format!("day-{}", child.student_id);
        let order: Order = family::submit(&session, &child, &wanted, &key).await?.read(201)?;
        let begun = family::pay(&session, &order.order_no, &format!("pay-{}", order.order_no)).await?;
        Provider::of(cloud)?.press_pay(&begun.payment_no).await?;
        family::order_in(&session, &order.order_no, "paid", NOTIFIED_SECONDS).await?;
        teaching_day(cloud, (&session, &child), (&offering, &order.order_no)).await?;
        return Ok(());
    }
    Err(Failure(format!("no family is left at {SCHOOL}")))
}

/// Plays the day of a child who has a paid seat in the offering by this order. While it lasts, the school's first period is
/// the whole day, so that there is always a lesson now.
pub async fn teaching_day(cloud: &Cloud, family: (&Session, &Child), bought: (&Offering, &str)) -> Outcome<Class> {
    let admin = Session::sign_in(cloud, &Login::school_admin(SCHOOL)?).await?;
    let bells = first_period_all_day(&admin).await?;
    let played = play(cloud, family, bought, &admin).await;
    put_bells(&admin, &bells).await?;
    played
}

/// The same, and the first period stays the whole day: what comes after it finds a lesson that has begun, at any hour.
pub async fn lasting_day(cloud: &Cloud, family: (&Session, &Child), bought: (&Offering, &str)) -> Outcome<Class> {
    let admin = Session::sign_in(cloud, &Login::school_admin(SCHOOL)?).await?;
    first_period_all_day(&admin).await?;
    play(cloud, family, bought, &admin).await
}

async fn play(cloud: &Cloud, family: (&Session, &Child), bought: (&Offering, &str), admin: &Session) -> Outcome<Class> {
    step(format!("{}开设教学班,按缴费名单编班", family.1.school_name));
    let class = Class::open(cloud, family, bought, admin).await?;
    step("教师签到、点名,家长即时看到");
    class.check_in().await?;
    class.call_roll().await?;
    step("家长为孩子请假,审核后考勤自动为请假");
    class.take_leave().await?;
    step("教师补登昨日请假,应退累计随即可见,家长申请退回");
    class.get_back(bought.0.course()).await?;
    step("教师申请代课,审核后课表即时更新");
    class.substitute().await?;
    step("锁定昨日考勤:迟到的离线点名留存待学校处理");
    class.lock().await?;
    Ok(class)
}

impl Class {
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
        let path = self.of_term("leaves");
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

    /// The teacher enters leave for yesterday; what the lesson cost has accrued, and goes back when the family asks for it.
    async fn get_back(&self, course: &str) -> Outcome<()> {
        let body = json!({
            "student_id": self.child.student_id, "reason": "昨日病假,家长已电话告知", "when": { "lessons": [self.lesson(1)] },
        });
        let key = format!("sick-{}", self.child.student_id);
        let asked: Value = self.teacher.session.post(&self.of_term("leaves"), &key, &body).await?.read(201)?;
        let path = format!("/leaves/{}/decide", text(&asked, "request_id")?);
        self.admin.post(&path, "decide", &json!({ "approved": true })).await?.read::<Value>(200)?;
        let path = format!("/orders/{}/accrued-refunds", self.order_no);
        let accrued: Value = self.family.get(&path).await?.read(200)?;
        let total = accrued["total_fen"].as_i64().unwrap_or_default();
        ensure(total > 0, || format!("nothing has accrued: {accrued}"))?;
        line(format!("应退累计 {total} 分:{}", accrued["items"][0]["rule"].as_str().unwrap_or_default()));
        let body = json!({ "order_no": self.order_no, "course": course, "trigger": "leave" });
        let asked: Request =
            self.family.post("/refund-requests", &format!("accrued-{}", self.order_no), &body).await?.read(201)?;
        let granted = approve(&self.admin, &asked).await?;
        let refund_no = granted.refund_no.unwrap_or_default();
        let done = refund_in(&self.family, &refund_no, "done", NOTIFIED_SECONDS).await?;
        ensure(done.amount_fen == total, || format!("accrued {total}, gone back {}", done.amount_fen))?;
        line(format!("退款 {refund_no}:{} 分,原路退回", done.amount_fen));
        let left: Value = self.family.get(&path).await?.read(200)?;
        ensure(left["total_fen"] == 0, || format!("it is still to go back: {left}"))
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
        for (session, path) in [(&self.family, of_child), (&self.substitute.session, of_teacher)] {
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
        let path = self.of_term("attendance-locks");
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
        let calls: Value = self.admin.get(&self.of_term("parked-calls?waiting=true")).await?.read(200)?;
        let waits = |one: &Value| one["parked_call_id"] == parked["parked_call_id"];
        ensure(calls["items"].as_array().is_some_and(|all| all.iter().any(waits)), || calls.to_string())?;
        let path = format!("/parked-calls/{}/discard", text(&parked, "parked_call_id")?);
        self.admin.post(&path, "discard", &json!({ "reason": "当日考勤已锁定" })).await?.read::<Value>(200)?;
        line(format!("{yesterday} 已锁定,点名留存为 {}", text(&parked, "parked_call_id")?));
        Ok(())
    }
}

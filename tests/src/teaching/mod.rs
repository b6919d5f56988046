//! Teaching (教学): a class with its teachers and one of its pupils, and what everybody does in it.
#![expect(clippy::indexing_slicing, reason = "what an answer lacks is null")]

pub mod day;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{ToSpan, Zoned};
use reqwest::Method;
use reqwest::header::{ETAG, IF_MATCH};
use serde_json::{Value, json};
use simulator::people;

use crate::address::Cloud;
use crate::client::{Answer, Session, until};
use crate::dataset::TERM;
use crate::failure::{Failure, Outcome, ensure};
use crate::family::{Child, Offering};
use crate::sign_in::Login;
use crate::tell::line;

/// Where two teachers of the demo work.
pub const SCHOOL: &str = "2144200601";

/// What a running environment knows of a school's classes is at most ten seconds old.
pub const KNOWN_SECONDS: u64 = 60;

/// Whether a class can teach what was sold on single days: two lessons a week at most.
pub fn fits(offering: &Offering) -> bool {
    offering.slots.len() <= 2
}

/// A teacher who is signed in.
#[derive(Debug, Clone)]
pub struct Teacher {
    /// The session.
    pub session: Session,
    /// The account.
    pub person_id: String,
    /// What families call them.
    pub called: String,
}

/// A class of a school, and who has to do with it.
#[derive(Debug, Clone)]
pub struct Class {
    /// A guardian of one of its pupils.
    pub family: Session,
    /// The pupil.
    pub child: Child,
    /// The order by which the pupil has the seat.
    pub order_no: String,
    /// Who runs the school.
    pub admin: Session,
    /// Who teaches the class.
    pub teacher: Teacher,
    /// Who stands in.
    pub substitute: Teacher,
    /// Its identifier.
    pub id: String,
    /// The day its second lesson is given.
    pub today: Date,
}

impl Class {
    /// Opens the class and takes in who has paid: a lesson each day from yesterday on, as many as were sold.
    pub async fn open(
        cloud: &Cloud,
        family: (&Session, &Child),
        bought: (&Offering, &str),
        admin: &Session,
    ) -> Outcome<Self> {
        let ((session, child), (offering, order_no)) = (family, bought);
        let (teacher, substitute) = teachers(cloud).await?;
        let today = today();
        let mut class = Self {
            family: session.clone(),
            child: child.clone(),
            order_no: order_no.to_owned(),
            admin: admin.clone(),
            teacher,
            substitute,
            id: String::new(),
            today,
        };
        class.id = class.create(offering, (1, 1), -1).await?;
        let path = format!("/classes/{}/members/fill", class.id);
        let from = json!({ "from": day(today, -1).to_string() });
        let filled: Value = class.admin.post(&path, "fill", &from).await?.read(200)?;
        let new = filled["new"].as_array().cloned().unwrap_or_default();
        ensure(new.iter().any(|student| student == &class.child.student_id), || format!("not taken in: {filled}"))?;
        line(format!("教学班 {},{} 名学生,{}任教", class.id, new.len(), class.teacher.called));
        Ok(class)
    }

    /// The same, everybody over connections of their own.
    pub fn afresh(&self) -> Outcome<Self> {
        let mut class = self.clone();
        for session in [&mut class.family, &mut class.admin, &mut class.teacher.session, &mut class.substitute.session]
        {
            *session = session.afresh()?;
        }
        Ok(class)
    }

    /// Another class of the offering, taught by the substitute: its number, the period, and the first day from today on.
    pub async fn create(&self, offering: &Offering, (number, period): (u8, u8), first: i64) -> Outcome<String> {
        let dates: Vec<Value> = (first..first.saturating_add(41))
            .map(|days| json!({ "date": day(self.today, days).to_string(), "period": period }))
            .collect();
        let by = if number == 1 { &self.teacher } else { &self.substitute };
        let body = json!({
            "title": format!("{}{number}班", offering.title),
            "teachers": [{ "person_id": by.person_id, "called": by.called, "role": "main" }],
            "pattern": { "dates": dates },
        });
        let path = format!("/offerings/{}/classes", offering.offering_id);
        let key = format!("class-{}-{number}", self.child.student_id);
        let made: Value = self.admin.post(&path, &key, &body).await?.read(201)?;
        text(&made, "class_id")
    }

    /// A lesson of the class: the first was yesterday, the second is today.
    pub fn lesson(&self, number: u16) -> String {
        format!("{}.{number:03}", self.id)
    }

    /// Where the child's lessons of a day are seen, counted from today.
    pub fn day_path(&self, days: i64) -> String {
        format!("/students/{}/days/{}", self.child.student_id, day(self.today, days))
    }

    /// What belongs to the school's term.
    pub fn of_term(&self, what: &str) -> String {
        format!("/schools/{SCHOOL}/terms/{TERM}/{what}")
    }

    /// What the guardian sees of the child's lesson of a day, once it is this.
    pub async fn seen(&self, days: i64, presence: &str) -> Outcome<(String, String)> {
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
pub async fn teachers(cloud: &Cloud) -> Outcome<(Teacher, Teacher)> {
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
pub(crate) async fn first_period_all_day(admin: &Session) -> Outcome<Value> {
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

pub(crate) async fn put_bells(admin: &Session, bells: &Value) -> Outcome<()> {
    let now = admin.get(&bells_path()).await?;
    let version = now.headers.get(ETAG).and_then(|version| version.to_str().ok()).unwrap_or_default().to_owned();
    let request = admin.request(Method::PUT, &bells_path()).header(IF_MATCH, version).json(bells);
    Answer::of(request).await?.read::<Value>(200).map(drop)
}

fn bells_path() -> String {
    format!("/terms/{SCHOOL}.{TERM}/bells")
}

/// A text of an answer.
pub fn text(value: &Value, name: &str) -> Outcome<String> {
    let found = value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    found.ok_or_else(|| Failure(format!("no {name} in {value}")))
}

/// A day counted from another.
pub fn day(today: Date, days: i64) -> Date {
    today.saturating_add(days.days())
}

/// Today, in China.
pub fn today() -> Date {
    here().date()
}

/// Now, as a teacher's telephone writes it.
pub fn now() -> String {
    here().strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

#[expect(clippy::disallowed_methods, reason = "people live by the clock on the wall")]
fn here() -> Zoned {
    Zoned::now().with_time_zone(Offset::constant(8).to_time_zone())
}

//! The calendar itself, for whatever holds its address: no session, no name of a child, and nothing at all once it was
//! revoked, its owner is no guardian any more, or the account is frozen. P8.1 T3.1.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::Moment;
use domain::access::Guarded;
use domain::id::{LessonId, PersonId, SchoolCode, StudentId, TermCode};
use domain::snapshot::hash;
use domain::teaching::change::LessonChange;
use domain::teaching::class::TeachingClass;
use domain::teaching::feed::{Feed, Followed, token_hash};
use domain::teaching::lesson::Lesson;
use domain::teaching::shown::Concerned;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::{App, Problem};
use jiff::ToSpan as _;

use crate::ics::{self, Event};
use crate::view::Names;

/// Days after a term's end until which its lessons stay in a calendar.
const DAYS_AFTER_TERM: i32 = 30;

/// What goes with a calendar: it is asked for again each time, and not sent again while it is the same.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
    (header::CACHE_CONTROL, "private, no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// 读取日历订阅
///
/// RFC 5545. Nobody guesses a token: whoever has one was given the address.
#[utoipa::path(
    get, path = "/calendar/{file}", operation_id = "serve_calendar_feed", tag = "课表", security(()),
    params(("file" = String, Path, description = "订阅地址的最后一段:令牌加 .ics")),
    responses(
        (status = 200, description = "日历", content_type = "text/calendar"),
        (status = 304, description = "与 If-None-Match 相同,没有变化"),
        (status = 404, description = "没有找到", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn serve_calendar_feed(
    State(app): State<App>,
    headers: HeaderMap,
    Path(file): Path<String>,
) -> Outcome<Response> {
    let hashed = file.strip_suffix(".ics").and_then(token_hash).ok_or(AccessError::NotFound)?;
    let feeds = app.store().feeds_with(&hashed).await?.ok_or(AccessError::NotFound)?;
    let feed = feeds.by_hash(&hashed).ok_or(AccessError::NotFound)?;
    let (school, concerned) = followed(&app, &feeds.person, feed).await?.ok_or(AccessError::NotFound)?;
    let mut events = Vec::new();
    for term in present_terms(&app, &school).await? {
        events.extend(events_of(&app, (&school, &term), &concerned, feed.at).await?);
    }
    let body = ics::write("课后服务课表", &events);
    let etag = format!("\"{}\"", hash(body.as_bytes()));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let tag = HeaderValue::from_str(&etag).map(|tag| (header::ETAG, tag));
    let (status, body) = if known { (StatusCode::NOT_MODIFIED, String::new()) } else { (StatusCode::OK, body) };
    let mut response = (status, HEADERS, body).into_response();
    response.headers_mut().extend(tag);
    Ok(response)
}

/// Whom the feed concerns, and at which school, as long as its owner may see that.
async fn followed(app: &App, owner: &PersonId, feed: &Feed) -> Outcome<Option<(SchoolCode, Concerned)>> {
    if app.store().is_frozen(owner).await? {
        return Ok(None);
    }
    match &feed.of {
        Followed::Child(student) => {
            let school = school_of_child(app, owner, student).await?;
            Ok(school.map(|school| (school, Concerned { pupil: Some(student.clone()), ..Concerned::default() })))
        }
        Followed::Own(school) => {
            let held = app.store().roles_held(owner).await?;
            let works = held.iter().any(|grant| grant.scope.school() == Some(school));
            let concerned = Concerned { teacher: Some(owner.clone()), ..Concerned::default() };
            Ok(works.then(|| (school.clone(), concerned)))
        }
    }
}

async fn school_of_child(app: &App, owner: &PersonId, student: &StudentId) -> Outcome<Option<SchoolCode>> {
    let pupil = app.store().pupil(student).await?.map(Guarded::unguarded).map(|found| found.value);
    let own = pupil.filter(|pupil| pupil.guardians.contains(owner));
    Ok(own.map(|pupil| pupil.school))
}

/// The terms that are not long over.
async fn present_terms(app: &App, school: &SchoolCode) -> Outcome<Vec<TermCode>> {
    let (known, today) = (app.store().recent_terms(school).await?, app.now().day());
    let present = known.iter().filter(|term| today <= term.ends_on.saturating_add(DAYS_AFTER_TERM.days()));
    Ok(present.map(|term| term.code.clone()).collect())
}

/// The lessons of a term as events. What was changed says how often and when last.
async fn events_of(
    app: &App,
    (school, term): (&SchoolCode, &TermCode),
    concerned: &Concerned,
    since: Moment,
) -> Outcome<Vec<Event>> {
    let names = Names::of(app, school, term).await?;
    let classes = app.store().term_classes(school, term).await?;
    let changes = app.store().all_lesson_changes(school, term).await?;
    let mut revised: BTreeMap<LessonId, (u32, Moment)> = BTreeMap::new();
    for change in changes.into_iter().map(|found| found.unguarded().value) {
        count(&mut revised, &change, since);
    }
    let lessons = classes.all().flat_map(|class| class.lessons.iter().map(move |lesson| (class, lesson)));
    let concerning = lessons.filter(|(class, lesson)| concerned.by(class, lesson));
    let event = |(class, lesson): (&TeachingClass, &Lesson)| {
        let known = revised.get(&class.lesson_id(lesson)).copied().unwrap_or((0, since));
        event(&names, (class, lesson), known)
    };
    Ok(concerning.filter_map(event).collect())
}

fn count(changed: &mut BTreeMap<LessonId, (u32, Moment)>, change: &LessonChange, since: Moment) {
    let Some(at) = change.effective_at() else { return };
    let known = changed.entry(change.lesson_id()).or_insert((0, since));
    *known = (known.0.saturating_add(change.effects()), known.1.max(at));
}

/// A lesson as an event; none when the school has no such period any more.
fn event(names: &Names, (class, lesson): (&TeachingClass, &Lesson), (sequence, stamp): (u32, Moment)) -> Option<Event> {
    let period = names.period(lesson.period)?;
    let shown = names.lesson((class, lesson));
    let mut told: Vec<String> = shown
        .teachers
        .iter()
        .map(|teacher| match &teacher.stands_in_for {
            Some(absent) => format!("{}(代{absent})", teacher.called),
            None => teacher.called.clone(),
        })
        .collect();
    told.extend(shown.moved_from.map(|moved| format!("调课:原 {} 第{}节", moved.date, moved.period)));
    told.extend(lesson.off.is_some().then(|| "停课".to_owned()));
    let off = if lesson.is_given() { "" } else { "(停课)" };
    Some(Event {
        uid: format!("{}@lessons", shown.lesson_id),
        sequence,
        stamp,
        date: lesson.date,
        minutes: (period.from_minute, period.until_minute),
        summary: format!("{}{off}", shown.class_title),
        location: shown.room,
        description: told.join("\n"),
        cancelled: !lesson.is_given(),
    })
}

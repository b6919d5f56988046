//! Making an address by which a calendar follows a child's timetable or the own. P8.1 T3.1.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::may;
use domain::id::{SchoolCode, StudentId};
use domain::snapshot::hash;
use domain::teaching::feed::Followed;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, RequestError, Sent, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem, Variable};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::view::FeedView;

/// Whose timetable it is to follow: a child's, or the own at a school.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeCalendarFeed {
    /// A guardian's child.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: Option<String>,
    /// The school at which the caller teaches.
    #[schema(example = "3144200101")]
    pub school: Option<String>,
}

/// 新建日历订阅
///
/// The address is told once. Whoever has it reads titles, rooms and how teachers are called, and no child's name.
#[utoipa::path(
    post, path = "/me/calendar-feeds", operation_id = "make_calendar_feed", tag = "课表",
    request_body = MakeCalendarFeed,
    responses(
        (status = 201, description = "订阅地址,仅显示一次", body = FeedView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "订阅过多", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn make_calendar_feed(
    State(app): State<App>,
    caller: Caller,
    sent: Sent<MakeCalendarFeed>,
) -> Outcome<Answer<FeedView>> {
    let MakeCalendarFeed { student_id, school } = sent.value;
    let (of, actor) = match (student_id, school) {
        (Some(student), None) => {
            let student: StudentId = parse("student_id", &student)?;
            let granted = reach_pupil::<may::ViewTeaching>(&app, &caller, &student).await?;
            let pupil = app.store().pupil(&student).await?.and_then(|found| found.within(&granted));
            // A feed follows its owner's child: staff look a pupil up instead.
            let own = pupil.is_some_and(|pupil| pupil.value.guardians.contains(&caller.id));
            (own.then_some(Followed::Child(student)).ok_or(AccessError::NotFound)?, caller.actor(&granted))
        }
        (None, Some(school)) => {
            let school: SchoolCode = parse("school", &school)?;
            let granted = caller.ask::<may::ViewTeaching>(&app).await?;
            let works = caller.grants.iter().any(|grant| grant.scope.school() == Some(&school));
            let there = works && granted.covers_school(&school);
            (there.then_some(Followed::Own(school)).ok_or(AccessError::NotFound)?, caller.actor(&granted))
        }
        _ => return Err(RequestError::ParameterUnusable { name: "student_id" }.into()),
    };
    let token = URL_SAFE_NO_PAD.encode(app.random_bytes::<32>());
    let hash = hash(token.as_bytes());
    let mut feeds = app.store().feeds(&caller.id).await?;
    feeds.value.add(hash.clone(), of, app.now())?;
    let mut commit = Commit::new(actor, "calendar-feed.make", app.now());
    commit.save_feeds(&feeds)?;
    commit.name_feed(&hash, &caller.id)?;
    app.store().commit(commit).await?;
    let made = feeds.value.by_hash(&hash).ok_or(AccessError::NotFound)?;
    let url = format!("{}/calendar/{token}.ics", app.variable(Variable::PublicUrl)?);
    Ok(Answer::created(FeedView { url: Some(url), ..FeedView::from(made) }))
}

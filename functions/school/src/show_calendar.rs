//! The calendar of a term at a school, day by day. B4.1.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::access::may;
use domain::calendar::{Day, days};
use domain::id::{SchoolCode, TermCode};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, RequestError, parse};
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// A day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DayView {
    /// The day.
    #[schema(example = "2026-10-10")]
    pub date: String,
    /// The week of the term, from 1.
    #[schema(example = 6)]
    pub week: u16,
    /// By which weekday's timetable it is taught; none: no lessons.
    #[schema(example = "wednesday")]
    pub follows: Option<String>,
    /// What is special about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "国庆调休")]
    pub reason: Option<String>,
}

impl From<Day> for DayView {
    fn from(day: Day) -> Self {
        Self {
            date: day.date.to_string(),
            week: day.week,
            follows: day.follows.map(|weekday| weekday.to_string()),
            reason: day.reason,
        }
    }
}

/// A term's days.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CalendarView {
    /// School and term.
    #[schema(example = "2144200601.2026-2027-1")]
    pub term_id: String,
    /// Days on which lessons are given.
    #[schema(example = 98)]
    pub teaching_days: usize,
    /// All days, from the first to the last.
    pub days: Vec<DayView>,
}

/// 查看学期日历
///
/// The school's own days go before the State's holidays. The `ETag` is of the school's own days; 0 before there are any.
#[utoipa::path(
    get, path = "/terms/{term_id}/calendar", operation_id = "show_calendar", tag = "学校",
    params(("term_id" = String, Path, description = "学校与学期,如 3144200101.2026-2027-1")),
    responses(
        (status = 200, description = "学期日历", body = CalendarView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_calendar(
    State(app): State<App>,
    caller: Caller,
    Path(term_id): Path<String>,
) -> Outcome<Answer<CalendarView>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let (school, term) = read_term_id(&term_id)?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    view(&app, &school, &term).await
}

/// The calendar as it stands.
pub(crate) async fn view(app: &App, school: &SchoolCode, code: &TermCode) -> Outcome<Answer<CalendarView>> {
    let term = app.store().term(school, code).await?.ok_or(AccessError::NotFound)?.value;
    let holidays = app.store().holidays_of(&term).await?;
    let own = app.store().calendar(school, code).await?;
    let (ver, own) = own.map_or_else(|| (0, BTreeMap::new()), |found| (found.ver, found.value.days));
    let days: Vec<Day> = days(&term, &holidays, &own);
    let teaching_days = days.iter().filter(|day| day.follows.is_some()).count();
    let term_id = format!("{school}.{code}");
    let days = days.into_iter().map(DayView::from).collect();
    Ok(Answer::ok(CalendarView { term_id, teaching_days, days }).at_version(ver))
}

/// School and term out of `3144200101.2026-2027-1`.
pub(crate) fn read_term_id(text: &str) -> Result<(SchoolCode, TermCode), RequestError> {
    let (school, term) = text.split_once('.').ok_or(RequestError::ParameterUnusable { name: "term_id" })?;
    Ok((parse("term_id", school)?, parse("term_id", term)?))
}

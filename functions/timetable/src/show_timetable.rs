//! The timetable of a school's term, whole or of a class, a teacher, a room, a course. T3 S23.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{SchoolCode, TermCode};
use domain::teaching::shown::{Concerned, shown};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::scope;
use crate::view::{Names, Timetable};

/// Which lessons.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichLessons {
    /// The first day; this week's Monday without any day.
    #[param(example = "2026-09-07", format = Date)]
    pub from: Option<String>,
    /// The last day, at most 62 days.
    #[param(example = "2026-09-13", format = Date)]
    pub until: Option<String>,
    /// Only of this class.
    #[param(example = "3144200101.2026-2027-1.K012.01")]
    pub class: Option<String>,
    /// Only of this teacher.
    pub teacher: Option<String>,
    /// Only in this room.
    #[param(example = "3144200101.R301")]
    pub room: Option<String>,
    /// Only of this course.
    #[param(example = "K012")]
    pub course: Option<String>,
}

/// 查询学校课表
///
/// A teacher sees the own classes. Within ten seconds after a change, everybody sees it.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/timetable", operation_id = "show_timetable", tag = "课表",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期,如 2026-2027-1"),
    ),
    responses(
        (status = 200, description = "课表", body = Timetable),
        (status = 400, description = "参数不正确,或超过 62 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "范围过大", body = Problem),
    ),
)]
pub async fn show_timetable(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichLessons>,
) -> Outcome<Answer<Timetable>> {
    let granted = caller.ask::<may::ViewTeaching>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &school)?, parse("term", &term)?);
    let days = scope::days(&app, which.from.as_deref(), which.until.as_deref())?;
    let concerned = Concerned {
        class: which.class.as_deref().map(|id| parse("class", id)).transpose()?,
        teacher: which.teacher.as_deref().map(|id| parse("teacher", id)).transpose()?,
        room: which.room.as_deref().map(|id| parse("room", id)).transpose()?,
        course: which.course.as_deref().map(|code| parse("course", code)).transpose()?,
        pupil: None,
    };
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let names = Names::of(&app, &school, &term).await?;
    let classes = app.store().term_classes(&school, &term).await?;
    let found = shown(classes.open_to(&granted), &concerned, days)?;
    Ok(Answer::ok(Timetable::of(days, found.into_iter().map(|lesson| names.lesson(lesson)).collect())))
}

//! A pupil's timetable: for the guardians and the school. P8.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::StudentId;
use domain::teaching::shown::{Concerned, shown};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::scope;
use crate::view::{Names, Timetable};

/// Which days.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichDays {
    /// The first day; this week's Monday without any day.
    #[param(example = "2026-09-07", format = Date)]
    pub from: Option<String>,
    /// The last day, at most 62 days.
    #[param(example = "2026-09-13", format = Date)]
    pub until: Option<String>,
}

/// 查询学生课表
#[utoipa::path(
    get, path = "/students/{student_id}/timetable", operation_id = "show_student_timetable", tag = "课表",
    params(("student_id" = String, Path, description = "学生编号")),
    responses(
        (status = 200, description = "课表", body = Timetable),
        (status = 400, description = "参数不正确,或超过 62 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_student_timetable(
    State(app): State<App>,
    caller: Caller,
    Path(student_id): Path<String>,
    Query(which): Query<WhichDays>,
) -> Outcome<Answer<Timetable>> {
    let student: StudentId = parse("student_id", &student_id)?;
    let granted = reach_pupil::<may::ViewTeaching>(&app, &caller, &student).await?;
    let days = scope::days(&app, which.from.as_deref(), which.until.as_deref())?;
    let pupil = app.store().pupil(&student).await?.and_then(|found| found.within(&granted));
    let school = pupil.ok_or(AccessError::NotFound)?.value.school;
    let concerned = Concerned { pupil: Some(student.clone()), ..Concerned::default() };
    let mut lessons = Vec::new();
    for term in scope::terms(&app, &school, days).await? {
        let names = Names::of(&app, &school, &term).await?;
        let classes = app.store().term_classes(&school, &term).await?;
        let found = shown(classes.of_pupil(&student), &concerned, days)?;
        lessons.extend(found.into_iter().map(|lesson| names.lesson(lesson)));
    }
    Ok(Answer::ok(Timetable::of(days, lessons)))
}

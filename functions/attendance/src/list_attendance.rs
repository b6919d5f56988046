//! The attendance of a pupil over some days. P9.3 S25.2 T4.1.

use axum::extract::{Path, State};
use edge::app::Outcome;
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::pupil_days::lessons_of_pupil;
use crate::view::PupilLesson;

/// Most days at once.
const DAYS: i32 = 62;

/// Which days.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichDays {
    /// The first.
    #[param(example = "2026-09-01")]
    pub from: String,
    /// The last; at most 62 days.
    #[param(example = "2026-10-31")]
    pub until: String,
}

/// Lessons of a pupil.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PupilLessons {
    /// In the order of their times.
    pub items: Vec<PupilLesson>,
}

/// 学生考勤明细
#[utoipa::path(
    get, path = "/students/{student_id}/attendance", operation_id = "list_attendance", tag = "考勤",
    params(("student_id" = String, Path, description = "学生编号")),
    responses(
        (status = 200, description = "每节课与出勤", body = PupilLessons),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_attendance(
    State(app): State<App>,
    caller: Caller,
    Path(student_id): Path<String>,
    Query(which): Query<WhichDays>,
) -> Outcome<Answer<PupilLessons>> {
    let (from, until): (Date, Date) = (parse("from", &which.from)?, parse("until", &which.until)?);
    let days = from.until(until).map_or(i32::MAX, |span| span.get_days());
    if from > until || days >= DAYS {
        return Err(RequestError::ParameterUnusable { name: "until" }.into());
    }
    let items = lessons_of_pupil(&app, &caller, &student_id, (from, until)).await?;
    Ok(Answer::ok(PupilLessons { items }))
}

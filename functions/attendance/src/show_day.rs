//! A child's day, as the guardian looks at it again and again. P9.

use axum::extract::{Path, State};
use edge::app::Outcome;
use edge::http::parse;
use edge::poll::{IfNoneMatch, Polled};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::pupil_days::lessons_of_pupil;
use crate::view::PupilLesson;

/// A day of a pupil.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PupilDay {
    /// The pupil.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The day.
    #[schema(format = Date, example = "2026-09-02")]
    pub date: String,
    /// In the order of their times.
    pub lessons: Vec<PupilLesson>,
}

/// 学生当日课程与出勤
///
/// With the `ETag` of the answer before as `If-None-Match`, what is known already is not sent again.
#[utoipa::path(
    get, path = "/students/{student_id}/days/{date}", operation_id = "show_day", tag = "考勤",
    params(
        ("student_id" = String, Path, description = "学生编号"),
        ("date" = String, Path, description = "日期,如 2026-09-02"),
        ("If-None-Match" = Option<String>, Header, description = "上次应答的 ETag"),
    ),
    responses(
        (status = 200, description = "当日每节课与出勤", body = PupilDay),
        (status = 304, description = "与上次相同"),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_day(
    State(app): State<App>,
    caller: Caller,
    known: IfNoneMatch,
    Path((student_id, date)): Path<(String, String)>,
) -> Outcome<Polled<PupilDay>> {
    let day: Date = parse("date", &date)?;
    let lessons = lessons_of_pupil(&app, &caller, &student_id, (day, day)).await?;
    Ok(Polled::new(known, PupilDay { student_id, date: day.to_string(), lessons }))
}

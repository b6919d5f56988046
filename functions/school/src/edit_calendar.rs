//! A school names its own days of a term: off, or taught by another weekday's timetable. B4.1.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::access::may;
use domain::calendar::{Calendar, Exception};
use domain::catalog::Weekday;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::show_calendar::{CalendarView, read_term_id, view};

/// A special day.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDay {
    /// The day.
    #[schema(value_type = String, format = Date, example = "2026-10-10")]
    pub date: Date,
    /// By which weekday's timetable it is taught; none: no lessons.
    #[schema(value_type = Option<String>, example = "wednesday")]
    pub follows: Option<Weekday>,
    /// Why: 1 to 40 characters.
    #[schema(example = "国庆调休")]
    pub reason: String,
}

/// All special days: one that is left out is a usual day again.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDays {
    /// At most 200.
    pub days: Vec<SpecialDay>,
}

impl SpecialDays {
    /// By their dates; of a date that is named twice, the last word counts.
    pub(crate) fn by_date(self) -> BTreeMap<Date, Exception> {
        let days = self.days.into_iter();
        days.map(|day| (day.date, Exception { follows: day.follows, reason: day.reason })).collect()
    }
}

/// 设置学期日历
#[utoipa::path(
    put, path = "/terms/{term_id}/calendar", operation_id = "edit_calendar", tag = "学校",
    params(
        ("term_id" = String, Path, description = "学校与学期,如 3144200101.2026-2027-1"),
        ("If-Match" = String, Header, description = "读取时的版本,首次为 0"),
    ),
    request_body = SpecialDays,
    responses(
        (status = 200, description = "已保存", body = CalendarView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_calendar(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(term_id): Path<String>,
    sent: Sent<SpecialDays>,
) -> Outcome<Answer<CalendarView>> {
    let granted = caller.ask::<may::EditSchool>(&app).await?;
    let (school, code) = read_term_id(&term_id)?;
    let term = app.store().term(&school, &code).await?.filter(|_| granted.covers_school(&school));
    let term = term.ok_or(AccessError::NotFound)?.value;
    let calendar = Calendar::of(&term, sent.value.by_date())?;
    let held = app.store().calendar(&school, &code).await?;
    let calendar = Versioned::next(held.as_ref(), calendar);
    version.check(calendar.ver)?;
    let mut commit = Commit::new(caller.actor(&granted), "school.edit_calendar", app.now());
    commit.save_calendar(&calendar)?;
    app.write_edit(commit).await?;
    view(&app, &school, &code).await
}

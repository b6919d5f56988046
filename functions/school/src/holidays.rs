//! The State's holidays of a year, for all schools. B4.1.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::access::may;
use domain::calendar::{Exception, Holidays};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Serialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::edit_calendar::SpecialDays;

/// A special day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HolidayView {
    /// The day.
    #[schema(example = "2026-10-01")]
    pub date: String,
    /// By which weekday's timetable it is taught; none: no lessons.
    pub follows: Option<String>,
    /// Why.
    #[schema(example = "国庆节")]
    pub reason: String,
}

/// The holidays of a year.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HolidaysView {
    /// The year.
    #[schema(example = 2026)]
    pub year: i16,
    /// By date.
    pub days: Vec<HolidayView>,
}

impl HolidaysView {
    fn of(year: i16, days: &BTreeMap<Date, Exception>) -> Self {
        let view = |(date, day): (&Date, &Exception)| HolidayView {
            date: date.to_string(),
            follows: day.follows.map(|weekday| weekday.to_string()),
            reason: day.reason.clone(),
        };
        Self { year, days: days.iter().map(view).collect() }
    }
}

/// 查看节假日安排
#[utoipa::path(
    get, path = "/holidays/{year}", operation_id = "show_holidays", tag = "学校",
    params(("year" = i16, Path, description = "年度")),
    responses(
        (status = 200, description = "节假日安排", body = HolidaysView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_holidays(
    State(app): State<App>,
    caller: Caller,
    Path(year): Path<String>,
) -> Outcome<Answer<HolidaysView>> {
    caller.ask::<may::ViewSchools>(&app).await?;
    let year: i16 = parse("year", &year)?;
    let found = app.store().holidays(year).await?;
    let (ver, days) = found.map_or_else(|| (0, BTreeMap::new()), |found| (found.ver, found.value.days));
    Ok(Answer::ok(HolidaysView::of(year, &days)).at_version(ver))
}

/// 设置节假日安排
///
/// As the State Council arranges them each year; schools see the change at once.
#[utoipa::path(
    put, path = "/holidays/{year}", operation_id = "edit_holidays", tag = "学校",
    params(
        ("year" = i16, Path, description = "年度"),
        ("If-Match" = String, Header, description = "读取时的版本,首次为 0"),
    ),
    request_body = SpecialDays,
    responses(
        (status = 200, description = "已保存", body = HolidaysView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_holidays(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(year): Path<String>,
    sent: Sent<SpecialDays>,
) -> Outcome<Answer<HolidaysView>> {
    let granted = caller.ask::<may::EditSchool>(&app).await?;
    if !granted.everywhere() {
        return Err(AccessError::NotFound.into());
    }
    let holidays = Holidays::of(parse("year", &year)?, sent.value.by_date())?;
    let held = app.store().holidays(holidays.year).await?;
    let holidays = Versioned::next(held.as_ref(), holidays);
    version.check(holidays.ver)?;
    let mut commit = Commit::new(caller.actor(&granted), "school.edit_holidays", app.now());
    commit.save_holidays(&holidays)?;
    app.write_edit(commit).await?;
    let view = HolidaysView::of(holidays.value.year, &holidays.value.days);
    Ok(Answer::ok(view).at_version(holidays.ver.saturating_add(1)))
}

//! A school's day in sums. S35.1.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use jiff::civil::Date;

use crate::so_far::so_far;
use crate::view::StatementView;

/// 资金日报
///
/// Drawn up once the day's bills have been held against the books; until then as the books have it so far.
#[utoipa::path(
    get, path = "/schools/{school}/statements/{day}", operation_id = "show_statement", tag = "对账",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("day" = String, Path, description = "日期,如 2026-09-01"),
    ),
    responses(
        (status = 200, description = "当日资金收支", body = StatementView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到,或这一天还没有到", body = Problem),
    ),
)]
pub async fn show_statement(
    State(app): State<App>,
    caller: Caller,
    Path((school, day)): Path<(String, String)>,
) -> Outcome<Answer<StatementView>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let day: Date = parse("day", &day)?;
    let (view, version) = statement_of(&app, &granted, &school, day).await?;
    let answer = Answer::ok(view);
    Ok(match version {
        Some(version) => answer.at_version(version),
        None => answer,
    })
}

/// A day as it was drawn up, with its version; until then as the books have it.
pub(crate) async fn statement_of(
    app: &App,
    granted: &Granted<may::ViewMoney>,
    school: &SchoolCode,
    day: Date,
) -> Outcome<(StatementView, Option<u64>)> {
    if let Some(drawn) = app.store().statement(school, day).await?.and_then(|found| found.within(granted)) {
        return Ok((StatementView::of(&drawn.value, true), Some(drawn.ver)));
    }
    let so_far = so_far(app, granted, school, day).await?.ok_or(AccessError::NotFound)?;
    Ok((StatementView::of(&so_far, false), None))
}

//! The money facts of a school's day: what its sums are made of. S35.1.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, Query, RequestError, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::facts::Facts;
use crate::view::FactView;

/// Facts of a page.
const PAGE: usize = 200;

/// Where the page before ended.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromFact {
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Money facts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MoneyFacts {
    /// In the order of time.
    pub items: Vec<FactView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 当日资金明细
#[utoipa::path(
    get, path = "/schools/{school}/statements/{day}/facts", operation_id = "list_facts", tag = "对账",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("day" = String, Path, description = "日期,如 2026-09-01"),
    ),
    responses(
        (status = 200, description = "资金明细", body = MoneyFacts),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_facts(
    State(app): State<App>,
    caller: Caller,
    Path((school, day)): Path<(String, String)>,
    Query(from): Query<FromFact>,
) -> Outcome<Answer<MoneyFacts>> {
    let (_, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let day: Date = parse("day", &day)?;
    let mut entries = Facts::journal(&app, &school, day).await?;
    if let Some(cursor) = from.cursor {
        let at = entries.iter().position(|entry| entry.fact == cursor);
        let at = at.ok_or(RequestError::ParameterUnusable { name: "cursor" })?;
        entries.drain(..=at);
    }
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let cursor = entries.last().filter(|_| more).map(|entry| entry.fact.clone());
    Ok(Answer::ok(MoneyFacts { items: entries.iter().map(FactView::from).collect(), cursor }))
}

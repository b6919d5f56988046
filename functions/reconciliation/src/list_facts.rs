//! The money facts of a school's day: what its sums are made of. S35.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::reconciliation::statement::Dimension;
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

/// Which facts, and where the page before ended.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromFact {
    /// Only those that have something of one value of this dimension: `method`, `course`, `grade`, `homeroom` or `item`.
    #[param(example = "course")]
    pub by: Option<String>,
    /// The value, as the breakdown names it.
    #[param(example = "K012 书法入门")]
    pub name: Option<String>,
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
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let day: Date = parse("day", &day)?;
    let mut items: Vec<FactView> = match (&from.by, &from.name) {
        (None, None) => Facts::journal(&app, &school, day).await?.iter().map(FactView::from).collect(),
        (Some(by), Some(name)) => {
            let by: Dimension = parse("by", by)?;
            let facts = Facts::of(&app, &granted, &school, day).await?;
            facts.of_value(by, name).into_iter().map(FactView::with_share).collect()
        }
        (Some(_), None) => return Err(RequestError::ParameterUnusable { name: "name" }.into()),
        (None, Some(_)) => return Err(RequestError::ParameterUnusable { name: "by" }.into()),
    };
    if let Some(cursor) = from.cursor {
        let at = items.iter().position(|fact| fact.fact == cursor);
        let at = at.ok_or(RequestError::ParameterUnusable { name: "cursor" })?;
        items.drain(..=at);
    }
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    let cursor = items.last().filter(|_| more).map(|fact| fact.fact.clone());
    Ok(Answer::ok(MoneyFacts { items, cursor }))
}

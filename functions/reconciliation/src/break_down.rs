//! A school's day by course, homeroom, grade, item or way of paying. S35.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::reconciliation::statement::Dimension;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::facts::Facts;
use crate::view::FlowView;

/// By what.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ByWhat {
    /// `method`, `course`, `grade`, `homeroom` or `item`.
    #[param(example = "course")]
    pub by: String,
}

/// A day in parts, which add up to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BreakDown {
    /// By name.
    pub items: Vec<FlowView>,
}

/// 当日收退统计
#[utoipa::path(
    get, path = "/schools/{school}/statements/{day}/breakdown", operation_id = "break_down_day", tag = "对账",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("day" = String, Path, description = "日期,如 2026-09-01"),
    ),
    responses(
        (status = 200, description = "按所选维度的已收与已退", body = BreakDown),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn break_down_day(
    State(app): State<App>,
    caller: Caller,
    Path((school, day)): Path<(String, String)>,
    Query(what): Query<ByWhat>,
) -> Outcome<Answer<BreakDown>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let (day, by): (Date, Dimension) = (parse("day", &day)?, parse("by", &what.by)?);
    let facts = Facts::of(&app, &granted, &school, day).await?;
    Ok(Answer::ok(BreakDown { items: facts.by(by).into_iter().map(FlowView::of).collect() }))
}

//! The batches of a school's term, and which course is settled in which month by which of them. S36.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::TermCode;
use domain::settlement::batch::BatchState;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::scope;
use crate::view::SettlementView;

/// Which batches.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichSettlements {
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// Only those that stand so: `drawn`, `confirmed`, `settled`, `rejected` or `discarded`.
    #[param(example = "settled")]
    pub state: Option<String>,
}

/// A course that is settled in a month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettledPlace {
    /// The month.
    #[schema(example = "2026-09")]
    pub month: String,
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// The numbers of the batches: the first one, then its corrections.
    #[schema(example = json!([1, 3]))]
    pub batches: Vec<u16>,
}

/// The batches of a term.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Settlements {
    /// By their numbers.
    pub items: Vec<SettlementView>,
    /// What is settled, by month and course.
    pub settled: Vec<SettledPlace>,
}

/// 结算批次列表
#[utoipa::path(
    get, path = "/schools/{school}/settlements", operation_id = "list_settlements", tag = "结算",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "本学期的结算批次,及各课程各月份的结算标记", body = Settlements),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_settlements(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(which): Query<WhichSettlements>,
) -> Outcome<Answer<Settlements>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let term: TermCode = parse("term", &which.term)?;
    let state: Option<BatchState> = which.state.as_deref().map(|state| parse("state", state)).transpose()?;
    let docket = scope::docket(&app, &granted, (&school, &term)).await?.value;
    let found = app.store().settlement_batches(&school, &term).await?;
    let found = found.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let found = found.filter(|batch| state.is_none_or(|state| batch.state == state));
    let items = found.map(|batch| SettlementView::from(&batch).in_docket(&docket)).collect();
    let places = docket.settled.iter().flat_map(|(month, courses)| courses.iter().map(move |of| (month, of)));
    let settled = places.map(|(month, (course, batches))| SettledPlace {
        month: month.to_string(),
        course: course.to_string(),
        batches: batches.clone(),
    });
    Ok(Answer::ok(Settlements { items, settled: settled.collect() }))
}

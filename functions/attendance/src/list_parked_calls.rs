//! Roll calls that could not be entered, of a school's term. S25.5 T4.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{TeachingRequestId, TermCode};
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::parked_view::ParkedCallView;

/// Calls of a page; what is not asked for is left out.
const PAGE: i32 = 100;

/// Which calls.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichParkedCalls {
    /// Whether only those are wanted that nobody has decided.
    #[serde(default)]
    pub waiting: bool,
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Calls that could not be entered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParkedCalls {
    /// In no order that means something.
    pub items: Vec<ParkedCallView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 待处理点名列表
///
/// A school sees all of them, a teacher the own ones.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/parked-calls", operation_id = "list_parked_calls", tag = "考勤",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    responses(
        (status = 200, description = "未能记入的点名", body = ParkedCalls),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_parked_calls(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichParkedCalls>,
) -> Outcome<Answer<ParkedCalls>> {
    let (granted, school) = reach_school::<may::ViewAttendance>(&app, &caller, &school).await?;
    let term: TermCode = parse("term", &term)?;
    let after: Option<TeachingRequestId> = which.cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    let (found, next) = app.store().parked_calls((&school, &term), after.as_ref(), PAGE).await?;
    let within = found.into_iter().filter_map(|parked| parked.within(&granted));
    let wanted = within.filter(|parked| !which.waiting || parked.value.is_waiting());
    let items = wanted.map(|parked| ParkedCallView::from(&parked.value)).collect();
    Ok(Answer::ok(ParkedCalls { items, cursor: next.map(String::from) }))
}

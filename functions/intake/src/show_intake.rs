//! A record of the city: where it stands, in what it differed, what it says, and for which terms it was told. B5.1 S5.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::TermCode;
use domain::supervision::intake::IntakePlace;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::content::{ContentLine, lines};
use crate::reach::{named, sees};
use crate::view::IntakeView;

/// Of which term.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfTerm {
    /// As it was told for this term; as it was told last when left out.
    #[param(value_type = Option<String>, example = "2025-2026-2")]
    pub term: Option<TermCode>,
}

/// A record of the city with what it says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IntakeDetail {
    /// The record.
    pub record: IntakeView,
    /// What it says, personal data masked; nothing for whom it does not concern.
    pub content: Vec<ContentLine>,
    /// The terms for which it was told, the earliest first.
    #[schema(example = json!(["2025-2026-2", "2026-2027-1"]))]
    pub terms: Vec<String>,
}

/// 查看接收记录
#[utoipa::path(
    get, path = "/supervision/intake/{dataset}/{source_id}", operation_id = "show_intake", tag = "数据接收",
    params(
        ("dataset" = String, Path, description = "数据集"),
        ("source_id" = String, Path, description = "业务编号"),
    ),
    responses(
        (status = 200, description = "记录", body = IntakeDetail),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
    ),
)]
pub async fn show_intake(
    State(app): State<App>,
    caller: Caller,
    Path((dataset, source_id)): Path<(String, String)>,
    Query(of): Query<OfTerm>,
) -> Outcome<Answer<IntakeDetail>> {
    let granted = caller.ask::<may::ViewReports>(&app).await?;
    let (inbound, source_id) = named(&dataset, &source_id)?;
    let last = app.store().intake(inbound, &source_id).await?.filter(|last| sees(&granted, &last.record.value));
    let last = last.ok_or(AccessError::NotFound)?;
    let terms = app.store().intake_terms(&last.record.value).await?;
    let asked = of.term.filter(|term| *term != last.record.value.place.term);
    let entry = match asked {
        Some(term) => terms.iter().find(|entry| entry.place.term == term).cloned().ok_or(AccessError::NotFound)?,
        None => last.record.value,
    };
    let place: &IntakePlace = &entry.place;
    let opened = app.store().open_intake_at(inbound, &source_id, place).await?;
    let body = opened.and_then(|found| found.within(&granted)).and_then(|found| found.value.body);
    let detail = IntakeDetail {
        record: IntakeView::from(&entry),
        content: body.as_ref().map(lines).unwrap_or_default(),
        terms: terms.iter().map(|entry| entry.place.term.to_string()).collect(),
    };
    Ok(Answer::ok(detail).at_version(last.book.ver))
}

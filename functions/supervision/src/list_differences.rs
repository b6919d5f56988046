//! Which records differed when a school was last compared with the city, and what was done about each (核对差异明细). D5.1
//! K7.2.

use axum::extract::{Path, State};
use domain::access::{Guarded, may};
use domain::supervision::Dataset;
use domain::supervision::agreement::Discrepancy;
use domain::supervision::findings::{Findings, Found, Handling};
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which of them.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichDifferences {
    /// Only of this data set.
    #[param(example = "student")]
    pub dataset: Option<String>,
    /// Only such: `unreported`, `wrong`, `missing` or `surplus`.
    #[param(example = "missing")]
    pub discrepancy: Option<String>,
    /// Only those about which this was done: `sent_again`, `under_way`, `parked` or `foreign`.
    #[param(example = "sent_again")]
    pub handling: Option<String>,
}

/// The records that differed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CityDifferences {
    /// When both sides were compared; none: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub compared_at: Option<String>,
    /// Errors first, then what was known; at most 500 of a comparison are kept.
    pub items: Vec<CityDifferenceView>,
    /// How many more there were, of whatever kind.
    pub left_out: u64,
}

/// A record that differed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CityDifferenceView {
    /// The data set.
    #[schema(example = "student")]
    pub dataset: String,
    /// Its name.
    #[schema(example = "学生")]
    pub title: &'static str,
    /// The record.
    #[schema(example = "7K3M9Q2XAB")]
    pub source_id: String,
    /// How it differed.
    #[schema(example = "missing")]
    pub discrepancy: String,
    /// The same for people.
    #[schema(example = "漏报")]
    pub discrepancy_title: &'static str,
    /// What was done about it.
    #[schema(example = "sent_again")]
    pub handling: String,
    /// The same for people.
    #[schema(example = "已重报")]
    pub handling_title: &'static str,
    /// The version the city had acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_version: Option<u64>,
    /// The version it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city_version: Option<u64>,
}

impl From<&Found> for CityDifferenceView {
    fn from(found: &Found) -> Self {
        Self {
            dataset: found.dataset.to_string(),
            title: found.dataset.chinese(),
            source_id: found.source_id.to_string(),
            discrepancy: found.discrepancy.to_string(),
            discrepancy_title: found.discrepancy.chinese(),
            handling: found.handling.to_string(),
            handling_title: found.handling.chinese(),
            acknowledged_version: found.ours,
            city_version: found.theirs,
        }
    }
}

/// 核对差异明细
///
/// Of the last comparison. What was told again is in order by now, unless the next comparison finds it anew.
#[utoipa::path(
    get, path = "/schools/{school}/supervision/differences", operation_id = "list_differences_with_city",
    tag = "数据上报",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "最近一次核对发现的差异", body = CityDifferences),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_differences(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(which): Query<WhichDifferences>,
) -> Outcome<Answer<CityDifferences>> {
    let (granted, school) = reach_school::<may::ViewReports>(&app, &caller, &school).await?;
    let dataset: Option<Dataset> = which.dataset.as_deref().map(|text| parse("dataset", text)).transpose()?;
    let kind: Option<Discrepancy> = which.discrepancy.as_deref().map(|text| parse("discrepancy", text)).transpose()?;
    let handling: Option<Handling> = which.handling.as_deref().map(|text| parse("handling", text)).transpose()?;
    let found = app.store().last_findings(&school).await?;
    let Some(Findings { at, items, left_out, .. }) = found.and_then(|found| Guarded::new(found.value).within(&granted))
    else {
        return Ok(Answer::ok(CityDifferences { compared_at: None, items: Vec::new(), left_out: 0 }));
    };
    let wanted = items.iter().filter(|found| {
        dataset.is_none_or(|dataset| found.dataset == dataset)
            && kind.is_none_or(|kind| found.discrepancy == kind)
            && handling.is_none_or(|handling| found.handling == handling)
    });
    let items = wanted.map(CityDifferenceView::from).collect();
    Ok(Answer::ok(CityDifferences { compared_at: Some(at.to_string()), items, left_out }))
}

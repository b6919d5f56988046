//! The differences between providers' bills and a school's books. S35.1.

use axum::extract::{Path, State};
use domain::Tenant;
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::reconciliation::difference::{Difference, DifferenceKind, DifferenceState};
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::Versioned;
use utoipa::{IntoParams, ToSchema};

use crate::view::BillDifferenceView;

/// Differences of a page.
const PAGE: usize = 100;

/// Pages that are read for one that is shown: a filter that lets little through says so soon, and goes on from there.
const READS: usize = 10;

/// Which differences.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichDifferences {
    /// Only of the bill of this day.
    #[param(example = "2026-09-01")]
    pub day: Option<String>,
    /// Only of this kind.
    #[param(example = "missing_local")]
    pub kind: Option<String>,
    /// Only in this state.
    #[param(example = "open")]
    pub state: Option<String>,
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Differences.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Differences {
    /// By the day.
    pub items: Vec<BillDifferenceView>,
    /// For the next page; none at the end. A page may be empty and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A filter, read.
pub(crate) struct Filter {
    pub(crate) day: Option<Date>,
    kind: Option<DifferenceKind>,
    state: Option<DifferenceState>,
}

impl Filter {
    pub(crate) fn read(which: &WhichDifferences) -> Outcome<Self> {
        Ok(Self {
            day: which.day.as_deref().map(|day| parse("day", day)).transpose()?,
            kind: which.kind.as_deref().map(|kind| parse("kind", kind)).transpose()?,
            state: which.state.as_deref().map(|state| parse("state", state)).transpose()?,
        })
    }

    fn fits(&self, difference: &Difference) -> bool {
        self.kind.is_none_or(|kind| kind == difference.kind) && self.state.is_none_or(|state| state == difference.state)
    }
}

/// 对账差异列表
#[utoipa::path(
    get, path = "/schools/{school}/differences", operation_id = "list_differences", tag = "对账",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "差异", body = Differences),
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
) -> Outcome<Answer<Differences>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let filter = Filter::read(&which)?;
    let (found, cursor) = page(&app, &granted, &school, &filter, which.cursor).await?;
    Ok(Answer::ok(Differences {
        items: found.iter().map(|found| BillDifferenceView::from(&found.value)).collect(),
        cursor,
    }))
}

/// A page of what a filter lets through.
pub(crate) async fn page(
    app: &App,
    granted: &Granted<may::ViewMoney>,
    school: &SchoolCode,
    filter: &Filter,
    cursor: Option<String>,
) -> Outcome<(Vec<Versioned<Difference>>, Option<String>)> {
    let of = Tenant::School(school.clone());
    let (mut shown, mut after) = (Vec::new(), cursor);
    for _ in 0..READS {
        let limit = i32::try_from(PAGE).unwrap_or(i32::MAX);
        let (found, next) = app.store().differences(&of, filter.day, after.as_deref(), limit).await?;
        let within = found.into_iter().filter_map(|found| found.within(granted));
        shown.extend(within.filter(|found| filter.fits(&found.value)));
        after = next;
        if after.is_none() || shown.len() >= PAGE {
            break;
        }
    }
    Ok((shown, after))
}

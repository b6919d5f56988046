//! What of a school's money needs a person (财务提醒). S34.4 S35.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::alert::AlertKind;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::AlertView;

/// Alerts of a page.
const PAGE: usize = 100;

/// Pages that are read for one that is shown: when little is open, that is said soon, and gone on from there.
const READS: usize = 10;

/// Which alerts.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichAlerts {
    /// Only of this kind.
    #[param(example = "refund_abnormal")]
    pub kind: Option<String>,
    /// Only those that are open, or that are not.
    pub open: Option<bool>,
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Alerts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Alerts {
    /// By kind and number.
    pub items: Vec<AlertView>,
    /// For the next page; none at the end. A page may be empty and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 财务提醒列表
#[utoipa::path(
    get, path = "/schools/{school}/alerts", operation_id = "list_alerts", tag = "对账",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "需要人工处理的资金事项", body = Alerts),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_alerts(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(which): Query<WhichAlerts>,
) -> Outcome<Answer<Alerts>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let kind: Option<AlertKind> = which.kind.as_deref().map(|kind| parse("kind", kind)).transpose()?;
    let (mut items, mut after) = (Vec::new(), which.cursor);
    for _ in 0..READS {
        let limit = i32::try_from(PAGE).unwrap_or(i32::MAX);
        let (found, next) = app.store().alerts(&school, kind, after.as_deref(), limit).await?;
        let within = found.into_iter().filter_map(|found| found.within(&granted));
        let wanted = within.filter(|found| which.open.is_none_or(|open| open == found.value.is_open()));
        items.extend(wanted.map(|found| AlertView::of(&found.value, found.ver)));
        after = next;
        if after.is_none() || items.len() >= PAGE {
            break;
        }
    }
    Ok(Answer::ok(Alerts { items, cursor: after }))
}

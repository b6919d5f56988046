//! What of a school the city has refused, with its reasons (上报挂起). D5.1 B6.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::supervision::holding::{Held, Parked};
use edge::app::Outcome;
use edge::http::Answer;
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// Things of a page: what waits longest comes first, and the rest is seen once that is mended.
const PAGE: i32 = 200;

/// What the city has refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParkedRecords {
    /// Those that wait longest first.
    pub items: Vec<ParkedRecordView>,
}

/// A record that the city has refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParkedRecordView {
    /// The data set.
    #[schema(example = "payment")]
    pub dataset: String,
    /// Its name.
    #[schema(example = "支付单")]
    pub title: &'static str,
    /// The record.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub source_id: String,
    /// The city's code, or `field-map` if the record does not fit its form.
    #[schema(example = "1004")]
    pub code: String,
    /// Why, in the city's words.
    #[schema(example = "金额与订单不一致")]
    pub reason: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

impl ParkedRecordView {
    fn of(held: &Held, parked: &Parked) -> Self {
        Self {
            dataset: held.dataset.to_string(),
            title: held.dataset.chinese(),
            source_id: held.source_id.to_string(),
            code: parked.code.clone(),
            reason: parked.reason.clone(),
            since: parked.at.to_string(),
        }
    }
}

/// 上报挂起列表
#[utoipa::path(
    get, path = "/schools/{school}/supervision/parked", operation_id = "list_parked_records", tag = "数据上报",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "监管系统拒收的记录及原因", body = ParkedRecords),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_parked_records(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
) -> Outcome<Answer<ParkedRecords>> {
    let (_granted, school) = reach_school::<may::ViewReports>(&app, &caller, &school).await?;
    let things = app.store().parked_things(&school, app.now(), PAGE).await?;
    let mut holdings = app.store().holdings(&things).await?;
    let holdings = things.iter().filter_map(|thing| holdings.remove(thing));
    let held: Vec<Held> = holdings.flat_map(|holding| holding.value.records).collect();
    let of_school = held.iter().filter(|held| held.place.school == school);
    let items = of_school.filter_map(|held| Some(ParkedRecordView::of(held, held.parked.as_ref()?))).collect();
    Ok(Answer::ok(ParkedRecords { items }))
}

//! What the city has told that waits for a person (待确认接收记录). B5.1.

use axum::extract::State;
use domain::access::may;
use domain::id::SchoolCode;
use domain::supervision::Inbound;
use domain::supervision::intake::Entry;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::{IntoParams, ToSchema};

use crate::view::IntakeView;

/// Records of one place that are shown: what waits longest comes first, and the rest is seen once that is decided.
const RECORDS: i32 = 100;
/// Schools that are looked at at once.
const AT_ONCE: usize = 16;

/// Which records.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichWaiting {
    /// Only this data set.
    #[param(value_type = Option<String>, example = "specification")]
    pub dataset: Option<Inbound>,
    /// Only this school's; without one, what belongs to no school, and that of all schools the caller reaches.
    #[param(value_type = Option<String>, example = "3144200101")]
    pub school: Option<SchoolCode>,
}

/// Records that wait for a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaitingIntake {
    /// What waits longest comes first, up to a hundred of each school.
    pub items: Vec<IntakeView>,
}

/// 待确认接收记录
#[utoipa::path(
    get, path = "/supervision/waiting-intake", operation_id = "list_waiting_intake", tag = "数据接收",
    responses(
        (status = 200, description = "待确认的记录、差异与须考虑的事项", body = WaitingIntake),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_waiting_intake(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichWaiting>,
) -> Outcome<Answer<WaitingIntake>> {
    let granted = caller.ask::<may::ViewReports>(&app).await?;
    let mut places: Vec<Option<SchoolCode>> = Vec::new();
    if let Some(school) = which.school {
        if !granted.covers_school(&school) {
            return Err(AccessError::NotFound.into());
        }
        places.push(Some(school));
    } else {
        let schools = app.store().schools().await?.into_iter().map(|school| school.value.code);
        places.push(None);
        places.extend(schools.filter(|school| granted.covers_school(school)).map(Some));
    }
    let asked = places.into_iter().map(|place| waiting_at(&app, place));
    let found: Vec<Vec<Entry>> = stream::iter(asked).buffer_unordered(AT_ONCE).try_collect().await?;
    let mut waiting: Vec<Entry> = found.into_iter().flatten().collect();
    waiting.retain(|entry| which.dataset.is_none_or(|dataset| dataset == entry.inbound));
    waiting.sort_by(|one, other| (one.received_at, &one.source_id).cmp(&(other.received_at, &other.source_id)));
    Ok(Answer::ok(WaitingIntake { items: waiting.iter().map(IntakeView::from).collect() }))
}

async fn waiting_at(app: &App, place: Option<SchoolCode>) -> Result<Vec<Entry>, StoreError> {
    let found = app.store().waiting_intakes(place.as_ref(), app.now(), RECORDS).await?;
    Ok(found.into_iter().map(|found| found.value).collect())
}

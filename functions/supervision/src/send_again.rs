//! Many records of a school are sent to the city once more: what is parked, what differed, all of it, or those that are
//! named (批量重报). B6.1 D5.1 K7.2.

mod release;

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::{Granted, Guarded, may};
use domain::id::SchoolCode;
use domain::supervision::resend::{Name, Selection, Stands, Which};
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, SourceId};
use edge::app::Outcome;
use edge::http::{Answer, Sent, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use self::release::Asker;

/// What is sent again: by how it stands, or by number.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendAgain {
    /// `parked`, `differing` at the last comparison, or `all`.
    #[schema(value_type = Option<String>, example = "parked")]
    pub standing: Option<Stands>,
    /// Of these data sets; none named: of all.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["payment", "refund"]))]
    pub datasets: BTreeSet<Dataset>,
    /// Of this term.
    #[schema(example = "2026-2027-1")]
    pub term: Option<String>,
    /// These, at most 200.
    #[serde(default)]
    pub records: Vec<RecordName>,
    /// Where the call before stopped.
    pub cursor: Option<String>,
}

/// A record.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordName {
    /// The data set.
    #[schema(value_type = String, example = "payment")]
    pub dataset: Dataset,
    /// The record.
    #[schema(value_type = String, example = "20261-7K3M9Q2XAB-01-1")]
    pub source_id: SourceId,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SentAgain {
    /// Records that will be sent.
    pub records: usize,
    /// Records that were to be sent again already.
    pub already: usize,
    /// Things that were being told at that moment: they are to be asked for once more.
    pub busy: usize,
    /// There is more: the same request with this goes on; none: that was all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 批量重报
///
/// At most 200 things in a call, one audit entry for each. Asked twice, it changes nothing the second time.
#[utoipa::path(
    post, path = "/schools/{school}/supervision/send-again", operation_id = "send_records_again", tag = "数据上报",
    params(("school" = String, Path, description = "学校标识码")),
    request_body = SendAgain,
    responses(
        (status = 202, description = "已排入上报", body = SentAgain),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 422, description = "范围不能这样指定", body = Problem),
    ),
)]
pub async fn send_records_again(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    sent: Sent<SendAgain>,
) -> Outcome<Answer<SentAgain>> {
    let (granted, school) = reach_school::<may::HandleReports>(&app, &caller, &school).await?;
    let SendAgain { standing, datasets, term, records, cursor } = sent.value;
    let term = term.as_deref().map(|text| parse("term", text)).transpose()?;
    let after: Option<Thing> = cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    let named = records.into_iter().map(|record| (record.dataset, record.source_id)).collect();
    let selection = Selection { school, datasets, term, which: Which::of(standing, named)? };
    let differed = differed(&app, &granted, &selection).await?;
    let mut things = Box::pin(things(&app, &selection, &differed)).await?;
    things.retain(|thing| after.as_ref().is_none_or(|after| thing > after));
    let asker = Asker { app: &app, caller: &caller, granted: &granted };
    Ok(Answer::accepted(Box::pin(asker.release(&things, &selection, &differed)).await?))
}

/// The records that differed when the school was last compared, if they are asked for.
async fn differed(
    app: &App,
    granted: &Granted<may::HandleReports>,
    selection: &Selection,
) -> Result<BTreeSet<Name>, StoreError> {
    if selection.which != Which::Standing(Stands::Differing) {
        return Ok(BTreeSet::new());
    }
    let found = app.store().last_findings(&selection.school).await?;
    let found = found.and_then(|found| Guarded::new(found.value).within(granted));
    let items = found.into_iter().flat_map(|findings| findings.items);
    Ok(items.map(|found| (found.dataset, found.source_id)).collect())
}

/// The things in which the selected records are, in their order.
async fn things(app: &App, selection: &Selection, differed: &BTreeSet<Name>) -> Result<Vec<Thing>, StoreError> {
    let of_names = |names: &BTreeSet<Name>| -> BTreeSet<Thing> {
        names.iter().filter_map(|(dataset, source_id)| Thing::of(*dataset, source_id)).collect()
    };
    let found: BTreeSet<Thing> = match &selection.which {
        Which::Named(names) => of_names(names),
        Which::Standing(Stands::Differing) => of_names(differed),
        Which::Standing(Stands::Parked) => parked(app, &selection.school).await?,
        Which::Standing(Stands::All) => {
            let choice = report::Choice { datasets: selection.datasets.clone(), term: selection.term.clone() };
            report::things(app.store(), &selection.school, &choice).await?
        }
    };
    Ok(found.into_iter().collect())
}

async fn parked(app: &App, school: &SchoolCode) -> Result<BTreeSet<Thing>, StoreError> {
    // What is released is parked no more: the call that follows sees the rest.
    const PAGE: i32 = 1000;
    Ok(app.store().parked_things(school, app.now(), PAGE).await?.into_iter().collect())
}

//! A record is sent to the city once more, whatever was said to it (重报). B6.1 D5.1 K7.2.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::may;
use domain::supervision::resend::{Selection, SendAgainError};
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, SourceId};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::Commit;
use utoipa::ToSchema;

/// A record that will be sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordSentAgain {
    /// The data set.
    #[schema(example = "payment")]
    pub dataset: String,
    /// The record.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub source_id: String,
    /// `pending`: it is on its way.
    #[schema(example = "pending")]
    pub standing: String,
}

/// 重报一条记录
///
/// What was refused is released by it. As often as it is asked for, the city has one record in the end.
#[utoipa::path(
    post, path = "/schools/{school}/supervision/records/{dataset}/{source_id}/send-again",
    operation_id = "send_record_again", tag = "数据上报",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("dataset" = String, Path, description = "数据集"),
        ("source_id" = String, Path, description = "业务编号"),
    ),
    responses(
        (status = 202, description = "已排入上报", body = RecordSentAgain),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "尚未上报过", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
    ),
)]
pub async fn send_record_again(
    State(app): State<App>,
    caller: Caller,
    Path((school, dataset, source_id)): Path<(String, String, String)>,
) -> Outcome<Answer<RecordSentAgain>> {
    let (granted, school) = reach_school::<may::HandleReports>(&app, &caller, &school).await?;
    let (dataset, source_id): (Dataset, SourceId) = (parse("dataset", &dataset)?, parse("source_id", &source_id)?);
    let thing = Thing::of(dataset, &source_id).ok_or(AccessError::NotFound)?;
    let mut holding = app.store().holding(&thing).await?;
    let held = holding.value.held(dataset, &source_id).ok_or(SendAgainError::NeverReported)?;
    if held.place.school != school {
        return Err(AccessError::NotFound.into());
    }
    let selection = Selection::one(school, (dataset, source_id.clone()));
    let resent = holding.value.send_chosen_again(&selection, &BTreeSet::new());
    if resent.records > 0 {
        let mut commit = Commit::new(caller.actor(&granted), "supervision.send_again", app.now());
        commit.decide_holding(&thing, &holding)?;
        app.write_edit(commit).await?;
    }
    let standing = holding.value.held(dataset, &source_id).map(|held| held.standing().to_string());
    let (dataset, source_id) = (dataset.to_string(), source_id.to_string());
    Ok(Answer::accepted(RecordSentAgain { dataset, source_id, standing: standing.unwrap_or_default() }))
}

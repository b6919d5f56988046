//! A school is compared with the city at once, and not only at night (立即核对). D5.1 K7.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::audit::Act;
use domain::task::{Queue, Task};
use edge::app::Outcome;
use edge::http::Answer;
use edge::reach::reach_school;
use edge::{App, Caller, Problem, Variable};
use serde::Serialize;
use store::{Commit, key};
use utoipa::ToSchema;

/// A comparison that was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComparisonAsked {
    /// The school.
    #[schema(example = "3144200101")]
    pub school: String,
    /// Whether one is under way at this moment; another follows, since this one may have read some of it before.
    pub under_way: bool,
    /// When the school was last compared; once this is later, it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub compared_at: Option<String>,
}

/// 立即核对
///
/// It takes some minutes; `/supervision/reporting` shows what came of it.
#[utoipa::path(
    post, path = "/schools/{school}/supervision/agreement", operation_id = "compare_with_city", tag = "数据上报",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 202, description = "已排入核对", body = ComparisonAsked),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn compare_with_city(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
) -> Outcome<Answer<ComparisonAsked>> {
    let (granted, school) = reach_school::<may::HandleReports>(&app, &caller, &school).await?;
    let under_way = app.store().comparison(&school).await?.value.is_under_way(app.now());
    let compared_at = app.store().last_statement(&school).await?.map(|found| found.value.at.to_string());
    let version = u64::try_from(app.now().seconds()).unwrap_or_default();
    let mut commit = Commit::new(caller.actor(&granted), "supervision.compare", app.now());
    commit.task(Task::new(Queue::Agreement, school.as_str(), version, app.now()))?;
    let thing = key::thing(&key::comparison(&school));
    commit.note(caller.actor(&granted), Act::ComparisonAsked, &thing, app.random())?;
    app.write_edit(commit).await?;
    if let Ok(queue) = app.variable(Variable::AgreementQueueUrl) {
        edge::queue::wake(&app, queue, Queue::Agreement, school.as_str(), version).await;
    }
    Ok(Answer::accepted(ComparisonAsked { school: school.to_string(), under_way, compared_at }))
}

//! A school gives an offering up: nobody can take it any more, and everybody who sits there leaves it and gets back what
//! the rules say. S34.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::catalog::OfferingState;
use domain::id::OfferingId;
use domain::task::{Queue, Task};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem, Variable};
use serde::Serialize;
use store::Commit;
use utoipa::ToSchema;

/// What is being done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassCancelled {
    /// The offering.
    #[schema(example = "3144200101.2026-2027-1.K012")]
    pub offering_id: String,
    /// Pupils who sit there, and leave it now.
    pub pupils: usize,
}

/// 停开课程并全员退课退费
///
/// The offering is closed at once; its pupils leave it one after the other.
#[utoipa::path(
    post, path = "/offerings/{offering_id}/cancellation", operation_id = "cancel_class", tag = "退费",
    params(("offering_id" = String, Path, description = "开课编号")),
    responses(
        (status = 202, description = "已停开,正在为学生办理退课退费", body = ClassCancelled),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn cancel_class(
    State(app): State<App>,
    caller: Caller,
    Path(offering_id): Path<String>,
) -> Outcome<Answer<ClassCancelled>> {
    let granted = caller.ask::<may::ApproveRefund>(&app).await?;
    let id: OfferingId = parse("offering_id", &offering_id)?;
    let found = app.store().offering(&id).await?.filter(|_| granted.covers_school(&id.school()));
    let mut offering = found.ok_or(AccessError::NotFound)?;
    offering.value.state = OfferingState::Cancelled;
    let mut commit = Commit::new(caller.actor(&granted), "refund.cancel_class", app.now());
    commit.save_offering(&offering)?;
    commit.task(Task::new(Queue::Refund, id.as_str(), offering.ver.saturating_add(1), app.now()))?;
    app.write_edit(commit).await?;
    app.store().forget_catalog(&id.school(), &id.term());
    let ledgers = app.store().ledgers(&id, offering.value.capacity).await?;
    let pupils = ledgers.iter().map(|ledger| ledger.seats.len()).sum();
    edge::queue::wake(&app, app.variable(Variable::RefundQueueUrl)?, Queue::Refund, id.as_str(), "given-up").await;
    Ok(Answer::accepted(ClassCancelled { offering_id: id.to_string(), pupils }))
}

//! A pupil leaves the school: all courses of the term are given up at once, each by a request of its own. S34.2.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use domain::id::{StudentId, TermCode};
use domain::refund::RefundReason;
use domain::refund::facts::Trigger;
use domain::refund::request::{Party, may_ask};
use domain::task::Queue;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent, parse};
use edge::{App, Caller, Problem, Variable};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::view::RefundRequestView;

/// How a pupil leaves.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferOut {
    /// From which day on; today without it.
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
}

/// What the pupil has left.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferredOut {
    /// The requests by which the courses were given up.
    pub requests: Vec<RefundRequestView>,
}

/// 学生转学,办理全部课程退课退费
///
/// Paid courses are left and paid back by the rules of a transfer; orders that wait begin to end. Said again it does what
/// is still to do, and nothing twice.
#[utoipa::path(
    post, path = "/students/{student_id}/terms/{term}/transfer", operation_id = "transfer_out", tag = "退费",
    params(("student_id" = String, Path, description = "学生编号"), ("term" = String, Path, description = "学期")),
    request_body = TransferOut,
    responses(
        (status = 200, description = "已退出全部课程,退费正在办理", body = TransferredOut),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "退费规则没有规定转学情形", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn transfer_out(
    State(app): State<App>,
    caller: Caller,
    Path((student_id, term)): Path<(String, String)>,
    sent: Sent<TransferOut>,
) -> Outcome<Answer<TransferredOut>> {
    let granted = caller.ask::<may::ApproveRefund>(&app).await?;
    let student: StudentId = parse("student_id", &student_id)?;
    let code: TermCode = parse("term", &term)?;
    let record = app.store().record(&student, &code).await?.and_then(|found| found.within(&granted));
    let school = record.ok_or(AccessError::NotFound)?.value.school;
    let term = app.store().term(&school, &code).await?.ok_or(AccessError::NotFound)?.value;
    let on = sent.value.on.unwrap_or_else(|| app.now().day());
    may_ask(&term, Party::School, RefundReason::ByRule(Trigger::Transfer), on, app.now())?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    let requests = Box::pin(cashier.transfer_out(&student, &code, (on, &caller.id))).await?;
    let queue = app.variable(Variable::RefundQueueUrl)?;
    for refund in requests.iter().filter_map(|request| request.value.refund.as_ref()) {
        edge::queue::wake(&app, queue, Queue::Refund, refund.as_str(), 1).await;
    }
    let requests = requests.iter().map(|request| RefundRequestView::from(&request.value)).collect();
    Ok(Answer::ok(TransferredOut { requests }))
}

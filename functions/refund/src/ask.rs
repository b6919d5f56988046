//! A guardian gives a course up, or asks back what was missed; a school does the same for a pupil. P4 P7 P13 S16 S29.

use axum::extract::State;
use cashier::Cashier;
use domain::access::may;
use domain::id::{CourseCode, OrderNo, RefundRequestId};
use domain::refund::request::{Asked, Why, may_ask};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError as Unusable, Sent, parse};
use edge::reach::reach;
use edge::{App, Caller, Problem, Variable};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::scope::{party, wish};
use crate::view::RefundRequestView;

/// What is asked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRefund {
    /// The order.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// The case: `withdrawal`, `transfer`, `leave`, `suspension` or `waiver`.
    #[schema(example = "withdrawal")]
    pub trigger: Option<String>,
    /// Instead of a case: an amount to agree on, in fen.
    pub amount_fen: Option<i64>,
    /// Why the course is given up: `time`, `unsuited`, `moving` or `other`.
    #[schema(value_type = Option<String>, example = "time")]
    pub why: Option<Why>,
    /// What the school writes to it: 2 to 200 characters.
    pub note: Option<String>,
    /// From which day on; today without it.
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
}

/// 申请退课或退费
///
/// When nobody has to agree, it is granted at once: the seat is free and the money on its way. What a guardian says of a
/// transfer, a suspension or a waiver waits for the school.
#[utoipa::path(
    post, path = "/refund-requests", operation_id = "ask_refund", tag = "退费",
    params(("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值")),
    request_body = AskRefund,
    responses(
        (status = 201, description = "已受理;无需审核的立即生效", body = RefundRequestView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能退,或已有申请", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_refund(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskRefund>,
) -> Outcome<Answer<RefundRequestView>> {
    let AskRefund { order_no, course, trigger, amount_fen, why, note, on } = sent.value;
    let no: OrderNo = parse("order_no", &order_no)?;
    let course: CourseCode = parse("course", &course)?;
    let wish = wish(trigger.as_deref(), amount_fen)?;
    let reached = reach::<may::AskRefund>(&app, &caller, &no).await?;
    let (school, term) = (&reached.record.value.school, &reached.record.value.term);
    let id = RefundRequestId::named(school, term, &caller.request_name(&key));
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&reached.granted));
    if let Some(found) = app.store().refund_request(&id).await? {
        let found = found.within(&reached.granted).ok_or(AccessError::NotFound)?;
        let same = found.value.request == sent.hash;
        let view = RefundRequestView::from(&found.value);
        return if same { Ok(Answer::created(view)) } else { Err(Unusable::IdempotencyKeyReused.into()) };
    }
    let found = app.store().term(school, term).await?.ok_or(AccessError::NotFound)?.value;
    let (party, on) = (party(&reached.granted), on.unwrap_or_else(|| app.now().day()));
    may_ask(&found, party, wish.basis(), on, app.now())?;
    let (by, decided) = (caller.id.clone(), false);
    let asked = Asked { id, request: sent.hash, basis: wish.basis(), why, note, on, by, party, decided };
    let request = cashier.ask_refund(&asked, (&no, &course), wish).await?;
    if let Some(refund) = &request.value.refund {
        let queue = app.variable(Variable::RefundQueueUrl)?;
        edge::queue::wake(&app, queue, domain::task::Queue::Refund, refund.as_str(), 1).await;
    }
    Ok(Answer::created(RefundRequestView::from(&request.value)).at_version(request.ver))
}

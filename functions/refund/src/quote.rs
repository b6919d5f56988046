//! What would go back of a course, today or from a day on: each line with its numbers and the rule. S34.2 P7.1.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use domain::id::{CourseCode, OrderNo};
use domain::refund::request::{paid_later, waits_for};
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::scope::{day, party, wish};
use crate::view::QuoteView;

/// Of what.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichQuote {
    /// The course.
    #[param(example = "K012")]
    pub course: String,
    /// The case: `withdrawal`, `transfer`, `class_cancelled`, `leave`, `suspension` or `waiver`.
    #[param(example = "withdrawal")]
    pub trigger: Option<String>,
    /// Instead of a case: an amount to agree on, in fen.
    pub amount_fen: Option<i64>,
    /// From which day on; today without it.
    #[param(example = "2026-10-12")]
    pub on: Option<String>,
}

/// 测算可退金额
///
/// Asks for nothing: the same facts give the same quote, whoever asks and when.
#[utoipa::path(
    get, path = "/orders/{order_no}/refund-quote", operation_id = "quote_refund", tag = "退费",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "逐项测算,含规则与数字", body = QuoteView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有可退的款项,或规则没有规定", body = Problem),
        (status = 422, description = "金额不正确", body = Problem),
    ),
)]
pub async fn quote_refund(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
    Query(which): Query<WhichQuote>,
) -> Outcome<Answer<QuoteView>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let course: CourseCode = parse("course", &which.course)?;
    let wish = wish(which.trigger.as_deref(), which.amount_fen)?;
    let on = day(&app, which.on.as_deref())?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&reached.granted));
    let record = &reached.record.value;
    let mut quote = cashier.quote(record, (&no, &course), wish, on).await?;
    quote.approval = waits_for(wish.basis(), party(&reached.granted), quote.approval).is_some();
    let mut later = Vec::new();
    if wish.basis().leaves() {
        for no in paid_later(record, &no, &course) {
            let quote = cashier.quote(record, (&no, &course), wish, on).await?;
            later.push((no, quote));
        }
    }
    Ok(Answer::ok(QuoteView::with(&quote, &later)))
}

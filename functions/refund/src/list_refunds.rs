//! The refunds of a school and term, or of one order. S34.1 P7.4 S16.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{OrderNo, PaymentNo, RefundNo, SchoolCode, TermCode};
use domain::refund::RefundState;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::reach::reach;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::RefundView;

/// Refunds that are looked at for a page.
const PAGE: i32 = 50;

/// Which refunds.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichRefunds {
    /// The school.
    #[param(example = "3144200101")]
    pub school: String,
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// Only those that stand so: `reserved`, `sent`, `processing`, `abnormal`, `done`, `closed`, `rejected`, `returned`.
    pub state: Option<String>,
    /// Only those that something stands in the way of.
    #[serde(default)]
    pub troubled: bool,
    /// Only those whose arrival a guardian disputes, and the school has not answered.
    #[serde(default)]
    pub disputed: bool,
    /// Only those that the provider has given to the school, and the school not yet to the family.
    #[serde(default)]
    pub owed: bool,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Refunds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refunds {
    /// By number.
    pub items: Vec<RefundView>,
    /// For the next page, which may be empty; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 退款单列表
#[utoipa::path(
    get, path = "/refunds", operation_id = "list_refunds", tag = "退费",
    responses(
        (status = 200, description = "本校退款单", body = Refunds),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_refunds(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichRefunds>,
) -> Outcome<Answer<Refunds>> {
    let granted = caller.ask::<may::ViewEnrollments>(&app).await?;
    let school: SchoolCode = parse("school", &which.school)?;
    let term: TermCode = parse("term", &which.term)?;
    let state: Option<RefundState> = which.state.as_deref().map(|state| parse("state", state)).transpose()?;
    let after: Option<RefundNo> = which.cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    if !granted.covers_home(Some(&school)) {
        return Err(AccessError::NotFound.into());
    }
    let (found, cursor) = app.store().refunds_at(&school, &term, after.as_ref(), PAGE).await?;
    let found = found.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let found = found.filter(|refund| state.is_none_or(|state| refund.state == state));
    let found = found.filter(|refund| !which.troubled || refund.trouble.is_some());
    let found = found.filter(|refund| !which.disputed || refund.is_disputed());
    let found = found.filter(|refund| !which.owed || refund.is_owed_by_school());
    Ok(Answer::ok(Refunds { items: found.map(|refund| RefundView::from(&refund)).collect(), cursor }))
}

/// 订单的退款单
#[utoipa::path(
    get, path = "/orders/{order_no}/refunds", operation_id = "list_order_refunds", tag = "退费",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "该订单的退款单", body = Refunds),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_order_refunds(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
) -> Outcome<Answer<Refunds>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let mut items = Vec::new();
    for attempt in 1..=reached.order.attempts {
        let found = app.store().refunds(&PaymentNo::new(&no, attempt)).await?;
        let found = found.into_iter().filter_map(|found| found.within(&reached.granted));
        items.extend(found.map(|refund| RefundView::from(&refund.value)));
    }
    Ok(Answer::ok(Refunds { items, cursor: None }))
}

//! Putting off the deadlines of many orders: those that are named, or those of a course, a homeroom, a grade. S33.4.

use axum::extract::{Path, State};
use domain::directory::Grade;
use domain::extension::extend;
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, Sent};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extend::wanted;
use crate::waiting::{Change, OrderUnchanged, Which, reach};

/// A new deadline for many orders.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendOrders {
    /// The new deadline, RFC 3339: later than the present ones, at most 30 days from now.
    #[schema(example = "2026-09-03T18:00:00+08:00")]
    pub until: String,
    /// Why.
    #[schema(example = "支付通道升级")]
    pub reason: String,
    /// These orders, at most 100; without them those that wait in a term, as far as the register knows.
    #[serde(default)]
    pub orders: Vec<String>,
    /// The term.
    #[schema(example = "2026-2027-1")]
    pub term: Option<String>,
    /// Only with this course.
    pub course: Option<String>,
    /// Only of this homeroom.
    pub homeroom: Option<String>,
    /// Only of this grade.
    pub grade: Option<Grade>,
    /// Where the answer before ended.
    pub cursor: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExtendedOrders {
    /// Those that have the new deadline.
    pub extended: Vec<String>,
    /// Those that have not.
    pub refused: Vec<OrderUnchanged>,
    /// To go on with; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 批量缴费延期
///
/// Each order stands alone. Orders of the last minutes are found by their numbers only.
#[utoipa::path(
    post, path = "/schools/{school}/orders/extensions", operation_id = "extend_orders", tag = "订单",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = ExtendOrders,
    responses(
        (status = 200, description = "延期结果", body = ExtendedOrders),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn extend_orders(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(_key): IdempotencyKey,
    Path(school): Path<String>,
    sent: Sent<ExtendOrders>,
) -> Outcome<Answer<ExtendedOrders>> {
    let (granted, school) = reach(&app, &caller, &school).await?;
    let asked = sent.value;
    let wanted = wanted(&app, &asked.until, asked.reason.clone())?;
    let which = Which {
        orders: &asked.orders,
        term: asked.term.as_deref(),
        course: asked.course.as_deref(),
        homeroom: asked.homeroom.as_deref(),
        grade: asked.grade,
        cursor: asked.cursor.as_deref(),
    };
    let (orders, next) = which.find(&app, (&granted, &school)).await?;
    let put_off = Change { action: "order.extend", decide: &|order| extend(order, &wanted, app.now()) };
    let (extended, refused) = put_off.make_many(&app, &caller, (&granted, &school), orders).await?;
    Ok(Answer::ok(ExtendedOrders { extended, refused, cursor: next.map(|next| next.to_string()) }))
}

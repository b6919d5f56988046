//! Reminding families of orders that wait to be paid: of one, or of many at once. S33.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::directory::Grade;
use domain::id::OrderNo;
use domain::reminder::{read_words, remind};
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, Sent, parse};
use edge::reach::{Reached, reach};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::show::OrderView;
use crate::waiting::{self, Change, OrderUnchanged, Which};

/// What the school has to say.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemindOrder {
    /// Added to the amount and the deadline, which the family sees anyway: up to 100 characters.
    #[schema(example = "请于周五放学前完成缴费,逾期名额将释放")]
    pub words: Option<String>,
}

/// What the school has to say, and to whom.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemindOrders {
    /// Added to the amount and the deadline, which the family sees anyway: up to 100 characters.
    #[schema(example = "请于周五放学前完成缴费,逾期名额将释放")]
    pub words: Option<String>,
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
pub struct RemindedOrders {
    /// Those whose families are reminded.
    pub reminded: Vec<String>,
    /// Those whose families are not.
    pub refused: Vec<OrderUnchanged>,
    /// To go on with; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 发送缴费提醒
///
/// The family sees it with the order. At most once in six hours, and ten times in all.
#[utoipa::path(
    post, path = "/orders/{order_no}/reminder", operation_id = "remind_order", tag = "订单",
    params(
        ("order_no" = String, Path, description = "订单号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = RemindOrder,
    responses(
        (status = 200, description = "已提醒", body = OrderView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "无需提醒,或提醒过于频繁", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn remind_order(
    State(app): State<App>,
    caller: Caller,
    // The reminder itself remembers: asking twice is asking once, whatever the key.
    IdempotencyKey(_key): IdempotencyKey,
    Path(order_no): Path<String>,
    sent: Sent<RemindOrder>,
) -> Outcome<Answer<OrderView>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let mut reached = reach::<may::ManageOrders>(&app, &caller, &no).await?;
    let words = sent.value.words.as_deref();
    let reminding = Change { action: "order.remind", decide: &|order| remind(order, words, app.now()) };
    reminding.make(&app, caller.actor(&reached.granted), &mut reached.record, &no).await?;
    let Reached { record, order, .. } = reach::<may::ManageOrders>(&app, &caller, &no).await?;
    Ok(Answer::ok(OrderView::of(&record.value, &order, &[])).at_version(record.ver))
}

/// 批量发送缴费提醒
///
/// Each order stands alone. Orders of the last minutes are found by their numbers only.
#[utoipa::path(
    post, path = "/schools/{school}/orders/reminders", operation_id = "remind_orders", tag = "订单",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = RemindOrders,
    responses(
        (status = 200, description = "提醒结果", body = RemindedOrders),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn remind_orders(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(_key): IdempotencyKey,
    Path(school): Path<String>,
    sent: Sent<RemindOrders>,
) -> Outcome<Answer<RemindedOrders>> {
    let (granted, school) = waiting::reach(&app, &caller, &school).await?;
    let asked = sent.value;
    let words = read_words(asked.words.as_deref())?;
    let which = Which {
        orders: &asked.orders,
        term: asked.term.as_deref(),
        course: asked.course.as_deref(),
        homeroom: asked.homeroom.as_deref(),
        grade: asked.grade,
        cursor: asked.cursor.as_deref(),
    };
    let (orders, next) = which.find(&app, (&granted, &school)).await?;
    let reminding = Change { action: "order.remind", decide: &|order| remind(order, words.as_deref(), app.now()) };
    let (reminded, refused) = reminding.make_many(&app, &caller, (&granted, &school), orders).await?;
    Ok(Answer::ok(RemindedOrders { reminded, refused, cursor: next.map(|next| next.to_string()) }))
}

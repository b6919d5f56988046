//! Where an order or a payment stands. P5.3 P6.5 S33.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{OrderNo, PaymentNo};
use domain::payment::Payment;
use domain::record::{Order, TermRecord};
use edge::app::Outcome;
use edge::http::{Answer, parse};
use edge::view::{LineView, ReminderView};
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use edge::reach::{Reached, reach};

/// An order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderView {
    /// Its number.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// The school.
    pub school: String,
    /// The child.
    pub student_id: String,
    /// `pending`, `closing`, `paid`, `expired` or `cancelled`.
    #[schema(example = "pending")]
    pub state: String,
    /// When it was submitted.
    #[schema(format = DateTime)]
    pub placed_at: String,
    /// Until when it can be paid.
    #[schema(format = DateTime)]
    pub deadline: String,
    /// What it costs, in fen.
    pub total_fen: i64,
    /// What was taken.
    pub lines: Vec<LineView>,
    /// Its payment attempts.
    pub payments: Vec<PaymentView>,
    /// SHA-256 of its snapshot.
    pub snapshot_sha256: String,
    /// The order whose courses it asks for the next part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<String>,
    /// The order that was put in its place, together with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The school asks the family to pay, the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reminder: Option<ReminderView>,
}

/// A payment attempt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentView {
    /// Its number.
    #[schema(example = "20261-7K3M9Q2XAB-01-1")]
    pub payment_no: String,
    /// `sent`, `pending`, `closed` or `succeeded`.
    #[schema(example = "succeeded")]
    pub state: String,
    /// The provider.
    #[schema(example = "wechat")]
    pub channel: String,
    /// How the checkout is shown.
    #[schema(example = "native")]
    pub method: String,
    /// How much, in fen.
    pub amount_fen: i64,
    /// The provider's number of the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub paid_at: Option<String>,
    /// Set aside to go back, in fen.
    pub refund_reserved_fen: i64,
    /// SHA-256 of its snapshot, once paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_sha256: Option<String>,
}

impl PaymentView {
    fn of(payment: &Payment) -> Self {
        let paid = payment.paid.as_ref();
        Self {
            payment_no: payment.no.to_string(),
            state: payment.state.to_string(),
            channel: payment.channel.to_string(),
            method: payment.method.to_string(),
            amount_fen: payment.amount.fen(),
            transaction_id: paid.map(|paid| paid.transaction.clone()),
            paid_at: paid.map(|paid| paid.at.to_string()),
            refund_reserved_fen: payment.refund_reserved.fen(),
            snapshot_sha256: paid.map(|paid| paid.snapshot.clone()),
        }
    }
}

impl OrderView {
    /// An order of a record with its payments.
    pub(crate) fn of(record: &TermRecord, order: &Order, payments: &[Payment]) -> Self {
        Self {
            order_no: order.no.to_string(),
            school: record.school.to_string(),
            student_id: record.student.to_string(),
            state: order.state.to_string(),
            placed_at: order.placed_at.to_string(),
            deadline: order.deadline.to_string(),
            total_fen: order.total.fen(),
            lines: LineView::all(record, order),
            payments: payments.iter().map(PaymentView::of).collect(),
            snapshot_sha256: order.snapshot.clone(),
            continues: order.continues.as_ref().map(ToString::to_string),
            merged_into: order.merged_into.as_ref().map(ToString::to_string),
            reminder: order.reminder.as_ref().map(ReminderView::of),
        }
    }
}

/// 查看订单
#[utoipa::path(
    get, path = "/orders/{order_no}", operation_id = "show_order", tag = "订单",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "订单及其支付情况", body = OrderView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_order(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
) -> Outcome<Answer<OrderView>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let mut payments = Vec::new();
    for attempt in 1..=reached.order.attempts {
        payments.push(reached.payment(&app, &PaymentNo::new(&no, attempt)).await?.value);
    }
    let Reached { record, order, .. } = reached;
    Ok(Answer::ok(OrderView::of(&record.value, &order, &payments)).at_version(record.ver))
}

/// 查看支付单
#[utoipa::path(
    get, path = "/payments/{payment_no}", operation_id = "show_payment", tag = "订单",
    params(("payment_no" = String, Path, description = "支付单号")),
    responses(
        (status = 200, description = "支付单", body = PaymentView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_payment(
    State(app): State<App>,
    caller: Caller,
    Path(payment_no): Path<String>,
) -> Outcome<Answer<PaymentView>> {
    let no: PaymentNo = parse("payment_no", &payment_no)?;
    let payment = reach::<may::ViewEnrollments>(&app, &caller, &no.order()).await?.payment(&app, &no).await?;
    Ok(Answer::ok(PaymentView::of(&payment.value)).at_version(payment.ver))
}

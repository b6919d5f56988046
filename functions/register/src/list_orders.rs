//! A school's orders: where they stand, how they were paid, what went back. S32.1 S33.2 S35.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::TermCode;
use domain::register::{Row, RowLine};
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::sought::{Register, optional, school, sought};

sought!(
    /// Which orders, and where the page before ended.
    WhichOrders {
        /// The term.
        #[param(example = "2026-2027-1")]
        pub term: String,
        /// The cursor of the page before.
        pub cursor: Option<String>,
    }
);

/// A line of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderLine {
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// Its title as it was sold.
    #[schema(example = "书法入门")]
    pub title: String,
    /// Lessons sold.
    #[schema(example = 16)]
    pub lessons: u16,
    /// Tuition before what is waived, in fen.
    pub tuition_fen: i64,
    /// What is waived of it, in fen.
    pub waived_fen: i64,
    /// Materials fee, in fen.
    pub materials_fen: i64,
    /// Sundry fee, in fen.
    pub sundry_fen: i64,
    /// What it costs in all, in fen.
    pub amount_fen: i64,
    /// What has gone back of it, in fen.
    pub refunded_fen: i64,
    /// What is set aside to go back, in fen.
    pub refunding_fen: i64,
    /// Since when it is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub left_on: Option<String>,
}

/// An order of a school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListedOrder {
    /// Its number.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// The pupil.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// Who submitted it.
    pub guardian_id: String,
    /// The pupil's homeroom when it was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homeroom_id: Option<String>,
    /// The pupil's grade then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<u8>,
    /// `pending`, `closing`, `paid`, `expired` or `cancelled`.
    #[schema(example = "paid")]
    pub state: String,
    /// When it was submitted.
    #[schema(format = DateTime)]
    pub placed_at: String,
    /// Until when it can be paid.
    #[schema(format = DateTime)]
    pub deadline: String,
    /// Whether that was put off.
    pub extended: bool,
    /// What it costs, in fen.
    pub total_fen: i64,
    /// When it was paid; absent for one that is not, or costs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub paid_at: Option<String>,
    /// The payment that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_no: Option<String>,
    /// Its provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Its checkout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What has gone back, in fen.
    pub refunded_fen: i64,
    /// What is set aside to go back, in fen.
    pub refunding_fen: i64,
    /// What was taken.
    pub lines: Vec<OrderLine>,
}

impl From<&RowLine> for OrderLine {
    fn from(line: &RowLine) -> Self {
        Self {
            course: line.course.to_string(),
            title: line.title.clone(),
            lessons: line.lessons,
            tuition_fen: line.tuition.fen(),
            waived_fen: line.waived.fen(),
            materials_fen: line.materials.fen(),
            sundry_fen: line.sundry.fen(),
            amount_fen: line.amount.fen(),
            refunded_fen: line.refunded.fen(),
            refunding_fen: line.refunding.fen(),
            left_on: line.left.map(|day| day.to_string()),
        }
    }
}

impl From<&Row> for ListedOrder {
    fn from(row: &Row) -> Self {
        let (place, paid) = (row.place.as_ref(), row.paid.as_ref());
        Self {
            order_no: row.no.to_string(),
            student_id: row.student().to_string(),
            guardian_id: row.guardian.to_string(),
            homeroom_id: place.map(|place| place.homeroom.to_string()),
            grade: place.map(|place| place.grade),
            state: row.state.to_string(),
            placed_at: row.placed_at.to_string(),
            deadline: row.deadline.to_string(),
            extended: row.extended,
            total_fen: row.total.fen(),
            paid_at: paid.map(|paid| paid.at.to_string()),
            payment_no: paid.map(|paid| paid.payment.to_string()),
            channel: paid.map(|paid| paid.channel.to_string()),
            method: paid.map(|paid| paid.method.to_string()),
            refunded_fen: row.refunded().fen(),
            refunding_fen: row.refunding().fen(),
            lines: row.lines.iter().map(OrderLine::from).collect(),
        }
    }
}

/// Orders of a school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListedOrders {
    /// The newest first.
    pub items: Vec<ListedOrder>,
    /// For the next page; none at the end. A page may be empty and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 查询学校订单
///
/// What was changed within the last minutes may be missing yet.
#[utoipa::path(
    get, path = "/schools/{school}/orders", operation_id = "list_orders", tag = "订单",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "订单", body = ListedOrders),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_orders(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
    Query(which): Query<WhichOrders>,
) -> Outcome<Answer<ListedOrders>> {
    let granted = caller.ask::<may::ViewEnrollments>(&app).await?;
    let (school, term): (_, TermCode) = (school(&granted, &code)?, parse("term", &which.term)?);
    let (filter, after) = (which.filter()?, optional("cursor", which.cursor.as_deref())?);
    let register = Register { app: &app, granted: &granted, school: &school, term: &term, filter: &filter };
    let (rows, next) = register.page(after).await?;
    let items = rows.iter().map(ListedOrder::from).collect();
    Ok(Answer::ok(ListedOrders { items, cursor: next.map(|next| next.to_string()) }))
}

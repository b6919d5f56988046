//! An order by calendar months, and which batches have settled what of it. S36.5.

use axum::extract::{Path, State};
use cashier::Plan;
use domain::access::may;
use domain::id::OrderNo;
use domain::settlement::figures::Figures;
use domain::settlement::split::{Lessons, figures};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// What of an order's line belongs to a month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderMonth {
    /// The month.
    #[schema(example = "2026-09")]
    pub month: String,
    /// Lessons that are paid for and did not go back.
    #[schema(example = 4)]
    pub lessons: i64,
    /// What was sold for the month, fees included, in fen.
    #[schema(example = 10000)]
    pub sold_fen: i64,
    /// What of it is not kept, in fen.
    pub refunded_fen: i64,
    /// Tuition that is kept, in fen.
    #[schema(example = 10000)]
    pub tuition_fen: i64,
    /// Fees that are kept, in fen.
    pub fees_fen: i64,
    /// The numbers of the batches by which the course is settled in the month.
    pub batches: Vec<u16>,
}

/// A line of an order by months.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderLineMonths {
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// Its title as it was sold.
    #[schema(example = "书法入门")]
    pub title: String,
    /// What is kept of the line, in fen: what its months come to.
    pub kept_fen: i64,
    /// By month.
    pub months: Vec<OrderMonth>,
}

/// An order by months.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderMonths {
    /// Its number.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// Where it stands; only what is paid is settled.
    #[schema(example = "paid")]
    pub state: String,
    /// Its lines.
    pub lines: Vec<OrderLineMonths>,
}

/// 订单按自然月拆分
#[utoipa::path(
    get, path = "/orders/{order_no}/months", operation_id = "show_order_months", tag = "结算",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "各课程按课时拆分到自然月,合计等于实收", body = OrderMonths),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_order_months(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
) -> Outcome<Answer<OrderMonths>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let record = &reached.record.value;
    let term = app.store().term(&record.school, &record.term).await?.ok_or(AccessError::NotFound)?.value;
    let plan = Plan::of(app.store(), &term).await?;
    // Whoever reaches the order may know what of it is settled; the docket says no more than that here.
    let docket = app.store().settlement_docket(&record.school, &record.term).await?;
    let docket = docket.within(&reached.granted).map(|docket| docket.value);
    let mut lines = Vec::new();
    for line in &reached.order.lines {
        let known = app.store().known_lessons(&record.student, &record.offering_of(line)).await?;
        let days = known.days(plan.days(&line.course));
        let months = figures(line, &Lessons { planned: &days, known: &known.lessons, ends_on: term.ends_on });
        let kept = months.values().fold(Figures::default(), |sum, month| sum.plus(*month)).kept();
        let months = months.into_iter().map(|(month, figures)| OrderMonth {
            month: month.to_string(),
            lessons: figures.lessons,
            sold_fen: figures.sold.fen(),
            refunded_fen: figures.refunded().fen(),
            tuition_fen: figures.tuition.fen(),
            fees_fen: figures.fees.fen(),
            batches: docket.as_ref().map(|docket| docket.settled_by(month, &line.course).to_vec()).unwrap_or_default(),
        });
        lines.push(OrderLineMonths {
            course: line.course.to_string(),
            title: line.title.clone(),
            kept_fen: kept.fen(),
            months: months.collect(),
        });
    }
    Ok(Answer::ok(OrderMonths { order_no: no.to_string(), state: reached.order.state.to_string(), lines }))
}

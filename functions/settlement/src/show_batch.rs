//! A batch with its lines, and one line with the orders it is made of. S36.1 S36.2 S36.5.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::CourseCode;
use domain::settlement::Month;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::scope;
use crate::view::{SettlementLine, SettlementPart, SettlementView};

/// A batch with its lines.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementWithLines {
    /// The batch.
    #[serde(flatten)]
    pub settlement: SettlementView,
    /// By course and month.
    pub lines: Vec<SettlementLine>,
}

/// A line with its orders.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementLineWithOrders {
    /// The line.
    #[serde(flatten)]
    pub line: SettlementLine,
    /// By number.
    pub parts: Vec<SettlementPart>,
}

/// 查看结算批次
///
/// What is agreed to is named by its hash.
#[utoipa::path(
    get, path = "/settlements/{batch_id}", operation_id = "show_settlement", tag = "结算",
    params(("batch_id" = String, Path, description = "结算批次编号")),
    responses(
        (status = 200, description = "批次与各课程各月份明细", body = SettlementWithLines),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_settlement(
    State(app): State<App>,
    caller: Caller,
    Path(batch_id): Path<String>,
) -> Outcome<Answer<SettlementWithLines>> {
    let (granted, batch) = scope::batch::<may::ViewMoney>(&app, &caller, &batch_id).await?;
    let docket = scope::docket(&app, &granted, (&batch.value.school, &batch.value.id.term())).await?.value;
    let lines = app.store().batch_lines(&batch.value).await?;
    batch.value.verify(&lines)?;
    let settlement = SettlementView::from(&batch.value).in_docket(&docket);
    let lines = lines.iter().map(SettlementLine::from).collect();
    Ok(Answer::ok(SettlementWithLines { settlement, lines }).at_version(batch.ver))
}

/// 查看结算明细的订单
#[utoipa::path(
    get, path = "/settlements/{batch_id}/lines/{month}/{course}", operation_id = "show_settlement_line", tag = "结算",
    params(
        ("batch_id" = String, Path, description = "结算批次编号"),
        ("month" = String, Path, description = "自然月,如 2026-09"),
        ("course" = String, Path, description = "课程编号"),
    ),
    responses(
        (status = 200, description = "该课程该月份的各订单部分", body = SettlementLineWithOrders),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_settlement_line(
    State(app): State<App>,
    caller: Caller,
    Path((batch_id, month, course)): Path<(String, String, String)>,
) -> Outcome<Answer<SettlementLineWithOrders>> {
    let (_, batch) = scope::batch::<may::ViewMoney>(&app, &caller, &batch_id).await?;
    let (month, course): (Month, CourseCode) = (parse("month", &month)?, parse("course", &course)?);
    let lines = app.store().batch_lines(&batch.value).await?;
    batch.value.verify(&lines)?;
    let line = lines.iter().find(|line| line.month == month && line.course == course).ok_or(AccessError::NotFound)?;
    let parts = line.parts.0.iter().map(SettlementPart::from).collect();
    Ok(Answer::ok(SettlementLineWithOrders { line: SettlementLine::from(line), parts }).at_version(batch.ver))
}

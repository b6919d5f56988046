//! Taking a settled batch out as a file: its courses or its orders by month, with the fields that were chosen; noted in
//! the audit. S36.1 S36.4 S36.5.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::CourseCode;
use domain::settlement::Month;
use edge::app::Outcome;
use edge::export::{ExportFormat, ExportedFile};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::key;
use utoipa::IntoParams;

use crate::{scope, sheets};

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
enum SettlementList {
    Lines,
    Orders,
}

/// How it is taken out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExportSettlement {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
    /// Only this month: a file holds 10,000 rows.
    #[param(example = "2026-09")]
    pub month: Option<String>,
    /// Only this course.
    #[param(example = "K012")]
    pub course: Option<String>,
}

/// 导出结算批次
///
/// Only what is confirmed and approved goes out.
#[utoipa::path(
    get, path = "/settlements/{batch_id}/exports/{list}", operation_id = "export_settlement", tag = "结算",
    params(
        ("batch_id" = String, Path, description = "结算批次编号"),
        ("list" = String, Path, description = "lines 课程明细、orders 订单明细"),
    ),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "尚未审核确认,或内容过大", body = Problem),
    ),
)]
pub async fn export_settlement(
    State(app): State<App>,
    caller: Caller,
    Path((batch_id, list)): Path<(String, String)>,
    Query(how): Query<HowToExportSettlement>,
) -> Outcome<Answer<ExportedFile>> {
    let (granted, batch) = scope::batch::<may::ViewMoney>(&app, &caller, &batch_id).await?;
    let (batch, list): (_, SettlementList) = (batch.value, parse("list", &list)?);
    let month: Option<Month> = how.month.as_deref().map(|month| parse("month", month)).transpose()?;
    let course: Option<CourseCode> = how.course.as_deref().map(|course| parse("course", course)).transpose()?;
    batch.check_settled()?;
    let mut lines = app.store().batch_lines(&batch).await?;
    batch.verify(&lines)?;
    lines.retain(|line| month.is_none_or(|month| line.month == month));
    lines.retain(|line| course.as_ref().is_none_or(|course| line.course == *course));
    let day = app.now().day();
    let sheet = match list {
        SettlementList::Lines => sheets::of_lines(&batch, lines, day),
        SettlementList::Orders => sheets::of_orders(&batch, &lines, day),
    };
    let (name, thing) = (format!("{}-{}", batch.school, batch.id.term()), key::thing(&key::batch(&batch.id)));
    let file = ExportedFile::write(&app, caller.actor(&granted), (&name, &thing), &sheet, how.format).await?;
    Ok(Answer::ok(file))
}

//! Signed reports of what each month of comparing a school with the city came to (月度核对报告). K7.2, promise P9.

use axum::extract::{Path, State};
use domain::access::{Guarded, may};
use domain::settlement::Month;
use domain::supervision::monthly::SignedReport;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// The reports of a school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgreementReports {
    /// The last month first.
    pub items: Vec<AgreementReportLine>,
}

/// A report of the list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgreementReportLine {
    /// The month.
    #[schema(example = "2026-09")]
    pub month: String,
    /// Records that were wrong at the city and nobody knew.
    pub found: u64,
    /// Of those, records that still were at the month's end.
    pub open: u64,
    /// SHA-256 of the report, base 64 for URLs.
    pub hash: String,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub made_at: Option<String>,
}

/// A report with its signature.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgreementReport {
    /// The month.
    #[schema(example = "2026-09")]
    pub month: String,
    /// What it says: canonical JSON, letter by letter as it was signed.
    pub body: String,
    /// SHA-256 of the body, base 64 for URLs.
    pub hash: String,
    /// ECDSA over P-256 with SHA-256 of the body, DER, base 64.
    pub signature: String,
    /// The public half of the key, DER, base 64.
    pub public_key: String,
}

/// 月度核对报告列表
#[utoipa::path(
    get, path = "/schools/{school}/supervision/agreement-reports", operation_id = "list_agreement_reports",
    tag = "数据上报",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "各月核对报告", body = AgreementReports),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_agreement_reports(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
) -> Outcome<Answer<AgreementReports>> {
    let (granted, school) = reach_school::<may::ViewReports>(&app, &caller, &school).await?;
    let reports = app.store().agreement_reports(&school).await?;
    let within = reports.into_iter().rev().filter_map(|report| Guarded::new(report).within(&granted));
    let items = within.map(|report| {
        let SignedReport { month, hash, found, open, .. } = report.value;
        let made_at = report.created_at.map(|at| at.to_string());
        AgreementReportLine { month: month.to_string(), found, open, hash, made_at }
    });
    Ok(Answer::ok(AgreementReports { items: items.collect() }))
}

/// 查看月度核对报告
///
/// It was signed once and is never changed: whoever has the public key can tell.
#[utoipa::path(
    get, path = "/schools/{school}/supervision/agreement-reports/{month}", operation_id = "show_agreement_report",
    tag = "数据上报",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("month" = String, Path, description = "月份,如 2026-09"),
    ),
    responses(
        (status = 200, description = "报告原文与签名", body = AgreementReport),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_agreement_report(
    State(app): State<App>,
    caller: Caller,
    Path((school, month)): Path<(String, String)>,
) -> Outcome<Answer<AgreementReport>> {
    let (granted, school) = reach_school::<may::ViewReports>(&app, &caller, &school).await?;
    let month: Month = parse("month", &month)?;
    let found = app.store().agreement_report(&school, month).await?;
    let found = found.and_then(|found| Guarded::new(found.value).within(&granted)).ok_or(AccessError::NotFound)?;
    let SignedReport { month, body, hash, signature, public_key, .. } = found;
    Ok(Answer::ok(AgreementReport { month: month.to_string(), body, hash, signature, public_key }))
}

//! Taking out a school's homerooms, pupils or staff as a file: masked, and noted in the audit. S2.1 S3.1 S3.2 S3.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::directory::Grade;
use domain::id::SchoolCode;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::export::{ExportError, ExportFormat, ExportedFile, ROWS};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::key;
use utoipa::IntoParams;

use crate::sheets::{self, Of};

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
enum ExportKind {
    Homerooms,
    Students,
    Staff,
}

/// How it is taken out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExport {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
    /// Only this grade; for homerooms and pupils.
    #[param(example = 3)]
    pub grade: Option<Grade>,
}

/// 导出名册
///
/// Personal data is masked; who took out what is noted in the audit.
#[utoipa::path(
    get, path = "/schools/{school}/exports/{kind}", operation_id = "export_people", tag = "行政班与学生",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("kind" = String, Path, description = "homerooms 行政班、students 学生、staff 教职工"),
    ),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn export_people(
    State(app): State<App>,
    caller: Caller,
    Path((school, kind)): Path<(String, String)>,
    Query(how): Query<HowToExport>,
) -> Outcome<Answer<ExportedFile>> {
    let granted = caller.ask::<may::Export>(&app).await?;
    let school: SchoolCode = parse("school", &school)?;
    let kind: ExportKind = parse("kind", &kind)?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let of = Of { school: &school, grade: how.grade, day: app.now().day() };
    let sheet = match kind {
        ExportKind::Homerooms => Some(sheets::homerooms(&app, of).await?),
        ExportKind::Students => sheets::students(&app, &granted, of, ROWS).await?,
        ExportKind::Staff => sheets::staff(&app, &granted, of, ROWS).await?,
    };
    let sheet = sheet.ok_or(ExportError::TooLarge)?;
    let thing = key::thing(&key::school(&school));
    let of = (school.as_str(), thing.as_str());
    Ok(Answer::ok(ExportedFile::write(&app, caller.actor(&granted), of, &sheet, how.format).await?))
}

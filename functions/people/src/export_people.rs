//! Taking out a school's homerooms, pupils or staff as a file: masked, and noted in the audit. S2.1 S3.1 S3.2 S3.3.

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::may;
use domain::audit::Act;
use domain::directory::Grade;
use domain::id::SchoolCode;
use domain::{Fault, Kind};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::key;
use utoipa::{IntoParams, ToSchema};

use crate::sheets::{self, Of};

/// Rows of a file.
const ROWS: usize = 10_000;

/// Bytes of a file: in base 64 it must stay below the 6 MB that a Lambda answers at most.
const LARGEST_FILE_BYTES: usize = 4 << 20;

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
enum ExportKind {
    Homerooms,
    Students,
    Staff,
}

/// What kind of file it becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// A workbook.
    #[default]
    Xlsx,
    /// Comma-separated text, UTF-8 with its mark.
    Csv,
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

/// Why a list cannot be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "export/")]
pub enum ExportError {
    /// More rows or bytes than one answer holds.
    #[error("导出内容超过 {ROWS} 行或 4 MB,请按年级分别导出")]
    TooLarge,
}

impl Fault for ExportError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooLarge => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// A file that was taken out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExportedFile {
    /// Its name.
    #[schema(example = "2144200601-学生-2026-09-01.xlsx")]
    pub file_name: String,
    /// Its rows below the heading.
    #[schema(example = 420)]
    pub rows: usize,
    /// Its bytes in base 64.
    pub content_base64: String,
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
    let (bytes, ending) = match how.format {
        ExportFormat::Xlsx => (sheet::write_xlsx(&sheet)?, "xlsx"),
        ExportFormat::Csv => (sheet::write_csv(&sheet)?, "csv"),
    };
    if bytes.len() > LARGEST_FILE_BYTES {
        return Err(ExportError::TooLarge.into());
    }
    // Before it goes out: what is not on record is not handed over.
    let concerns = key::thing(&key::school(&school));
    app.store().note(caller.actor(&granted), Act::Exported, &concerns, app.now(), app.random()).await?;
    let file_name = format!("{school}-{}-{}.{ending}", sheet.name, of.day);
    Ok(Answer::ok(ExportedFile { file_name, rows: sheet.rows.len(), content_base64: STANDARD.encode(bytes) }))
}

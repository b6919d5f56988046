//! Where an import stands, and its file given back with the reasons in the first column. A5 S3.

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::access::may;
use domain::id::ImportId;
use domain::import::RowError;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem, Variable};
use serde::Serialize;
use sheet::{Format, Limits};
use utoipa::ToSchema;

use crate::view::{ImportView, errors_key, file_key, reach};

/// Bytes of all errors of a file.
const LARGEST_ERRORS_BYTES: usize = 16 << 20;

/// A file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileView {
    /// Its name.
    #[schema(example = "学生-错误原因.xlsx")]
    pub file_name: String,
    /// Its bytes in base 64.
    pub content_base64: String,
}

/// 查询导入
#[utoipa::path(
    get, path = "/imports/{import_id}", operation_id = "show_import", tag = "导入",
    params(("import_id" = String, Path, description = "导入批次号")),
    responses(
        (status = 200, description = "导入状态", body = ImportView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_import(
    State(app): State<App>,
    caller: Caller,
    Path(import_id): Path<String>,
) -> Outcome<Answer<ImportView>> {
    let id: ImportId = parse("import_id", &import_id)?;
    let granted = caller.ask::<may::Import>(&app).await?;
    let job = reach(&app, &granted, &id).await?;
    let errors = errors_of(&app, &id).await?;
    Ok(Answer::ok(ImportView::of(&job.value, &errors)).at_version(job.ver))
}

/// 下载带错误原因的文件
///
/// The file as it was uploaded, with a first column that says what is wrong with each row.
#[utoipa::path(
    get, path = "/imports/{import_id}/errors", operation_id = "show_import_errors", tag = "导入",
    params(("import_id" = String, Path, description = "导入批次号")),
    responses(
        (status = 200, description = "带错误原因的文件", body = FileView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_import_errors(
    State(app): State<App>,
    caller: Caller,
    Path(import_id): Path<String>,
) -> Outcome<Answer<FileView>> {
    let id: ImportId = parse("import_id", &import_id)?;
    let granted = caller.ask::<may::Import>(&app).await?;
    let job = reach(&app, &granted, &id).await?.value;
    let limits = Limits::default();
    let bytes = object(&app, &file_key(&id), limits.file_bytes).await?;
    let errors = errors_of(&app, &id).await?;
    let sheet = sheet::returned(&sheet::read(&bytes, &limits)?, &errors, app.now().day());
    let (bytes, ending) = match sheet::format(&bytes)? {
        Format::Xlsx => (sheet::write_xlsx(&sheet)?, "xlsx"),
        Format::Csv => (sheet::write_csv(&sheet)?, "csv"),
    };
    let stem = job.file_name.rsplit_once('.').map_or(job.file_name.as_str(), |(stem, _)| stem);
    let file_name = format!("{stem}-{}.{ending}", sheet::REASON_HEADING);
    Ok(Answer::ok(FileView { file_name, content_base64: STANDARD.encode(bytes) }))
}

async fn errors_of(app: &App, id: &ImportId) -> Result<Vec<RowError>, Problem> {
    let bytes = object(app, &errors_key(id), LARGEST_ERRORS_BYTES).await?;
    // Written by ourselves; a file that lost its list is shown without it.
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn object(app: &App, key: &str, limit: usize) -> Result<Bytes, Problem> {
    let found = app.objects().get(app.variable(Variable::ImportsBucket)?, key, limit).await?;
    Ok(found.ok_or(AccessError::NotFound)?)
}

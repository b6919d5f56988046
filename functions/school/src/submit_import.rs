//! Bringing in a file: every row is judged, nothing is written but the file and what was found in it. A5 S3.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::access::may;
use domain::id::{ImportId, SchoolCode};
use domain::import::{Checked, ImportKind, check, wanted};
use edge::app::Outcome;
use edge::blind::Blind;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem, Variable};
use serde::Deserialize;
use sheet::Limits;
use store::import::{ImportJob, ImportState, Tally};
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::view::{ImportError, ImportView, errors_key, file_key, scope};

/// The largest request: a file of 4 MB in base 64, within what Lambda takes.
const LARGEST_REQUEST_BYTES: usize = 6 << 20;

/// Characters of a file's name.
const NAME_CHARACTERS: usize = 100;

/// A file to be imported.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// What it lists: organizations, schools, homerooms, students, guardians, specifications, terms, courses,
    /// offerings or attendance.
    #[schema(value_type = String, example = "students")]
    pub kind: ImportKind,
    /// Its name.
    #[schema(example = "学生.xlsx")]
    pub file_name: String,
    /// XLSX or CSV, in base 64.
    pub content_base64: String,
    /// Whether records that were edited by hand since their last import are overwritten.
    #[serde(default)]
    pub overwrite: bool,
}

/// 上传并校验导入文件
///
/// A dry run: the answer tells what each row would do and what is wrong, row by row.
#[utoipa::path(
    post, path = "/imports", operation_id = "submit_import", tag = "导入",
    request_body = ImportRequest,
    responses(
        (status = 201, description = "校验结果", body = ImportView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能导入该类数据", body = Problem),
        (status = 422, description = "文件不能使用", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn submit_import(
    State(app): State<App>,
    caller: Caller,
    sent: Sent<ImportRequest, LARGEST_REQUEST_BYTES>,
) -> Outcome<Answer<ImportView>> {
    let granted = caller.ask::<may::Import>(&app).await?;
    let scope = scope(&granted)?;
    let request = sent.value;
    if scope.is_some() && !request.kind.of_school() {
        return Err(ImportError::PlatformOnly { what: request.kind.chinese() }.into());
    }
    let name_length = request.file_name.chars().count();
    if !(1..=NAME_CHARACTERS).contains(&name_length) || request.file_name.contains(['/', '\\']) {
        return Err(ImportError::FileNameUnusable.into());
    }
    let bytes = STANDARD.decode(&request.content_base64).map_err(|_not_base64| ImportError::NotBase64)?;
    let table = sheet::read(&bytes, &Limits::default())?;

    let id = identify(request.kind, scope.as_ref(), &bytes)?;
    let held = app.store().import_job(&id).await?.and_then(|found| found.within(&granted));
    if let Some(held) = held.as_ref().filter(|held| held.value.state == ImportState::Applying) {
        return Ok(Answer::created(ImportView::of(&held.value, &[])).at_version(held.ver));
    }

    let keys = Blind::of(&app).await?;
    let known = app.store().known(request.kind, &wanted(&table, &keys), scope.clone()).await?;
    let checked = check(request.kind, &table, &known, &keys);
    let expected = app.store().expect_rows(&checked.rows, request.overwrite, &keys).await?;
    let run = held.as_ref().map_or(0, |held| held.value.run);
    let job = job(id, scope, request, &checked, expected, run);
    let job = Versioned::next(held.as_ref(), job);
    keep(&app, &job.value.id, bytes, &checked).await?;
    let mut commit = Commit::new(caller.actor(&granted), "import.submit", app.now());
    commit.save_import(&job)?;
    app.store().commit(commit).await?;
    Ok(Answer::created(ImportView::of(&job.value, &checked.errors)).at_version(job.ver.saturating_add(1)))
}

/// The same file for the same school is the same import.
fn identify(kind: ImportKind, scope: Option<&SchoolCode>, bytes: &[u8]) -> Result<ImportId, Problem> {
    let whose = scope.map_or("", |school| school.as_str());
    let hash = domain::import::content_hash(&[kind.to_string().as_bytes(), whose.as_bytes(), bytes]);
    hash.parse().map_err(|_never| AccessError::NotFound.into())
}

fn job(
    id: ImportId,
    scope: Option<SchoolCode>,
    request: ImportRequest,
    checked: &Checked,
    expected: Tally,
    run: u32,
) -> ImportJob {
    let good = u32::try_from(checked.rows.len()).unwrap_or(u32::MAX);
    ImportJob {
        id,
        lists: request.kind,
        file_name: request.file_name,
        scope,
        overwrite: request.overwrite,
        state: ImportState::Checked,
        total: checked.total,
        bad_rows: checked.total.saturating_sub(good),
        errors_total: u32::try_from(checked.errors.len()).unwrap_or(u32::MAX),
        ignored: checked.ignored.clone(),
        expected,
        applied_by: None,
        run,
        done_row: 0,
        applied: Tally::default(),
    }
}

/// The file goes first: a record of an import whose file is missing would be of no use.
async fn keep(app: &App, id: &ImportId, bytes: Vec<u8>, checked: &Checked) -> Result<(), Problem> {
    let bucket = app.variable(Variable::ImportsBucket)?;
    let errors = Bytes::from(serde_json::to_vec(&checked.errors).unwrap_or_default());
    app.objects().put_once(bucket, &file_key(id), Bytes::from(bytes), "application/octet-stream").await?;
    app.objects().put(bucket, &errors_key(id), errors, "application/json").await?;
    Ok(())
}

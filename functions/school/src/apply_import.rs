//! Applying a checked file: the promise to do it is written, the import function keeps it. A5 S3, promise P8.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::ImportId;
use domain::task::{Queue, Task};
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, Sent, parse};
use edge::queue::wake;
use edge::{App, Caller, Problem, Variable};
use serde::Deserialize;
use store::Commit;
use store::import::{ImportJob, ImportState, Tally};
use utoipa::ToSchema;

use crate::view::{ImportError, ImportView, reach};

/// How a file is applied.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyRequest {
    /// Whether the rows without errors are imported although others have errors.
    #[serde(default)]
    pub skip_bad_rows: bool,
}

/// 确认导入
///
/// Ask `GET /imports/{import_id}` for how far it has come.
#[utoipa::path(
    post, path = "/imports/{import_id}/apply", operation_id = "apply_import", tag = "导入",
    params(
        ("import_id" = String, Path, description = "导入批次号"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = ApplyRequest,
    responses(
        (status = 202, description = "正在导入", body = ImportView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "还有错误行", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn apply_import(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(_key): IdempotencyKey,
    Path(import_id): Path<String>,
    sent: Sent<ApplyRequest>,
) -> Outcome<Answer<ImportView>> {
    let id: ImportId = parse("import_id", &import_id)?;
    let granted = caller.ask::<may::Import>(&app).await?;
    let mut job = reach(&app, &granted, &id).await?;
    // Applying twice is applying once, whatever the key: the state itself remembers it.
    if job.value.state != ImportState::Checked {
        return Ok(Answer::accepted(ImportView::of(&job.value, &[])).at_version(job.ver));
    }
    permit(&job.value, sent.value.skip_bad_rows)?;
    job.value.state = ImportState::Applying;
    job.value.applied_by = Some(caller.actor(&granted));
    job.value.run = job.value.run.saturating_add(1);
    job.value.done_row = 0;
    job.value.applied = Tally::default();
    let ver = job.ver.saturating_add(1);
    let mut commit = Commit::new(caller.actor(&granted), "import.apply", app.now());
    commit.save_import(&job)?;
    commit.task(Task::new(Queue::Import, id.as_str(), ver, app.now()))?;
    app.store().commit(commit).await?;
    wake(&app, app.variable(Variable::ImportQueueUrl)?, Queue::Import, id.as_str(), ver).await;
    Ok(Answer::accepted(ImportView::of(&job.value, &[])).at_version(ver))
}

fn permit(job: &ImportJob, skip_bad_rows: bool) -> Result<(), ImportError> {
    // A fault of the heading concerns all rows: there are errors, but none of them counts as bad.
    if job.total == job.bad_rows {
        return Err(ImportError::NothingToApply);
    }
    if job.bad_rows > 0 && !skip_bad_rows {
        return Err(ImportError::HasErrors { bad_rows: job.bad_rows });
    }
    Ok(())
}

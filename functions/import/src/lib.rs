//! Import (导入): writes the good rows of a checked file, as far as the time reaches, and goes on where it stopped. A5 S3.
//!
//! A message names an import. The file is judged anew before its rows are written, so that nothing that changed since
//! the dry run is overlooked.

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::ImportId;
use domain::import::{GoodRow, check, wanted};
use domain::task::Queue;
use domain::{Fault, Kind};
use edge::blind::{Blind, BlindError};
use edge::config::MissingVariable;
use edge::{App, Variable};
use futures::StreamExt as _;
use futures::stream;
use gateway::object::ObjectError;
use sheet::{Limits, SheetError};
use store::import::{Applying, ImportJob, ImportState, Tally};
use store::{Commit, StoreError, Versioned};
use tokio::time::Instant;

/// Rows written at once.
const ROWS_AT_ONCE: usize = 16;

/// Rows between two marks of how far the import has come.
const ROWS_PER_MARK: usize = 200;

/// How long an invocation works: the function's time-out less what a last chunk may take. The rest is done when the
/// sweeper wakes it again.
const WORKING_TIME: Duration = Duration::from_secs(80);

/// Looks at each import the queue names.
pub async fn consume(app: App, event: SqsEvent) -> SqsBatchResponse {
    edge::queue::consume(event, |entity| Box::pin(look(app.clone(), entity))).await
}

/// Applies one import, or goes on with it.
pub async fn look(app: App, entity: String) -> Result<(), ImportError> {
    let id: ImportId = entity.parse().map_err(|_unreadable| ImportError::NotOurs)?;
    let Some(task) = app.store().task(Queue::Import, id.as_str()).await? else { return Ok(()) };
    let done = match app.store().import_job(&id).await?.map(Guarded::unguarded) {
        Some(job) if job.value.state == ImportState::Applying => apply(&app, job).await?,
        Some(_) | None => true,
    };
    if done {
        app.store().finish_task(&task).await?;
    }
    Ok(())
}

/// Why an import cannot go on.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "import/")]
pub enum ImportError {
    /// The message names no import.
    #[error("message names no import")]
    NotOurs,
    /// The file is gone.
    #[error("file of the import is missing")]
    FileMissing,
    /// The file cannot be read, though it could when it was checked.
    #[error("file of the import cannot be read")]
    FileUnreadable(#[source] SheetError),
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The key of the blind index.
    #[error(transparent)]
    Blind(#[from] BlindError),
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
}

impl Fault for ImportError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotOurs => Kind::Malformed,
            Self::FileMissing | Self::FileUnreadable(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
            Self::Object(error) => error.kind(),
            Self::Blind(error) => error.kind(),
            Self::Variable(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Writes rows until all are written (true) or the time is up.
async fn apply(app: &App, mut job: Versioned<ImportJob>) -> Result<bool, ImportError> {
    let started = Instant::now();
    let keys = Blind::of(app).await?;
    let rows = rows(app, &job.value, &keys).await?;
    let left: Vec<&GoodRow> = rows.iter().filter(|row| row.row > job.value.done_row).collect();
    let how = Applying {
        overwrite: job.value.overwrite,
        mark: format!("{}:{}", job.value.id, job.value.run),
        actor: job.value.applied_by.clone().unwrap_or_else(|| Actor::system("import")),
        now: app.now(),
    };
    for some in left.chunks(ROWS_PER_MARK) {
        if started.elapsed() > WORKING_TIME {
            return Ok(false);
        }
        let writing = some.iter().map(|row| app.store().apply_row(&row.record, &how, &keys));
        let mut writing = stream::iter(writing).buffer_unordered(ROWS_AT_ONCE);
        while let Some(merge) = writing.next().await {
            job.value.applied.add(merge?);
        }
        job.value.done_row = some.last().map_or(job.value.done_row, |row| row.row);
        let mut commit = Commit::new(how.actor.clone(), "import.progress", app.now());
        commit.save_import_progress(&job)?;
        app.store().commit(commit).await?;
        job.ver = job.ver.saturating_add(1);
    }
    job.value.state = ImportState::Done;
    let mut commit = Commit::new(how.actor, "import.finish", app.now());
    commit.save_import(&job)?;
    app.store().commit(commit).await?;
    let Tally { new, changed, unchanged, conflict } = job.value.applied;
    tracing::info!(import = %job.value.id, lists = %job.value.lists, new, changed, unchanged, conflict, "import done");
    Ok(true)
}

/// The good rows of the file, as they are judged now.
async fn rows(app: &App, job: &ImportJob, keys: &Blind) -> Result<Vec<GoodRow>, ImportError> {
    let (limits, key) = (Limits::default(), format!("{}/file", job.id));
    let bucket = app.variable(Variable::ImportsBucket)?;
    let bytes = app.objects().get(bucket, &key, limits.file_bytes).await?.ok_or(ImportError::FileMissing)?;
    let table = sheet::read(&bytes, &limits).map_err(ImportError::FileUnreadable)?;
    let known = app.store().known(job.lists, &wanted(&table, keys), job.scope.clone()).await?;
    Ok(check(job.lists, &table, &known, keys).rows)
}

#[cfg(test)]
mod tests;

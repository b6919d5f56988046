//! Comparisons that somebody has asked for (立即核对). K7.2, promise P8.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::id::SchoolCode;
use domain::supervision::statement::Statement;
use domain::task::Queue;
use domain::{Fault, Kind};
use edge::App;
use edge::app::SupervisionAppError;
use report::{AgreeError, Reporter};
use store::StoreError;

/// Why a school that was asked for is not compared now.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "municipal-agreement/")]
enum AskedError {
    /// The message names no school.
    #[error("message names no school")]
    NotOurs,
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The city cannot be asked.
    #[error(transparent)]
    Supervision(#[from] SupervisionAppError),
    /// It could not be compared.
    #[error(transparent)]
    Agree(#[from] AgreeError),
}

impl Fault for AskedError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotOurs => Kind::Malformed,
            Self::Store(error) => error.kind(),
            Self::Supervision(error) => error.kind(),
            Self::Agree(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Compares each school the queue names.
pub async fn consume(app: App, event: SqsEvent) -> SqsBatchResponse {
    edge::queue::consume(event, |entity| Box::pin(look(app.clone(), entity))).await
}

/// Compares a school that somebody asks for. One that cannot be compared now is put off, and `sweep` wakes for it: a
/// message that came back would be invisible for more than an hour, and hold up whatever is behind it.
async fn look(app: App, entity: String) -> Result<(), AskedError> {
    let school: SchoolCode = entity.parse().map_err(|_unreadable| AskedError::NotOurs)?;
    let Some(task) = app.store().task(Queue::Agreement, school.as_str()).await? else { return Ok(()) };
    match Box::pin(compare(&app, &school)).await {
        Ok(statement) => {
            tracing::info!(%school, differences = statement.differences(), "school compared");
            // Whoever has asked meanwhile has raised it above what was read here.
            Ok(app.store().finish_task(&task).await?)
        }
        Err(fault) => {
            tracing::warn!(slug = fault.slug(), error = %fault, %school, "comparison is put off");
            Ok(app.store().put_off_task(&task, app.now()).await?)
        }
    }
}

async fn compare(app: &App, school: &SchoolCode) -> Result<Statement, AskedError> {
    let supervision = app.supervision().await?;
    let reporter = Reporter { store: app.store(), ambient: app.ambient(), supervision };
    Ok(reporter.agree(school).await?)
}

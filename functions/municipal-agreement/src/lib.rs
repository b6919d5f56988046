//! Municipal agreement (数据核对): each night the records of every school are compared with the city's, and what differs is
//! told again. K7.2, promise P7.
//!
//! Ours are built anew from the tables, so that what was never told cannot hide. Only digests are exchanged, and records
//! where those differ. A run takes the schools that were not compared today, for so long; the next one of the night goes
//! on. Whoever invokes it with a school has that one compared at once.

use domain::Fault;
use domain::id::SchoolCode;
use domain::supervision::statement::Statement;
use edge::App;
use edge::app::SupervisionAppError;
use report::{AgreeError, Reporter};
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;

/// Minutes after which no further school is begun.
const MINUTES: i64 = 10;

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The city cannot be asked.
    #[error(transparent)]
    Supervision(#[from] SupervisionAppError),
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// The schools that were compared.
    pub statements: Vec<Statement>,
    /// How many schools could not be.
    pub failed: u32,
    /// What was wrong with the last of them.
    pub fault: Option<AgreeError>,
}

impl Report {
    /// Records that differ and should not.
    pub fn differences(&self) -> i64 {
        let all = self.statements.iter().fold(0u64, |sum, statement| sum.saturating_add(statement.differences()));
        i64::try_from(all).unwrap_or(i64::MAX)
    }

    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        json!({"schools": self.statements.len(), "differences": self.differences(), "failed": self.failed})
    }
}

/// What a run is asked for: a tick of the schedule names no school.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    school: Option<SchoolCode>,
}

/// Compares one school, or all that were not compared today.
pub async fn run(app: &App, event: Value) -> Result<Report, RunError> {
    let asked: Asked = serde_json::from_value(event).unwrap_or_default();
    let supervision = app.supervision().await?;
    let reporter = Reporter { store: app.store(), ambient: app.ambient(), supervision };
    let until = app.now().plus_minutes(MINUTES);
    let mut report = Report::default();
    for school in schools(app, asked.school).await? {
        if app.now() > until {
            break;
        }
        match Box::pin(reporter.agree(&school)).await {
            Ok(statement) => report.statements.push(statement),
            Err(fault) => {
                report.failed = report.failed.saturating_add(1);
                tell(&school, &fault);
                report.fault = Some(fault);
            }
        }
    }
    Ok(report)
}

async fn schools(app: &App, asked: Option<SchoolCode>) -> Result<Vec<SchoolCode>, StoreError> {
    if let Some(school) = asked {
        return Ok(vec![school]);
    }
    let mut left = Vec::new();
    for school in app.store().schools().await? {
        let code = school.value.code;
        if app.store().statement_of_agreement(&code, app.now().day()).await?.is_none() {
            left.push(code);
        }
    }
    Ok(left)
}

fn tell(school: &SchoolCode, fault: &AgreeError) {
    tracing::error!(slug = fault.slug(), error = %fault, %school, "school could not be compared");
}

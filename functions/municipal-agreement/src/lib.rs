//! Municipal agreement (数据核对): each night the records of every school are compared with the city's, and what differs is
//! told again; a school is compared at once when somebody asks; what a month came to is signed and kept. K7.2, promises P7
//! P9.
//!
//! Ours are built anew from the tables, so that what was never told cannot hide. Only digests are exchanged, and records
//! where those differ. A run takes the schools that were not compared today, for so long; the next one of the night goes
//! on. Whoever invokes it with a school has that one compared at once. What somebody has asked for is a task: a message
//! only wakes, and a comparison that fails is woken for again.

mod asked;
mod monthly;

use domain::Fault;
use domain::id::SchoolCode;
use domain::supervision::statement::Statement;
use edge::App;
use edge::app::SupervisionAppError;
use report::{AgreeError, Reporter};
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;

pub use asked::consume;
pub use monthly::MonthlyError;

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

/// What went wrong with a school.
#[derive(Debug, thiserror::Error)]
pub enum SchoolError {
    /// It could not be compared.
    #[error(transparent)]
    Agree(#[from] AgreeError),
    /// A month of it has no report.
    #[error(transparent)]
    Monthly(#[from] MonthlyError),
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// The schools that were compared.
    pub statements: Vec<Statement>,
    /// Monthly reports that were signed.
    pub reports: usize,
    /// How many schools something went wrong with.
    pub failed: u32,
    /// What that was with the last of them.
    pub fault: Option<SchoolError>,
}

impl Report {
    /// Records that differ and should not.
    pub fn differences(&self) -> i64 {
        let all = self.statements.iter().fold(0u64, |sum, statement| sum.saturating_add(statement.differences()));
        i64::try_from(all).unwrap_or(i64::MAX)
    }

    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        json!({
            "schools": self.statements.len(),
            "differences": self.differences(),
            "reports": self.reports,
            "failed": self.failed,
        })
    }

    fn fails(&mut self, school: &SchoolCode, fault: SchoolError) {
        let slug = match &fault {
            SchoolError::Agree(fault) => fault.slug(),
            SchoolError::Monthly(fault) => fault.slug(),
        };
        tracing::error!(slug, error = %fault, %school, "school is left for the next run");
        self.failed = self.failed.saturating_add(1);
        self.fault = Some(fault);
    }
}

/// What a run is asked for: a tick of the schedule names no school.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    school: Option<SchoolCode>,
}

/// Compares one school, or all that were not compared today; and signs what no month has been signed of.
pub async fn run(app: &App, event: Value) -> Result<Report, RunError> {
    let asked: Asked = serde_json::from_value(event).unwrap_or_default();
    let supervision = app.supervision().await?;
    let reporter = Reporter { store: app.store(), ambient: app.ambient(), supervision };
    let until = app.now().plus_minutes(MINUTES);
    let mut report = Report::default();
    if let Some(school) = asked.school {
        compare(&reporter, &school, &mut report).await;
        return Ok(report);
    }
    let schools = schools(app).await?;
    // Before the comparisons: these are few and quick, and the city is not needed for them.
    for school in &schools {
        match Box::pin(monthly::make(app, school)).await {
            Ok(made) => report.reports = report.reports.saturating_add(made),
            Err(fault) => report.fails(school, fault.into()),
        }
    }
    for school in schools {
        if app.now() > until {
            break;
        }
        if app.store().statement_of_agreement(&school, app.now().day()).await?.is_none() {
            compare(&reporter, &school, &mut report).await;
        }
    }
    Ok(report)
}

async fn compare(reporter: &Reporter<'_>, school: &SchoolCode, report: &mut Report) {
    match Box::pin(reporter.agree(school)).await {
        Ok(statement) => report.statements.push(statement),
        // Somebody has asked for it a moment ago: it is being done.
        Err(AgreeError::Comparison(_)) => {}
        Err(fault) => report.fails(school, fault.into()),
    }
}

async fn schools(app: &App) -> Result<Vec<SchoolCode>, StoreError> {
    Ok(app.store().schools().await?.into_iter().map(|school| school.value.code).collect())
}

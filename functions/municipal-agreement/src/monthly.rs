//! Monthly reports of agreement (月度核对报告): signed once, and kept as they are. K7.2, promise P9.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::Actor;
use domain::id::SchoolCode;
use domain::settlement::Month;
use domain::supervision::Dataset;
use domain::supervision::holding::Parked;
use domain::supervision::monthly::{MonthFacts, SignedReport, report};
use domain::{Fault, Kind};
use edge::config::MissingVariable;
use edge::{App, Variable};
use gateway::signer::SignerError;
use store::{Commit, StoreError};

/// Things that are looked through for what is parked.
const PARKED: i32 = 1000;

/// Why a month has no report; the next run makes it.
#[derive(Debug, thiserror::Error)]
pub enum MonthlyError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
}

impl Fault for MonthlyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Signer(error) => error.kind(),
            Self::Variable(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Signer(error) => error.slug(),
            Self::Variable(error) => error.slug(),
        }
    }
}

/// Makes the reports of all months that are over and have none, from the month in which the school was first compared.
/// How many.
pub(crate) async fn make(app: &App, school: &SchoolCode) -> Result<usize, MonthlyError> {
    let this_month = Month::of(app.now().day()).first();
    let Some(first) = app.store().first_statement(school).await? else { return Ok(0) };
    let Ok(last) = this_month.yesterday() else { return Ok(0) };
    let months = Month::between(first.value.at.day(), last);
    if months.is_empty() {
        return Ok(0);
    }
    let made = app.store().agreement_reports(school).await?;
    let made: BTreeSet<Month> = made.into_iter().map(|report| report.value.month).collect();
    let mut count = 0usize;
    for month in months.into_iter().filter(|month| !made.contains(month)) {
        sign(app, school, month).await?;
        count = count.saturating_add(1);
    }
    Ok(count)
}

async fn sign(app: &App, school: &SchoolCode, month: Month) -> Result<(), MonthlyError> {
    let statements = app.store().statements_of_month(school, month).await?;
    let findings = app.store().findings_of_month(school, month).await?;
    let parked = parked(app, school).await?;
    let facts = MonthFacts { school, month, statements: &statements, findings: &findings, parked: &parked };
    let said = report(facts);
    let key = app.variable(Variable::ReportSigningKey)?;
    let signature = app.signer().sign(key, said.text.body.as_bytes()).await?;
    let public_key = app.signer().public_key(key).await?.to_der();
    let signed = SignedReport {
        school: school.clone(),
        month,
        body: said.text.body,
        hash: said.text.hash,
        signature: STANDARD.encode(signature),
        public_key: STANDARD.encode(public_key),
        found: said.found,
        open: said.open,
    };
    let mut commit = Commit::new(Actor::system("municipal-agreement"), "supervision.sign_month", app.now());
    commit.keep_agreement_report(&signed)?;
    match app.store().commit(commit).await {
        // Another run has signed it: that one stands.
        Err(StoreError::Stale) => Ok(()),
        written => Ok(written?),
    }
}

/// What of the school is parked now.
async fn parked(app: &App, school: &SchoolCode) -> Result<Vec<(Dataset, Parked)>, StoreError> {
    let things = app.store().parked_things(school, app.now(), PARKED).await?;
    let holdings = app.store().holdings(&things).await?;
    let records = holdings.into_values().flat_map(|holding| holding.value.records);
    let parked = records.filter(|held| held.place.school == *school);
    Ok(parked.filter_map(|held| Some((held.dataset, held.parked?))).collect())
}

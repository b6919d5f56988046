//! Bill run (账单核对): each day's bill of each provider is fetched, kept, believed only when it adds up, and held against
//! our books; what asking again mends is healed, each school's day is drawn up. S35.1.
//!
//! Every step may be done again: a bill is kept under its hash, a difference has its place, a settled one stays settled.

mod heal;
mod ledger;
mod provider;
mod read;
mod statement;

use std::collections::HashMap;

use domain::audit::Actor;
use domain::directory::School;
use domain::id::SchoolCode;
use domain::payment::Channel;
use domain::reconciliation::book::BookError;
use domain::reconciliation::run::{BillRun, Turn, days};
use domain::reconciliation::trial::TrialError;
use domain::{Fault, Kind};
use edge::App;
use edge::app::ChannelsError;
use edge::config::MissingVariable;
use futures::{StreamExt as _, stream};
use gateway::channel::ChannelError;
use gateway::object::ObjectError;
use jiff::civil::Date;
use serde_json::{Value, json};
use store::{StoreError, Versioned};

pub use provider::{Bill, Provider};

/// Bills of single schools that are asked for side by side: most of the time goes by waiting for the provider.
const BILLS_AT_ONCE: usize = 8;

/// What is known about bills.
type Runs = HashMap<(Channel, Option<SchoolCode>, Date), Versioned<BillRun>>;

/// Who acts here, in the audit.
fn actor() -> Actor {
    Actor::system("bill-run")
}

/// Why a bill was not held against the books.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The objects.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A payment could not be asked about.
    #[error(transparent)]
    Cashier(#[from] cashier::CashierError),
    /// The bill is not believed.
    #[error(transparent)]
    Bill(#[from] bill::BillError),
    /// More facts than a book takes.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The journal does not add up.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
}

impl Fault for RunError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Channel(error) => error.kind(),
            Self::Object(error) => error.kind(),
            Self::Cashier(error) => error.kind(),
            Self::Variable(error) => error.kind(),
            Self::Trial(error) => error.kind(),
            Self::Bill(_) | Self::Book(_) => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Channel(error) => error.slug(),
            Self::Object(error) => error.slug(),
            Self::Cashier(error) => error.slug(),
            Self::Variable(error) => error.slug(),
            Self::Bill(error) => error.slug(),
            Self::Book(_) => "bill/too-many-facts",
            Self::Trial(error) => error.slug(),
        }
    }
}

/// What a round came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Bills held against the books.
    pub read: u32,
    /// Bills that are not there though they should be: somebody has to look.
    pub overdue: u32,
    /// Differences found and not healed.
    pub open: u32,
    /// Days that could not be worked off.
    pub failed: u32,
    /// What went wrong last.
    pub worst: Option<RunError>,
}

impl Report {
    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        json!({"read": self.read, "overdue": self.overdue, "open": self.open, "failed": self.failed})
    }

    /// What two of them come to.
    fn and(self, other: Self) -> Self {
        Self {
            read: self.read.saturating_add(other.read),
            overdue: self.overdue.saturating_add(other.overdue),
            open: self.open.saturating_add(other.open),
            failed: self.failed.saturating_add(other.failed),
            worst: other.worst.or(self.worst),
        }
    }

    /// Nothing could be begun.
    fn failed(error: RunError) -> Self {
        Self { failed: 1, worst: Some(error), ..Self::default() }
    }
}

/// A bill to be read: whose, of which day.
pub(crate) struct Job<'a> {
    pub(crate) app: &'a App,
    pub(crate) channel: Channel,
    pub(crate) day: Date,
    /// The schools whose facts are in it.
    pub(crate) schools: &'a [School],
    /// The one school it is of, and its number there; none: all schools share it.
    pub(crate) alone: Option<(&'a SchoolCode, &'a str)>,
}

impl<'a> Job<'a> {
    /// The bills of a day: one of WeChat Pay for all schools, one of Alipay for each school that is paid there. China UMS
    /// has none that could be asked for.
    fn of(app: &'a App, provider: &impl Provider, day: Date, schools: &'a [School]) -> Vec<Self> {
        let all = Self { app, channel: Channel::Wechat, day, schools, alone: None };
        let own = schools.chunks(1).filter_map(|one| {
            let school = one.first().filter(|school| provider.serves(Channel::Alipay, school))?;
            let alone = Some((&school.code, school.merchants.at(Channel::Alipay)?));
            Some(Self { app, channel: Channel::Alipay, day, schools: one, alone })
        });
        [all].into_iter().chain(own).collect()
    }

    /// The bill, as it is looked up.
    fn bill(&self) -> (Channel, Option<SchoolCode>, Date) {
        (self.channel, self.alone.map(|(school, _)| school.clone()), self.day)
    }
}

/// One round with the providers the platform has accounts at.
pub async fn run_with_channels(app: &App) -> Result<Report, ChannelsError> {
    Ok(run(app, app.channels().await?).await)
}

/// One round: every day whose turn it is, the oldest first, so that each statement follows the one before it.
pub async fn run(app: &App, provider: &impl Provider) -> Report {
    let schools = match app.store().schools().await {
        Ok(schools) => schools.into_iter().map(|school| school.value).collect::<Vec<_>>(),
        Err(error) => return Report::failed(error.into()),
    };
    let jobs: Vec<Job<'_>> = days(app.now()).flat_map(|day| Job::of(app, provider, day, &schools)).collect();
    let runs = match app.store().bill_runs(jobs.iter().map(Job::bill)).await {
        Ok(runs) => runs,
        Err(error) => return Report::failed(error.into()),
    };
    let mut report = Report::default();
    for (shared, own) in jobs.chunk_by(|one, next| one.day == next.day).filter_map(<[_]>::split_first) {
        // Every bill draws up the day of its schools: the shared one that of all, each of the others that of its own.
        report = report.and(work_off(shared, &runs, provider).await);
        let own = stream::iter(own).map(|job| work_off(job, &runs, provider)).buffer_unordered(BILLS_AT_ONCE);
        report = own.fold(report, async |report, one| report.and(one)).await;
    }
    report
}

async fn work_off(job: &Job<'_>, runs: &Runs, provider: &impl Provider) -> Report {
    let bill = job.bill();
    let run = runs.get(&bill).cloned();
    let run = run.unwrap_or_else(|| Versioned::absent(BillRun::new(job.channel, job.day, bill.1)));
    let mut report = Report::default();
    if let Err(error) = Box::pin(turn(job, run, provider, &mut report)).await {
        let (slug, channel, day) = (error.slug(), job.channel, job.day);
        tracing::error!(slug, %error, %day, %channel, "bill not worked off, the next hour tries again");
        return report.and(Report::failed(error));
    }
    report
}

async fn turn(
    job: &Job<'_>,
    mut run: Versioned<BillRun>,
    provider: &impl Provider,
    report: &mut Report,
) -> Result<(), RunError> {
    let now = job.app.now();
    let turn = run.value.turn(now);
    if turn != Turn::Rest {
        let read = read::read(job, provider, &mut run, turn).await?;
        report.read = report.read.saturating_add(u32::from(read.is_some()));
        if let Some(read) = read {
            report.open = report.open.saturating_add(heal::heal(job, provider).await?);
            statement::draw(job, &read).await?;
        }
    }
    if run.value.overdue(now) {
        tracing::error!(day = %job.day, channel = %job.channel, "bill is overdue");
        report.overdue = report.overdue.saturating_add(1);
    }
    Ok(())
}

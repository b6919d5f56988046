//! Bill run (账单核对): each day's bill of each provider is fetched, kept, believed only when it adds up, and held against
//! our books; what asking again mends is healed, each school's day is drawn up. S35.1.
//!
//! Every step may be done again: a bill is kept under its hash, a difference has its place, a settled one stays settled.

mod alert;
mod doubt;
mod heal;
mod ledger;
mod night;
mod provider;
mod read;
mod remit;
mod report;
mod statement;

use std::collections::HashMap;

use domain::Fault as _;
use domain::audit::Actor;
use domain::directory::School;
use domain::id::SchoolCode;
use domain::payment::Channel;
use domain::reconciliation::run::{BillRun, Turn, days};
use edge::App;
use edge::app::ChannelsError;
use futures::{StreamExt as _, stream};
use jiff::civil::Date;
use store::Versioned;

pub use night::{Night, watch, watch_with_channels};
pub use provider::{Bill, Provider};
pub use report::{Report, RunError};

/// Bills of single schools that are asked for side by side: most of the time goes by waiting for the provider.
const BILLS_AT_ONCE: usize = 8;

/// What is known about bills.
type Runs = HashMap<(Channel, Option<SchoolCode>, Date), Versioned<BillRun>>;

/// Who acts here, in the audit.
fn actor() -> Actor {
    Actor::system("bill-run")
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
    report.and(alert::of_payments(app, &schools).await)
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
            report.open = report.open.saturating_add(heal::heal(job, provider, &read.found).await?);
            report.open = report.open.saturating_add(remit::remit(job, provider, &read.sums).await?);
            statement::draw(job, &read.sums).await?;
            read::save(job, &run).await?;
        }
    }
    if run.value.overdue(now) {
        tracing::error!(day = %job.day, channel = %job.channel, "bill is overdue");
        report.overdue = report.overdue.saturating_add(1);
    }
    Ok(())
}

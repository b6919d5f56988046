//! Fetching a bill, keeping it, and holding it against the book.

use std::collections::{HashMap, HashSet};

use bill::Spool;
use domain::Tenant;
use domain::access::Guarded;
use domain::id::{DifferenceId, SchoolCode};
use domain::reconciliation::bill::BillTotals;
use domain::reconciliation::difference::Difference;
use domain::reconciliation::matching::{Finding, Matching, judge};
use domain::reconciliation::run::{BillFile, BillRun, RunState, Turn};
use edge::Variable;
use store::{Commit, StoreError, Versioned};

use crate::provider::{Bill, Provider};
use crate::{Job, RunError, actor, ledger};

/// Differences written in one transaction: each is an item and its audit entry.
const WRITTEN_AT_ONCE: usize = 45;

/// What a bill is kept as: some are texts, some archives.
const FILE_TYPE: &str = "application/octet-stream";

/// What the rows of a bill add up to, school by school.
pub(crate) type Sums = HashMap<SchoolCode, BillTotals>;

/// What became of a bill that was held against the books. The run says so when everything that follows from it is done.
pub(crate) struct Reading {
    /// What its rows add up to.
    pub(crate) sums: Sums,
    /// The differences that it shows, those that were known among them.
    pub(crate) found: HashSet<DifferenceId>,
}

/// Reads the bill of a day; none when it is not there, or not believed.
pub(crate) async fn read(
    job: &Job<'_>,
    provider: &impl Provider,
    run: &mut Versioned<BillRun>,
    turn: Turn,
) -> Result<Option<Reading>, RunError> {
    let mut spool = Spool::new().map_err(RunError::Disk)?;
    let merchant = job.alone.map(|(_, number)| number);
    let traded = match provider.bill(job.channel, job.day, merchant, &mut spool).await? {
        Bill::Written => true,
        Bill::None if run.value.may_be_empty() => false,
        Bill::None | Bill::NotReady => {
            run.value.tried(RunState::Waiting, None, job.app.now());
            save(job, run).await?;
            return Ok(None);
        }
    };
    let file = keep(job, &mut spool).await?;
    let only = job.alone.map(|(school, _)| Tenant::School(school.clone()));
    let mut matching = Matching::new(ledger::book(job).await?, only);
    let (totals, found) = if traded {
        // Whatever is wrong with it will be wrong in an hour: that it is not believed is written down, and told.
        let reader = spool.reader().map_err(RunError::Disk)?;
        match bill::hold(job.channel, reader, &mut matching) {
            Ok(held) => held,
            Err(error) => {
                run.value.tried(RunState::Refused, Some(error.to_string()), job.app.now());
                save(job, run).await?;
                return Err(error.into());
            }
        }
    } else {
        (*matching.totals(), matching.finish())
    };
    let found = take_in(job, found, &file.hash).await?;
    let differences = u32::try_from(found.len()).unwrap_or(u32::MAX);
    run.value.read(turn, file, (totals, differences), job.app.now());
    let sums = matching.by_merchant().filter_map(|(of, totals)| match of {
        Tenant::School(school) => Some((school.clone(), *totals)),
        Tenant::Platform => None,
    });
    Ok(Some(Reading { sums: sums.collect(), found }))
}

/// Keeps the file under its hash before anything in it is believed. A day without trade has none.
async fn keep(job: &Job<'_>, spool: &mut Spool) -> Result<BillFile, RunError> {
    let file = BillFile { hash: spool.sha256(), bytes: spool.bytes() };
    if file.bytes > 0 {
        let bucket = job.app.variable(Variable::BillsBucket)?;
        let reader = spool.reader().map_err(RunError::Disk)?;
        let sent = (reader, file.bytes);
        job.app.objects().put_file_once(bucket, &file.place(job.channel, job.day), sent, FILE_TYPE).await?;
    }
    Ok(file)
}

/// Looks at what was found once more and writes what is a difference. All that are.
async fn take_in(job: &Job<'_>, found: Vec<Finding>, bill: &str) -> Result<HashSet<DifferenceId>, RunError> {
    let (mut there, mut changed) = (HashSet::new(), Vec::new());
    for finding in found {
        let local = ledger::local(job, &finding).await?;
        let Some(finding) = judge(finding, local.as_ref(), job.day) else { continue };
        let new = Difference::found(finding.clone(), job.day, bill, job.app.now());
        there.insert(new.id.clone());
        match job.app.store().difference(&new.id).await?.map(Guarded::unguarded) {
            None => changed.push(Versioned::absent(new)),
            Some(mut known) => {
                if known.value.found_again(&finding, bill, job.app.now()) {
                    changed.push(known);
                }
            }
        }
    }
    for some in changed.chunks(WRITTEN_AT_ONCE) {
        let mut commit = Commit::new(actor(), "difference.find", job.app.now());
        for difference in some {
            commit.save_difference(difference)?;
        }
        // Whoever decided about one meanwhile has read the bill's word too; the next reading finds the rest.
        match job.app.store().commit(commit).await {
            Err(StoreError::Stale) => tracing::warn!("differences were decided meanwhile"),
            written => written?,
        }
    }
    Ok(there)
}

/// Writes down where the run of a bill stands.
pub(crate) async fn save(job: &Job<'_>, run: &Versioned<BillRun>) -> Result<(), RunError> {
    let mut commit = Commit::new(actor(), "bill.read", job.app.now());
    commit.save_bill_run(run)?;
    Ok(job.app.store().commit(commit).await?)
}

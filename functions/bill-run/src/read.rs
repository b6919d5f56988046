//! Fetching a bill, keeping it, and holding it against the book.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use domain::Tenant;
use domain::access::Guarded;
use domain::id::{DifferenceId, SchoolCode};
use domain::reconciliation::bill::ServiceFee;
use domain::reconciliation::difference::Difference;
use domain::reconciliation::matching::{Finding, Matching, judge};
use domain::reconciliation::run::{BillFile, BillRun, RunState, Turn};
use edge::Variable;
use sha2::{Digest as _, Sha256};
use store::{Commit, StoreError, Versioned};

use crate::provider::{Bill, Provider};
use crate::{Job, RunError, actor, ledger};

/// Differences written in one transaction: each is an item and its audit entry.
const WRITTEN_AT_ONCE: usize = 45;

/// What the provider kept, school by school.
pub(crate) type Fees = HashMap<SchoolCode, ServiceFee>;

/// What became of a bill that was held against the books.
pub(crate) struct Reading {
    /// What the provider kept.
    pub(crate) fees: Fees,
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
    let (bytes, traded) = match provider.bill(job.channel, job.day, job.alone.map(|(_, number)| number)).await? {
        Bill::File(bytes) => (bytes, true),
        Bill::None => (Bytes::new(), false),
        Bill::NotReady => {
            run.value.tried(RunState::Waiting, None, job.app.now());
            save(job, run).await?;
            return Ok(None);
        }
    };
    let file = keep(job, &bytes).await?;
    let only = job.alone.map(|(school, _)| Tenant::School(school.clone()));
    let mut matching = Matching::new(ledger::book(job).await?, only, None);
    let mut found = Vec::new();
    let totals = if traded {
        // Whatever is wrong with it will be wrong in an hour: that it is not believed is written down, and told.
        match bill::read(job.channel, &bytes, |row| found.extend(matching.meet(row))) {
            Ok(totals) => totals,
            Err(error) => {
                run.value.tried(RunState::Refused, Some(error.to_string()), job.app.now());
                save(job, run).await?;
                return Err(error.into());
            }
        }
    } else {
        *matching.totals()
    };
    found.extend(matching.missing());
    let found = take_in(job, found, &file.hash).await?;
    let differences = u32::try_from(found.len()).unwrap_or(u32::MAX);
    run.value.read(turn, file, (totals, differences), job.app.now());
    save(job, run).await?;
    let fees = matching.by_merchant().filter_map(|(of, totals)| match of {
        Tenant::School(school) => Some((school.clone(), totals.fees)),
        Tenant::Platform => None,
    });
    Ok(Some(Reading { fees: fees.collect(), found }))
}

/// Keeps the file under its hash before anything in it is believed. A day without trade has none.
async fn keep(job: &Job<'_>, bytes: &Bytes) -> Result<BillFile, RunError> {
    let hash = hex::encode(Sha256::digest(bytes));
    if bytes.is_empty() {
        return Ok(BillFile { hash, bytes: 0 });
    }
    let bucket = job.app.variable(Variable::BillsBucket)?;
    let place = format!("{}/{}/{hash}", job.channel, job.day);
    job.app.objects().put_once(bucket, &place, bytes.clone(), "application/octet-stream").await?;
    Ok(BillFile { hash, bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX) })
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

async fn save(job: &Job<'_>, run: &mut Versioned<BillRun>) -> Result<(), RunError> {
    let mut commit = Commit::new(actor(), "bill.read", job.app.now());
    commit.save_bill_run(run)?;
    job.app.store().commit(commit).await?;
    run.ver = run.ver.saturating_add(1);
    Ok(())
}

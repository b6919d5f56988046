//! What a bill leaves to be paid out to each school (到账核对), held against what the provider or the school says arrived.
//! S35.1.

use bill::Spool;
use domain::access::Guarded;
use domain::id::SchoolCode;
use domain::reconciliation::bill::BillTotals;
use domain::reconciliation::difference::Difference;
use domain::reconciliation::remittance::Remittance;
use domain::{Fault as _, Money};
use store::{Commit, StoreError, Versioned};

use crate::provider::{Bill, Provider};
use crate::read::Sums;
use crate::{Job, RunError, actor};

/// Writes down what each school is to have of the day. How many of them have something else.
pub(crate) async fn remit(job: &Job<'_>, provider: &impl Provider, sums: &Sums) -> Result<u32, RunError> {
    let mut open = 0u32;
    for school in job.schools {
        let (Some(totals), Some(merchant)) = (sums.get(&school.code), school.merchants.at(job.channel)) else {
            continue;
        };
        let flowed = if totals.rows() == 0 { None } else { flowed(job, provider, merchant).await };
        open = open.saturating_add(u32::from(remit_school(job, &school.code, *totals, flowed).await?));
    }
    Ok(open)
}

/// What the provider says it set down for a school. At best effort: a bill is held against the books without it, the second
/// reading asks once more, and the school may enter what its bank says.
async fn flowed(job: &Job<'_>, provider: &impl Provider, merchant: &str) -> Option<Money> {
    let told = async {
        let mut spool = Spool::new().map_err(RunError::Disk)?;
        match provider.fund_flow(job.channel, job.day, merchant, &mut spool).await? {
            Bill::Written => Ok(Some(bill::fund_flow::read(spool.reader().map_err(RunError::Disk)?)?)),
            Bill::None | Bill::NotReady => Ok(None),
        }
    };
    told.await.unwrap_or_else(|error: RunError| {
        tracing::warn!(slug = error.slug(), %error, merchant, "provider's own figures are not known");
        None
    })
}

async fn remit_school(
    job: &Job<'_>,
    school: &SchoolCode,
    totals: BillTotals,
    flowed: Option<Money>,
) -> Result<bool, RunError> {
    let (store, now) = (job.app.store(), job.app.now());
    let found = store.remittance(school, job.channel, job.day).await?.map(Guarded::unguarded);
    if found.is_none() && totals.rows() == 0 {
        // Nothing moved, and nobody says that something arrived.
        return Ok(false);
    }
    let none = || Versioned::absent(Remittance::new(school.clone(), job.channel, job.day));
    let mut remittance = found.unwrap_or_else(none);
    let billed = remittance.value.bill(totals);
    let told = flowed.is_some_and(|amount| remittance.value.pay_out(amount, now));
    let known = difference_of(job, school).await?;
    let changed = remittance.value.difference(known.as_ref().map(|known| &known.value), now);
    let open = changed.as_ref().or(known.as_ref().map(|known| &known.value)).is_some_and(Difference::is_open);
    if !billed && !told && changed.is_none() {
        return Ok(open);
    }
    let mut commit = Commit::new(actor(), "remittance.bill", now);
    commit.save_remittance(&remittance)?;
    if let Some(changed) = changed {
        commit.save_difference(&Versioned::next(known.as_ref(), changed))?;
    }
    match store.commit(commit).await {
        // The school has entered something at this moment; the next reading looks at both.
        Err(StoreError::Stale) => tracing::warn!(school = school.as_str(), "remittance was entered meanwhile"),
        written => written?,
    }
    Ok(open)
}

async fn difference_of(job: &Job<'_>, school: &SchoolCode) -> Result<Option<Versioned<Difference>>, RunError> {
    let id = Remittance::new(school.clone(), job.channel, job.day).difference_id();
    Ok(job.app.store().difference(&id).await?.map(Guarded::unguarded))
}

//! Healing (自动平账): what asking the provider again mends. A settled difference is left as it is.

use std::collections::HashSet;

use cashier::Cashier;
use domain::Tenant;
use domain::access::Guarded;
use domain::alert::Facts;
use domain::id::{DifferenceId, PaymentNo, RefundNo};
use domain::payment::{PaymentState, ProviderState};
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::difference::{Difference, DifferenceKind, DifferenceState, Remedy};
use domain::refund::RefundState;
use domain::refund::settle::Status;
use edge::Variable;
use jiff::civil::Date;
use store::{Commit, StoreError, Versioned};

use crate::provider::Provider;
use crate::{Job, RunError, actor, alert, ledger};

/// Differences of a page.
const PAGE: i32 = 100;

/// Why a difference is settled whose row came later.
const LATE_ROW: &str = "重新下载的账单中已有该笔";

/// Heals what can be healed of the day, and of the day before, whose late facts this bill may have. `found` is what this
/// reading of the day shows. How many are open.
pub(crate) async fn heal(
    job: &Job<'_>,
    provider: &impl Provider,
    found: &HashSet<DifferenceId>,
) -> Result<u32, RunError> {
    let mut open = 0u32;
    let schools = job.schools.iter().map(|school| Tenant::School(school.code.clone()));
    for of in schools.chain([Tenant::Platform]) {
        for day in job.day.yesterday().into_iter().chain([job.day]) {
            let left = heal_day(job, provider, (&of, day), found).await?;
            open = open.saturating_add(if day == job.day { left } else { 0 });
        }
    }
    Ok(open)
}

async fn heal_day(
    job: &Job<'_>,
    provider: &impl Provider,
    (of, day): (&Tenant, Date),
    found: &HashSet<DifferenceId>,
) -> Result<u32, RunError> {
    let (mut open, mut after) = (0u32, None::<String>);
    loop {
        let (page, next) = job.app.store().differences(of, Some(day), after.as_deref(), PAGE).await?;
        for mut difference in page.into_iter().map(Guarded::unguarded) {
            if difference.value.channel != job.channel || difference.value.state != DifferenceState::Open {
                continue;
            }
            let came = day == job.day && has_come(&difference.value, found);
            let why = if came { Some(LATE_ROW) } else { mended(job, provider, &difference.value).await? };
            let Some(why) = why else {
                open = open.saturating_add(1);
                alert::of_difference(job.app, &difference.value).await?;
                hold_back(job, &difference).await?;
                continue;
            };
            let known = Facts::of_difference(&difference.value, job.app.now());
            difference.value.heal(why, job.app.now());
            let mut commit = Commit::new(actor(), "difference.heal", job.app.now());
            job.app.store().tell(&mut commit, &known, &Facts::of_difference(&difference.value, job.app.now())).await?;
            commit.save_difference(&difference)?;
            match job.app.store().commit(commit).await {
                // A person was quicker.
                Err(StoreError::Stale) => {}
                written => written?,
            }
        }
        after = next;
        if after.is_none() {
            return Ok(open);
        }
    }
}

fn cashier<'a>(job: &Job<'a>) -> Cashier<'a> {
    Cashier::new(job.app.store(), job.app.ambient(), actor())
}

/// Whether a row that the bill lacked is in it now: a provider writes it anew when something was late.
fn has_come(difference: &Difference, found: &HashSet<DifferenceId>) -> bool {
    difference.theirs.is_none() && !found.contains(&difference.id)
}

/// Why both sides agree now; none: they do not.
async fn mended(
    job: &Job<'_>,
    provider: &impl Provider,
    difference: &Difference,
) -> Result<Option<&'static str>, RunError> {
    match difference.kind.remedy() {
        Remedy::Ask if difference.side == RowKind::Payment => asked(job, provider, difference).await,
        Remedy::Ask => refunded(job, provider, difference).await,
        Remedy::AskThenPerson => confirmed(job, provider, difference).await,
        Remedy::Carry => carried(job, difference).await,
        Remedy::GiveBack => set_aside(job, difference).await,
        // A refund from outside is entered by whoever allots it to lines.
        Remedy::Adopt | Remedy::Person | Remedy::Report => Ok(None),
    }
}

fn payment_of(difference: &Difference) -> Option<PaymentNo> {
    difference.id.number().split('@').next().and_then(|number| number.parse().ok())
}

/// The bill says paid: the provider is asked, and its signed word applied.
async fn asked(
    job: &Job<'_>,
    provider: &impl Provider,
    difference: &Difference,
) -> Result<Option<&'static str>, RunError> {
    let Some(no) = payment_of(difference) else { return Ok(None) };
    provider.ask(&cashier(job), &no).await?;
    let payment = job.app.store().payment(&no).await?.map(Guarded::unguarded);
    let agrees = payment.is_some_and(|payment| {
        payment.value.state == PaymentState::Succeeded && Some(payment.value.amount) == difference.theirs
    });
    Ok(agrees.then_some("已向通道查单,支付成功并已入账"))
}

/// The bill says given back: the provider is asked what became of it, and its signed word applied.
async fn refunded(
    job: &Job<'_>,
    provider: &impl Provider,
    difference: &Difference,
) -> Result<Option<&'static str>, RunError> {
    let Ok(no) = difference.id.number().parse() else { return Ok(None) };
    provider.carry(&cashier(job), &no, job.app.variable(Variable::PublicUrl)?).await?;
    let refund = job.app.store().refund(&no).await?.map(Guarded::unguarded);
    let agrees = refund.is_some_and(|refund| {
        refund.value.state == RefundState::Done && Some(refund.value.amount) == difference.theirs
    });
    Ok(agrees.then_some("退款已完成并已入账"))
}

/// The bill lacks what we have: the provider is asked whether it knows it all the same.
async fn confirmed(
    job: &Job<'_>,
    provider: &impl Provider,
    difference: &Difference,
) -> Result<Option<&'static str>, RunError> {
    match difference.side {
        RowKind::Payment => {
            let Some(no) = payment_of(difference) else { return Ok(None) };
            let Some(payment) = job.app.store().payment(&no).await?.map(Guarded::unguarded) else { return Ok(None) };
            let ProviderState::Paid(evidence) = provider.query(&payment.value).await? else { return Ok(None) };
            let ours = payment.value.paid.as_ref().map(|paid| paid.transaction.as_str());
            let agrees = evidence.total == payment.value.amount && Some(evidence.transaction.as_str()) == ours;
            Ok(agrees.then_some("已向通道查单,支付成功,账单漏列"))
        }
        RowKind::Refund => {
            let Ok(no) = difference.id.number().parse() else { return Ok(None) };
            let known = provider.query_refund(&cashier(job), &no).await?;
            let agrees = known.is_some_and(|known| {
                matches!(known.status, Status::Done | Status::Processing) && Some(known.amount) == difference.ours
            });
            Ok(agrees.then_some("已向通道查询,退款已受理,账单漏列"))
        }
    }
}

/// Booked on another day: both sides have it, each on a day of its own.
async fn carried(job: &Job<'_>, difference: &Difference) -> Result<Option<&'static str>, RunError> {
    if difference.theirs.is_some() {
        return Ok(Some("两侧均已入账,归属日期不同"));
    }
    for day in ledger::beside(difference.id.day()) {
        let other = DifferenceId::new(&difference.id.tenant(), day, DifferenceKind::Timing, difference.id.number());
        let other = job.app.store().difference(&other).await?.map(Guarded::unguarded);
        if other.is_some_and(|other| other.value.theirs == difference.ours) {
            return Ok(Some("已在相邻日期的账单中找到"));
        }
    }
    Ok(None)
}

/// Paid for nothing: all of it is set aside to go back, unless it is already.
async fn set_aside(job: &Job<'_>, difference: &Difference) -> Result<Option<&'static str>, RunError> {
    let Some(no) = payment_of(difference) else { return Ok(None) };
    let owed = cashier(job).give_back(&no, &difference.proof.transaction).await?;
    Ok(owed.then_some("重复支付的款项已全额转入待退"))
}

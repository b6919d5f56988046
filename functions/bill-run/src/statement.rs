//! Drawing up the daily statements: of the day that was read, and of those after it that rest on it.

use std::collections::BTreeMap;

use domain::Money;
use domain::access::Guarded;
use domain::id::SchoolCode;
use domain::reconciliation::bill::ServiceFee;
use domain::reconciliation::statement::{Day, Statement};
use domain::record::OrderState;
use jiff::civil::Date;
use store::{Commit, Versioned};

use crate::read::Fees;
use crate::{Job, RunError, actor};

/// Draws up the day of every school, and once more each later day that says something else now.
pub(crate) async fn draw(job: &Job<'_>, fees: &Fees) -> Result<(), RunError> {
    for school in job.schools {
        draw_school(job, &school.code, fees.get(&school.code).copied().unwrap_or_default()).await?;
    }
    Ok(())
}

async fn draw_school(job: &Job<'_>, school: &SchoolCode, fees: ServiceFee) -> Result<(), RunError> {
    let kept = job.app.store().statements(school).await?.into_iter().map(Guarded::unguarded);
    let mut kept: BTreeMap<Date, Versioned<Statement>> = kept.map(|kept| (kept.value.day, kept)).collect();
    let receivable = receivable(job, school).await?;
    let later: Vec<Date> = kept.range(job.day..).map(|(day, _)| *day).filter(|day| *day != job.day).collect();
    for day in [job.day].into_iter().chain(later) {
        let held = kept.get(&day);
        let entries = job.app.store().journal_of(school, day).await?;
        if day == job.day && held.is_none() && entries.is_empty() && receivable.is_zero() {
            // Nothing has happened yet: a school begins with its first day.
            continue;
        }
        let (fees, receivable) = if day == job.day {
            (fees, receivable)
        } else {
            held.map_or((ServiceFee::ZERO, Money::ZERO), |held| (held.value.fees, held.value.receivable))
        };
        let before = kept.range(..day).next_back().map(|(_, before)| &before.value);
        let facts = Day { school, day, entries: &entries, fees, receivable };
        let drawn = Statement::draw(&facts, before, job.app.now())?;
        if held.is_some_and(|held| held.value.says(&drawn)) {
            continue;
        }
        let drawn = held.map_or_else(|| Versioned::absent(drawn.clone()), |held| held.with(drawn.clone()));
        let mut commit = Commit::new(actor(), "statement.draw", job.app.now());
        commit.save_statement(&drawn)?;
        job.app.store().commit(commit).await?;
        kept.insert(day, drawn);
    }
    Ok(())
}

/// What orders placed on the day ask for, of those that were not ended: paid or still to be paid.
async fn receivable(job: &Job<'_>, school: &SchoolCode) -> Result<Money, RunError> {
    let store = job.app.store();
    let terms = store.terms(school).await?;
    let open = terms.into_iter().filter(|term| job.day <= term.value.ends_on).map(|term| term.value.code);
    let open: Vec<_> = open.collect();
    let mut sum = 0i64;
    for homeroom in store.homerooms(school).await?.into_iter().filter(|homeroom| homeroom.graduated.is_none()) {
        let members = store.members(&homeroom.id).await?;
        let places = open.iter().flat_map(|term| members.iter().map(move |student| (student.clone(), term.clone())));
        for record in store.records_in(places).await?.into_iter().map(Guarded::unguarded) {
            let of_day = record.value.orders.iter().filter(|order| order.placed_at.day() == job.day);
            let asked = of_day.filter(|order| match order.state {
                OrderState::Pending | OrderState::Closing | OrderState::Paid => true,
                OrderState::Expired | OrderState::Cancelled => false,
            });
            sum = asked.fold(sum, |sum, order| sum.saturating_add(order.total.fen()));
        }
    }
    Ok(Money::from_fen(sum))
}

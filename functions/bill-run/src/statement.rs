//! Drawing up the daily statements: of the day that was read, and of those after it that rest on it.

use std::collections::BTreeMap;

use domain::Money;
use domain::access::Guarded;
use domain::id::SchoolCode;
use domain::reconciliation::bill::ServiceFee;
use domain::reconciliation::statement::{Day, Statement};
use domain::register::Row;
use jiff::civil::Date;
use store::{Commit, Versioned};

use crate::read::Sums;
use crate::{Job, RunError, actor};

/// Draws up the day of every school, and once more each later day that says something else now.
pub(crate) async fn draw(job: &Job<'_>, sums: &Sums) -> Result<(), RunError> {
    for school in job.schools {
        let fees = sums.get(&school.code).map(|totals| totals.fees).unwrap_or_default();
        draw_school(job, &school.code, fees).await?;
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
        let mut kept_by = held.map(|held| held.value.fees.clone()).unwrap_or_default();
        let receivable = if day == job.day {
            if fees == ServiceFee::ZERO {
                kept_by.remove(&job.channel);
            } else {
                kept_by.insert(job.channel, fees);
            }
            receivable
        } else {
            held.map_or(Money::ZERO, |held| held.value.receivable)
        };
        let before = kept.range(..day).next_back().map(|(_, before)| &before.value);
        let facts = Day { school, day, entries: &entries, fees: kept_by, receivable };
        let drawn = Statement::draw(&facts, before, job.app.now())?;
        if held.is_some_and(|held| held.value.says(&drawn)) {
            continue;
        }
        let drawn = Versioned::next(held, drawn);
        let mut commit = Commit::new(actor(), "statement.draw", job.app.now());
        commit.save_statement(&drawn)?;
        job.app.store().commit(commit).await?;
        kept.insert(day, drawn);
    }
    Ok(())
}

/// What orders placed on the day ask for, as the register has them by the next morning.
async fn receivable(job: &Job<'_>, school: &SchoolCode) -> Result<Money, RunError> {
    let rows = job.app.store().rows_placed_on(school, job.day).await?.into_iter().map(Guarded::unguarded);
    Ok(Row::receivable_of(rows.map(|row| row.value)))
}

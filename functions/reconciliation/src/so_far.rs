//! A day that was not drawn up yet, as the books have it so far. S35.1.

use std::collections::BTreeMap;

use domain::Money;
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::reconciliation::run::CATCH_UP_DAYS;
use domain::reconciliation::statement::{Day, Statement};
use domain::register::Row;
use edge::App;
use edge::app::Outcome;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// How a day stands by the journal alone, no bill held against it; none: it has not begun. It follows the last day that
/// was drawn up, at most as far back as bills are caught up.
pub(crate) async fn so_far(
    app: &App,
    granted: &Granted<may::ViewMoney>,
    school: &SchoolCode,
    day: Date,
) -> Outcome<Option<Statement>> {
    let now = app.now();
    if day > now.day() {
        return Ok(None);
    }
    let kept = app.store().statements(school).await?.into_iter().filter_map(|kept| kept.within(granted));
    let mut before = kept.map(|kept| kept.value).filter(|kept| kept.day < day).max_by_key(|kept| kept.day);
    let earliest = day.saturating_sub(CATCH_UP_DAYS.days());
    let first = before.as_ref().and_then(|before| before.day.tomorrow().ok()).unwrap_or(earliest).max(earliest);
    for between in first.series(1.day()).take_while(|between| *between <= day) {
        let entries = app.store().journal_of(school, between).await?;
        let receivable = if between == day { receivable(app, granted, school, day).await? } else { Money::ZERO };
        let facts = Day { school, day: between, entries: &entries, fees: BTreeMap::new(), receivable };
        before = Some(Statement::draw(&facts, before.as_ref(), now)?);
    }
    Ok(before)
}

/// What orders placed on the day ask for, as the register has them: a minute or two behind.
async fn receivable(app: &App, granted: &Granted<may::ViewMoney>, school: &SchoolCode, day: Date) -> Outcome<Money> {
    let rows = app.store().rows_placed_on(school, day).await?.into_iter().filter_map(|row| row.within(granted));
    Ok(Row::receivable_of(rows.map(|row| row.value)))
}

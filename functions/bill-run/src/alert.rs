//! What only the morning finds (财务提醒): differences that the next bill has not mended, and payments of courses that go
//! on, which their provider gives back for a short time only. S34.4 S35.1.

use domain::access::Guarded;
use domain::alert::Facts;
use domain::directory::School;
use domain::id::{PaymentNo, TermCode};
use domain::reconciliation::difference::Difference;
use domain::refund::reserve::LATE_DAYS;
use domain::register::Row;
use domain::time::Span;
use domain::{Fault as _, Moment};
use edge::App;
use store::register::Stretch;
use store::{Commit, StoreError};

use crate::{Report, actor};

/// Rows of a page of the register.
const PAGE: i32 = 200;

/// Tells the school of a difference that has been open for long.
pub(crate) async fn of_difference(app: &App, difference: &Difference) -> Result<(), StoreError> {
    tell(app, &Facts::of_difference(difference, app.now())).await
}

/// Tells each school of its payments whose time runs out. What cannot be looked at is found on the next round.
pub(crate) async fn of_payments(app: &App, schools: &[School]) -> Report {
    let mut report = Report::default();
    for school in schools {
        if let Err(error) = of_school(app, school).await {
            tracing::error!(slug = error.slug(), %error, school = school.code.as_str(), "late payments not looked at");
            report = report.and(Report::failed(error.into()));
        }
    }
    report
}

async fn of_school(app: &App, school: &School) -> Result<(), StoreError> {
    let today = app.now().day();
    let terms = app.store().terms(&school.code).await?.into_iter().map(|term| term.value);
    for term in terms.filter(|term| today <= term.ends_on) {
        of_term(app, school, &term.code).await?;
    }
    Ok(())
}

/// Of the register only what was placed so long ago is read: of most terms nothing.
async fn of_term(app: &App, school: &School, term: &TermCode) -> Result<(), StoreError> {
    let long_ago = app.now().plus_minutes(LATE_DAYS.saturating_mul(-24 * 60));
    let placed = Some(Span { from: Moment::from_seconds(0), until: long_ago });
    let stretch = Stretch { school: &school.code, term, placed };
    let mut after = None;
    loop {
        let page = app.store().rows(stretch, after.as_ref(), PAGE).await?;
        let rows = page.rows.into_iter().map(|row| row.unguarded().value);
        for no in rows.filter_map(|row| paid_before(&row, long_ago)) {
            if let Some(payment) = app.store().payment(&no).await?.map(Guarded::unguarded) {
                tell(app, &Facts::of_payment(&payment.value, app.now()).by_the_clock()).await?;
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// The payment of an order that was paid before, if the pupil still has one of its courses.
fn paid_before(row: &Row, moment: Moment) -> Option<PaymentNo> {
    let taught = row.lines.iter().any(|line| line.left.is_none());
    row.paid.as_ref().filter(|paid| taught && paid.at <= moment).map(|paid| paid.payment.clone())
}

async fn tell(app: &App, facts: &Facts) -> Result<(), StoreError> {
    let mut commit = Commit::new(actor(), "alert.raise", app.now());
    app.store().tell(&mut commit, &facts.untold(), facts).await?;
    if commit.is_empty() {
        return Ok(());
    }
    match app.store().commit(commit).await {
        // Another run was quicker.
        Err(StoreError::Stale) => Ok(()),
        written => written,
    }
}

//! Instalments (分期续缴): each morning the orders that ask for the next part of courses which are paid in parts. P6.1.
//!
//! What falls due is read from the records themselves: a run that ends half-way is gone on with by the next one, and none
//! asks twice.

mod report;

use std::collections::BTreeSet;

use cashier::TermLessons;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::catalog::Term;
use domain::directory::Waiver;
use domain::id::{CourseCode, StudentId};
use domain::instalment::follow;
use domain::record::{Order, OrderState};
use edge::App;
use futures::{StreamExt as _, stream};
use jiff::ToSpan as _;
use store::register::Stretch;
use store::{Commit, StoreError};

pub use crate::report::{AskError, Report};

/// Rows of a page of the register.
const PAGE: i32 = 200;

/// Records that are looked at side by side.
const RECORDS_AT_ONCE: usize = 8;

/// How often a record is decided anew because it was changed meanwhile.
const DECISIONS: usize = 3;

/// Days after the end of a term in which its last lessons may still fall due.
const DAYS_AFTER_TERM: i64 = 45;

/// Asks for what falls due today, in every term whose courses are paid in parts.
pub async fn run(app: &App) -> Report {
    let mut report = Report::default();
    let schools = match app.store().schools().await {
        Ok(schools) => schools,
        Err(error) => {
            report.enter(Err(error.into()));
            return report;
        }
    };
    for school in schools {
        match app.store().terms(&school.value.code).await {
            Ok(terms) => {
                for term in terms.into_iter().map(|term| term.value).filter(|term| goes_on(app, term)) {
                    ask_in_term(app, &term, &mut report).await;
                }
            }
            Err(error) => report.enter(Err(error.into())),
        }
    }
    report
}

/// Whether something may fall due in a term today.
fn goes_on(app: &App, term: &Term) -> bool {
    let last = term.ends_on.saturating_add(DAYS_AFTER_TERM.days());
    !term.payment.is_whole() && app.now().day() <= last
}

async fn ask_in_term(app: &App, term: &Term, report: &mut Report) {
    let mut lessons = match lessons_of(app, term).await {
        Ok(lessons) => lessons,
        Err(error) => return report.enter(Err(error.into())),
    };
    let stretch = Stretch { school: &term.school, term: &term.code, placed: None };
    let (mut seen, mut after) = (BTreeSet::new(), None);
    loop {
        let page = match app.store().rows(stretch, after.as_ref(), PAGE).await {
            Ok(page) => page,
            Err(error) => return report.enter(Err(error.into())),
        };
        let paid = page.rows.into_iter().map(Guarded::unguarded).filter(|row| row.value.state == OrderState::Paid);
        let fresh: Vec<StudentId> =
            paid.map(|row| row.value.no.student()).filter(|it| seen.insert(it.clone())).collect();
        match lessons.read_imported(app.store(), fresh.iter().cloned()).await {
            Ok(()) => {
                let asking = fresh.iter().map(|student| ask(app, term, student, &lessons));
                let mut asking = stream::iter(asking).buffer_unordered(RECORDS_AT_ONCE);
                while let Some(asked) = asking.next().await {
                    report.enter(asked);
                }
            }
            Err(error) => report.enter(Err(error.into())),
        }
        after = page.next;
        if after.is_none() {
            return;
        }
    }
}

/// What is known of a term's lessons, but for what was imported.
async fn lessons_of(app: &App, term: &Term) -> Result<TermLessons, StoreError> {
    let mut lessons = TermLessons::of(app.store(), term).await?;
    lessons.read_rolls(app.store(), |_| true).await?;
    Ok(lessons)
}

/// Asks one family for what falls due of all it has taken. How many orders ask since now.
async fn ask(app: &App, term: &Term, student: &StudentId, known: &TermLessons) -> Result<u32, AskError> {
    for _ in 0..DECISIONS {
        let Some(mut record) = app.store().record(student, &term.code).await?.map(Guarded::unguarded) else {
            return Ok(0);
        };
        let first = |order: &&Order| order.state == OrderState::Paid && order.continues.is_none();
        let firsts: Vec<Order> = record.value.orders.iter().filter(first).cloned().collect();
        let lessons = |course: &CourseCode| known.lessons(student, course);
        let (mut asked, mut waivers) = (0u32, None);
        for first in &firsts {
            if follow(&record.value, first, lessons, &[], app.now())?.is_none() {
                continue;
            }
            // Only who is asked for something is looked up.
            let held = match waivers.take() {
                Some(held) => held,
                None => waivers_of(app, student).await?,
            };
            if let Some(next) = follow(&record.value, first, lessons, &held, app.now())? {
                record.value.orders.push(next);
                asked = asked.saturating_add(1);
            }
            waivers = Some(held);
        }
        if asked == 0 {
            return Ok(0);
        }
        let mut commit = Commit::new(Actor::system("instalment"), "order.follow", app.now());
        commit.save_record(&record)?;
        match app.store().commit(commit).await {
            Err(StoreError::Stale) => {}
            written => return Ok(written.map(|()| asked)?),
        }
    }
    Err(StoreError::Stale.into())
}

/// The waivers a pupil has today: one that was granted since the course was taken counts for what is asked for from now on.
async fn waivers_of(app: &App, student: &StudentId) -> Result<Vec<Waiver>, StoreError> {
    let pupil = app.store().pupil(student).await?.map(Guarded::unguarded);
    Ok(pupil.map(|pupil| pupil.value.waivers).unwrap_or_default())
}

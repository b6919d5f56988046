//! One term's night: page after page of its register, pupil after pupil.

use std::collections::BTreeSet;

use cashier::{Cashier, PaidOut, TermLessons, TermRules};
use domain::Moment;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::catalog::Term;
use domain::id::StudentId;
use domain::record::{OrderState, TermRecord};
use domain::refund::facts::Trigger;
use domain::refund::rules::AccruedPayout;
use edge::App;
use store::Commit;
use store::register::Stretch;

use crate::{AccrualError, Report};

/// Rows of a page of the register.
const PAGE: i32 = 200;

/// Who acts here, in the audit.
fn actor() -> Actor {
    Actor::system("accrual")
}

/// Looks at the rest of a term's register, as far as the run may go. Whoever could not be looked at is in the report, and
/// found again the next night.
pub(crate) async fn pay_out(app: &App, term: &Term, report: &mut Report, began: Moment) -> Result<(), AccrualError> {
    let (store, today) = (app.store(), began.day());
    let mut run = store.accrual_run(&term.school, &term.code, today).await?;
    if run.value.done {
        return Ok(());
    }
    let mut lessons = TermLessons::of(store, term).await?;
    lessons.read_rolls(store, |_| true).await?;
    let mut rules = TermRules::of(term.school.clone(), term.code.clone());
    let stretch = Stretch { school: &term.school, term: &term.code, placed: None };
    let mut seen = BTreeSet::new();
    while !run.value.done {
        if !report.may_go_on(began, app.now()) {
            report.unfinished = true;
            return Ok(());
        }
        let after = run.value.after.as_deref().and_then(|text| text.parse().ok());
        let page = store.rows(stretch, after.as_ref(), PAGE).await?;
        report.looked_at = report.looked_at.saturating_add(u32::try_from(page.rows.len()).unwrap_or(u32::MAX));
        let paid = page.rows.into_iter().map(|row| row.unguarded().value).filter(|row| row.state == OrderState::Paid);
        let pupils = paid.map(|row| row.no.student()).filter(|pupil| seen.insert(pupil.clone()));
        look_at(app, (term, &mut lessons, &mut rules), pupils.collect(), report).await?;
        run.value.after = page.next.map(|next| next.to_string());
        run.value.done = run.value.after.is_none();
        let mut commit = Commit::new(actor(), "accrual.go_on", app.now());
        commit.save_accrual_run(&run)?;
        store.commit(commit).await?;
        run.ver = run.ver.saturating_add(1);
    }
    Ok(())
}

async fn look_at(
    app: &App,
    (term, lessons, rules): (&Term, &mut TermLessons, &mut TermRules),
    pupils: Vec<StudentId>,
    report: &mut Report,
) -> Result<(), AccrualError> {
    lessons.read_imported(app.store(), pupils.iter().cloned()).await?;
    let records = app.store().records_in(pupils.into_iter().map(|pupil| (pupil, term.code.clone()))).await?;
    for record in records.into_iter().map(Guarded::unguarded) {
        if let Err(error) = pay_pupil(app, &record.value, (lessons, rules), report).await {
            report.fail(error);
        }
    }
    Ok(())
}

/// Asks for what falls due of all that a pupil has taken and not left.
async fn pay_pupil(
    app: &App,
    record: &TermRecord,
    (lessons, rules): (&TermLessons, &mut TermRules),
    report: &mut Report,
) -> Result<(), AccrualError> {
    let cashier = Cashier::new(app.store(), app.ambient(), actor());
    let today = app.now().day();
    for order in record.orders.iter().filter(|order| order.state == OrderState::Paid) {
        let Some(rules) = rules.sold_under(app.store(), &order.rules).await? else { continue };
        if rules.accrued == AccruedPayout::Asked {
            continue;
        }
        for line in order.lines.iter().filter(|line| !line.has_left()) {
            let facts = lessons.facts(&record.student, line, (Trigger::Accrued, today));
            let place = (&order.no, &line.course);
            match Box::pin(cashier.pay_accrued(record, place, (&rules, &facts))).await? {
                Some(PaidOut::Asked) => report.asked = report.asked.saturating_add(1),
                Some(PaidOut::Waits) => report.waiting = report.waiting.saturating_add(1),
                Some(PaidOut::Before | PaidOut::Nothing) | None => {}
            }
        }
    }
    Ok(())
}

//! The independent model: what must be true of the tables, judged from their raw items and from the providers' own
//! books, with nothing of the platform's code.

mod bills;
mod city;
mod glimpse;
mod hours;
mod intake;
mod money;
mod promises;
mod seats;
mod tables;
mod teaching;
mod theirs;
mod trail;

use testkit::stage::Stage;
use testkit::town::Town;

use crate::play::Promised;
use tables::{Broken, Tables, count, ensure, of_kind, text};

pub(crate) use bills::{all_in_statements, differences_open};
pub(crate) use city::{name_there, reports_waiting, strange_name};
pub(crate) use glimpse::{
    count_money, count_teaching, lines_paid, orders, parts_asked_for, refunds_under_way, requests_waiting,
};
pub(crate) use hours::{Counted, recount};
pub(crate) use intake::{Waiting, Words, intakes_waiting, is_kept, told_is_kept};
pub(crate) use money::nothing_unnoticed;
pub(crate) use teaching::{
    Locked, SaidCall, classes_of, exchanges_to_pay, locked_stays, parked_calls_waiting, teaching_requests_waiting,
};
pub(crate) use trail::{entries, verified};

/// True at every moment, whatever is going on.
pub(crate) fn at_any_time(stage: &Stage, town: &Town) -> Broken {
    seats::never_oversold(&tables::items(stage, "seats"), &tables::items(stage, "enrollments"), town)?;
    never_overdrawn(&tables::items(stage, "money"))
}

/// No more is set aside of a payment than was paid.
fn never_overdrawn(money: &[serde_json::Value]) -> Broken {
    for payment in of_kind(money, "payment") {
        let (reserved, amount) = (count(payment, "refund_reserved"), count(payment, "amount"));
        ensure((0..=amount).contains(&reserved), || format!("P5: {} reserved {reserved} of {amount}", payment["no"]))?;
    }
    Ok(())
}

/// True when everybody has gone home and the platform has had its time.
pub(crate) fn at_rest(
    stage: &Stage,
    town: &Town,
    (promised, calls): (&Promised, &[SaidCall]),
    reports: bool,
) -> Broken {
    let tables = Tables::of(stage);
    seats::never_oversold(&tables.seats, &tables.enrollments, town)?;
    never_overdrawn(&tables.money)?;
    nothing_waits(&tables, reports)?;
    seats::agree(&tables)?;
    seats::rules_hold(&tables, town)?;
    money::agrees(stage, &tables)?;
    bills::agree(&tables, &stage.now().day().to_string())?;
    teaching::agrees(stage, &tables, calls)?;
    promises::kept(&tables, promised)?;
    promises::snapshots_kept(stage, &tables)?;
    if reports {
        city::has_all(stage, &tables)?;
    }
    trail::complete(stage, &tables)
}

fn nothing_waits(tables: &Tables, reports: bool) -> Broken {
    for (_, order) in tables.orders() {
        let state = text(order, "st");
        ensure(!matches!(state, "pending" | "closing"), || format!("P6: order {} is {state} for ever", order["no"]))?;
    }
    for record in tables.records() {
        ensure(record["due"].is_null(), || format!("P8: record {} stays due", record["student"]))?;
    }
    for payment in tables.money("payment") {
        let state = text(payment, "state");
        ensure(matches!(state, "closed" | "succeeded"), || {
            format!("P6: payment {} is {state} for ever", payment["no"])
        })?;
    }
    // Where nobody tells the city, what it is to be told waits.
    let waits = |task: &&serde_json::Value| reports || text(task, "queue") != "municipal";
    for task in of_kind(&tables.tasks, "task").filter(waits) {
        ensure(false, || format!("P8: task {} was never done", task["pk"]))?;
    }
    for request in tables.money("refund-request") {
        let waits = text(request, "state") == "asked" && request["waits_for"].is_null();
        ensure(!waits, || format!("P8: request {} waits for nobody, for ever", request["id"]))?;
    }
    for refund in tables.money("refund") {
        let state = text(refund, "state");
        ensure(glimpse::ended(refund), || {
            format!("P6: refund {} of {} is {state} for ever", refund["seq"], refund["payment"])
        })?;
    }
    Ok(())
}

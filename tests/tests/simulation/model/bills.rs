//! Bills and statements: where bills were read, nothing is open, every day was read twice, and each day's statement says
//! what the day's facts come to and goes on from the one before.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::stage::Stage;

use super::tables::{Broken, Tables, count, ensure, items, list, of_kind, text};

/// Differences nobody and nothing has settled.
pub(crate) fn differences_open(stage: &Stage) -> Vec<Value> {
    let money = items(stage, "money");
    of_kind(&money, "difference").filter(|difference| text(difference, "state") == "open").cloned().collect()
}

/// Whether the last day on which something happened has its statement.
pub(crate) fn all_in_statements(stage: &Stage) -> bool {
    let money = items(stage, "money");
    let last_fact = of_kind(&money, "journal").map(day_of).max();
    let last_statement = of_kind(&money, "statement").map(|statement| text(statement, "day")).max();
    last_fact <= last_statement
}

/// The day on which a fact is booked.
fn day_of(entry: &Value) -> &str {
    text(entry, "pk").rsplit('#').next().unwrap_or_default()
}

/// What moved at the providers on a day: what came in, what went back.
fn moved(entry: &Value) -> (i64, i64) {
    let at_provider = |posting: &&Value| text(posting, "account") == "channel_clearing";
    let moved: i64 = list(entry, "postings").iter().filter(at_provider).map(|posting| count(posting, "amount")).sum();
    if text(entry, "fact").starts_with("pay:") { (moved, 0) } else { (0, -moved) }
}

pub(super) fn agree(tables: &Tables, today: &str) -> Broken {
    let runs: Vec<&Value> = tables.money("bill_run").collect();
    if runs.is_empty() {
        return Ok(());
    }
    for difference in tables.money("difference") {
        ensure(text(difference, "state") != "open", || format!("P5: {} is open: {difference}", difference["id"]))?;
    }
    for run in runs {
        let read = matches!(text(run, "state"), "matched" | "reread" | "no_trade");
        ensure(read, || format!("P5: the bill of {} {} is {}", run["channel"], run["day"], run["state"]))?;
    }
    let mut days: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for entry in tables.money("journal") {
        let (came, went) = moved(entry);
        let day = days.entry(day_of(entry)).or_default();
        *day = (day.0 + came, day.1 + went);
    }
    let statements: BTreeMap<&str, &Value> =
        tables.money("statement").map(|statement| (text(statement, "day"), statement)).collect();
    for day in days.keys().filter(|day| **day < today) {
        ensure(statements.contains_key(day), || format!("P5: {day} has no statement"))?;
    }
    let mut before = 0;
    for (day, statement) in statements {
        let sums = ["opening", "received", "refunded", "closing"].map(|name| count(statement, name));
        let [opening, received, refunded, closing] = sums;
        ensure(opening == before, || format!("P5: {day} opens with {opening}, the day before closed with {before}"))?;
        ensure(closing == opening + received - refunded, || format!("P5: {day} does not add up: {sums:?}"))?;
        let (came, went) = days.get(day).copied().unwrap_or_default();
        ensure((received, refunded) == (came, went), || {
            format!("P5: on {day} {came} came and {went} went, its statement has {received} and {refunded}")
        })?;
        before = closing;
    }
    Ok(())
}

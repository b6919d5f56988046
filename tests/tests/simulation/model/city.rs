//! The city: it has of orders, payments, refunds and attendance what lies in the tables, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;
use simulator::supervision::Held;
use testkit::stage::Stage;

use super::tables::{Broken, Tables, count, ensure, items, list, of_kind, text};

/// What a record is called at the city.
pub(crate) fn name_there(held: &Held) -> (String, String) {
    (text(&held.record, "SJJ").to_owned(), text(&held.record, "YWBH").to_owned())
}

/// Whether the city is still to be told something.
pub(crate) fn reports_waiting(stage: &Stage) -> bool {
    let waiting = of_kind(&items(stage, "tasks"), "task").any(|task| text(task, "queue") == "municipal");
    let unsealed = of_kind(&items(stage, "audit"), "unsealed").count();
    waiting || unsealed > 0
}

/// The records of a data set that are there, by number.
fn there<'v>(all: &'v [Held], dataset: &str) -> BTreeMap<&'v str, &'v Value> {
    let of_set = all.iter().filter(|held| !held.gone && text(&held.record, "SJJ") == dataset);
    of_set.map(|held| (text(&held.record, "YWBH"), &held.record)).collect()
}

/// Yuan with two decimals, as fen.
fn fen(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    let (yuan, rest) = text.split_once('.')?;
    Some(yuan.parse::<i64>().ok()? * 100 + rest.parse::<i64>().ok()?)
}

/// The city's records are ours, one for one.
pub(super) fn has_all(stage: &Stage, tables: &Tables) -> Broken {
    let all: Vec<Held> = stage.supervision().store().all().cloned().collect();
    let orders = there(&all, "order");
    let ours: BTreeMap<String, &Value> =
        tables.orders().map(|(_, order)| (text(order, "no").to_owned(), order)).collect();
    same_names("order", &orders, ours.keys().map(String::as_str))?;
    for (no, order) in &ours {
        let theirs = orders.get(no.as_str()).map(ToString::to_string).unwrap_or_default();
        let total = format!("{}.{:02}", count(order, "sum") / 100, count(order, "sum") % 100);
        ensure(theirs.contains(&total), || format!("P7: order {no} of {total} is at the city {theirs}"))?;
    }
    let payments = there(&all, "payment");
    same_names("payment", &payments, tables.money("payment").map(|payment| text(payment, "no")))?;
    for payment in tables.money("payment").filter(|payment| !payment["paid"].is_null()) {
        let theirs = payments.get(text(payment, "no")).map(ToString::to_string).unwrap_or_default();
        ensure(theirs.contains(text(&payment["paid"], "transaction")), || {
            format!("P7: payment {} is paid, at the city it is {theirs}", payment["no"])
        })?;
    }
    let refunds: Vec<String> =
        tables.money("refund").map(|refund| format!("{}-R{}", text(refund, "payment"), count(refund, "seq"))).collect();
    let refunded = there(&all, "refund");
    same_names("refund", &refunded, refunds.iter().map(String::as_str))?;
    let sum: i64 = tables.money("refund").map(|refund| count(refund, "amount")).sum();
    let theirs: i64 = refunded.values().filter_map(|record| record.as_object()?.values().find_map(fen)).sum();
    ensure(sum == theirs, || format!("P7: refunds of {sum} are at the city {theirs}"))?;
    let teaching = items(stage, "teaching");
    let classes: Vec<&str> = of_kind(&teaching, "class").map(|class| text(class, "id")).collect();
    same_names("teaching_class", &there(&all, "teaching_class"), classes.into_iter())?;
    let members: usize = of_kind(&teaching, "class").map(|class| list(class, "members").len()).sum();
    let told = there(&all, "class_student").len();
    ensure(told <= members, || format!("P7: {members} memberships, the city has {told}"))
}

fn same_names<'v>(dataset: &str, there: &BTreeMap<&str, &Value>, ours: impl Iterator<Item = &'v str>) -> Broken {
    let ours: std::collections::BTreeSet<&str> = ours.collect();
    let theirs: std::collections::BTreeSet<&str> = there.keys().copied().collect();
    let (lacking, strange) = (ours.difference(&theirs).next(), theirs.difference(&ours).next());
    ensure(lacking.is_none(), || format!("P7: {dataset} {lacking:?} is not at the city"))?;
    ensure(strange.is_none(), || format!("P7: {dataset} {strange:?} is at the city, and not here"))
}

//! The city: it has of orders, payments, refunds and attendance what lies in the tables, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simulator::supervision::Held;
use testkit::stage::Stage;

use super::tables::{Broken, Tables, count, ensure, items, list, of_kind, text};
use super::teaching::members_on;

/// What a record is called at the city.
pub(crate) fn name_there(held: &Held) -> (String, String) {
    (text(&held.record, "SJJ").to_owned(), text(&held.record, "YWBH").to_owned())
}

/// What a record could be called that nobody here has made; none: all of them are made.
pub(crate) fn strange_name(dataset: &str, id: &str) -> Option<String> {
    let last = |mark: char, strange: &str| id.rsplit_once(mark).map(|(head, _)| format!("{head}{mark}{strange}"));
    match dataset {
        "KHXSDD" => last('-', "98"),
        "KHZFD" => last('-', "9"),
        "KHXSTK" => last('R', "99"),
        "XSJBSJ" => Some("S000000999".to_owned()),
        "KHXSCQ" => last(':', "S000000999"),
        "KHBJXS" => last(':', "2026-08-31"),
        _ => None,
    }
}

/// Whether the city is still to be told something.
pub(crate) fn reports_waiting(stage: &Stage) -> bool {
    let waiting = of_kind(&items(stage, "tasks"), "task").any(|task| text(task, "queue") == "municipal");
    let unsealed = of_kind(&items(stage, "audit"), "unsealed").count();
    waiting || unsealed > 0
}

/// What the city has, in its own words.
struct City(Vec<Held>);

impl City {
    /// The records of a data set that are there, by number.
    fn there(&self, dataset: &str) -> BTreeMap<&str, &Value> {
        let of_set = self.0.iter().filter(|held| !held.gone && text(&held.record, "SJJ") == dataset);
        of_set.map(|held| (text(&held.record, "YWBH"), &held.record["NR"])).collect()
    }

    /// The records of a data set, which have just these numbers.
    fn just<'v>(
        &'v self,
        dataset: &str,
        ours: impl Iterator<Item = String>,
    ) -> Result<BTreeMap<&'v str, &'v Value>, String> {
        let there = self.there(dataset);
        let (ours, theirs): (BTreeSet<String>, BTreeSet<String>) =
            (ours.collect(), there.keys().map(|name| (*name).to_owned()).collect());
        let (lacking, strange) = (ours.difference(&theirs).next(), theirs.difference(&ours).next());
        ensure(lacking.is_none(), || format!("P7: {dataset} {lacking:?} is not at the city"))?;
        ensure(strange.is_none(), || format!("P7: {dataset} {strange:?} is at the city, and not here"))?;
        Ok(there)
    }
}

/// Fen, as the city has them: yuan with two decimals.
fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// The city's records are ours, one for one, and say what ours say.
pub(super) fn has_all(stage: &Stage, tables: &Tables) -> Broken {
    let holdings = items(stage, "exchange");
    for held in of_kind(&holdings, "holding").flat_map(|holding| list(holding, "rs")) {
        ensure(held["p"].is_null(), || format!("P8: {held} is parked, and nobody refuses anything"))?;
    }
    let city = City(stage.supervision().store().all().cloned().collect());
    has_money(&city, tables)?;
    let teaching = items(stage, "teaching");
    has_classes(&city, &teaching)?;
    has_attendance(&city, &teaching)
}

fn has_money(city: &City, tables: &Tables) -> Broken {
    let orders = city.just("KHXSDD", tables.orders().map(|(_, order)| text(order, "no").to_owned()))?;
    let payments = city.just("KHZFD", tables.money("payment").map(|payment| text(payment, "no").to_owned()))?;
    let number = |refund: &Value| format!("{}-R{}", text(refund, "payment"), count(refund, "seq"));
    let refunds = city.just("KHXSTK", tables.money("refund").map(number))?;
    for (_, order) in tables.orders() {
        let (theirs, sum) = (orders[text(order, "no")], yuan(count(order, "sum")));
        ensure(theirs["DDFY"] == sum, || format!("P7: order {} of {sum} is at the city {theirs}", order["no"]))?;
    }
    for payment in tables.money("payment") {
        let (theirs, paid) = (payments[text(payment, "no")], text(&payment["paid"], "transaction"));
        let says = (theirs["QDLSH"].as_str().unwrap_or_default(), &theirs["ZFJE"]);
        ensure(says == (paid, &Value::from(yuan(count(payment, "amount")))), || {
            format!("P7: payment {} with {paid:?} is at the city {theirs}", payment["no"])
        })?;
    }
    for refund in tables.money("refund") {
        let (theirs, amount) = (refunds[number(refund).as_str()], yuan(count(refund, "amount")));
        let state = match text(refund, "state") {
            "done" => Some("3"),
            "closed" => Some("2"),
            "returned" => Some("5"),
            _ => None,
        };
        let same = theirs["TKJE"] == amount && [theirs["TKZT"].as_str(), None].contains(&state);
        ensure(same, || format!("P7: refund {refund} is at the city {theirs}"))?;
    }
    Ok(())
}

/// The classes of the school that are not deleted.
fn classes(teaching: &[Value]) -> impl Iterator<Item = &Value> {
    of_kind(teaching, "class").filter(|class| class["deleted_at"].is_null())
}

fn has_classes(city: &City, teaching: &[Value]) -> Broken {
    city.just("KHBJSJ", classes(teaching).map(|class| text(class, "id").to_owned()))?;
    let stay =
        |class: &Value, member: &Value| format!("{}:{}:{}", text(class, "id"), text(member, "s"), text(member, "f"));
    let stays = classes(teaching).flat_map(|class| list(class, "members").iter().map(move |one| stay(class, one)));
    let there = city.just("KHBJXS", stays)?;
    for class in classes(teaching) {
        // Who came and went twice on a day is told as it was last.
        let last: BTreeMap<String, &Value> =
            list(class, "members").iter().map(|member| (stay(class, member), member)).collect();
        for (name, member) in last {
            let (theirs, until) = (there[name.as_str()], &member["u"]);
            ensure(theirs["LBRQ"] == *until, || format!("P7: stay {name} until {until} is at the city {theirs}"))?;
        }
    }
    Ok(())
}

/// Of each lesson that was called the city has a word about every pupil who was in it.
fn has_attendance(city: &City, teaching: &[Value]) -> Broken {
    let there = city.there("KHXSCQ");
    for roll in of_kind(teaching, "roll").filter(|roll| !roll["ca"].is_null()) {
        let Some(class) = classes(teaching).find(|class| class["id"] == roll["class"]) else { continue };
        let lesson = format!("{}.{:03}", text(roll, "class"), count(roll, "no"));
        for pupil in members_on(class, text(roll, "d")) {
            let name = format!("{lesson}:{pupil}");
            ensure(there.contains_key(name.as_str()), || format!("P7: attendance {name} is not at the city"))?;
        }
    }
    Ok(())
}

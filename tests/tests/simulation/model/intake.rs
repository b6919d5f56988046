//! What the city tells: the last version of each record is kept, what has taken effect is so, and what nobody has agreed
//! to is not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use testkit::stage::Stage;
use testkit::town::TERM;

use super::tables::{Broken, count, ensure, items, list, of_kind, text};
use crate::coming::{COMING, OWN_COURSE, OWN_PRICE};

/// What people have said of a version of a record: its kind, its number, the version.
pub(crate) type Words = BTreeMap<(String, String, i64), Said>;

/// What was said of it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// What was asked for.
    pub(crate) said: BTreeSet<&'static str>,
    /// What was answered to count.
    pub(crate) counts: BTreeSet<&'static str>,
}

/// A record that waits for a person.
pub(crate) struct Waiting {
    pub(crate) inbound: String,
    pub(crate) source: String,
    /// The city's version of it.
    pub(crate) version: i64,
    /// The version of its book.
    pub(crate) book: i64,
    /// Whose it is; none: it concerns all.
    pub(crate) school: Option<String>,
}

/// Our name of a data set of the city.
fn inbound(record: &Value) -> &'static str {
    match text(record, "SJJ") {
        "XXJBSJ" => "school",
        "KHJYJG" => "provider",
        "KHKMGG" => "specification",
        "KHXNKC" => "in_house_course",
        "KHXWKC" => "external_course",
        other => panic!("the city tells nothing of {other}"),
    }
}

fn book<'v>(exchange: &'v [Value], inbound: &str, source: &str) -> Option<&'v Value> {
    let place = format!("INTAKE#{inbound}#{source}");
    of_kind(exchange, "intake-book").find(|book| text(book, "pk") == place)
}

/// Whether a record is kept, or a later version of it.
pub(crate) fn is_kept(stage: &Stage, record: &Value) -> bool {
    let exchange = items(stage, "exchange");
    let book = book(&exchange, inbound(record), text(record, "YWBH"));
    book.is_some_and(|book| count(book, "version") >= count(record, "BBH"))
}

/// What waits for a person.
pub(crate) fn intakes_waiting(stage: &Stage) -> Vec<Waiting> {
    let exchange = items(stage, "exchange");
    let entries = of_kind(&exchange, "intake").map(|item| &item["entry"]);
    let waiting = entries.filter(|entry| text(&entry["state"], "is") == "waiting" && entry["superseded"] != true);
    let waits = |entry: &Value| {
        let (inbound, source) = (text(entry, "inbound"), text(entry, "source_id"));
        Some(Waiting {
            inbound: inbound.to_owned(),
            source: source.to_owned(),
            version: count(entry, "version"),
            book: count(book(&exchange, inbound, source)?, "ver"),
            school: entry["place"]["school"].as_str().map(str::to_owned),
        })
    };
    waiting.filter_map(waits).collect()
}

/// Yuan with two decimals, in fen.
fn fen(yuan: &str) -> i64 {
    yuan.replace('.', "").parse().unwrap_or_default()
}

/// What is here, as far as the city tells of it.
struct Here {
    catalog: Vec<Value>,
    directory: Vec<Value>,
}

impl Here {
    /// Whether it is as a record says.
    fn says(&self, record: &Value) -> bool {
        let said = &record["NR"];
        match text(record, "SJJ") {
            "XXJBSJ" => self.has("school", "code", text(said, "XXDM"), "name", &said["XXMC"]),
            "KHJYJG" => self.has("organization", "id", text(said, "JGBH"), "name", &said["QYMC"]),
            "KHKMGG" => {
                let price = Value::from(fen(text(said, "KSDJ")));
                self.has("specification", "code", text(said, "GGBH"), "unit_price", &price)
            }
            _ => self.has("course", "code", text(said, "KCBH"), "title", &said["KCMC"]),
        }
    }

    fn has(&self, kind: &str, by: &str, name: &str, field: &str, value: &Value) -> bool {
        self.thing(kind, by, name).is_some_and(|thing| thing[field] == *value)
    }

    fn thing(&self, kind: &str, by: &str, name: &str) -> Option<&Value> {
        let table = if matches!(kind, "school" | "organization") { &self.directory } else { &self.catalog };
        // An organization lies within its item, beside how it came there.
        let mut found =
            of_kind(table, kind).map(|item| if kind == "organization" { &item["organization"] } else { item });
        found.find(|thing| text(thing, by) == name)
    }
}

/// The last version of each record the city has told is kept, and what it says is so if it has taken effect. What people
/// have decided counts. Offerings that nobody has seen cost what their specifications do, all others what they did.
pub(crate) fn told_is_kept(stage: &Stage, told: &[Value], words: &Words) -> Broken {
    let exchange = items(stage, "exchange");
    let here = Here { catalog: items(stage, "catalog"), directory: items(stage, "directory") };
    let mut last: BTreeMap<(&str, &str), &Value> = BTreeMap::new();
    for record in told {
        last.insert((inbound(record), text(record, "YWBH")), record);
    }
    for ((inbound, source), record) in last {
        let Some(book) = book(&exchange, inbound, source) else { return Err(format!("P7: {record} was not received")) };
        let version = count(book, "version");
        ensure(version == count(record, "BBH"), || format!("P7: of {record} version {version} is the last here"))?;
        let of_source = |entry: &&Value| text(entry, "inbound") == inbound && text(entry, "source_id") == source;
        let entries = of_kind(&exchange, "intake").map(|item| &item["entry"]).filter(of_source);
        let standing: Vec<&Value> = entries.filter(|entry| entry["superseded"] != true).collect();
        let [entry] = standing.as_slice() else { return Err(format!("P7: of {record} there are {standing:?}")) };
        ensure(count(entry, "version") == version, || format!("P7: {entry} is not the last of {record}"))?;
        ensure(entry["follow"].is_null(), || format!("S5.3: {entry} is not followed to its end"))?;
        took_effect(&here, told, (inbound, source), record, entry)?;
        said_counts(words, (inbound, source, version), entry)?;
    }
    priced(&here, stage)
}

fn took_effect(here: &Here, told: &[Value], (kind, source): (&str, &str), record: &Value, entry: &Value) -> Broken {
    let (is, gone) = (text(&entry["state"], "is"), text(record, "CZLX") == "D");
    if matches!(is, "known" | "applied") && !gone {
        ensure(here.says(record), || format!("B5: {record} is {is}, and what is here is not so"))?;
    }
    // What is here was told at some time, or was here before.
    let ever = told.iter().any(|one| inbound(one) == kind && text(one, "YWBH") == source && here.says(one));
    let begun = here.has("specification", "code", source, "unit_price", &Value::from(2_500));
    let absent = kind.ends_with("course") || here.thing("organization", "id", source).is_none();
    ensure(ever || begun || absent, || format!("B5: what is here of {record} was never told"))?;
    let price = list(entry, "differences").iter().any(|one| one["field"] == "课时单价(元)" && !one["here"].is_null());
    let unseen = text(&record["NR"], "QYXQ") != TERM || source != "SP1";
    let alone = is == "applied" && entry["state"]["by"].is_null();
    ensure(!(price && alone) || unseen, || format!("S5.3: {entry} has taken effect while families enroll"))
}

fn said_counts(words: &Words, (kind, source, version): (&str, &str, i64), entry: &Value) -> Broken {
    let Some(said) = words.get(&(kind.to_owned(), source.to_owned(), version)) else { return Ok(()) };
    let is = text(&entry["state"], "is");
    for (verb, state) in [("apply", "applied"), ("decline", "declined")] {
        let only = said.said.len() == 1 && said.counts.contains(verb);
        ensure(!only || is == state, || format!("B5: somebody was told that {verb} counts, and {entry} is {is}"))?;
    }
    Ok(())
}

/// What offerings cost, and how many seats they have.
fn priced(here: &Here, stage: &Stage) -> Broken {
    let seats = items(stage, "seats");
    for offering in of_kind(&here.catalog, "offering") {
        let (id, price) = (text(offering, "id"), count(offering, "unit_price"));
        if id.contains(TERM) {
            ensure([0, 2_500].contains(&price), || format!("S5.3: {id} costs {price}, families were told otherwise"))?;
        }
        if !id.contains(COMING) {
            continue;
        }
        let specification = here.thing("specification", "code", text(offering, "specification"));
        let wanted = specification.map_or(0, |specification| count(specification, "unit_price"));
        let own = id.rsplit('.').next() == Some(OWN_COURSE);
        let wanted = if own { OWN_PRICE } else { wanted };
        ensure(price == wanted, || format!("S5.3: {id} costs {price}, and should cost {wanted}"))?;
        let ledger = seats.iter().find(|seat| text(seat, "pk") == format!("OFFERING#{id}"));
        let capacity = ledger.map_or(0, |ledger| count(ledger, "cap"));
        ensure(capacity == count(offering, "capacity"), || format!("B5: {id} has {capacity} seats: {offering}"))?;
    }
    Ok(())
}

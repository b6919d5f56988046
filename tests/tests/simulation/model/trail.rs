//! The audit: each version of each thing has its entry, and each entry lies in one segment of a chain that verifies.

use std::collections::BTreeMap;

use audit::Source;
use gateway::signer::VerifyingKey;
use serde_json::Value;
use testkit::stage::{AUDIT, Stage};

use super::tables::{Broken, Tables, count, ensure, items, of_kind, text};

/// Each version of each thing has exactly one audit entry, and each entry lies in exactly one segment.
pub(super) fn complete(stage: &Stage, tables: &Tables) -> Broken {
    let traces: Vec<&Value> = of_kind(&tables.audit, "trace").collect();
    let mut told: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    // What was refused changes nothing, and is of no version.
    for trace in traces.iter().filter(|trace| count(trace, "v") > 0) {
        told.entry(text(trace, "pk").to_owned()).or_default().push(count(trace, "v"));
    }
    for table in ["directory", "catalog", "enrollments", "money", "teaching"] {
        let read;
        let there = match table {
            "enrollments" => &tables.enrollments,
            "money" => &tables.money,
            other => {
                read = items(stage, other);
                &read
            }
        };
        for item in there {
            let no_act = [
                "member",
                "used",
                "journal",
                "event",
                "row",
                "refund-place",
                "turn",
                "rules-version",
                "teaching-request-place",
                "user-place",
                "accrual-run",
                "feed-owner",
            ];
            if no_act.contains(&text(item, "kind")) {
                continue;
            }
            let thing = format!("{table}#{}#{}", text(item, "pk"), text(item, "sk"));
            let mut versions = told.remove(&thing).unwrap_or_default();
            versions.sort_unstable();
            let wanted: Vec<i64> = (1..=count(item, "ver")).collect();
            ensure(versions == wanted, || {
                format!("P9: {thing} of version {} has traces of {versions:?}", item["ver"])
            })?;
            ensure(item["tr"].is_null(), || format!("P9: {thing} still carries its trail"))?;
        }
    }
    // What was decided about reports is kept; most of what becomes of them follows from the city's word.
    told.retain(|thing, _| !thing.starts_with("exchange#"));
    ensure(told.is_empty(), || format!("P9: traces of nothing: {told:?}"))?;
    sealed(stage, tables, &traces)
}

fn sealed(stage: &Stage, tables: &Tables, traces: &[&Value]) -> Broken {
    let mut found: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (place, (name, object)) in stage.world.objects(AUDIT).iter().enumerate() {
        ensure(*name == format!("segment/{:010}.jsonl", place + 1), || format!("P9: segment {} is {name}", place + 1))?;
        for line in object.body.split(|byte| *byte == b'\n') {
            let line: Value = serde_json::from_slice(line).unwrap_or_default();
            if let Some(entry) = line.get("entry") {
                *found.entry((text(entry, "thing").to_owned(), text(entry, "place").to_owned())).or_default() += 1;
            }
        }
    }
    for trace in traces {
        let times = found.remove(&(text(trace, "pk").to_owned(), text(trace, "sk").to_owned())).unwrap_or_default();
        ensure(times == 1, || format!("P9: {} {} is sealed {times} times", trace["pk"], trace["sk"]))?;
    }
    ensure(found.is_empty(), || format!("P9: sealed, and not there: {found:?}"))?;
    let waiting = of_kind(&tables.audit, "unsealed").count();
    ensure(waiting == 0, || format!("P9: {waiting} changes wait for the sealer for ever"))
}

/// Audit entries there are.
pub(crate) fn entries(stage: &Stage) -> u64 {
    of_kind(&items(stage, "audit"), "trace").count() as u64
}

/// What the auditor's own tool says of the segments and the tables; how many versions have their entry.
pub(crate) async fn verified(stage: &Stage) -> Result<u64, String> {
    let key = VerifyingKey::from_der(&stage.world.public_key()).map_err(|error| error.to_string())?;
    let app = stage.app();
    let told = audit::verify(Some(&app), &Source::Bucket(AUDIT.to_owned()), &key, true).await;
    let told = told.map_err(|error| format!("P9: {error}"))?;
    Ok(told.counted.map_or(0, |counted| counted.versions))
}

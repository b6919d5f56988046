//! What is received (接收自检): every page of what the city tells, record by record and field by field. B5.1.

use std::collections::BTreeSet;

use domain::supervision::Inbound;
use domain::supervision::map::{Field, FieldMap, Holds};
use gateway::supervision::Supervision;
use serde_json::Value;

use crate::table::Cell;
use crate::words;

/// Most pages that are followed.
const PAGES: usize = 1000;

/// Whether it can be pulled, whether it reads, and whether nothing is told that the map does not know.
pub(crate) async fn look(line: &Supervision, inbound: Inbound) -> [Cell; 3] {
    let records = match pull(line, inbound).await {
        Ok(records) => records,
        Err(complaint) => return [Cell::Failed(complaint), Cell::Nothing, Cell::Nothing],
    };
    if records.is_empty() {
        return [Cell::Failed("监管系统没有下发任何记录".to_owned()), Cell::Nothing, Cell::Nothing];
    }
    let map = line.map();
    let unread = records.iter().find_map(|record| map.read(inbound, record).err());
    [Cell::Passed, Cell::of(unread.map(|error| error.to_string())), Cell::of(unknown(map, inbound, &records))]
}

async fn pull(line: &Supervision, inbound: Inbound) -> Result<Vec<Value>, String> {
    let (mut records, mut cursor) = (Vec::new(), None);
    for _page in 0..PAGES {
        let page = line.pull(inbound, cursor.as_deref()).await.map_err(|error| words(&error))?;
        records.extend(page.records);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(records),
        }
    }
    Err(format!("超过 {PAGES} 页仍未结束"))
}

/// What the city tells beyond the map: it may be what the map calls otherwise.
fn unknown(map: &FieldMap, inbound: Inbound, records: &[Value]) -> Option<String> {
    let fields = map.inbound.get(&inbound).map(|set| set.fields.as_slice()).unwrap_or_default();
    let mut names = BTreeSet::new();
    for record in records {
        if let Some(body) = record.get(&map.envelope.body) {
            strange(fields, body, "", &mut names);
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    (!names.is_empty()).then(|| format!("字段对照没有的字段:{}", names.join("、")))
}

fn strange(fields: &[Field], object: &Value, above: &str, names: &mut BTreeSet<String>) {
    for (name, value) in object.as_object().into_iter().flatten() {
        match fields.iter().find(|field| field.theirs == *name).map(|field| &field.holds) {
            None => {
                names.insert(format!("{above}{name}"));
            }
            Some(Holds::Rows { fields, .. }) => {
                for row in value.as_array().into_iter().flatten() {
                    strange(fields, row, &format!("{above}{name}."), names);
                }
            }
            Some(_) => {}
        }
    }
}

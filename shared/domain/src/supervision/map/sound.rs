//! Whether a field map can work (字段对照自检): every complaint about it, before any record meets it.

use std::collections::BTreeSet;

use strum::VariantArray as _;

use super::{Field, FieldMap, Holds, Table};
use crate::supervision::dataset::{Dataset, Inbound};

/// A field map that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field map is not usable: {}", .0.join("; "))]
pub struct UnsoundMap(pub Vec<String>);

/// Everything that is wrong with a map.
pub(super) fn complaints(map: &FieldMap) -> Vec<String> {
    let mut found = Vec::new();
    if map.version.is_empty() {
        found.push("no version".to_owned());
    }
    if map.formats.flags.0 == map.formats.flags.1 {
        found.push("yes and no are the same".to_owned());
    }
    envelope(map, &mut found);
    for (name, table) in &map.tables {
        check_table(name, table, &mut found);
    }
    for dataset in Dataset::VARIANTS {
        match map.outbound.get(dataset) {
            Some(set) => check_fields(map, Some(*dataset), &dataset.to_string(), &set.fields, &mut found),
            None => found.push(format!("{dataset} is missing")),
        }
    }
    for inbound in Inbound::VARIANTS {
        match map.inbound.get(inbound) {
            Some(set) => check_fields(map, None, &inbound.to_string(), &set.fields, &mut found),
            None => found.push(format!("{inbound} is missing")),
        }
    }
    let names = map.outbound.values().chain(map.inbound.values()).map(|set| set.name.as_str());
    twice("data sets", names, &mut found);
    found
}

fn envelope(map: &FieldMap, found: &mut Vec<String>) {
    let envelope = &map.envelope;
    let names = [
        &envelope.dataset,
        &envelope.source_id,
        &envelope.school,
        &envelope.term,
        &envelope.day,
        &envelope.version,
        &envelope.op,
        &envelope.changed_at,
        &envelope.hash,
        &envelope.body,
    ];
    twice("envelope", names.into_iter().map(String::as_str), found);
    if envelope.ops.upsert == envelope.ops.delete {
        found.push("both operations have one code".to_owned());
    }
}

fn check_table(name: &str, table: &Table, found: &mut Vec<String>) {
    if table.codes.is_empty() {
        found.push(format!("table {name} is empty"));
    }
    twice(&format!("table {name}"), table.codes.values().map(String::as_str), found);
}

fn check_fields(map: &FieldMap, of: Option<Dataset>, at: &str, fields: &[Field], found: &mut Vec<String>) {
    twice(at, fields.iter().map(|field| field.theirs.as_str()), found);
    for field in fields {
        let at = format!("{at}.{}", field.ours);
        if field.ours.is_empty() || field.label.is_empty() {
            found.push(format!("{at} has no name"));
        }
        if field.personal.is_some() && !matches!(field.holds, Holds::Text { .. }) {
            found.push(format!("{at} is personal and no text"));
        }
        check_holds(map, of, &at, &field.holds, found);
    }
}

fn check_holds(map: &FieldMap, of: Option<Dataset>, at: &str, holds: &Holds, found: &mut Vec<String>) {
    match holds {
        Holds::Code { table } if !map.tables.contains_key(table) => found.push(format!("{at}: no table {table}")),
        Holds::Integer { least, most } if least > most => found.push(format!("{at}: no number fits")),
        Holds::Text { longest: 0, .. } => found.push(format!("{at}: no text fits")),
        // What refers onwards could wait for ever.
        Holds::Reference { to } if of.is_none_or(|of| *to > of) => found.push(format!("{at}: {to} comes later")),
        Holds::List { least, most, of: each } => {
            check_span(at, *least, *most, found);
            check_holds(map, of, at, each, found);
        }
        Holds::Rows { least, most, fields } => {
            check_span(at, *least, *most, found);
            check_fields(map, of, at, fields, found);
        }
        Holds::Text { .. }
        | Holds::Integer { .. }
        | Holds::Money
        | Holds::Day
        | Holds::Moment
        | Holds::Flag
        | Holds::Code { .. }
        | Holds::Reference { .. } => {}
    }
}

fn check_span(at: &str, least: u16, most: u16, found: &mut Vec<String>) {
    if least > most {
        found.push(format!("{at}: no number of items fits"));
    }
}

/// Names that are empty or there twice.
fn twice<'a>(what: &str, names: impl Iterator<Item = &'a str>, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.is_empty() || !seen.insert(name) {
            found.push(format!("{what}: “{name}” is there twice or empty"));
        }
    }
}

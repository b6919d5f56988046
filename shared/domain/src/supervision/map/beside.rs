//! Side by side (逐字段对比): our record and the city's, field by field, with nothing personal in the clear. D5.1 K7.2.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Field, FieldMap, Holds};
use crate::supervision::dataset::Dataset;

/// Rows of a field that are shown: as many as the form of any of them allows.
const ROWS: usize = 400;

/// A field on both sides. What is personal is compared in the clear and shown masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// What people call it: `家长 1 · 家长姓名`.
    pub label: String,
    /// The city's name of it: `JTCY/0/CYXM`.
    pub field: String,
    /// Ours; none: we say nothing of it.
    pub ours: Option<String>,
    /// The city's.
    pub theirs: Option<String>,
    /// Whether both say the same.
    pub same: bool,
}

impl FieldMap {
    /// Both sides of a record in the city's words, in the order of the map. Fields that the map does not know are not
    /// shown: nothing is known of what they hold.
    pub fn beside(&self, dataset: Dataset, ours: Option<&Value>, theirs: Option<&Value>) -> Vec<Beside> {
        let body = |side: Option<&Value>| side.and_then(|record| record.get(&self.envelope.body)).cloned();
        let (ours, theirs) = (body(ours), body(theirs));
        let mut rows = Vec::new();
        lay(self.set(dataset), ("", ""), (ours.as_ref(), theirs.as_ref()), &mut rows);
        rows
    }

    /// Fields that the city has in a record and the map does not know.
    pub fn unknown_fields(&self, dataset: Dataset, theirs: &Value) -> usize {
        let known: BTreeSet<&str> = self.set(dataset).iter().map(|field| field.theirs.as_str()).collect();
        let body = theirs.get(&self.envelope.body).and_then(Value::as_object);
        body.map_or(0, |body| body.keys().filter(|name| !known.contains(name.as_str())).count())
    }

    /// The school that a record in the city's words belongs to.
    pub fn school_of<'a>(&self, record: &'a Value) -> Option<&'a str> {
        record.get(&self.envelope.school)?.as_str()
    }
}

fn lay(
    fields: &[Field],
    (label, path): (&str, &str),
    (ours, theirs): (Option<&Value>, Option<&Value>),
    rows: &mut Vec<Beside>,
) {
    for field in fields {
        let of = |side: Option<&Value>| {
            side.and_then(|side| side.get(&field.theirs)).filter(|value| !value.is_null()).cloned()
        };
        let (ours, theirs) = (of(ours), of(theirs));
        let (label, path) = (format!("{label}{}", field.label), format!("{path}{}", field.theirs));
        let Holds::Rows { fields, .. } = &field.holds else {
            let same = ours == theirs;
            let (ours, theirs) = (ours.map(|value| shown(field, &value)), theirs.map(|value| shown(field, &value)));
            if ours.is_some() || theirs.is_some() {
                rows.push(Beside { label, field: path, ours, theirs, same });
            }
            continue;
        };
        let list = |side: Option<Value>| side.and_then(|side| side.as_array().cloned()).unwrap_or_default();
        let (ours, theirs) = (list(ours), list(theirs));
        for at in 0..ours.len().max(theirs.len()).min(ROWS) {
            let number = at.saturating_add(1);
            let (label, path) = (format!("{label} {number} · "), format!("{path}/{at}/"));
            lay(fields, (&label, &path), (ours.get(at), theirs.get(at)), rows);
        }
    }
}

/// A value as it is shown. What is personal and no text, or nothing the field can hold, is not shown at all: the city may
/// have put anything there.
fn shown(field: &Field, value: &Value) -> String {
    const HIDDEN: &str = "(格式不符,不予显示)";
    if let Some(personal) = field.personal {
        return value.as_str().map_or_else(|| HIDDEN.to_owned(), |text| personal.masked(text));
    }
    match (&field.holds, value) {
        (_, Value::String(text)) => text.clone(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Bool(yes)) => yes.to_string(),
        (Holds::List { .. }, Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("、")
        }
        (_, Value::Null | Value::Array(_) | Value::Object(Map { .. })) => HIDDEN.to_owned(),
    }
}

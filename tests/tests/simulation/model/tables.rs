//! The tables as they lie there: raw items, read once for all that is asked of them.

use serde_json::Value;
use testkit::plain;
use testkit::stage::{PREFIX, Stage};

/// Whether something holds; else what is broken.
pub(super) type Broken = Result<(), String>;

/// The items of the tables that matter here.
pub(super) struct Tables {
    pub(super) enrollments: Vec<Value>,
    pub(super) money: Vec<Value>,
    pub(super) seats: Vec<Value>,
    pub(super) tasks: Vec<Value>,
    pub(super) audit: Vec<Value>,
}

impl Tables {
    pub(super) fn of(stage: &Stage) -> Self {
        Self {
            enrollments: items(stage, "enrollments"),
            money: items(stage, "money"),
            seats: items(stage, "seats"),
            tasks: items(stage, "tasks"),
            audit: items(stage, "audit"),
        }
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Value> {
        of_kind(&self.enrollments, "record")
    }

    /// All orders, each with the record it stands in.
    pub(super) fn orders(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.records().flat_map(|record| list(record, "orders").iter().map(move |order| (record, order)))
    }

    pub(super) fn money(&self, kind: &str) -> impl Iterator<Item = &Value> {
        of_kind(&self.money, kind)
    }
}

/// All items of a table.
pub(super) fn items(stage: &Stage, table: &str) -> Vec<Value> {
    stage.world.scan(&format!("{PREFIX}-{table}")).iter().map(plain).collect()
}

/// The items of a kind.
pub(super) fn of_kind<'v>(items: &'v [Value], kind: &str) -> impl Iterator<Item = &'v Value> {
    let kind = kind.to_owned();
    items.iter().filter(move |item| item["kind"] == kind)
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

pub(super) fn count(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_default()
}

pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Broken {
    if holds { Ok(()) } else { Err(broken()) }
}

//! What the city tells (监管系统下发内容): schools, providers, specifications and courses, page by page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::schema;

/// What the city had decided when the world began.
const BEGIN: &str = include_str!("told.json");
const LARGEST_PAGE: usize = 500;

/// Everything that is told, in the order in which it was decided.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Told {
    records: BTreeMap<u64, Value>,
    decided: u64,
}

impl Told {
    pub(super) fn begin() -> Self {
        let mut told = Self::default();
        let records: Vec<Value> = serde_json::from_str(BEGIN).expect("what the city tells is JSON");
        for record in records {
            told.decide(record).expect("what the city tells is sound");
        }
        told
    }

    /// Decides something, in the place of what was decided before of the same name.
    pub(super) fn decide(&mut self, record: Value) -> Result<(), Vec<String>> {
        let schema = record["SJJ"].as_str().and_then(|name| schema::inbound().get(name));
        let complaints = schema.map_or_else(|| vec!["SJJ 不能识别".to_owned()], |schema| schema.complaints(&record));
        if !complaints.is_empty() {
            return Err(complaints);
        }
        self.records.retain(|_, known| known["SJJ"] != record["SJJ"] || known["YWBH"] != record["YWBH"]);
        self.decided += 1;
        self.records.insert(self.decided, record);
        Ok(())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.records.values()
    }

    /// A page of a data set, if there is one of that name.
    pub(super) fn page(&self, name: &str, query: &str) -> Option<Value> {
        schema::inbound().get(name)?;
        let asked: BTreeMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let number = |name: &str| asked.get(name).and_then(|text| text.parse::<u64>().ok());
        let size = number("size").and_then(|size| usize::try_from(size).ok()).unwrap_or(LARGEST_PAGE);
        let after = number("cursor").unwrap_or_default();
        let mut rest = self.records.range(after + 1..).filter(|(_, record)| record["SJJ"] == name);
        let page: Vec<(&u64, &Value)> = rest.by_ref().take(size.clamp(1, LARGEST_PAGE)).collect();
        let next = rest.next().and(page.last()).map(|(at, _)| at.to_string());
        let records: Vec<&Value> = page.iter().map(|(_, record)| *record).collect();
        Some(json!({"records": records, "next": next}))
    }
}

//! What the supervision system holds (监管系统台账): records by data set and number, and their digests. It can be used
//! alone, without requests and signatures, by whoever simulates thousands of exchanges.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sm3::{Digest as _, Sm3};

use super::schema;

/// Branches below a day.
const BRANCHES: u32 = 21;

/// A record that is held, or the mark that it is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The record as it came.
    pub record: Value,
    /// Its version.
    pub version: u64,
    /// The hash of what it says, worked out here.
    pub hash: String,
    /// Whether it is gone.
    pub gone: bool,
    /// The number of its receipt.
    pub receipt: String,
    /// When it came.
    pub at: Timestamp,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is held.
    Accepted {
        /// The number of its receipt.
        receipt: String,
    },
    /// One of the same or a higher version is.
    Stale {
        /// That version.
        version: u64,
        /// The hash of it.
        hash: String,
    },
    /// It is not taken.
    Refused {
        /// The code.
        code: String,
        /// The words.
        reason: String,
    },
}

/// All records.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Store {
    #[serde(with = "listed")]
    held: BTreeMap<(String, String), Held>,
    /// What is there, by place: `school/term/data set/day/branches:number`.
    index: BTreeMap<String, (String, u64, String)>,
    receipts: u64,
}

/// Keys of two parts are no keys of JSON.
mod listed {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Held;

    type Map = BTreeMap<(String, String), Held>;

    pub(super) fn serialize<S: Serializer>(map: &Map, serializer: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
        Ok(Vec::<((String, String), Held)>::deserialize(deserializer)?.into_iter().collect())
    }
}

fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}

fn refused(code: &str, reason: impl Into<String>) -> Taken {
    Taken::Refused { code: code.to_owned(), reason: reason.into() }
}

impl Store {
    /// Takes a record, if it is sound, names nothing unknown and is newer than what is held.
    pub fn take(&mut self, record: &Value, at: Timestamp) -> Taken {
        self.judge(record).unwrap_or_else(|| self.put(record.clone(), at))
    }

    /// The number of a receipt for what is not held, or not yet.
    pub fn promise(&mut self) -> Taken {
        Taken::Accepted { receipt: self.next_receipt() }
    }

    fn next_receipt(&mut self) -> String {
        self.receipts += 1;
        format!("HZ{:010}", self.receipts)
    }

    /// What is answered without holding a record; none: it is to be held.
    pub fn judge(&self, record: &Value) -> Option<Taken> {
        let Some(schema) = schema::outbound().get(text(record, "SJJ")) else {
            return Some(refused("1001", "数据集不能识别"));
        };
        let complaints = schema.complaints(record);
        if !complaints.is_empty() {
            return Some(refused("1001", complaints.join(";")));
        }
        let hash = hash_of(record);
        if text(record, "ZY") != hash {
            return Some(refused("1005", "摘要与内容不符"));
        }
        let name = (text(record, "SJJ").to_owned(), text(record, "YWBH").to_owned());
        let version = record["BBH"].as_u64().unwrap_or_default();
        if let Some(held) = self.held.get(&name).filter(|held| held.version >= version) {
            return Some(if held.version == version && held.hash == hash {
                Taken::Accepted { receipt: held.receipt.clone() }
            } else {
                Taken::Stale { version: held.version, hash: held.hash.clone() }
            });
        }
        for reference in schema.references(record) {
            if self.held.get(&reference).is_none_or(|held| held.gone) {
                return Some(refused("1002", format!("引用的记录不存在:{} {}", reference.0, reference.1)));
            }
        }
        None
    }

    /// Holds a record whatever it is.
    fn put(&mut self, record: Value, at: Timestamp) -> Taken {
        let name = (text(&record, "SJJ").to_owned(), text(&record, "YWBH").to_owned());
        self.forget(&name.0, &name.1);
        let held = Held {
            version: record["BBH"].as_u64().unwrap_or_default(),
            hash: hash_of(&record),
            gone: text(&record, "CZLX") == "D",
            receipt: self.next_receipt(),
            record,
            at,
        };
        if !held.gone {
            self.index.insert(place(&held.record), (name.1.clone(), held.version, held.hash.clone()));
        }
        let receipt = held.receipt.clone();
        self.held.insert(name, held);
        Taken::Accepted { receipt }
    }

    /// Loses a record, as if it had never come.
    pub fn forget(&mut self, dataset: &str, source_id: &str) -> bool {
        match self.held.remove(&(dataset.to_owned(), source_id.to_owned())) {
            Some(held) => {
                self.index.remove(&place(&held.record));
                true
            }
            None => false,
        }
    }

    /// Changes a field of what a record says, its version staying as it is.
    pub fn alter(&mut self, dataset: &str, source_id: &str, field: &str, value: Value) -> bool {
        let Some(held) = self.held.get(&(dataset.to_owned(), source_id.to_owned())) else { return false };
        let (mut record, at) = (held.record.clone(), held.at);
        record["NR"][field] = value;
        self.put(record, at);
        true
    }

    /// Has a record that nobody sent: a copy under another number.
    pub fn invent(&mut self, dataset: &str, source_id: &str, as_id: &str) -> bool {
        let Some(held) = self.held.get(&(dataset.to_owned(), source_id.to_owned())) else { return false };
        let (mut record, at) = (held.record.clone(), held.at);
        record["YWBH"] = as_id.into();
        self.put(record, at);
        true
    }

    /// A record, unless it is gone.
    pub fn get(&self, dataset: &str, source_id: &str) -> Option<&Held> {
        self.held.get(&(dataset.to_owned(), source_id.to_owned())).filter(|held| !held.gone)
    }

    /// All records, also those that are gone.
    pub fn all(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }

    /// How many records of each data set of each school there are.
    pub fn counts(&self) -> BTreeMap<(String, String), usize> {
        let mut counts = BTreeMap::new();
        for held in self.held.values().filter(|held| !held.gone) {
            let name = (text(&held.record, "XXDM").to_owned(), text(&held.record, "SJJ").to_owned());
            *counts.entry(name).or_insert(0) += 1;
        }
        counts
    }

    /// The digests of the parts of a node of a school.
    pub fn digests(&self, school: &str, node: &str) -> BTreeMap<String, String> {
        let prefix = prefix(school, node);
        let branches = node.split('/').filter(|step| !step.is_empty()).count() >= 3;
        let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (key, (_, _, hash)) in self.within(&prefix) {
            let rest = key.get(prefix.len()..).unwrap_or_default();
            let label = if branches { rest.get(..1) } else { rest.split('/').next() }.unwrap_or_default();
            let sum = sums.entry(label.to_owned()).or_default();
            let half = hash.get(16..).and_then(|half| u64::from_str_radix(half, 16).ok()).unwrap_or_default();
            *sum = (sum.0 + 1, sum.1.wrapping_add(half));
        }
        sums.into_iter().map(|(label, (count, sum))| (label, format!("{count}.{sum:016x}"))).collect()
    }

    /// The records of a node of a school: number, version, hash.
    pub fn listing(&self, school: &str, node: &str) -> Vec<(String, u64, String)> {
        self.within(&prefix(school, node)).map(|(_, row)| row.clone()).collect()
    }

    fn within(&self, prefix: &str) -> impl Iterator<Item = (&String, &(String, u64, String))> {
        self.index.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix))
    }
}

/// A node's prefix of places.
fn prefix(school: &str, node: &str) -> String {
    let steps = node.split('/').filter(|step| !step.is_empty()).count();
    let end = if steps > 3 || node.is_empty() { "" } else { "/" };
    format!("{school}/{node}{end}")
}

fn place(record: &Value) -> String {
    let or_none = |name: &str| record[name].as_str().unwrap_or("-").to_owned();
    let label = schema::outbound().get(text(record, "SJJ")).map_or("", |schema| schema.label());
    let id = text(record, "YWBH");
    let (school, term, day) = (text(record, "XXDM"), or_none("XNXQ"), or_none("SJRQ"));
    format!("{school}/{term}/{label}/{day}/{}:{id}", branches(id))
}

/// Twenty-one times three bits of the number's hash.
fn branches(id: &str) -> String {
    let hash = Sm3::digest(id.as_bytes());
    let bits = hash.iter().take(8).fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
    (0..BRANCHES).map(|at| ((bits >> (61 - 3 * at)) & 7).to_string()).collect()
}

/// The hash of what a record says: of all but its version, its time and its hash, keys in order, no white space.
pub fn hash_of(record: &Value) -> String {
    let said: Map<String, Value> = record
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !["BBH", "GXSJ", "ZY"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let hash = Sm3::digest(sorted(&Value::Object(said)).as_bytes());
    hex::encode(hash).chars().take(32).collect()
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            let told: Vec<String> =
                fields.into_iter().map(|(name, value)| format!("{}:{}", json!(name), sorted(value))).collect();
            format!("{{{}}}", told.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

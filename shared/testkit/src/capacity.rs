//! Capacity units and calls, counted as they are billed.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Sub};

/// Consumed capacity. An eventually consistent read is half a unit, so reads are counted in halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Read units × 2.
    pub read_halves: u64,
    /// Write units.
    pub write_units: u64,
}

impl Add for Capacity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { read_halves: self.read_halves + other.read_halves, write_units: self.write_units + other.write_units }
    }
}

impl Sub for Capacity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { read_halves: self.read_halves - other.read_halves, write_units: self.write_units - other.write_units }
    }
}

impl AddAssign for Capacity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// What one table and its indexes consumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableUse {
    /// The table itself.
    pub table: Capacity,
    /// Each global secondary index by name.
    pub indexes: BTreeMap<String, Capacity>,
}

impl TableUse {
    /// Table and indexes together.
    pub fn total(&self) -> Capacity {
        self.indexes.values().fold(self.table, |sum, index| sum + *index)
    }
}

/// Calls by operation (`dynamodb:PutItem`, `sqs:SendMessage`, `outside:POST host`) and capacity by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that left the code under test, the SDK's own retries included.
    pub calls: BTreeMap<String, u64>,
    /// Faults injected, by name.
    pub faults: BTreeMap<String, u64>,
    /// Consumed capacity by full table name.
    pub capacity: BTreeMap<String, TableUse>,
}

impl Counts {
    /// All calls.
    pub fn calls_total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// All capacity.
    pub fn total(&self) -> Capacity {
        self.capacity.values().fold(Capacity::default(), |sum, table| sum + table.total())
    }

    /// What was added since `earlier`, an older copy of the same counts. Zero entries are left out.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut capacity = BTreeMap::new();
        for (name, now) in &self.capacity {
            let before = earlier.capacity.get(name).cloned().unwrap_or_default();
            let mut used = TableUse { table: now.table - before.table, indexes: BTreeMap::new() };
            for (index, amount) in &now.indexes {
                let amount = *amount - before.indexes.get(index).copied().unwrap_or_default();
                if amount != Capacity::default() {
                    used.indexes.insert(index.clone(), amount);
                }
            }
            if used != TableUse::default() {
                capacity.insert(name.clone(), used);
            }
        }
        Self {
            calls: difference(&self.calls, &earlier.calls),
            faults: difference(&self.faults, &earlier.faults),
            capacity,
        }
    }

    pub(crate) fn call(&mut self, operation: &str) {
        increment(&mut self.calls, operation);
    }

    pub(crate) fn fault(&mut self, name: &str) {
        increment(&mut self.faults, name);
    }

    pub(crate) fn consume(&mut self, usage: Vec<Usage>) {
        for Usage { table, index, capacity } in usage {
            let table = self.capacity.entry(table).or_default();
            match index {
                None => table.table += capacity,
                Some(index) => *table.indexes.entry(index).or_default() += capacity,
            }
        }
    }
}

/// Capacity one call consumed on a table or on one of its indexes.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) table: String,
    pub(crate) index: Option<String>,
    pub(crate) capacity: Capacity,
}

fn increment(counts: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
    } else {
        counts.insert(name.to_owned(), 1);
    }
}

fn difference(now: &BTreeMap<String, u64>, earlier: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    now.iter()
        .map(|(name, count)| (name.clone(), count - earlier.get(name).copied().unwrap_or_default()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

//! Shelf (核对底册): all records that a side holds of a school, in an order in which every node is one stretch, so that the
//! digest of any of them is one subtraction. P7.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use super::node::{Node, Spot};
use super::{Held, Listed};
use crate::id::TermCode;
use crate::supervision::dataset::Dataset;
use crate::supervision::digest::{Brief, Digest};
use crate::supervision::source::SourceId;

/// A record that a side holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The term; none: it belongs to none.
    pub term: Option<TermCode>,
    /// The data set.
    pub dataset: Dataset,
    /// The day; none: it is counted under none.
    pub day: Option<Date>,
    /// The record.
    pub source_id: SourceId,
    /// What it is.
    pub held: Held,
}

/// All records of a school.
#[derive(Debug, Default)]
pub struct Shelf {
    rows: Vec<(Spot, Row)>,
    /// The digest of everything before each row, and of everything.
    sums: Vec<Digest>,
}

impl Shelf {
    /// Puts the records in order. Of records of one name the one of the highest version counts.
    pub fn of(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut newest: BTreeMap<(Dataset, SourceId), Row> = BTreeMap::new();
        for row in rows {
            let name = (row.dataset, row.source_id.clone());
            if newest.get(&name).is_none_or(|held| held.held.version <= row.held.version) {
                newest.insert(name, row);
            }
        }
        let spot = |row: &Row| Spot::of(row.term.as_ref(), row.dataset, row.day, &row.source_id);
        let mut rows: Vec<(Spot, Row)> = newest.into_values().map(|row| (spot(&row), row)).collect();
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut sums = vec![Digest::default()];
        let mut sum = Digest::default();
        for (_, row) in &rows {
            sum = sum.plus(Digest::of(row.held.hash));
            sums.push(sum);
        }
        Self { rows, sums }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The digest of a node.
    pub fn digest(&self, node: &Node) -> Digest {
        self.sum(&self.stretch(node))
    }

    /// The digests of the parts of a node that are not empty.
    pub fn digests(&self, node: &Node) -> BTreeMap<String, Brief> {
        let Range { start: mut at, end } = self.stretch(node);
        let mut found = BTreeMap::new();
        while let Some((spot, _)) = self.rows.get(at).filter(|_| at < end) {
            let label = spot.label(node.depth());
            let Ok(child) = node.child(&label) else { break };
            let part = self.stretch(&child);
            found.insert(label, self.sum(&part).brief());
            at = part.end;
        }
        found
    }

    /// The records of a node.
    pub fn records(&self, node: &Node) -> impl Iterator<Item = &Row> {
        self.rows.get(self.stretch(node)).into_iter().flatten().map(|(_, row)| row)
    }

    /// The records of a node as they are listed.
    pub fn listing(&self, node: &Node) -> Vec<Listed> {
        self.records(node).map(|row| (row.source_id.clone(), row.held.version, row.held.hash)).collect()
    }

    fn stretch(&self, node: &Node) -> Range<usize> {
        let start = self.rows.partition_point(|(spot, _)| node.against(spot).is_lt());
        let end = self.rows.partition_point(|(spot, _)| node.against(spot).is_le());
        start..end
    }

    fn sum(&self, stretch: &Range<usize>) -> Digest {
        let before = |at: usize| self.sums.get(at).copied().unwrap_or_default();
        before(stretch.end).minus(before(stretch.start))
    }
}

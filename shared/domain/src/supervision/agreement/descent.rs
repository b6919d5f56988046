//! Descent (逐层核对): from the digests of the whole down to the records that differ. P7.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Node, NodeError};
use super::shelf::Shelf;
use super::{Discrepancy, Finding, Held, Listed};
use crate::fault::{Fault, Kind};
use crate::supervision::dataset::Dataset;
use crate::supervision::digest::{Brief, Digest};
use crate::supervision::source::SourceId;

/// Nodes asked about at once.
pub const AT_ONCE: usize = 500;
/// Up to so many records, a node is listed: going further down would cost more than they do.
pub const LISTED: u64 = 6;

/// An answer of the city that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "supervision/")]
pub enum DescentError {
    /// Not an answer for each node asked about.
    #[error("监管系统的核对应答与所问节点数不符,请稍后重新核对")]
    AnswersMiscounted,
    /// A part that no node has.
    #[error("监管系统的核对应答含有不能识别的节点,请联系监管系统运维")]
    NodeUnknown,
}

impl Fault for DescentError {
    fn kind(&self) -> Kind {
        Kind::Unavailable
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

impl From<NodeError> for DescentError {
    fn from(_: NodeError) -> Self {
        Self::NodeUnknown
    }
}

/// What has to be asked next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The digests of the parts of each of these.
    Digests(Vec<Node>),
    /// The records of each of these.
    Listings(Vec<Node>),
    /// Nothing more.
    Done,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    /// The records that differ.
    pub findings: Vec<Finding>,
    /// Nodes whose digest at the city is not that of the records it lists there: its own books do not agree.
    pub unsound: Vec<Node>,
}

/// A comparison under way.
#[derive(Debug)]
pub struct Descent<'a> {
    shelf: &'a Shelf,
    open: Vec<Node>,
    leaves: Vec<(Node, Brief)>,
    ours: BTreeMap<(Dataset, SourceId), Held>,
    theirs: BTreeMap<(Dataset, SourceId), Held>,
    unsound: Vec<Node>,
}

impl<'a> Descent<'a> {
    /// Begins at the whole of what we hold of a school.
    pub fn begin(shelf: &'a Shelf) -> Self {
        Self::below(shelf, vec![Node::whole()])
    }

    /// Begins at some parts of it.
    pub fn below(shelf: &'a Shelf, nodes: Vec<Node>) -> Self {
        let (ours, theirs) = (BTreeMap::new(), BTreeMap::new());
        Self { shelf, open: nodes, leaves: Vec::new(), ours, theirs, unsound: Vec::new() }
    }

    /// What has to be asked next. Until it is answered, it stays the same.
    pub fn question(&self) -> Question {
        if !self.open.is_empty() {
            return Question::Digests(self.open.iter().take(AT_ONCE).cloned().collect());
        }
        if self.leaves.is_empty() {
            return Question::Done;
        }
        Question::Listings(self.leaves.iter().take(AT_ONCE).map(|(node, _)| node.clone()).collect())
    }

    /// The digests of the parts of the nodes asked about, in their order.
    pub fn take_digests(&mut self, answers: &[BTreeMap<String, Brief>]) -> Result<(), DescentError> {
        let asked = self.open.len().min(AT_ONCE);
        if answers.len() != asked {
            return Err(DescentError::AnswersMiscounted);
        }
        let (mut open, mut leaves) = (Vec::new(), Vec::new());
        for (node, theirs) in self.open.iter().zip(answers) {
            let ours = self.shelf.digests(node);
            let labels: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for label in labels {
                let of = |side: &BTreeMap<String, Brief>| side.get(label).copied().unwrap_or_default();
                let (ours, theirs) = (of(&ours), of(theirs));
                if ours == theirs {
                    continue;
                }
                let child = node.child(label)?;
                let few = ours.count().max(theirs.count()) <= LISTED;
                if child.can_be_listed() && (few || child.is_deepest()) {
                    leaves.push((child, theirs));
                } else {
                    open.push(child);
                }
            }
        }
        self.open.drain(..asked);
        self.open.append(&mut open);
        self.leaves.append(&mut leaves);
        Ok(())
    }

    /// The records of the nodes asked about, in their order.
    pub fn take_listings(&mut self, answers: Vec<Vec<Listed>>) -> Result<(), DescentError> {
        let asked = self.leaves.len().min(AT_ONCE);
        if answers.len() != asked {
            return Err(DescentError::AnswersMiscounted);
        }
        for ((node, told), listed) in self.leaves.drain(..asked).zip(answers) {
            let dataset = node.dataset().ok_or(DescentError::NodeUnknown)?;
            let sum: Digest = listed.iter().map(|(_, _, hash)| *hash).collect();
            if sum.brief() != told {
                self.unsound.push(node.clone());
            }
            for row in self.shelf.records(&node) {
                self.ours.insert((row.dataset, row.source_id.clone()), row.held);
            }
            for (source_id, version, hash) in listed {
                self.theirs.insert((dataset, source_id), Held { version, hash });
            }
        }
        Ok(())
    }

    /// What differs, once there is nothing left to ask. `acked` says whether the city has ever acknowledged a record.
    pub fn agreement(self, acked: impl Fn(Dataset, &SourceId) -> bool) -> Agreement {
        let Self { ours, theirs, unsound, .. } = self;
        let names: BTreeSet<&(Dataset, SourceId)> = ours.keys().chain(theirs.keys()).collect();
        let findings = names.into_iter().filter_map(|name| {
            let (dataset, source_id) = name;
            let (ours, theirs) = (ours.get(name).copied(), theirs.get(name).copied());
            let discrepancy = match (ours, theirs) {
                (Some(ours), Some(theirs)) if ours.hash == theirs.hash => return None,
                (Some(_), Some(_)) => Discrepancy::Wrong,
                (Some(_), None) if acked(*dataset, source_id) => Discrepancy::Missing,
                (Some(_), None) => Discrepancy::Unreported,
                (None, _) => Discrepancy::Surplus,
            };
            Some(Finding { dataset: *dataset, source_id: source_id.clone(), discrepancy, ours, theirs })
        });
        Agreement { findings: findings.collect(), unsound }
    }
}

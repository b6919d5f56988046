//! Nodes (核对节点): the parts into which the records of a school fall, the whole first. P7.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};

use crate::id::TermCode;
use crate::supervision::dataset::Dataset;
use crate::supervision::source::SourceId;

/// Steps above the branches: term, data set, day.
pub const NAMED: usize = 3;
/// Most branches: 63 bits of a hash.
pub const DEEPEST: usize = 21;
/// How what belongs to no term or no day is called.
const NONE: &str = "-";
/// Longest name of a step.
const LONGEST: usize = 32;

/// Why a text is no node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("核对节点格式不正确")]
pub struct NodeError;

/// A part of the records of a school: `2026-2027-1/order/-/017` are the orders of a term whose branches are 0, 1, 7.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Node {
    named: Vec<String>,
    branches: String,
}

impl Node {
    /// All records of the school.
    pub const fn whole() -> Self {
        Self { named: Vec::new(), branches: String::new() }
    }

    /// The part of this node that is called so.
    pub fn child(&self, label: &str) -> Result<Self, NodeError> {
        let mut child = self.clone();
        if self.named.len() < NAMED {
            let fits = (1..=LONGEST).contains(&label.len())
                && label.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
            if !fits {
                return Err(NodeError);
            }
            child.named.push(label.to_owned());
        } else {
            if !matches!(label.as_bytes(), [b'0'..=b'7']) || self.is_deepest() {
                return Err(NodeError);
            }
            child.branches.push_str(label);
        }
        Ok(child)
    }

    /// How many steps below the whole it is.
    pub const fn depth(&self) -> usize {
        self.named.len().saturating_add(self.branches.len())
    }

    /// Whether its records can be listed: they are of one data set and one day.
    pub const fn can_be_listed(&self) -> bool {
        self.named.len() == NAMED
    }

    /// Whether it has no branches.
    pub const fn is_deepest(&self) -> bool {
        self.branches.len() >= DEEPEST
    }

    /// The data set it is of, if it is of one that we know.
    pub fn dataset(&self) -> Option<Dataset> {
        self.named.get(1)?.parse().ok()
    }

    /// How a place compares with the node: equal within it.
    pub(super) fn against(&self, spot: &Spot) -> std::cmp::Ordering {
        let named = self.named.iter().map(String::as_str).zip(spot.named());
        let branches = self.branches.chars().zip(spot.branches());
        named
            .map(|(ours, theirs)| theirs.cmp(ours))
            .chain(branches.map(|(ours, theirs)| theirs.cmp(&ours)))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }
}

/// `2026-2027-1/order/-/017`; the whole is the empty text.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named.join("/"))?;
        if self.branches.is_empty() { Ok(()) } else { write!(f, "/{}", self.branches) }
    }
}

impl FromStr for Node {
    type Err = NodeError;

    fn from_str(text: &str) -> Result<Self, NodeError> {
        if text.is_empty() {
            return Ok(Self::whole());
        }
        text.split('/').enumerate().try_fold(Self::whole(), |node, (at, step)| match at {
            0..NAMED => node.child(step),
            NAMED if !step.is_empty() => step.chars().try_fold(node, |node, branch| node.child(&branch.to_string())),
            _ => Err(NodeError),
        })
    }
}

impl TryFrom<String> for Node {
    type Error = NodeError;

    fn try_from(text: String) -> Result<Self, NodeError> {
        text.parse()
    }
}

impl From<Node> for String {
    fn from(node: Node) -> Self {
        node.to_string()
    }
}

/// Where a record lies in the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    term: String,
    dataset: &'static str,
    day: String,
    branches: u64,
}

impl Spot {
    pub(super) fn of(term: Option<&TermCode>, dataset: Dataset, day: Option<Date>, source_id: &SourceId) -> Self {
        Self {
            term: term.map_or_else(|| NONE.to_owned(), ToString::to_string),
            dataset: dataset.into(),
            day: day.map_or_else(|| NONE.to_owned(), |day| day.to_string()),
            branches: branches(source_id),
        }
    }

    fn named(&self) -> [&str; NAMED] {
        [&self.term, self.dataset, &self.day]
    }

    fn branches(&self) -> impl Iterator<Item = char> {
        (1..=DEEPEST).map(|at| {
            let shift = u32::try_from(at).unwrap_or_default().saturating_mul(3);
            char::from_digit(u32::try_from((self.branches >> (63 - shift)) & 7).unwrap_or_default(), 8).unwrap_or('0')
        })
    }

    /// The name of its step so far below the whole.
    pub(super) fn label(&self, depth: usize) -> String {
        match self.named().get(depth) {
            Some(name) => (*name).to_owned(),
            None => self.branches().nth(depth.saturating_sub(NAMED)).map_or_else(String::new, String::from),
        }
    }
}

/// The first 63 bits of the SM3 of a source number: three for each branch.
fn branches(source_id: &SourceId) -> u64 {
    let hash = Sm3::digest(source_id.as_str().as_bytes());
    hash.iter().take(8).fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte)) >> 1
}

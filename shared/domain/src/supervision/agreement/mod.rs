//! Agreement (核对): where two sides differ, found from the whole down to the single record, so that the cost grows with
//! the difference and not with what both hold. B6.1 P7.
//!
//! The records of a school form a tree: terms, data sets, days, and below each day eightfold branches by the hash of the
//! source number. Both sides know the [digest](super::digest) of every [node](node::Node). A [descent](descent::Descent)
//! asks for those of the root's children, goes on into whatever differs, and lists the records where few are left. It
//! asks nobody itself: whoever drives it carries its questions to the city and the answers back.

pub mod descent;
pub mod node;
pub mod shelf;
#[cfg(test)]
mod tests;
pub mod wire;

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::digest::RecordHash;
use super::source::SourceId;

pub use descent::{Agreement, Descent, DescentError, Question};
pub use node::Node;
pub use shelf::{Row, Shelf};

/// How a record differs.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Discrepancy {
    /// We have it, and it was never acknowledged (未报).
    Unreported,
    /// Both have it, and it says something else (错报).
    Wrong,
    /// It was acknowledged, and the city has it no longer (漏报).
    Missing,
    /// The city has what we have not (多报).
    Surplus,
}

impl Discrepancy {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Unreported => "未报",
            Self::Wrong => "错报",
            Self::Missing => "漏报",
            Self::Surplus => "多报",
        }
    }
}

/// A record as a side holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its version there.
    pub version: u64,
    /// What it says.
    pub hash: RecordHash,
}

/// A record that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The data set.
    pub dataset: Dataset,
    /// The record.
    pub source_id: SourceId,
    /// How it differs.
    pub discrepancy: Discrepancy,
    /// Ours; none: we have none.
    pub ours: Option<Held>,
    /// The city's; none: it has none.
    pub theirs: Option<Held>,
}

/// A record as it is listed: its source number, its version, and the hash of what it says.
pub type Listed = (SourceId, u64, RecordHash);

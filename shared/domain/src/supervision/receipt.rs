//! Receipts (回执): what the city says about each record it was sent. B6.1 P7.

use serde::{Deserialize, Serialize};

use super::agreement::Held;
use super::dataset::Dataset;
use super::source::SourceId;

/// What became of a record at the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds it now (已接收).
    Accepted {
        /// The number of its receipt (回执编号).
        receipt: String,
    },
    /// It holds one of the same or a higher version already, and has left it so. If that says something else, a version
    /// above it puts it right.
    Stale {
        /// What it holds.
        held: Held,
    },
    /// It does not take it.
    Refused(Refusal),
    /// It has not said: the record is to be sent again.
    Unanswered,
}

/// Why the city does not take a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Its code.
    pub code: String,
    /// Its words.
    pub reason: String,
    /// What follows from it.
    pub kind: RefusalKind,
}

/// What follows from a refusal.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RefusalKind {
    /// The same record will never be taken: it waits for a new version or a person.
    Permanent,
    /// It will be taken later as it is.
    Later,
    /// It names a record that the city does not have: that one goes first.
    Dependency,
}

/// The city's word about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The data set.
    pub dataset: Dataset,
    /// The record.
    pub source_id: SourceId,
    /// The version that was sent.
    pub version: u64,
    /// What became of it.
    pub outcome: Outcome,
}

//! Findings (核对差异明细): which records differed when a school was last compared, and what was done about each. D5.1 K7.2.

use serde::{Deserialize, Serialize};

use super::agreement::{Discrepancy, Finding};
use super::dataset::Dataset;
use super::source::SourceId;
use crate::access::{Owned, Owner};
use crate::id::SchoolCode;
use crate::time::Moment;

/// Findings that are kept of a comparison: with the longest numbers they stay well below what an item holds.
pub const KEPT: usize = 500;

/// What was done about a record that differs, what asks for a look first.
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
pub enum Handling {
    /// It names nothing of ours: nobody can tell the city otherwise (待人工核实).
    Foreign,
    /// It is told again (已重报).
    SentAgain,
    /// The city has refused it (挂起).
    Parked,
    /// It was under way already (在途).
    UnderWay,
}

impl Handling {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Foreign => "待人工核实",
            Self::SentAgain => "已重报",
            Self::Parked => "挂起",
            Self::UnderWay => "在途",
        }
    }

    /// Whether it was an error that nobody knew of.
    pub const fn is_news(self) -> bool {
        matches!(self, Self::Foreign | Self::SentAgain)
    }
}

/// A record that differed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The data set.
    #[serde(rename = "d")]
    pub dataset: Dataset,
    /// The record.
    #[serde(rename = "id")]
    pub source_id: SourceId,
    /// How it differed.
    #[serde(rename = "k")]
    pub discrepancy: Discrepancy,
    /// What was done about it.
    #[serde(rename = "h")]
    pub handling: Handling,
    /// The version the city had acknowledged; none: of none we knew.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<u64>,
    /// The version the city had; none: it had none.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<u64>,
}

impl Found {
    /// A finding, and what was done about it.
    pub fn of(finding: &Finding, handling: Handling) -> Self {
        Self {
            dataset: finding.dataset,
            source_id: finding.source_id.clone(),
            discrepancy: finding.discrepancy,
            handling,
            ours: finding.ours.map(|ours| ours.version).filter(|version| *version > 0),
            theirs: finding.theirs.map(|theirs| theirs.version),
        }
    }
}

/// The records that differed when a school was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// The school.
    pub school: SchoolCode,
    /// When it was compared.
    pub at: Moment,
    /// At most [`KEPT`] of them, errors before what was known.
    pub items: Vec<Found>,
    /// How many more there were.
    #[serde(default)]
    pub left_out: u64,
}

impl Owned for Findings {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

impl Findings {
    /// What was found, as far as it is kept.
    pub fn of(school: SchoolCode, at: Moment, mut items: Vec<Found>) -> Self {
        items.sort_by(|one, other| {
            (one.handling, one.dataset, &one.source_id).cmp(&(other.handling, other.dataset, &other.source_id))
        });
        let left_out = u64::try_from(items.len().saturating_sub(KEPT)).unwrap_or(u64::MAX);
        items.truncate(KEPT);
        Self { school, at, items, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d5_1_errors_are_kept_before_what_was_known_and_what_is_left_out_is_counted() {
        let found = |number: usize| Found {
            dataset: Dataset::Payment,
            source_id: format!("P{number:04}").parse().unwrap(),
            discrepancy: Discrepancy::Missing,
            handling: if number == KEPT { Handling::Foreign } else { Handling::UnderWay },
            ours: None,
            theirs: None,
        };
        let school: SchoolCode = "3144200101".parse().unwrap();
        let all = (0..KEPT + 3).map(found).collect();
        let findings = Findings::of(school.clone(), Moment::from_seconds(0), all);
        assert_eq!((findings.items.len(), findings.left_out), (KEPT, 3));
        assert_eq!(findings.items[0].source_id.as_str(), "P0500");
        assert!(findings.items[0].handling.is_news() && !findings.items[1].handling.is_news());
        let few = Findings::of(school, Moment::from_seconds(0), vec![found(1)]);
        assert_eq!((few.items.len(), few.left_out), (1, 0));
    }
}

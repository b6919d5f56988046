//! Records (上报记录): one thing of one data set at one version, and what the city tells in the same form. B5.1 B6.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::body::{Body, InboundBody};
use super::dataset::{Dataset, Inbound};
use super::source::SourceId;
use crate::id::{SchoolCode, TermCode};
use crate::time::Moment;

/// What becomes of a record.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Op {
    /// It is as its body says, whether or not it was there.
    Upsert,
    /// It is gone (删除标记).
    Delete,
}

/// A record for the city. Whoever holds one of a higher version ignores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The kind of it.
    pub dataset: Dataset,
    /// What it is called.
    pub source_id: SourceId,
    /// The school it belongs to.
    pub school: SchoolCode,
    /// The term it belongs to; none: to the school whatever the term.
    pub term: Option<TermCode>,
    /// The day it is counted under; none: under none.
    pub day: Option<Date>,
    /// Rises with every change of what it says.
    pub version: u64,
    /// When what it says became so.
    pub changed_at: Moment,
    /// What it says; none: it is gone.
    pub body: Option<Body>,
}

impl Record {
    /// What becomes of it.
    pub const fn op(&self) -> Op {
        if self.body.is_some() { Op::Upsert } else { Op::Delete }
    }

    /// A record that says something.
    pub fn of(place: Place, source_id: SourceId, version: u64, changed_at: Moment, body: Body) -> Self {
        let Place { school, term, day } = place;
        Self { dataset: body.dataset(), source_id, school, term, day, version, changed_at, body: Some(body) }
    }

    /// The tombstone of a record: it is gone.
    pub fn gone(dataset: Dataset, place: Place, source_id: SourceId, version: u64, changed_at: Moment) -> Self {
        let Place { school, term, day } = place;
        Self { dataset, source_id, school, term, day, version, changed_at, body: None }
    }
}

/// Where a record is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The school.
    pub school: SchoolCode,
    /// The term; none: whatever the term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<TermCode>,
    /// The day; none: under none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
}

/// A record of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The kind of it.
    pub inbound: Inbound,
    /// What the city calls it.
    pub source_id: SourceId,
    /// Rises with every change.
    pub version: u64,
    /// When it became so.
    pub changed_at: Moment,
    /// What it says; none: it is gone.
    pub body: Option<InboundBody>,
}

//! Field map (字段对照): how each field of ours is written in the city's words, as data with a version. B5.1 B6.1.
//!
//! The city's guide may name, order and encode everything otherwise. What it says is entered in a file like
//! `default.json`; nothing else changes. A map that cannot work is refused when it is read, not when a record fails.

mod beside;
mod check;
mod form;
mod read;
mod render;
mod sound;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use beside::Beside;
pub use check::{Flaw, MapError};
pub use form::Form;
pub use render::Rendered;
pub use sound::UnsoundMap;

use super::dataset::{Dataset, Inbound};
use super::receipt::RefusalKind;
use super::record::Op;
use crate::pii::Pii;

/// The map in use until the city says otherwise, named by the data items of JY/T 1001 and 1004.
const DEFAULT: &str = include_str!("default.json");

/// How a record is written for the city and read from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldMap {
    /// The version of it: what was rendered by another one has another hash where it reads otherwise.
    pub version: String,
    /// How amounts, days and moments are written.
    pub formats: Formats,
    /// How what every record has is called.
    pub envelope: Envelope,
    /// The code tables.
    pub tables: BTreeMap<String, Table>,
    /// What follows from the city's codes of refusal; from one that is not named, that a person has to look.
    pub refusals: BTreeMap<String, RefusalKind>,
    /// The data sets that are reported.
    pub outbound: BTreeMap<Dataset, Set>,
    /// The data sets that are received.
    pub inbound: BTreeMap<Inbound, Set>,
}

/// How values are written that have no words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formats {
    /// Amounts.
    pub money: MoneyFormat,
    /// Days.
    pub day: DayFormat,
    /// Moments.
    pub moment: MomentFormat,
    /// No and yes.
    pub flags: (String, String),
}

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyFormat {
    /// `"180.00"`: yuan with two decimals, as text.
    Yuan,
    /// `18000`: fen.
    Fen,
}

/// How days are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayFormat {
    /// `2026-09-01`.
    Dashed,
    /// `20260901`.
    Compact,
}

/// How moments are written, all in the zone of China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MomentFormat {
    /// `2026-09-01 16:30:00`.
    Spaced,
    /// `2026-09-01T16:30:00+08:00`.
    Rfc3339,
}

/// How what every record has is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The data set.
    pub dataset: String,
    /// The source number.
    pub source_id: String,
    /// The school.
    pub school: String,
    /// The term.
    pub term: String,
    /// The day it is counted under.
    pub day: String,
    /// The version.
    pub version: String,
    /// What becomes of it.
    pub op: String,
    /// When it became so.
    pub changed_at: String,
    /// The hash of what it says.
    pub hash: String,
    /// What it says.
    pub body: String,
    /// What may become of a record.
    pub ops: Ops,
}

/// The city's codes for what becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ops {
    /// It is as its body says.
    pub upsert: String,
    /// It is gone.
    pub delete: String,
}

impl Ops {
    /// The code of one of them.
    pub fn code(&self, op: Op) -> &str {
        match op {
            Op::Upsert => &self.upsert,
            Op::Delete => &self.delete,
        }
    }
}

/// A code table (代码表): our word to the city's code, one to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What it is about.
    pub label: String,
    /// The codes by our words.
    pub codes: BTreeMap<String, String>,
}

impl Table {
    /// The word of a code.
    pub fn word(&self, code: &str) -> Option<&str> {
        self.codes.iter().find(|(_, known)| known.as_str() == code).map(|(word, _)| word.as_str())
    }
}

/// How a data set is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// What the city calls it.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A row of the map: one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Our name of it within the body.
    pub ours: String,
    /// The city's name of it.
    pub theirs: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    pub holds: Holds,
    /// Whether it is personal, and how it is shown to who may not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Personal>,
    /// Whether a record without it is refused.
    pub required: bool,
}

/// How a personal datum is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// All but the first character is hidden.
    Name,
    /// Only the first three and the last four characters are shown.
    Number,
}

impl Personal {
    /// A datum as it is shown to who may not see it.
    fn masked(self, datum: &str) -> String {
        let datum = Pii::new(datum.to_owned());
        match self {
            Self::Name => datum.masked_name(),
            Self::Number => datum.masked_number(),
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Holds {
    /// Text.
    Text {
        /// Most characters.
        longest: u16,
        /// The form it has to have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        form: Option<Form>,
    },
    /// A whole number.
    Integer {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// An amount.
    Money,
    /// A day.
    Day,
    /// A moment.
    Moment,
    /// Yes or no.
    Flag,
    /// A word out of a code table.
    Code {
        /// The table.
        table: String,
    },
    /// The source number of another record, which has to be there before (依赖).
    Reference {
        /// Of which data set.
        to: Dataset,
    },
    /// Several values of one kind.
    List {
        /// Fewest.
        least: u16,
        /// Most.
        most: u16,
        /// What each is.
        of: Box<Holds>,
    },
    /// Several rows of fields.
    Rows {
        /// Fewest.
        least: u16,
        /// Most.
        most: u16,
        /// The fields of each.
        fields: Vec<Field>,
    },
}

impl FieldMap {
    /// The map in use.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "it is part of the program, and a test reads it"
    )]
    pub fn current() -> &'static Self {
        static MAP: OnceLock<FieldMap> = OnceLock::new();
        MAP.get_or_init(|| Self::parse(DEFAULT).expect("the map of the program is sound"))
    }

    /// Reads a map, if it can work.
    pub fn parse(text: &str) -> Result<Self, UnsoundMap> {
        let map: Self = serde_json::from_str(text).map_err(|error| UnsoundMap(vec![error.to_string()]))?;
        let complaints = sound::complaints(&map);
        if complaints.is_empty() { Ok(map) } else { Err(UnsoundMap(complaints)) }
    }

    /// What follows from a refusal.
    pub fn refusal(&self, code: &str) -> RefusalKind {
        self.refusals.get(code).copied().unwrap_or(RefusalKind::Permanent)
    }

    /// What the city calls a data set.
    pub fn name_of(&self, dataset: Dataset) -> &str {
        self.outbound.get(&dataset).map_or("", |set| set.name.as_str())
    }

    /// Which data set the city calls so.
    pub fn named(&self, name: &str) -> Option<Dataset> {
        self.outbound.iter().find(|(_, set)| set.name == name).map(|(dataset, _)| *dataset)
    }

    /// How a data set is written. A map that was read has them all.
    fn set(&self, dataset: Dataset) -> &[Field] {
        self.outbound.get(&dataset).map_or(&[], |set| set.fields.as_slice())
    }

    /// How a data set of the city is written.
    fn inbound_set(&self, inbound: Inbound) -> &[Field] {
        self.inbound.get(&inbound).map_or(&[], |set| set.fields.as_slice())
    }
}

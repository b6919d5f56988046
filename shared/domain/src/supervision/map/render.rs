//! Rendering (上报内容生成): a record of ours in the city's words, with the hash of what it says. B6.1.
//!
//! This is the one place where personal data is written in the clear for the city. What comes of it does not print.

use std::cmp::Reverse;
use std::fmt;

use serde::Deserialize as _;
use serde_json::{Map, Value};
use sm3::{Digest as _, Sm3};

use super::check::Checker;
use super::{Field, FieldMap, Holds, MapError, MoneyFormat, Personal};
use crate::money::Money;
use crate::pii::Pii;
use crate::snapshot;
use crate::supervision::dataset::Dataset;
use crate::supervision::digest::RecordHash;
use crate::supervision::record::{Op, Record};
use crate::supervision::source::SourceId;
use crate::time::Moment;

/// A record as it is sent. It holds personal data in the clear: it goes to the city only, and into no table or log.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The data set.
    pub dataset: Dataset,
    /// What it is called.
    pub source_id: SourceId,
    /// Its version.
    pub version: u64,
    /// What becomes of it.
    pub op: Op,
    /// The hash of what it says: the same whenever it says the same, whatever its version.
    pub hash: RecordHash,
    value: Value,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dataset, source_id, version, op, hash, value: _ } = self;
        write!(f, "Rendered({dataset} {source_id} v{version} {op} {hash})")
    }
}

impl Rendered {
    /// The record in the city's words, in the clear.
    pub const fn json(&self) -> &Value {
        &self.value
    }
}

impl FieldMap {
    /// Writes a record in the city's words.
    pub fn render(&self, record: &Record) -> Result<Rendered, MapError> {
        let fields = self.set(record.dataset);
        let mut checker = Checker::new(self);
        let body = record.body.as_ref().map(|body| {
            // A body is a plain structure of texts and numbers: it always becomes a value.
            let ours = serde_json::to_value(body).unwrap_or_default();
            let theirs = self.object(fields, &ours);
            checker.within(&self.envelope.body, |checker| checker.object(fields, &theirs));
            theirs
        });
        if record.body.as_ref().is_some_and(|body| body.dataset() != record.dataset) {
            checker.wrong("数据集与内容不符,请联系平台运维".to_owned());
        }
        if !checker.flaws.is_empty() {
            return Err(MapError { set: record.dataset.chinese(), flaws: checker.flaws });
        }
        let (value, hash) = self.enclose(record, body);
        let Record { dataset, source_id, version, .. } = record;
        Ok(Rendered {
            dataset: *dataset,
            source_id: source_id.clone(),
            version: *version,
            op: record.op(),
            hash,
            value,
        })
    }

    /// What a record needs to be acknowledged before it: the records its references name.
    pub fn needs(&self, record: &Record) -> Vec<(Dataset, SourceId)> {
        let ours = record.body.as_ref().and_then(|body| serde_json::to_value(body).ok()).unwrap_or_default();
        let mut needs = Vec::new();
        gather(self.set(record.dataset), &ours, &mut needs);
        needs
    }

    /// A record of the city's words as it is shown to who may not see personal data.
    #[must_use]
    pub fn masked(&self, dataset: Dataset, record: &Value) -> Value {
        let mut shown = record.clone();
        if let Some(body) = shown.get_mut(&self.envelope.body) {
            mask(self.set(dataset), body);
        }
        shown
    }

    /// What the city says of a record, as why it refuses it, with whatever is personal in that record masked: a reason may
    /// repeat what it complains of, and is kept and shown.
    #[must_use]
    pub fn concealed(&self, record: &Rendered, said: &str) -> String {
        let mut data = Vec::new();
        if let Some(body) = record.value.get(&self.envelope.body) {
            personal(self.set(record.dataset), body, &mut data);
        }
        // A name may be a part of another one.
        data.sort_by_key(|(datum, _)| Reverse(datum.len()));
        data.into_iter().fold(said.to_owned(), |said, (datum, kind)| said.replace(datum, &kind.masked(datum)))
    }

    /// The hash of what a record says in the city's words: of everything but its version, its time and the hash.
    pub fn hash_of(&self, record: &Value) -> RecordHash {
        record.as_object().map_or_else(|| self.hash_of_object(&Map::new()), |record| self.hash_of_object(record))
    }

    fn hash_of_object(&self, record: &Map<String, Value>) -> RecordHash {
        let said: Map<String, Value> = record
            .iter()
            .filter(|(name, _)| {
                ![&self.envelope.version, &self.envelope.changed_at, &self.envelope.hash].contains(name)
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        RecordHash::of_hash(&Sm3::digest(snapshot::canonical(&Value::Object(said)).as_bytes()))
    }

    fn enclose(&self, record: &Record, body: Option<Value>) -> (Value, RecordHash) {
        let names = &self.envelope;
        let mut whole = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                whole.insert(name.to_owned(), value);
            }
        };
        put(&names.dataset, Some(self.name_of(record.dataset).into()));
        put(&names.source_id, Some(record.source_id.as_str().into()));
        put(&names.school, Some(record.school.as_str().into()));
        put(&names.term, record.term.as_ref().map(|term| term.as_str().into()));
        put(&names.day, record.day.map(|day| self.formats.day.show(day).into()));
        put(&names.version, Some(record.version.into()));
        put(&names.op, Some(names.ops.code(record.op()).into()));
        put(&names.changed_at, Some(self.formats.moment.show(record.changed_at).into()));
        put(&names.body, body);
        let hash = self.hash_of_object(&whole);
        whole.insert(names.hash.clone(), hash.to_string().into());
        (Value::Object(whole), hash)
    }

    fn object(&self, fields: &[Field], ours: &Value) -> Value {
        let written = fields.iter().filter_map(|field| {
            let value = ours.get(&field.ours).filter(|value| !value.is_null())?;
            Some((field.theirs.clone(), self.value(&field.holds, value)))
        });
        Value::Object(written.collect())
    }

    /// A value in the city's form; what has none is written as it is, and then found wrong.
    fn value(&self, holds: &Holds, ours: &Value) -> Value {
        let written = match holds {
            Holds::Text { .. } => Pii::<String>::deserialize(ours).ok().map(|datum| datum.reveal().as_str().into()),
            Holds::Integer { .. } | Holds::Reference { .. } => None,
            Holds::Money => ours.as_i64().map(|fen| match self.formats.money {
                MoneyFormat::Yuan => Money::from_fen(fen).to_string().into(),
                MoneyFormat::Fen => fen.into(),
            }),
            Holds::Day => ours.as_str().and_then(|day| day.parse().ok()).map(|day| self.formats.day.show(day).into()),
            Holds::Moment => {
                ours.as_i64().map(|seconds| self.formats.moment.show(Moment::from_seconds(seconds)).into())
            }
            Holds::Flag => ours.as_bool().map(|yes| {
                let (no_code, yes_code) = &self.formats.flags;
                if yes { yes_code } else { no_code }.as_str().into()
            }),
            Holds::Code { table } => {
                let code = self.tables.get(table).and_then(|table| table.codes.get(ours.as_str()?));
                code.map(|code| code.as_str().into())
            }
            Holds::List { of, .. } => {
                ours.as_array().map(|items| items.iter().map(|item| self.value(of, item)).collect())
            }
            Holds::Rows { fields, .. } => {
                ours.as_array().map(|items| items.iter().map(|item| self.object(fields, item)).collect())
            }
        };
        written.unwrap_or_else(|| ours.clone())
    }
}

fn gather(fields: &[Field], ours: &Value, needs: &mut Vec<(Dataset, SourceId)>) {
    for field in fields {
        let Some(value) = ours.get(&field.ours) else { continue };
        match &field.holds {
            Holds::Reference { to } => {
                needs.extend(value.as_str().and_then(|text| text.parse().ok()).map(|id| (*to, id)));
            }
            Holds::Rows { fields, .. } => {
                for row in value.as_array().into_iter().flatten() {
                    gather(fields, row, needs);
                }
            }
            Holds::Text { .. }
            | Holds::Integer { .. }
            | Holds::Money
            | Holds::Day
            | Holds::Moment
            | Holds::Flag
            | Holds::Code { .. }
            | Holds::List { .. } => {}
        }
    }
}

/// What is personal in an object, and how it is masked.
fn personal<'v>(fields: &[Field], object: &'v Value, found: &mut Vec<(&'v str, Personal)>) {
    for field in fields {
        let Some(value) = object.get(&field.theirs) else { continue };
        if let Holds::Rows { fields, .. } = &field.holds {
            value.as_array().into_iter().flatten().for_each(|row| personal(fields, row, found));
        }
        let datum = value.as_str().filter(|datum| !datum.is_empty());
        found.extend(datum.zip(field.personal));
    }
}

fn mask(fields: &[Field], object: &mut Value) {
    for field in fields {
        let Some(value) = object.get_mut(&field.theirs) else { continue };
        if let Holds::Rows { fields, .. } = &field.holds {
            for row in value.as_array_mut().into_iter().flatten() {
                mask(fields, row);
            }
        }
        if let Some(personal) = field.personal {
            *value = personal.masked(value.as_str().unwrap_or_default()).into();
        }
    }
}

//! Items (数据项): how a value of the domain lies in a table.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Moment;
use domain::access::{Owned, Owner};
use domain::snapshot::Snapshot;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Image, StoreError};
use crate::key::Key;
use crate::table::due_shard;

/// A value with the version it was read at. Version 0: it is not in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Its version, raised by each change.
    pub ver: u64,
    /// When it was first written.
    pub created_at: Option<Moment>,
}

impl<T: Owned> Owned for Versioned<T> {
    fn owner(&self) -> Owner<'_> {
        self.value.owner()
    }
}

impl<T> Versioned<T> {
    /// A value that is not in the table yet.
    pub const fn absent(value: T) -> Self {
        Self { value, ver: 0, created_at: None }
    }

    /// What a value becomes: the version that was there goes on, or it is the first.
    pub fn next<U>(before: Option<&Versioned<U>>, value: T) -> Self {
        match before {
            Some(before) => before.with(value),
            None => Self::absent(value),
        }
    }

    /// The same version with another value.
    pub fn with<U>(&self, value: U) -> Versioned<U> {
        Versioned { value, ver: self.ver, created_at: self.created_at }
    }
}

/// Attributes that the table adds to a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    pub(crate) kind: &'static str,
    pub(crate) ver: u64,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) due: Option<Moment>,
}

pub(crate) fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// Names of what the table adds to a value. No value has an attribute of such a name: it would be overwritten.
const MARKS: [&str; 8] = ["pk", "sk", "kind", "ver", "created_at", "updated_at", "due", "due_shard"];

/// The item of a value at a key.
pub(crate) fn encode<T: Serialize>(key: &Key, marks: Marks, value: &T) -> Result<Image, StoreError> {
    let kind = marks.kind;
    let mut image: Image = serde_dynamo::to_item(value).map_err(|source| StoreError::Unreadable { kind, source })?;
    if MARKS.iter().any(|mark| image.contains_key(*mark)) {
        return Err(StoreError::MarkTaken { kind });
    }
    image.insert("pk".into(), text(&key.pk));
    image.insert("sk".into(), text(&key.sk));
    image.insert("kind".into(), text(kind));
    image.insert("ver".into(), number(marks.ver));
    image.insert("created_at".into(), number(marks.created_at.seconds()));
    image.insert("updated_at".into(), number(marks.updated_at.seconds()));
    if let Some(due) = marks.due {
        image.insert("due".into(), number(due.seconds()));
        image.insert("due_shard".into(), text(due_shard(&key.pk)));
    }
    Ok(image)
}

/// The value of an item.
pub(crate) fn decode<T: DeserializeOwned>(kind: &'static str, image: Image) -> Result<Versioned<T>, StoreError> {
    let read = |name: &str| image.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
    let (ver, created) = (read("ver").unwrap_or_default(), read("created_at"));
    let created_at = created.and_then(|seconds: u64| i64::try_from(seconds).ok()).map(Moment::from_seconds);
    let value = serde_dynamo::from_item(image).map_err(|source| StoreError::Unreadable { kind, source })?;
    Ok(Versioned { value, ver, created_at })
}

/// The trail of a record: it is drained, and no part of the content.
const TRAIL: &str = "tr";

/// SHA-256 of the content of an item as it lies in its table: what is encrypted there is hashed encrypted, so that the
/// hash tells nothing about it.
pub(crate) fn content_hash(image: &Image) -> String {
    let content = image.iter().filter(|(name, _)| name.as_str() != TRAIL && !MARKS.contains(&name.as_str()));
    Snapshot::of(&content.map(|(name, value)| (name.clone(), plain(value))).collect()).hash
}

/// An attribute with its type, so that a number is not taken for a text.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK keeps this enum open")]
fn plain(value: &AttributeValue) -> Value {
    let sorted = |set: &[String]| {
        let mut set = set.to_vec();
        set.sort();
        set
    };
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::B(bytes) => json!({"B": bytes.as_ref()}),
        AttributeValue::Bool(flag) => json!({"BOOL": flag}),
        AttributeValue::Ss(set) => json!({"SS": sorted(set)}),
        AttributeValue::Ns(set) => json!({"NS": sorted(set)}),
        AttributeValue::L(list) => json!({"L": list.iter().map(plain).collect::<Vec<_>>()}),
        AttributeValue::M(map) => {
            json!({"M": map.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Value>()})
        }
        // Sets of bytes are not written here; nothing else has a value.
        _ => Value::Null,
    }
}

//! The tables of the project, described once for the tests.
//!
//! `template.yaml` is the statement that counts; a tidy test compares it with [`TABLES`].

use serde_json::{Value, json};

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// A string.
    S,
    /// A number.
    N,
}

/// A key attribute and its type.
pub type Attribute = (&'static str, KeyType);

/// A primary key: partition attribute and sort attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// `HASH`.
    pub partition: Attribute,
    /// `RANGE`.
    pub sort: Attribute,
}

/// A global secondary index; all of ours project keys only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// The name used in queries.
    pub name: &'static str,
    /// Its key; items without both attributes are not in the index.
    pub key: Key,
}

/// A table and its indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name without the stage prefix.
    pub name: &'static str,
    /// The primary key.
    pub key: Key,
    /// Global secondary indexes.
    pub indexes: &'static [Index],
}

/// The key all tables share.
pub const KEY: Key = Key { partition: ("pk", KeyType::S), sort: ("sk", KeyType::S) };

/// The sparse, sharded index of what falls due.
pub const BY_DUE: Index =
    Index { name: "by_due", key: Key { partition: ("due_shard", KeyType::S), sort: ("due", KeyType::N) } };

/// Every table of the system.
pub const TABLES: [Table; 11] = [
    Table { name: "directory", key: KEY, indexes: &[] },
    Table { name: "catalog", key: KEY, indexes: &[] },
    Table { name: "seats", key: KEY, indexes: &[BY_DUE] },
    Table { name: "enrollments", key: KEY, indexes: &[BY_DUE] },
    Table { name: "money", key: KEY, indexes: &[BY_DUE] },
    Table { name: "teaching", key: KEY, indexes: &[BY_DUE] },
    Table { name: "exchange", key: KEY, indexes: &[BY_DUE] },
    Table { name: "tasks", key: KEY, indexes: &[BY_DUE] },
    Table { name: "replies", key: KEY, indexes: &[] },
    Table { name: "sessions", key: KEY, indexes: &[] },
    Table { name: "audit", key: KEY, indexes: &[] },
];

/// The full name of a table: `prefix-name`.
pub fn table_name(prefix: &str, name: &str) -> String {
    format!("{prefix}-{name}")
}

impl Table {
    /// The `CreateTable` request for this table.
    pub fn request(&self, prefix: &str) -> Value {
        let mut attributes = vec![self.key.partition, self.key.sort];
        for index in self.indexes {
            attributes.push(index.key.partition);
            attributes.push(index.key.sort);
        }
        let indexes: Vec<Value> = self
            .indexes
            .iter()
            .map(|index| {
                json!({
                    "IndexName": index.name,
                    "KeySchema": index.key.schema(),
                    "Projection": { "ProjectionType": "KEYS_ONLY" },
                })
            })
            .collect();
        let mut request = json!({
            "TableName": table_name(prefix, self.name),
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": self.key.schema(),
            "AttributeDefinitions": attributes
                .iter()
                .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": format!("{kind:?}") }))
                .collect::<Vec<_>>(),
        });
        if !indexes.is_empty() {
            request["GlobalSecondaryIndexes"] = Value::Array(indexes);
        }
        request
    }
}

impl Key {
    fn schema(&self) -> Value {
        json!([
            { "AttributeName": self.partition.0, "KeyType": "HASH" },
            { "AttributeName": self.sort.0, "KeyType": "RANGE" },
        ])
    }
}

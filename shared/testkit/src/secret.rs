//! Secrets Manager: values by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::connector::Reply;

#[derive(Default)]
pub(crate) struct Secrets {
    values: BTreeMap<String, String>,
}

impl Secrets {
    pub(crate) fn put(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    pub(crate) fn serve(&self, operation: &str, request: &Value) -> Reply {
        assert_eq!(operation, "GetSecretValue", "the world has no Secrets Manager operation {operation}");
        let id = subject(request);
        // A secret is asked for by its name or by its resource name, which ends with it.
        let name = id.rsplit_once(":secret:").map_or(id, |(_, name)| name);
        match self.values.get(name) {
            Some(value) => Reply::value(&json!({
                "ARN": format!("arn:aws-cn:secretsmanager:cn-northwest-1:000000000000:secret:{name}"),
                "Name": name,
                "SecretString": value,
                "VersionId": "00000000-0000-4000-8000-000000000001",
                "VersionStages": ["AWSCURRENT"],
            })),
            None => Reply::error("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        }
    }
}

/// The secret's id.
pub(crate) fn subject(request: &Value) -> &str {
    request.get("SecretId").and_then(Value::as_str).unwrap_or_default()
}

//! Validation (格式校验) by the published schemas: as much of JSON Schema 2020-12 as they use, so that what is checked is
//! what is published, and nothing of the platform's own code.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex_lite::Regex;
use serde_json::Value;

/// The published schemas of what is reported.
pub(super) const OUTBOUND: [&str; 11] = [
    include_str!("../../../../docs/supervision/outbound/class.json"),
    include_str!("../../../../docs/supervision/outbound/student.json"),
    include_str!("../../../../docs/supervision/outbound/teacher.json"),
    include_str!("../../../../docs/supervision/outbound/order.json"),
    include_str!("../../../../docs/supervision/outbound/payment.json"),
    include_str!("../../../../docs/supervision/outbound/refund.json"),
    include_str!("../../../../docs/supervision/outbound/teaching_class.json"),
    include_str!("../../../../docs/supervision/outbound/class_teacher.json"),
    include_str!("../../../../docs/supervision/outbound/class_student.json"),
    include_str!("../../../../docs/supervision/outbound/teacher_attendance.json"),
    include_str!("../../../../docs/supervision/outbound/student_attendance.json"),
];

/// The published schemas of what is told.
const INBOUND: [&str; 5] = [
    include_str!("../../../../docs/supervision/inbound/school.json"),
    include_str!("../../../../docs/supervision/inbound/provider.json"),
    include_str!("../../../../docs/supervision/inbound/specification.json"),
    include_str!("../../../../docs/supervision/inbound/in_house_course.json"),
    include_str!("../../../../docs/supervision/inbound/external_course.json"),
];

/// A schema, read.
#[derive(Debug)]
pub(super) struct Schema {
    root: Value,
    patterns: BTreeMap<String, Regex>,
}

/// The schemas of what is reported, by the name of the data set.
pub(super) fn outbound() -> &'static BTreeMap<String, Schema> {
    static READ: OnceLock<BTreeMap<String, Schema>> = OnceLock::new();
    READ.get_or_init(|| read(&OUTBOUND))
}

/// The schemas of what is told.
pub(super) fn inbound() -> &'static BTreeMap<String, Schema> {
    static READ: OnceLock<BTreeMap<String, Schema>> = OnceLock::new();
    READ.get_or_init(|| read(&INBOUND))
}

fn read(texts: &[&str]) -> BTreeMap<String, Schema> {
    let named = |text: &&str| {
        let root: Value = serde_json::from_str(text).expect("a published schema is JSON");
        let name = root["properties"]["SJJ"]["const"].as_str().expect("it names its data set").to_owned();
        let mut patterns = BTreeMap::new();
        gather(&root, &mut patterns);
        (name, Schema { root, patterns })
    };
    texts.iter().map(named).collect()
}

fn gather(schema: &Value, patterns: &mut BTreeMap<String, Regex>) {
    match schema {
        Value::Object(fields) => {
            if let Some(pattern) = fields.get("pattern").and_then(Value::as_str) {
                patterns.insert(pattern.to_owned(), Regex::new(pattern).expect("a published pattern reads"));
            }
            fields.values().for_each(|field| gather(field, patterns));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, patterns)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Schema {
    /// What is wrong with a record, each with where.
    pub(super) fn complaints(&self, record: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.check(&self.root, record, "", &mut found);
        found
    }

    /// The records that a record names, with the name of their data set.
    pub(super) fn references(&self, record: &Value) -> Vec<(String, String)> {
        let mut found = Vec::new();
        references(&self.root, record, &mut found);
        found
    }

    /// What nodes call the data set.
    pub(super) fn label(&self) -> &str {
        self.root["x-dataset"].as_str().unwrap_or_default()
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        if schema == &Value::Bool(false) {
            return found.push(format!("{at} 不应填写"));
        }
        let allowed = |name: &str| schema.get(name);
        if allowed("const").is_some_and(|only| only != value) {
            found.push(format!("{at} 应为 {}", schema["const"]));
        }
        if allowed("enum").and_then(Value::as_array).is_some_and(|all| !all.contains(value)) {
            found.push(format!("{at} 不在代码表中"));
        }
        let is_of_type = match allowed("type").and_then(Value::as_str) {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            _ => true,
        };
        if !is_of_type {
            return found.push(format!("{at} 类型不符"));
        }
        match value {
            Value::Object(_) => self.check_object(schema, value, at, found),
            Value::Array(items) => {
                bounds(schema, "Items", items.len(), at, found);
                for (i, item) in items.iter().enumerate() {
                    self.check(&schema["items"], item, &format!("{at}/{i}"), found);
                }
            }
            Value::String(text) => {
                bounds(schema, "Length", text.chars().count(), at, found);
                let pattern = allowed("pattern").and_then(Value::as_str).and_then(|text| self.patterns.get(text));
                if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
                    found.push(format!("{at} 格式不符"));
                }
            }
            Value::Number(number) => {
                let (least, most) =
                    (allowed("minimum").and_then(Value::as_i64), allowed("maximum").and_then(Value::as_i64));
                let beyond =
                    number.as_i64().is_some_and(|n| least.is_some_and(|l| n < l) || most.is_some_and(|m| n > m));
                if beyond {
                    found.push(format!("{at} 超出范围"));
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn check_object(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let properties = &schema["properties"];
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                found.push(format!("{at}/{name} 未填写"));
            }
        }
        for (name, field) in value.as_object().into_iter().flatten() {
            match properties.get(name) {
                Some(schema) => self.check(schema, field, &format!("{at}/{name}"), found),
                None if schema["additionalProperties"] == false => found.push(format!("{at}/{name} 不能识别")),
                None => {}
            }
        }
        if let Some(condition) = schema.get("if") {
            let mut unlike = Vec::new();
            self.check(condition, value, at, &mut unlike);
            let branch = if unlike.is_empty() { "then" } else { "else" };
            self.check(&schema[branch], value, at, found);
        }
    }
}

fn bounds(schema: &Value, of: &str, count: usize, at: &str, found: &mut Vec<String>) {
    let bound = |name: &str| schema[format!("{name}{of}")].as_u64().and_then(|bound| usize::try_from(bound).ok());
    if bound("min").is_some_and(|least| count < least) || bound("max").is_some_and(|most| count > most) {
        found.push(format!("{at} 长度不符"));
    }
}

fn references(schema: &Value, value: &Value, found: &mut Vec<(String, String)>) {
    if let (Some(set), Some(id)) = (schema["x-reference"].as_str(), value.as_str()) {
        found.push((set.to_owned(), id.to_owned()));
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        references(&schema["properties"][name], field, found);
    }
    for item in value.as_array().into_iter().flatten() {
        references(&schema["items"], item, found);
    }
}

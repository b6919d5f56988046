//! Schemas (记录格式): each data set as JSON Schema 2020-12, made from the field map, for whoever receives or sends the
//! records. B5.1 B6.1.

use serde_json::{Map, Value, json};

use super::dataset::{Dataset, Inbound};
use super::map::{DayFormat, Field, FieldMap, Form, Holds, MomentFormat, MoneyFormat, Set};
use super::source;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
const SOURCE: &str = "^[0-9A-Za-z.:_-]+$";

/// The schema of a data set that is reported, with examples in the city's words.
pub fn of_outbound(map: &FieldMap, dataset: Dataset, examples: &[Value]) -> Option<Value> {
    let set = map.outbound.get(&dataset)?;
    let mut schema = record(map, dataset.chinese(), set, true);
    schema.insert("x-dataset".to_owned(), dataset.to_string().into());
    schema.insert("examples".to_owned(), examples.into());
    Some(Value::Object(schema))
}

/// The schema of a data set that is received. The city may tell more than it names.
pub fn of_inbound(map: &FieldMap, inbound: Inbound) -> Option<Value> {
    Some(Value::Object(record(map, inbound.chinese(), map.inbound.get(&inbound)?, false)))
}

fn record(map: &FieldMap, title: &str, set: &Set, ours: bool) -> Map<String, Value> {
    let names = &map.envelope;
    let ops = [&names.ops.upsert, &names.ops.delete];
    let mut properties = Map::new();
    let mut put = |name: &str, label: &str, mut schema: Value| {
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("title".to_owned(), label.into());
        }
        properties.insert(name.to_owned(), schema);
    };
    put(&names.dataset, "数据集", json!({"const": set.name}));
    put(&names.source_id, "业务编号", json!({"type": "string", "maxLength": source::LONGEST, "pattern": SOURCE}));
    put(&names.version, "版本号", json!({"type": "integer", "minimum": 0}));
    put(&names.op, "操作类型", json!({"enum": ops}));
    put(&names.changed_at, "更新时间", text_like(map.formats.moment.pattern()));
    put(&names.body, "内容", fields(map, &set.fields, ours));
    let mut required = vec![&names.dataset, &names.source_id, &names.version, &names.op, &names.changed_at];
    if ours {
        put(&names.school, "学校代码", text_like(Form::SchoolCode.pattern()));
        put(&names.term, "学年学期", text_like(Form::Term.pattern()));
        put(&names.day, "数据日期", text_like(map.formats.day.pattern()));
        put(&names.hash, "摘要", text_like("^[0-9a-f]{32}$"));
        required.extend([&names.school, &names.hash]);
    }
    let whole = [
        ("$schema", DIALECT.into()),
        ("title", format!("{title} {}", set.name).into()),
        ("description", format!("字段对照 {}", map.version).into()),
        ("type", "object".into()),
        ("properties", properties.into()),
        ("required", json!(required)),
        ("additionalProperties", (!ours).into()),
        ("if", json!({ "properties": { (&*names.op): { "const": names.ops.upsert } } })),
        ("then", json!({ "required": [names.body] })),
        ("else", json!({ "properties": { (&*names.body): false } })),
    ];
    whole.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn fields(map: &FieldMap, fields: &[Field], ours: bool) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = holds(map, &field.holds, ours);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("title".to_owned(), field.label.as_str().into());
            schema.insert("x-ours".to_owned(), field.ours.as_str().into());
            if field.personal.is_some() {
                schema.insert("x-personal".to_owned(), true.into());
            }
        }
        properties.insert(field.theirs.clone(), schema);
    }
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.theirs.as_str()).collect();
    json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": !ours,
    })
}

fn holds(map: &FieldMap, what: &Holds, ours: bool) -> Value {
    match what {
        Holds::Text { longest, form } => {
            let mut schema = json!({"type": "string", "minLength": 1, "maxLength": longest});
            if let (Some(form), Some(schema)) = (form, schema.as_object_mut()) {
                schema.insert("pattern".to_owned(), form.pattern().into());
            }
            schema
        }
        Holds::Integer { least, most } => json!({"type": "integer", "minimum": least, "maximum": most}),
        Holds::Money => match map.formats.money {
            MoneyFormat::Yuan => text_like("^-?[0-9]{1,9}[.][0-9]{2}$"),
            MoneyFormat::Fen => json!({"type": "integer"}),
        },
        Holds::Day => text_like(map.formats.day.pattern()),
        Holds::Moment => text_like(map.formats.moment.pattern()),
        Holds::Flag => json!({"enum": [map.formats.flags.0, map.formats.flags.1]}),
        Holds::Code { table } => {
            let codes: Vec<&String> =
                map.tables.get(table).map(|table| table.codes.values().collect()).unwrap_or_default();
            json!({"enum": codes})
        }
        Holds::Reference { to } => {
            let set = map.outbound.get(to).map(|set| set.name.as_str());
            json!({"type": "string", "maxLength": source::LONGEST, "pattern": SOURCE, "x-reference": set})
        }
        Holds::List { least, most, of } => {
            json!({"type": "array", "minItems": least, "maxItems": most, "items": holds(map, of, ours)})
        }
        Holds::Rows { least, most, fields: rows } => {
            json!({"type": "array", "minItems": least, "maxItems": most, "items": fields(map, rows, ours)})
        }
    }
}

fn text_like(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

impl DayFormat {
    const fn pattern(self) -> &'static str {
        match self {
            Self::Dashed => "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            Self::Compact => "^[0-9]{8}$",
        }
    }
}

impl MomentFormat {
    const fn pattern(self) -> &'static str {
        match self {
            Self::Spaced => "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
            Self::Rfc3339 => "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+]08:00$",
        }
    }
}

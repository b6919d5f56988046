//! Reading (接收内容解析): a record of the city in our words, if it is sound. B5.1.

use serde_json::{Map, Value, json};

use super::check::Checker;
use super::{Field, FieldMap, Holds, MapError};
use crate::pii::Pii;
use crate::supervision::body::InboundBody;
use crate::supervision::dataset::Inbound;
use crate::supervision::record::Received;
use crate::supervision::source::SourceId;

impl FieldMap {
    /// Which data set of the city a record is of; none: of none that is known.
    pub fn inbound_of(&self, record: &Value) -> Option<Inbound> {
        let name = record.get(&self.envelope.dataset)?.as_str()?;
        self.inbound.iter().find(|(_, set)| set.name == name).map(|(inbound, _)| *inbound)
    }

    /// Reads a record of the city. Fields that the map does not know are left alone: the city may tell more than is
    /// wanted.
    pub fn read(&self, inbound: Inbound, record: &Value) -> Result<Received, MapError> {
        let mut checker = Checker::new(self);
        let read = self.received(inbound, record, &mut checker);
        match read {
            Some(received) if checker.flaws.is_empty() => Ok(received),
            _ => {
                if checker.flaws.is_empty() {
                    checker.wrong("内容与数据集不符,请核对字段对照".to_owned());
                }
                Err(MapError { set: inbound.chinese(), flaws: checker.flaws })
            }
        }
    }

    fn received(&self, inbound: Inbound, record: &Value, checker: &mut Checker<'_>) -> Option<Received> {
        let names = &self.envelope;
        let told = |name: &str| record.get(name).filter(|value| !value.is_null());
        let source = told(&names.source_id).and_then(Value::as_str).and_then(|text| text.parse::<SourceId>().ok());
        let version = told(&names.version).and_then(Value::as_u64);
        let changed_at = told(&names.changed_at).and_then(|value| self.moment_of(value));
        let op = told(&names.op).and_then(Value::as_str);
        for (name, fits, detail) in [
            (&names.dataset, self.inbound_of(record) == Some(inbound), "数据集名称不符"),
            (&names.source_id, source.is_some(), "业务编号未填写或格式不正确"),
            (&names.version, version.is_some(), "版本号应为非负整数"),
            (&names.changed_at, changed_at.is_some(), "更新时间未填写或格式不正确"),
            (&names.op, op.is_some_and(|op| op == names.ops.upsert || op == names.ops.delete), "操作类型不在代码中"),
        ] {
            if !fits {
                checker.within(name, |checker| checker.wrong(detail.to_owned()));
            }
        }
        let body = if op == Some(names.ops.delete.as_str()) {
            None
        } else {
            let fields = self.inbound_set(inbound);
            let theirs = told(&names.body).unwrap_or(&Value::Null);
            checker.within(&names.body, |checker| checker.object(fields, theirs));
            if !checker.flaws.is_empty() {
                return None;
            }
            let ours = json!({ inbound.to_string(): self.ours(fields, theirs) });
            // What is left to refuse has no words of its own, and the reader's would quote the record.
            Some(serde_json::from_value::<InboundBody>(ours).ok()?)
        };
        Some(Received { inbound, source_id: source?, version: version?, changed_at: changed_at?, body })
    }

    /// An object of the city's words, which was found sound, in ours.
    fn ours(&self, fields: &[Field], theirs: &Value) -> Value {
        let read = fields.iter().map(|field| {
            let value = theirs.get(&field.theirs).filter(|value| !value.is_null());
            let value = value.map_or(Value::Null, |value| self.our_value(field, &field.holds, value));
            (field.ours.clone(), value)
        });
        Value::Object(read.collect::<Map<_, _>>())
    }

    fn our_value(&self, field: &Field, holds: &Holds, theirs: &Value) -> Value {
        match holds {
            Holds::Text { .. } if field.personal.is_some() => {
                let datum = Pii::new(theirs.as_str().unwrap_or_default().to_owned());
                serde_json::to_value(datum).unwrap_or_default()
            }
            Holds::Text { .. } | Holds::Integer { .. } | Holds::Reference { .. } => theirs.clone(),
            Holds::Money => self.money_of(theirs).map_or(Value::Null, |money| money.fen().into()),
            Holds::Day => self.day_of(theirs).map_or(Value::Null, |day| day.to_string().into()),
            Holds::Moment => self.moment_of(theirs).map_or(Value::Null, |moment| moment.seconds().into()),
            Holds::Flag => self.flag_of(theirs).map_or(Value::Null, Value::from),
            Holds::Code { table } => {
                let word = self.tables.get(table).and_then(|table| table.word(theirs.as_str()?));
                word.map_or(Value::Null, Value::from)
            }
            Holds::List { of, .. } => {
                theirs.as_array().into_iter().flatten().map(|item| self.our_value(field, of, item)).collect()
            }
            Holds::Rows { fields, .. } => {
                theirs.as_array().into_iter().flatten().map(|row| self.ours(fields, row)).collect()
            }
        }
    }
}

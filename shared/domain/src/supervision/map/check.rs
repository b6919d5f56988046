//! Checking (上报校验): what is wrong with a record, field by field, in sentences that say what to do. B6.1.

use serde_json::Value;

use super::{DayFormat, Field, FieldMap, Form, Holds, MomentFormat, MoneyFormat};
use crate::fault::{Fault, Kind, Pointed};
use crate::money::Money;
use crate::supervision::source::SourceId;

/// One field that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where it is in the city's record: `/NR/DDMX/0/KSS`.
    pub pointer: String,
    /// What is wrong and what to do, Chinese, without the value.
    pub detail: String,
}

/// A record cannot be told, or one of the city's cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{set}记录不符合字段对照:{}", self.sentence())]
pub struct MapError {
    /// The data set, for people.
    pub set: &'static str,
    /// What is wrong, at least one thing.
    pub flaws: Vec<Flaw>,
}

impl MapError {
    fn sentence(&self) -> String {
        self.flaws.iter().map(|flaw| flaw.detail.as_str()).collect::<Vec<_>>().join(";")
    }
}

impl Fault for MapError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        "supervision/record-unusable"
    }

    fn pointed(&self) -> Vec<Pointed> {
        let point = |flaw: &Flaw| Pointed { pointer: flaw.pointer.clone(), detail: flaw.detail.clone() };
        self.flaws.iter().map(point).collect()
    }
}

/// What is found wrong while a record is walked through.
pub(super) struct Checker<'a> {
    map: &'a FieldMap,
    path: Vec<String>,
    pub(super) flaws: Vec<Flaw>,
}

impl<'a> Checker<'a> {
    pub(super) const fn new(map: &'a FieldMap) -> Self {
        Self { map, path: Vec::new(), flaws: Vec::new() }
    }

    /// Notes what is wrong at the field that is looked at.
    pub(super) fn wrong(&mut self, detail: String) {
        let pointer = self.path.iter().flat_map(|step| ["/", step.as_str()]).collect();
        self.flaws.push(Flaw { pointer, detail });
    }

    /// Looks at what lies within a step.
    pub(super) fn within(&mut self, step: impl Into<String>, look: impl FnOnce(&mut Self)) {
        self.path.push(step.into());
        look(self);
        self.path.pop();
    }

    /// An object of the city's words against the fields it should have.
    pub(super) fn object(&mut self, fields: &[Field], value: &Value) {
        let Some(object) = value.as_object() else { return self.wrong("应为一组字段".to_owned()) };
        for field in fields {
            let found = object.get(&field.theirs).filter(|value| !value.is_null());
            self.within(&field.theirs, |checker| match found {
                Some(value) => checker.value(&field.label, &field.holds, value),
                None if field.required => checker.wrong(format!("“{}”未填写,请补充", field.label)),
                None => {}
            });
        }
    }

    fn value(&mut self, label: &str, holds: &Holds, value: &Value) {
        match holds {
            Holds::Text { longest, form } => self.text(label, *longest, *form, value),
            Holds::Integer { least, most } => {
                if !value.as_i64().is_some_and(|number| (*least..=*most).contains(&number)) {
                    self.wrong(format!("“{label}”应为 {least} 至 {most} 的整数"));
                }
            }
            Holds::Money => self.expect(self.map.money_of(value).is_some(), label, "应为金额,最多两位小数"),
            Holds::Day => self.expect(self.map.day_of(value).is_some(), label, self.map.formats.day.words()),
            Holds::Moment => self.expect(self.map.moment_of(value).is_some(), label, self.map.formats.moment.words()),
            Holds::Flag => self.expect(self.map.flag_of(value).is_some(), label, "应为是或否的代码"),
            Holds::Code { table } => {
                let known = self.map.tables.get(table).and_then(|table| table.word(value.as_str()?));
                if known.is_none() {
                    self.wrong(format!("“{label}”不在代码表中,请核对字段对照的代码表 {table}"));
                }
            }
            Holds::Reference { to } => {
                let fits = value.as_str().is_some_and(|text| text.parse::<SourceId>().is_ok());
                self.expect(fits, label, &format!("应为{}的业务编号", to.chinese()));
            }
            Holds::List { least, most, of } => {
                for (at, item) in self.items(label, *least, *most, value).iter().enumerate() {
                    self.within(at.to_string(), |checker| checker.value(label, of, item));
                }
            }
            Holds::Rows { least, most, fields } => {
                for (at, item) in self.items(label, *least, *most, value).iter().enumerate() {
                    self.within(at.to_string(), |checker| checker.object(fields, item));
                }
            }
        }
    }

    fn text(&mut self, label: &str, longest: u16, form: Option<Form>, value: &Value) {
        let Some(text) = value.as_str() else { return self.wrong(format!("“{label}”应为文本")) };
        if text.trim().is_empty() {
            self.wrong(format!("“{label}”未填写,请补充"));
        } else if text.chars().count() > usize::from(longest) {
            self.wrong(format!("“{label}”超过 {longest} 个字,请缩短"));
        } else if text.chars().any(|c| c.is_control() && c != '\n') {
            self.wrong(format!("“{label}”含有不可见字符,请删除"));
        } else if let Some(complaint) = form.and_then(|form| form.complaint(text)) {
            self.wrong(format!("“{label}”不能使用:{complaint}"));
        }
    }

    fn items<'v>(&mut self, label: &str, least: u16, most: u16, value: &'v Value) -> &'v [Value] {
        let items = value.as_array().map(Vec::as_slice);
        match items {
            Some(items) if (usize::from(least)..=usize::from(most)).contains(&items.len()) => items,
            _ => {
                self.wrong(format!("“{label}”应有 {least} 至 {most} 项"));
                &[]
            }
        }
    }

    fn expect(&mut self, fits: bool, label: &str, words: &str) {
        if !fits {
            self.wrong(format!("“{label}”{words}"));
        }
    }
}

impl DayFormat {
    const fn words(self) -> &'static str {
        match self {
            Self::Dashed => "应为日期,如 2026-09-01",
            Self::Compact => "应为日期,如 20260901",
        }
    }

    pub(super) fn show(self, day: jiff::civil::Date) -> String {
        match self {
            Self::Dashed => day.to_string(),
            Self::Compact => day.strftime("%Y%m%d").to_string(),
        }
    }
}

impl MomentFormat {
    const fn words(self) -> &'static str {
        match self {
            Self::Spaced => "应为时间,如 2026-09-01 16:30:00",
            Self::Rfc3339 => "应为时间,如 2026-09-01T16:30:00+08:00",
        }
    }

    pub(super) fn show(self, moment: crate::Moment) -> String {
        let text = moment.to_string();
        match self {
            Self::Spaced => text.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect(),
            Self::Rfc3339 => text,
        }
    }
}

impl FieldMap {
    pub(super) fn money_of(&self, value: &Value) -> Option<Money> {
        match self.formats.money {
            MoneyFormat::Yuan => {
                let text = value.as_str()?;
                Money::parse_yuan(text).ok().filter(|money| money.to_string() == text)
            }
            MoneyFormat::Fen => value.as_i64().map(Money::from_fen),
        }
    }

    pub(super) fn day_of(&self, value: &Value) -> Option<jiff::civil::Date> {
        let text = value.as_str()?;
        let day = match self.formats.day {
            DayFormat::Dashed => text.parse().ok()?,
            DayFormat::Compact => jiff::civil::Date::strptime("%Y%m%d", text).ok()?,
        };
        (self.formats.day.show(day) == text).then_some(day)
    }

    pub(super) fn moment_of(&self, value: &Value) -> Option<crate::Moment> {
        let text = value.as_str()?;
        let moment = match self.formats.moment {
            MomentFormat::Spaced => crate::Moment::parse(&format!("{text}+08:00"))?,
            MomentFormat::Rfc3339 => crate::Moment::parse(text)?,
        };
        (self.formats.moment.show(moment) == text).then_some(moment)
    }

    pub(super) fn flag_of(&self, value: &Value) -> Option<bool> {
        let (no, yes) = &self.formats.flags;
        match value.as_str()? {
            text if text == yes => Some(true),
            text if text == no => Some(false),
            _ => None,
        }
    }
}

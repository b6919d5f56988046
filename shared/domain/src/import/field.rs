//! Fields (单元格): cells of a row read by their column, every fault collected.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};

use super::column::Column;
use super::known::Known;
use super::table::{Cell, Row};
use super::{ImportKind, RowError, within};
use crate::directory::{Grade, School};
use crate::id::SchoolCode;
use crate::identifier;
use crate::money::Money;
use crate::time::{CHINA, Moment};

/// The heading of the column that a file given back starts with.
const REASON_TITLE: &str = "错误原因";

/// Digits of Chinese grades and weekdays.
const DIGITS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// Full-width forms of ASCII lie this far above it.
const FULL_WIDTH_OFFSET: u32 = 0xFEE0;

/// Characters of a value repeated in a sentence.
const SHOWN_CHARACTERS: usize = 40;

/// Where the columns of a file stand.
#[derive(Debug)]
pub(super) struct Layout {
    places: BTreeMap<&'static str, usize>,
    ignored: Vec<String>,
}

impl Layout {
    /// Finds the columns of a kind in the heading, in any order.
    pub(super) fn of(kind: ImportKind, heading: &Row) -> Result<Self, Vec<RowError>> {
        let mut layout = Self { places: BTreeMap::new(), ignored: Vec::new() };
        let mut errors = Vec::new();
        let fault = |column: &str, reason: &str| RowError {
            row: heading.number,
            column: column.to_owned(),
            reason: reason.to_owned(),
        };
        for (place, cell) in heading.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            // The mark of a required column in the templates.
            let title = plain(&cell.to_string()).trim_end_matches('*').trim().to_owned();
            match kind.columns().iter().find(|column| column.title == title) {
                Some(column) if layout.places.insert(column.title, place).is_some() => {
                    errors.push(fault(column.title, "出现了两次,请只保留一列"));
                }
                Some(_) => {}
                None if title == REASON_TITLE => {}
                None => layout.ignored.push(title),
            }
        }
        for column in kind.columns().iter().filter(|column| column.required) {
            if !layout.places.contains_key(column.title) {
                errors.push(fault(column.title, "缺少这一列,请按模板补上列名和内容"));
            }
        }
        if errors.is_empty() { Ok(layout) } else { Err(errors) }
    }

    pub(super) fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

/// The cells of one row, and what is wrong with them.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    layout: &'a Layout,
    row: &'a Row,
    errors: Vec<RowError>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(layout: &'a Layout, row: &'a Row) -> Self {
        Self { layout, row, errors: Vec::new() }
    }

    pub(super) fn into_errors(self) -> Vec<RowError> {
        self.errors
    }

    /// Adds a fault to the row.
    pub(super) fn fault(&mut self, column: &Column, reason: impl Into<String>) {
        self.errors.push(RowError { row: self.row.number, column: column.title.to_owned(), reason: reason.into() });
    }

    /// A value that must be there; none when it is missing or at fault, which is then noted.
    pub(super) fn read<T>(&mut self, column: &Column, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let read = self.maybe(column, parse)?;
        if read.is_none() {
            self.fault(column, "不能为空,请填写");
        }
        read
    }

    /// A value that may be left out; the outer none means that it is at fault.
    #[expect(clippy::option_option, reason = "at fault, left out, there")]
    pub(super) fn maybe<T>(
        &mut self,
        column: &Column,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let cell = self.layout.places.get(column.title).map_or(&Cell::Empty, |place| self.row.cell(*place));
        if cell.is_empty() {
            return Some(None);
        }
        match cell {
            Cell::Broken(code) => {
                self.fault(column, format!("公式出错({code}),请改为填写结果"));
                None
            }
            Cell::Number(_) | Cell::Date(_) | Cell::Bool(_) if column.text => {
                self.fault(column, "须为文本格式:数字格式会丢失开头的 0 或末尾的数字,请把此列设为「文本」后重新填写");
                None
            }
            cell @ (Cell::Empty | Cell::Text(_) | Cell::Number(_) | Cell::Date(_) | Cell::Bool(_)) => {
                let shown = cell.to_string();
                match parse(&shown) {
                    Ok(value) => Some(Some(value)),
                    Err(reason) if column.personal => {
                        self.fault(column, reason);
                        None
                    }
                    Err(reason) => {
                        let shown: String = shown.chars().take(SHOWN_CHARACTERS).collect();
                        self.fault(column, format!("{reason},填的是「{shown}」,请修改"));
                        None
                    }
                }
            }
        }
    }

    /// The school of a row, which must be known and within the clerk's reach.
    pub(super) fn school<'k>(&mut self, column: &Column, known: &'k Known) -> Option<&'k School> {
        let code = self.read(column, school_code)?;
        let school = known.schools.get(&code).filter(|_| within(known, &code));
        if school.is_none() {
            let reason = if known.scope.is_some() {
                format!("只能导入本校的数据,填的是「{code}」,请改为本校标识码")
            } else {
                format!("没有标识码为「{code}」的学校,请先导入学校")
            };
            self.fault(column, reason);
        }
        school
    }

    /// Whether the row is without a fault so far.
    pub(super) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }
}

/// Trimmed, with full-width letters, digits and marks as ASCII.
pub(super) fn plain(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            '\u{3000}' => ' ',
            '\u{FF01}'..='\u{FF5E}' => {
                u32::from(c).checked_sub(FULL_WIDTH_OFFSET).and_then(char::from_u32).unwrap_or(c)
            }
            c => c,
        })
        .collect()
}

pub(super) fn school_code(text: &str) -> Result<SchoolCode, String> {
    let text = plain(text);
    identifier::school_code(&text).map_err(|error| error.to_string())?;
    text.parse().map_err(|error: crate::id::IdError| error.to_string())
}

/// A code of the platform's own making.
pub(super) fn code<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    plain(text).parse().map_err(|_malformed| "应为字母、数字、横线或下划线".to_owned())
}

/// A text of at most `longest` characters, without control characters.
pub(super) fn words(longest: usize) -> impl FnOnce(&str) -> Result<String, String> {
    move |text| {
        let kept = text.trim();
        if kept.chars().count() > longest {
            return Err(format!("最多 {longest} 个字"));
        }
        if kept.chars().any(|c| c.is_control() && c != '\n') {
            Err("含有不可见的字符".to_owned())
        } else {
            Ok(kept.to_owned())
        }
    }
}

/// A whole number from `least` to `most`.
pub(super) fn whole(least: u16, most: u16) -> impl FnOnce(&str) -> Result<u16, String> {
    move |text| {
        let digits = plain(text);
        let number = digits.parse::<u16>().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("应为 {least} 至 {most} 的整数"))
    }
}

/// An amount in yuan that is not negative.
pub(super) fn yuan(text: &str) -> Result<Money, String> {
    let amount = Money::parse_yuan(&plain(text)).map_err(|error| error.to_string())?;
    if amount < Money::ZERO { Err("金额不能为负数".to_owned()) } else { Ok(amount) }
}

/// 是 or 否.
pub(super) fn yes(text: &str) -> Result<bool, String> {
    choice(&[("是", true), ("否", false)])(text)
}

/// One of few words.
pub(super) fn choice<T: Copy>(choices: &[(&str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let found = choices.iter().find(|(word, _)| *word == text.trim()).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            format!("应为{}之一", words.join("、"))
        })
    }
}

/// 一年级 to 九年级.
pub(super) fn grade(text: &str) -> Result<Grade, String> {
    let digit = text.trim().strip_suffix("年级").unwrap_or_default();
    digit_of(digit).ok_or_else(|| "应为「一年级」至「九年级」".to_owned())
}

/// 三年级 for 3.
pub(super) fn grade_name(grade: Grade) -> String {
    format!("{}年级", usize::from(grade).checked_sub(1).and_then(|i| DIGITS.get(i)).unwrap_or(&"?"))
}

/// The value of a Chinese digit from 1 to 9.
pub(super) fn digit_of(digit: &str) -> Option<u8> {
    DIGITS.iter().position(|known| *known == digit).and_then(|i| u8::try_from(i).ok()).map(|i| i.saturating_add(1))
}

/// A day: `2026-09-01`, `2026/9/1`, `2026年9月1日`.
pub(super) fn day(text: &str) -> Result<Date, String> {
    let plain = plain(text);
    let day = plain.split_once(' ').map_or(plain.as_str(), |(day, _)| day);
    civil_day(day).ok_or_else(|| "应为日期,如 2026-09-01".to_owned())
}

/// The first moment of a stretch: a day alone means its midnight.
pub(super) fn from_moment(text: &str) -> Result<Moment, String> {
    moment(text, 0)
}

/// The first moment after a stretch: a day alone means its end.
pub(super) fn until_moment(text: &str) -> Result<Moment, String> {
    moment(text, 1)
}

fn moment(text: &str, whole_days: i64) -> Result<Moment, String> {
    let reason = || "应为日期和时间,如 2026-08-20 09:00".to_owned();
    let plain = plain(text);
    let (day, clock) = plain.split_once(' ').map_or((plain.as_str(), None), |(day, clock)| (day, Some(clock.trim())));
    let day = civil_day(day).ok_or_else(reason)?;
    let (minutes, days) = match clock {
        Some(clock) => (minute_of_day(clock).ok_or_else(reason)?, 0),
        None => (0, whole_days),
    };
    let midnight = CHINA.to_timestamp(DateTime::from(day)).map_err(|_beyond| reason())?;
    Ok(Moment::from(midnight).plus_minutes(i64::from(minutes).saturating_add(days.saturating_mul(24 * 60))))
}

/// Minutes after midnight of `16:30` or `16:30:00`.
pub(super) fn minute_of_day(clock: &str) -> Option<u16> {
    let mut parts = clock.split(':');
    let hour: u16 = parts.next()?.parse().ok().filter(|hour| *hour < 24)?;
    let minute: u16 = parts.next().filter(|part| part.len() == 2)?.parse().ok().filter(|minute| *minute < 60)?;
    let rest = parts.next().is_none_or(|seconds| seconds == "00") && parts.next().is_none();
    rest.then(|| hour.saturating_mul(60).saturating_add(minute))
}

fn civil_day(text: &str) -> Option<Date> {
    let split: String = text
        .chars()
        .filter(|c| *c != '日')
        .map(|c| if matches!(c, '/' | '.' | '年' | '月') { '-' } else { c })
        .collect();
    let mut parts = split.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = year.len() == 4 && parts.next().is_none();
    whole.then(|| Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok())?
}

//! Terms (学期) as rows: windows in order, bells without overlap. A4 S7 S12.

use super::column::{Column, SCHOOL_CODE, TERM_CODE};
use super::field::{self, Fields};
use super::known::Known;
use crate::catalog::{Mode, Period, Term, Windows};
use crate::id::TermCode;
use crate::instalment::PaymentMode;
use crate::time::Span;

const STARTS_ON: Column = Column::required("开学日期", "2026-09-01");
const ENDS_ON: Column = Column::required("结束日期", "2027-01-22");
const MODE: Column = Column::required("选课模式", "立即报名").one_of(&["立即报名", "预报名"]);
const OPENING: [Column; 2] =
    [Column::optional("选课开始", "2026-08-25 09:00"), Column::optional("选课结束", "2026-08-31 18:00")];
const SUPPLEMENT: [Column; 2] =
    [Column::optional("补选开始", "2026-09-07 09:00"), Column::optional("补选结束", "2026-09-11 18:00")];
const MIDTERM: [Column; 2] =
    [Column::optional("中途报名开始", "2026-10-12 09:00"), Column::optional("中途报名结束", "2026-12-31 18:00")];
const WITHDRAW: [Column; 2] =
    [Column::optional("退课开始", "2026-08-25 09:00"), Column::optional("退课结束", "2026-12-31 18:00")];
const LIMIT: Column = Column::required("限报门数", "5");
const HOLD: Column = Column::required("锁定分钟数", "15");
const BELLS: Column = Column::required("作息时间", "1 课后第一节 16:30-17:15;2 课后第二节 17:20-18:05");

/// The columns of terms.
pub(super) const TERM: &[Column] = &[
    SCHOOL_CODE,
    TERM_CODE.identifying(),
    STARTS_ON,
    ENDS_ON,
    MODE,
    OPENING[0],
    OPENING[1],
    SUPPLEMENT[0],
    SUPPLEMENT[1],
    MIDTERM[0],
    MIDTERM[1],
    WITHDRAW[0],
    WITHDRAW[1],
    LIMIT,
    HOLD,
    BELLS,
];

/// Days of the longest term.
const TERM_DAYS: i32 = 250;

pub(super) fn term(fields: &mut Fields<'_>, known: &Known) -> Option<Term> {
    let school = fields.school(&SCHOOL_CODE, known);
    let code: Option<TermCode> =
        fields.read(&TERM_CODE, |text| field::plain(text).parse().map_err(|_malformed| "应如 2026-2027-1".to_owned()));
    let starts_on = fields.read(&STARTS_ON, field::day);
    let ends_on = fields.read(&ENDS_ON, field::day);
    if let (Some(starts_on), Some(ends_on)) = (starts_on, ends_on) {
        let days = starts_on.until(ends_on).map_or(0, |span| span.get_days());
        if !(1..=TERM_DAYS).contains(&days) {
            fields.fault(
                &ENDS_ON,
                format!("应在开学日期 {starts_on} 之后 {TERM_DAYS} 天以内,填的是「{ends_on}」,请修改"),
            );
        }
    }
    if let (Some(code), Some(starts_on)) = (&code, starts_on)
        && !code.as_str().split('-').take(2).any(|year| year == starts_on.year().to_string())
    {
        fields.fault(&STARTS_ON, format!("不在 {code} 学期内,填的是「{starts_on}」,请修改"));
    }
    let mode = fields.read(&MODE, field::choice(&[("立即报名", Mode::Immediate), ("预报名", Mode::PreEnroll)]));
    let windows = windows(fields);
    let limit = fields.read(&LIMIT, field::whole(1, 20)).and_then(|limit| u8::try_from(limit).ok());
    let hold_minutes = fields.read(&HOLD, field::whole(5, 1440));
    let periods = fields.read(&BELLS, periods);
    Some(Term {
        school: school?.code.clone(),
        code: code?,
        starts_on: starts_on?,
        ends_on: ends_on?,
        mode: mode?,
        windows: windows?,
        limit: limit?,
        hold_minutes: hold_minutes?,
        payment: PaymentMode::default(),
        remind_hours: None,
        periods: periods?,
    })
}

fn windows(fields: &mut Fields<'_>) -> Option<Windows> {
    let opening = window(fields, &OPENING);
    let supplement = window(fields, &SUPPLEMENT);
    let midterm = window(fields, &MIDTERM);
    let withdraw = window(fields, &WITHDRAW);
    let (opening, supplement, midterm) = (opening?, supplement?, midterm?);
    let mut latest = opening;
    for (span, [starts, _]) in [(supplement, &SUPPLEMENT), (midterm, &MIDTERM)] {
        if let (Some(earlier), Some(span)) = (latest, span)
            && span.from < earlier.until
        {
            fields
                .fault(starts, format!("应不早于前一窗口的结束时间 {},填的是「{}」,请修改", earlier.until, span.from));
        }
        latest = span.or(latest);
    }
    Some(Windows { opening, supplement, midterm, withdraw: withdraw? })
}

#[expect(clippy::option_option, reason = "at fault, not set, set")]
fn window(fields: &mut Fields<'_>, [starts, ends]: &[Column; 2]) -> Option<Option<Span>> {
    let from = fields.maybe(starts, field::from_moment);
    let until = fields.maybe(ends, field::until_moment);
    match (from?, until?) {
        (Some(from), Some(until)) if from < until => Some(Some(Span { from, until })),
        (Some(from), Some(until)) => {
            fields.fault(ends, format!("应晚于「{}」{from},填的是「{until}」,请修改", starts.title));
            None
        }
        (None, None) => Some(None),
        (Some(_), None) => {
            fields.fault(ends, format!("填写了「{}」,也须填写本列", starts.title));
            None
        }
        (None, Some(_)) => {
            fields.fault(starts, format!("填写了「{}」,也须填写本列", ends.title));
            None
        }
    }
}

/// `1 课后第一节 16:30-17:15;2 课后第二节 17:20-18:05`.
fn periods(text: &str) -> Result<Vec<Period>, String> {
    let mut periods: Vec<Period> = Vec::new();
    for part in field::plain(text).split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let period = period(part).ok_or_else(|| "每一节应如「1 课后第一节 16:30-17:15」,各节用分号隔开".to_owned())?;
        if periods.iter().any(|known| known.number == period.number) {
            return Err(format!("第 {} 节写了两次", period.number));
        }
        let overlaps =
            |known: &&Period| known.from_minute < period.until_minute && period.from_minute < known.until_minute;
        if let Some(known) = periods.iter().find(overlaps) {
            return Err(format!("「{}」与「{}」的时间重叠", known.name, period.name));
        }
        periods.push(period);
    }
    periods.sort_by_key(|period| period.number);
    if periods.is_empty() { Err("至少应有一节".to_owned()) } else { Ok(periods) }
}

fn period(part: &str) -> Option<Period> {
    let mut words = part.split_whitespace();
    let number = words.next()?.parse().ok().filter(|number| (1..=12).contains(number))?;
    let name = words.next().filter(|name| name.chars().count() <= 20)?.to_owned();
    let (from, until) = words.next()?.split_once(['-', '–', '~'])?;
    let (from_minute, until_minute) = (field::minute_of_day(from)?, field::minute_of_day(until)?);
    (words.next().is_none() && from_minute < until_minute).then_some(Period { number, name, from_minute, until_minute })
}

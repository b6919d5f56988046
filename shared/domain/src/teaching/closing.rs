//! Closing (结课): what a class has still to give before it is over, that it is over, and that it is opened again. S20.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::class::{Closed, TeachingClass};
use super::lesson::Lesson;
use crate::catalog::Period;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::PersonId;
use crate::time::{Moment, Span};

/// Characters of a reason.
const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=100;
/// Why a lesson is not given any more whose class was closed before it.
const CLOSED_BEFORE: &str = "已结课";

/// What closing is judged by.
#[derive(Debug, Clone, Copy)]
pub struct ClosingFacts<'a> {
    /// The lessons whose roll was taken, by their numbers.
    pub called: &'a BTreeSet<u16>,
    /// The periods of a day.
    pub periods: &'a [Period],
    /// The last day of the term.
    pub ends_on: Date,
    /// When it is asked.
    pub now: Moment,
}

/// Something that a class has still to give.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Missing {
    /// Lessons that it owes (课时).
    LessonsOwed {
        /// Given so far.
        given: u16,
        /// Sold.
        wanted: u16,
    },
    /// Lessons that are planned and not over (课程进度).
    LessonsAhead {
        /// How many.
        count: u16,
        /// The next of them.
        next: Date,
    },
    /// Lessons of which nobody has taken the roll (点名).
    RollsMissing {
        /// Their days.
        dates: Vec<Date>,
    },
    /// The term goes on, in which it could give what it owes (学期结束时间).
    TermRunning {
        /// The last day of the term.
        ends_on: Date,
    },
}

impl Missing {
    /// In words.
    pub fn chinese(&self) -> String {
        match self {
            Self::LessonsOwed { given, wanted } => format!("已上 {given} 课时,不足 {wanted} 课时"),
            Self::LessonsAhead { count, next } => format!("还有 {count} 节课未上,下一节在 {next}"),
            Self::RollsMissing { dates } => match dates.first() {
                Some(first) => format!("有 {} 节课未点名,最早为 {first}", dates.len()),
                None => "有课未点名".to_owned(),
            },
            Self::TermRunning { ends_on } => format!("学期至 {ends_on} 结束,尚可补足课时"),
        }
    }
}

/// Why a class is not closed or opened again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "closing/")]
pub enum ClosingError {
    /// Something is missing, and nobody has said why it is closed all the same.
    #[error("教学班「{title}」{},不能结课;确需提前结课请填写原因", .missing.join(";"))]
    NotReady {
        /// The class.
        title: String,
        /// What is missing, in words.
        missing: Vec<String>,
    },
    /// Not a reason.
    #[error("请填写原因,2 至 100 个字")]
    ReasonUnusable,
    /// It is over already.
    #[error("教学班「{title}」已结课,无需重复办理")]
    IsClosed {
        /// The class.
        title: String,
    },
    /// It is not over.
    #[error("教学班「{title}」尚未结课,无需恢复")]
    NotClosed {
        /// The class.
        title: String,
    },
}

impl Fault for ClosingError {
    fn kind(&self) -> Kind {
        match self {
            Self::ReasonUnusable => Kind::Invalid,
            Self::NotReady { .. } | Self::IsClosed { .. } | Self::NotClosed { .. } => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::ReasonUnusable => vec![Pointed { pointer: "/reason".to_owned(), detail: self.to_string() }],
            Self::NotReady { .. } | Self::IsClosed { .. } | Self::NotClosed { .. } => Vec::new(),
        }
    }
}

/// Whether a lesson's period has ended.
fn is_over(lesson: &Lesson, facts: ClosingFacts<'_>) -> bool {
    let period = facts.periods.iter().find(|period| period.number == lesson.period);
    // A period that the day does not have any more ends with the day.
    let ends = period.map_or(24 * 60, |period| i64::from(period.until_minute));
    Span::of(lesson.date).from.plus_minutes(ends) <= facts.now
}

/// What a class has still to give. One that has given what it owes may be closed before the term ends.
pub fn missing(class: &TeachingClass, facts: ClosingFacts<'_>) -> Vec<Missing> {
    let count = |lessons: &[&Lesson]| u16::try_from(lessons.len()).unwrap_or(u16::MAX);
    let (over, ahead): (Vec<&Lesson>, Vec<&Lesson>) =
        class.lessons.iter().filter(|lesson| lesson.is_given()).partition(|lesson| is_over(lesson, facts));
    let mut missing = Vec::new();
    let (given, wanted) = (count(&over), class.lessons_wanted);
    if given < wanted {
        missing.push(Missing::LessonsOwed { given, wanted });
    }
    if let Some(next) = ahead.iter().map(|lesson| lesson.date).min() {
        missing.push(Missing::LessonsAhead { count: count(&ahead), next });
    }
    let uncalled = over.iter().filter(|lesson| !facts.called.contains(&lesson.no));
    let dates: Vec<Date> = uncalled.map(|lesson| lesson.date).collect();
    if !dates.is_empty() {
        missing.push(Missing::RollsMissing { dates });
    }
    if given < wanted && facts.now.day() <= facts.ends_on {
        missing.push(Missing::TermRunning { ends_on: facts.ends_on });
    }
    missing
}

fn checked_reason(reason: &str) -> Result<String, ClosingError> {
    let reason = reason.trim();
    let usable = REASON_CHARACTERS.contains(&reason.chars().count());
    if usable { Ok(reason.to_owned()) } else { Err(ClosingError::ReasonUnusable) }
}

/// Closes a class: one that has something to give still only for a reason, and then its lessons ahead are not given.
pub fn close(
    class: &mut TeachingClass,
    facts: ClosingFacts<'_>,
    reason: Option<&str>,
    by: &PersonId,
) -> Result<(), ClosingError> {
    if class.closed.is_some() {
        return Err(ClosingError::IsClosed { title: class.title.clone() });
    }
    let reason = reason.map(checked_reason).transpose()?;
    let missing = missing(class, facts);
    if !missing.is_empty() && reason.is_none() {
        let missing = missing.iter().map(Missing::chinese).collect();
        return Err(ClosingError::NotReady { title: class.title.clone(), missing });
    }
    for lesson in class.lessons.iter_mut().filter(|lesson| lesson.is_given() && !is_over(lesson, facts)) {
        lesson.off = Some(CLOSED_BEFORE.to_owned());
    }
    class.closed = Some(Closed { at: facts.now, by: by.clone(), reason });
    Ok(())
}

/// Opens a class again: the lessons ahead that it was closed before are given after all. Whether they still can be has
/// to be looked at.
pub fn reopen(
    class: &mut TeachingClass,
    facts: ClosingFacts<'_>,
    reason: &str,
    by: &PersonId,
) -> Result<(), ClosingError> {
    if class.closed.is_none() {
        return Err(ClosingError::NotClosed { title: class.title.clone() });
    }
    let reason = Some(checked_reason(reason)?);
    let comes_back = |lesson: &&mut Lesson| lesson.off.as_deref() == Some(CLOSED_BEFORE) && !is_over(lesson, facts);
    for lesson in class.lessons.iter_mut().filter(comes_back) {
        lesson.off = None;
    }
    class.closed = None;
    class.reopened = Some(Closed { at: facts.now, by: by.clone(), reason });
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::teaching::class::tests::class as empty_class;

    /// Three lessons on three Wednesdays of September.
    fn class() -> TeachingClass {
        let mut class = empty_class("3144200101.2026-2027-1.K1.01");
        class.lessons_wanted = 3;
        let lesson = |(no, day): (u16, i8)| Lesson::planned(no, date(2026, 9, day), 1);
        class.lessons = [(1, 2), (2, 9), (3, 16)].map(lesson).into();
        class
    }

    fn periods() -> Vec<Period> {
        vec![Period { number: 1, name: "第一节".to_owned(), from_minute: 990, until_minute: 1035 }]
    }

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    fn facts<'a>(called: &'a BTreeSet<u16>, periods: &'a [Period], now: &str) -> ClosingFacts<'a> {
        ClosingFacts { called, periods, ends_on: date(2027, 1, 22), now: at(now) }
    }

    fn by() -> PersonId {
        "A000000001".parse().unwrap()
    }

    #[test]
    fn s20_1_a_class_that_has_given_what_it_owes_is_closed_before_the_term_ends() {
        let (called, periods) = ([1, 2, 3].into(), periods());
        let in_time = facts(&called, &periods, "2026-09-16T17:15:00+08:00");
        assert_eq!(missing(&class(), in_time), Vec::new());
        let mut over = class();
        close(&mut over, in_time, None, &by()).unwrap();
        assert_eq!(over.closed, Some(Closed { at: in_time.now, by: by(), reason: None }));
        assert_eq!(over.lessons, class().lessons);
        assert!(matches!(close(&mut over, in_time, None, &by()), Err(ClosingError::IsClosed { .. })));
    }

    #[test]
    fn s20_1_what_is_missing_is_told() {
        let (called, periods) = ([1].into(), periods());
        let early = facts(&called, &periods, "2026-09-16T17:14:59+08:00");
        let (next, ends_on) = (date(2026, 9, 16), date(2027, 1, 22));
        let expected = [
            Missing::LessonsOwed { given: 2, wanted: 3 },
            Missing::LessonsAhead { count: 1, next },
            Missing::RollsMissing { dates: vec![date(2026, 9, 9)] },
            Missing::TermRunning { ends_on },
        ];
        assert_eq!(missing(&class(), early), expected);
        let refused = close(&mut class(), early, None, &by()).unwrap_err();
        let words = "教学班「书法入门1班」已上 2 课时,不足 3 课时;还有 1 节课未上,下一节在 2026-09-16;有 1 节课未点名,\
                     最早为 2026-09-09;学期至 2027-01-22 结束,尚可补足课时,不能结课;确需提前结课请填写原因";
        assert_eq!(refused.to_string(), words);
        let mut short = class();
        short.lessons[2].off = Some("停电".to_owned());
        let after = facts(&called, &periods, "2027-01-23T00:00:00+08:00");
        let owed = Missing::LessonsOwed { given: 2, wanted: 3 };
        assert_eq!(missing(&short, after), [owed, Missing::RollsMissing { dates: vec![date(2026, 9, 9)] }]);
    }

    #[test]
    fn s20_1_a_class_closed_early_gives_no_more_lessons_until_it_is_opened_again() {
        let (called, periods) = ([1].into(), periods());
        let early = facts(&called, &periods, "2026-09-03T08:00:00+08:00");
        let mut over = class();
        assert_eq!(close(&mut over, early, Some(" "), &by()), Err(ClosingError::ReasonUnusable));
        close(&mut over, early, Some("场馆停用"), &by()).unwrap();
        let given = |class: &TeachingClass| class.lessons.iter().filter(|lesson| lesson.is_given()).count();
        assert_eq!(
            (given(&over), over.closed.as_ref().and_then(|closed| closed.reason.as_deref())),
            (1, Some("场馆停用"))
        );
        let later = facts(&called, &periods, "2026-09-10T08:00:00+08:00");
        assert_eq!(reopen(&mut over, later, "", &by()), Err(ClosingError::ReasonUnusable));
        reopen(&mut over, later, "场馆恢复", &by()).unwrap();
        assert_eq!(given(&over), 2, "what would have been given meanwhile was not");
        assert_eq!(over.reopened.as_ref().and_then(|opened| opened.reason.as_deref()), Some("场馆恢复"));
        assert!(matches!(reopen(&mut over, later, "再开", &by()), Err(ClosingError::NotClosed { .. })));
    }
}

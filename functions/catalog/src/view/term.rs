//! A term as it is read.

use domain::catalog::{Period, Term};
use domain::instalment::PaymentMode;
use domain::time::Span;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stretch of time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanView {
    /// The first moment inside.
    #[schema(format = DateTime, example = "2026-09-01T12:00:00+08:00")]
    pub from: String,
    /// The first moment after it.
    #[schema(format = DateTime, example = "2026-09-08T12:00:00+08:00")]
    pub until: String,
}

impl From<Span> for SpanView {
    fn from(span: Span) -> Self {
        Self { from: span.from.to_string(), until: span.until.to_string() }
    }
}

/// A period of the day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodView {
    /// Its number within the day, 1 to 12.
    #[schema(example = 1)]
    pub number: u8,
    /// Its name: 1 to 20 characters.
    #[schema(example = "课后第一节")]
    pub name: String,
    /// Minutes after midnight at which it starts.
    #[schema(example = 990)]
    pub from_minute: u16,
    /// Minutes after midnight at which it ends.
    #[schema(example = 1035)]
    pub until_minute: u16,
}

impl From<&Period> for PeriodView {
    fn from(period: &Period) -> Self {
        let Period { number, ref name, from_minute, until_minute } = *period;
        Self { number, name: name.clone(), from_minute, until_minute }
    }
}

impl From<PeriodView> for Period {
    fn from(view: PeriodView) -> Self {
        let PeriodView { number, name, from_minute, until_minute } = view;
        Self { number, name, from_minute, until_minute }
    }
}

/// How the courses of a term are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum PaymentModeView {
    /// All of it with the order.
    Whole {},
    /// In so many parts; each asked for some days before its first lesson.
    Periods {
        /// How many, 2 to 6.
        #[schema(example = 3)]
        count: u8,
        /// Days before its first lesson from which a part is to be paid, 3 to 28.
        #[schema(example = 7)]
        days: u8,
    },
    /// Things with the order, tuition after each month for the lessons given to the pupil.
    Lessons {
        /// Days within which a month is to be paid, 3 to 28.
        #[schema(example = 10)]
        days: u8,
    },
}

impl From<PaymentMode> for PaymentModeView {
    fn from(mode: PaymentMode) -> Self {
        match mode {
            PaymentMode::Whole => Self::Whole {},
            PaymentMode::Periods { count, days } => Self::Periods { count, days },
            PaymentMode::Lessons { days } => Self::Lessons { days },
        }
    }
}

impl From<PaymentModeView> for PaymentMode {
    fn from(view: PaymentModeView) -> Self {
        match view {
            PaymentModeView::Whole {} => Self::Whole,
            PaymentModeView::Periods { count, days } => Self::Periods { count, days },
            PaymentModeView::Lessons { days } => Self::Lessons { days },
        }
    }
}

/// A term at a school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TermView {
    /// School and term, for editing: `3144200101.2026-2027-1`.
    pub term_id: String,
    /// The school.
    pub school: String,
    /// The term.
    #[schema(example = "2026-2027-1")]
    pub term: String,
    /// First day.
    #[schema(format = Date)]
    pub starts_on: String,
    /// Last day.
    #[schema(format = Date)]
    pub ends_on: String,
    /// `immediate` or `pre_enroll`.
    pub mode: String,
    /// Enrolling before the term.
    pub opening: Option<SpanView>,
    /// Enrolling into seats left over.
    pub supplement: Option<SpanView>,
    /// Enrolling in the course of the term.
    pub midterm: Option<SpanView>,
    /// Withdrawing.
    pub withdraw: Option<SpanView>,
    /// Offerings a pupil may hold at most.
    pub limit: u8,
    /// Minutes a seat is held for payment.
    pub hold_minutes: u16,
    /// How courses are paid.
    pub payment: PaymentModeView,
    /// Hours before the deadline of an order at which its family is reminded of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remind_hours: Option<u16>,
    /// The periods of a day.
    pub periods: Vec<PeriodView>,
    /// For `If-Match`.
    pub ver: u64,
}

impl TermView {
    /// A term at its version.
    pub fn of(term: &Term, ver: u64) -> Self {
        let windows = &term.windows;
        Self {
            term_id: format!("{}.{}", term.school, term.code),
            school: term.school.to_string(),
            term: term.code.to_string(),
            starts_on: term.starts_on.to_string(),
            ends_on: term.ends_on.to_string(),
            mode: term.mode.to_string(),
            opening: windows.opening.map(SpanView::from),
            supplement: windows.supplement.map(SpanView::from),
            midterm: windows.midterm.map(SpanView::from),
            withdraw: windows.withdraw.map(SpanView::from),
            limit: term.limit,
            hold_minutes: term.hold_minutes,
            payment: term.payment.into(),
            remind_hours: term.remind_hours,
            periods: term.periods.iter().map(PeriodView::from).collect(),
            ver,
        }
    }
}

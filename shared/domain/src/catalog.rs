//! Catalog (选课目录): terms with their windows and bells, specifications, courses, offerings. S5 S7 S12 P1.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::directory::Grade;
use crate::id::{CourseCode, OfferingId, OrganizationId, SchoolCode, SpecificationCode, TermCode};
use crate::instalment::PaymentMode;
use crate::money::{Money, MoneyError};
use crate::refund::sets::RulesRef;
use crate::time::{Moment, Span};

/// How guardians enroll in a term (选课模式).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// First come, first served: the seat is held at once (立即报名).
    #[default]
    Immediate,
    /// Wishes are collected and placed later (预报名).
    PreEnroll,
}

/// The stretches of time in which a guardian may act (选课窗口). One that is not set never opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    /// Enrolling before the term (选课).
    pub opening: Option<Span>,
    /// Enrolling into seats left over (补选).
    pub supplement: Option<Span>,
    /// Enrolling in the course of the term (中途报名).
    pub midterm: Option<Span>,
    /// Withdrawing (退课).
    pub withdraw: Option<Span>,
}

impl Windows {
    /// Whether a guardian may enroll now.
    pub fn enrolling(&self, now: Moment) -> bool {
        self.spans().any(|span| span.contains(now))
    }

    /// The next moment at which enrolling opens.
    pub fn next_opening(&self, now: Moment) -> Option<Moment> {
        self.spans().map(|span| span.from).filter(|from| *from > now).min()
    }

    /// Whether guardians could enroll at any time so far.
    pub fn has_opened(&self, now: Moment) -> bool {
        self.spans().any(|span| span.from <= now)
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        [self.opening, self.supplement, self.midterm].into_iter().flatten()
    }
}

/// A period of the day (节次), by the school's bell schedule of the term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its number within the day, from 1.
    pub number: u8,
    /// Its name, as 课后第一节.
    pub name: String,
    /// Minutes after midnight at which it starts.
    pub from_minute: u16,
    /// Minutes after midnight at which it ends.
    pub until_minute: u16,
}

/// A term at a school (学期): windows, bells, and what the school decides about enrolling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The school.
    pub school: SchoolCode,
    /// The term.
    pub code: TermCode,
    /// First and last day of teaching.
    pub starts_on: jiff::civil::Date,
    /// The last day.
    pub ends_on: jiff::civil::Date,
    /// How guardians enroll.
    #[serde(default)]
    pub mode: Mode,
    /// When they may.
    pub windows: Windows,
    /// How many offerings a pupil may hold at most.
    pub limit: u8,
    /// Minutes a seat is held for payment.
    pub hold_minutes: u16,
    /// How courses are paid.
    #[serde(default, skip_serializing_if = "PaymentMode::is_whole")]
    pub payment: PaymentMode,
    /// Hours before the deadline of an order at which its family is reminded of it; none: only when the school does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_hours: Option<u16>,
    /// The periods of a day.
    pub periods: Vec<Period>,
}

/// Day of the week, Monday first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the days say all")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// 周一 … 周日.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Monday => "周一",
            Self::Tuesday => "周二",
            Self::Wednesday => "周三",
            Self::Thursday => "周四",
            Self::Friday => "周五",
            Self::Saturday => "周六",
            Self::Sunday => "周日",
        }
    }
}

/// In which weeks of the term a slot is taught (单双周).
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Weeks {
    /// Each week.
    #[default]
    Every,
    /// The first, third, … week.
    Odd,
    /// The second, fourth, … week.
    Even,
}

/// A weekly period of an offering: 周三 second period, every week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// The day.
    pub weekday: Weekday,
    /// The period's number.
    pub period: u8,
    /// The weeks.
    #[serde(default)]
    pub weeks: Weeks,
}

impl Slot {
    /// Whether both are taught at the same time in at least one week.
    pub fn clashes(&self, other: &Self) -> bool {
        let disjoint_weeks = matches!((self.weeks, other.weeks), (Weeks::Odd, Weeks::Even) | (Weeks::Even, Weeks::Odd));
        self.weekday == other.weekday && self.period == other.period && !disjoint_weeks
    }
}

/// A specification (课程规格): what the city fixes about a kind of course, first of all its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Specification {
    /// Its code.
    pub code: SpecificationCode,
    /// The subject, as 书法.
    pub subject: String,
    /// Fewest pupils of a class.
    pub smallest: u16,
    /// Most pupils of a class.
    pub largest: u16,
    /// Minutes of a lesson.
    pub lesson_minutes: u16,
    /// Price of a lesson, in fen.
    pub unit_price: Money,
}

/// Who provides a course.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Origin {
    /// The school's own teachers (校内课程).
    InHouse,
    /// A provider (校外课程).
    External,
}

/// What a course is for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Category {
    /// Looking after pupils and homework (托管).
    Care,
    /// Sports, arts, science (素质课程).
    Enrichment,
}

/// A course of a school (课程).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The school.
    pub school: SchoolCode,
    /// Its code within the school.
    pub code: CourseCode,
    /// Its title.
    pub title: String,
    /// Who provides it.
    pub origin: Origin,
    /// What it is for.
    pub category: Category,
    /// The provider of an external course.
    pub provider: Option<OrganizationId>,
    /// What guardians read about it.
    #[serde(default)]
    pub summary: String,
}

/// Whether guardians can take an offering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OfferingState {
    /// Being prepared; guardians do not see it.
    Draft,
    /// Guardians can take it while a window is open.
    Open,
    /// Not given this term.
    Cancelled,
}

/// A fee beside the tuition (教材费、杂费).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// The amount.
    pub amount: Money,
    /// Whether the guardian may leave it out.
    pub optional: bool,
}

/// An offering (开课计划): a course given in a term, with its price, seats and hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offering {
    /// School, term and course.
    pub id: OfferingId,
    /// The title guardians read.
    pub title: String,
    /// Who provides it.
    pub origin: Origin,
    /// What it is for.
    pub category: Category,
    /// The provider of an external course.
    pub provider: Option<OrganizationId>,
    /// What guardians read about it.
    #[serde(default)]
    pub summary: String,
    /// Its specification.
    pub specification: SpecificationCode,
    /// Seats (班额).
    pub capacity: u16,
    /// Lessons of the term (课时).
    pub lessons: u16,
    /// Price of a lesson.
    pub unit_price: Money,
    /// Materials fee (教材费).
    pub materials: Option<Fee>,
    /// Sundry fee (杂费).
    pub sundry: Option<Fee>,
    /// The grades that may take it.
    pub grades: BTreeSet<Grade>,
    /// Of the offerings of one exclusive group (互斥课程) a pupil may hold one.
    pub exclusive: Option<String>,
    /// When it is taught.
    pub slots: Vec<Slot>,
    /// The teacher's name as guardians read it.
    #[serde(default)]
    pub teacher: String,
    /// The room's name.
    #[serde(default)]
    pub room: String,
    /// Whether guardians can take it.
    pub state: OfferingState,
}

impl Offering {
    /// Tuition of the whole term: price of a lesson times lessons.
    pub fn tuition(&self) -> Result<Money, MoneyError> {
        self.unit_price.times(u32::from(self.lessons))
    }
}

/// What a school offers in a term, as guardians' requests are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermCatalog {
    /// The term.
    pub term: Term,
    /// Its offerings with their versions, by course code.
    pub offerings: BTreeMap<CourseCode, Offering>,
    /// By which rules what is sold now goes back.
    pub rules: RulesRef,
}

impl TermCatalog {
    /// The offering, if it belongs to this school and term.
    pub fn offering(&self, id: &OfferingId) -> Option<&Offering> {
        self.offerings.get(&id.course()).filter(|offering| offering.id == *id)
    }

    /// `周三 16:30–17:30`: when a slot is taught, for its reader.
    pub fn when(&self, slot: &Slot) -> String {
        let day = slot.weekday.chinese();
        match self.term.periods.iter().find(|period| period.number == slot.period) {
            Some(period) => format!("{day} {}–{}", Clock(period.from_minute), Clock(period.until_minute)),
            None => format!("{day}第{}节", slot.period),
        }
    }
}

/// Minutes after midnight as `16:30`.
pub struct Clock(pub u16);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_4_each_of_the_three_windows_lets_guardians_enroll() {
        let at = Moment::from_seconds;
        let span = |from, until| Some(Span { from: at(from), until: at(until) });
        let windows =
            Windows { opening: span(10, 20), supplement: span(30, 40), midterm: span(50, 60), withdraw: span(0, 100) };
        let open: Vec<i64> = (0..70).step_by(5).filter(|second| windows.enrolling(at(*second))).collect();
        assert_eq!(open, [10, 15, 30, 35, 50, 55]);
        assert_eq!(windows.next_opening(at(20)), Some(at(30)));
        assert_eq!(windows.next_opening(at(50)), None);
        assert!(!Windows::default().enrolling(at(0)), "what is not set never opens");
    }

    #[test]
    fn p2_1_slots_clash_only_when_they_meet_in_some_week() {
        let slot = |weeks| Slot { weekday: Weekday::Wednesday, period: 1, weeks };
        assert!(slot(Weeks::Every).clashes(&slot(Weeks::Odd)));
        assert!(slot(Weeks::Odd).clashes(&slot(Weeks::Odd)));
        assert!(!slot(Weeks::Odd).clashes(&slot(Weeks::Even)));
        assert!(!slot(Weeks::Every).clashes(&Slot { period: 2, ..slot(Weeks::Every) }));
        assert!(!slot(Weeks::Every).clashes(&Slot { weekday: Weekday::Friday, ..slot(Weeks::Every) }));
    }
}

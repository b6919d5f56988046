//! Terms and offerings as they are read.

use domain::catalog::{Offering, Slot, Term, TermCatalog};
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
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PeriodView {
    /// Its number within the day.
    pub number: u8,
    /// Its name.
    #[schema(example = "课后第一节")]
    pub name: String,
    /// Minutes after midnight at which it starts.
    #[schema(example = 990)]
    pub from_minute: u16,
    /// Minutes after midnight at which it ends.
    #[schema(example = 1035)]
    pub until_minute: u16,
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
            periods: term
                .periods
                .iter()
                .map(|period| PeriodView {
                    number: period.number,
                    name: period.name.clone(),
                    from_minute: period.from_minute,
                    until_minute: period.until_minute,
                })
                .collect(),
            ver,
        }
    }
}

/// When an offering is taught.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SlotView {
    /// `monday` … `sunday`.
    #[schema(example = "wednesday")]
    pub weekday: String,
    /// The period's number.
    pub period: u8,
    /// `every`, `odd` or `even`.
    pub weeks: String,
    /// For reading: `周三 16:30–17:15`.
    #[schema(example = "周三 16:30–17:15")]
    pub when: String,
}

/// A fee beside the tuition.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeeView {
    /// How much, in fen.
    pub amount_fen: i64,
    /// Whether it may be left out.
    pub optional: bool,
}

/// An offering.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferingView {
    /// Its identifier.
    #[schema(example = "3144200101.2026-2027-1.K012")]
    pub offering_id: String,
    /// Its title.
    #[schema(example = "书法入门")]
    pub title: String,
    /// `in_house` or `external`.
    pub origin: String,
    /// `care` or `enrichment`.
    pub category: String,
    /// The provider of an external course.
    pub provider: Option<String>,
    /// What it is about.
    pub summary: String,
    /// Its specification.
    pub specification: String,
    /// The teacher.
    pub teacher: String,
    /// The room.
    pub room: String,
    /// The grades that may take it.
    pub grades: Vec<u8>,
    /// When it is taught.
    pub slots: Vec<SlotView>,
    /// Offerings with the same mark exclude each other.
    pub exclusive: Option<String>,
    /// Lessons of the term.
    pub lessons: u16,
    /// Price of a lesson, in fen.
    pub unit_price_fen: i64,
    /// Tuition of the term, in fen.
    pub tuition_fen: i64,
    /// Materials fee.
    pub materials: Option<FeeView>,
    /// Sundry fee.
    pub sundry: Option<FeeView>,
    /// Seats.
    pub capacity: u16,
    /// Seats left, at most two seconds old.
    pub seats_left: u16,
    /// `draft`, `open` or `cancelled`.
    pub state: String,
}

impl OfferingView {
    /// An offering of a catalog.
    pub fn of(catalog: &TermCatalog, offering: &Offering, seats_left: u16) -> Self {
        let slot = |slot: &Slot| SlotView {
            weekday: slot.weekday.to_string(),
            period: slot.period,
            weeks: slot.weeks.to_string(),
            when: catalog.when(slot),
        };
        let fee = |fee: domain::catalog::Fee| FeeView { amount_fen: fee.amount.fen(), optional: fee.optional };
        Self {
            offering_id: offering.id.to_string(),
            title: offering.title.clone(),
            origin: offering.origin.to_string(),
            category: offering.category.to_string(),
            provider: offering.provider.as_ref().map(ToString::to_string),
            summary: offering.summary.clone(),
            specification: offering.specification.to_string(),
            teacher: offering.teacher.clone(),
            room: offering.room.clone(),
            grades: offering.grades.iter().copied().collect(),
            slots: offering.slots.iter().map(slot).collect(),
            exclusive: offering.exclusive.clone(),
            lessons: offering.lessons,
            unit_price_fen: offering.unit_price.fen(),
            tuition_fen: offering.tuition().unwrap_or_default().fen(),
            materials: offering.materials.map(fee),
            sundry: offering.sundry.map(fee),
            capacity: offering.capacity,
            seats_left,
            state: offering.state.to_string(),
        }
    }
}

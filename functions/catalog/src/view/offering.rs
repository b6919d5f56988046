//! An offering as it is read.

use domain::catalog::{Offering, Slot, TermCatalog};
use serde::Serialize;
use utoipa::ToSchema;

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

//! Views (展示): what several functions show, shown the same way.

use domain::record::{Line, Order, TermRecord};
use domain::reminder::Reminder;
use serde::Serialize;
use utoipa::ToSchema;

/// One offering within an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineView {
    /// The offering.
    #[schema(example = "3144200101.2026-2027-1.K012")]
    pub offering_id: String,
    /// Its title as it was sold.
    #[schema(example = "书法入门")]
    pub title: String,
    /// Lessons sold.
    #[schema(example = 16)]
    pub lessons: u16,
    /// Price of a lesson in fen.
    #[schema(example = 2500)]
    pub unit_price_fen: i64,
    /// What is waived of the tuition, in fen.
    pub waived_fen: i64,
    /// Materials fee taken, in fen.
    pub materials_fen: i64,
    /// Sundry fee taken, in fen.
    pub sundry_fen: i64,
    /// What the line costs, in fen.
    #[schema(example = 40000)]
    pub amount_fen: i64,
}

impl LineView {
    /// The lines of an order of a record.
    pub fn all(record: &TermRecord, order: &Order) -> Vec<Self> {
        order.lines.iter().map(|line| Self::of(record, line)).collect()
    }

    fn of(record: &TermRecord, line: &Line) -> Self {
        Self {
            offering_id: record.offering_of(line).to_string(),
            title: line.title.clone(),
            lessons: line.lessons,
            unit_price_fen: line.unit_price.fen(),
            waived_fen: line.waived.as_ref().map_or(0, |waived| waived.amount.fen()),
            materials_fen: line.materials.fen(),
            sundry_fen: line.sundry.fen(),
            amount_fen: line.amount.fen(),
        }
    }
}

/// That the school asked the family to pay.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReminderView {
    /// What it has to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "请于周五放学前完成缴费")]
    pub words: Option<String>,
    /// When, the last time.
    #[schema(format = DateTime)]
    pub at: String,
    /// How often so far.
    #[schema(example = 1)]
    pub times: u8,
}

impl ReminderView {
    /// A reminder of an order.
    pub fn of(reminder: &Reminder) -> Self {
        Self { words: reminder.words.clone(), at: reminder.at.to_string(), times: reminder.times }
    }
}

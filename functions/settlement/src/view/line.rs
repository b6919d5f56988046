//! A line of a batch, and a part of one, as they are shown.

use domain::settlement::line::{BatchLine, OrderPart};
use serde::Serialize;
use utoipa::ToSchema;

/// A course in a month, as a batch settles it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementLine {
    /// The month.
    #[schema(example = "2026-09")]
    pub month: String,
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// Its title.
    #[schema(example = "书法入门")]
    pub title: String,
    /// `in_house` or `external`.
    #[schema(example = "external")]
    pub origin: String,
    /// The provider of an external course.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The price of a lesson, in fen.
    #[schema(example = 2500)]
    pub unit_price_fen: i64,
    /// Orders with something in it.
    #[schema(example = 31)]
    pub orders: usize,
    /// Lessons that were given.
    #[schema(example = 4)]
    pub taught: i64,
    /// Lessons of pupils that are paid for.
    #[schema(example = 124)]
    pub lessons: i64,
    /// Lessons of pupils that were attended, where attendance was asked for.
    pub attended: i64,
    /// What was sold, in fen.
    #[schema(example = 310_000)]
    pub sold_fen: i64,
    /// What of it went back, in fen.
    pub refunded_fen: i64,
    /// Tuition that is kept, in fen.
    #[schema(example = 310_000)]
    pub tuition_fen: i64,
    /// Materials and sundry fees that are kept, in fen.
    pub fees_fen: i64,
    /// Due to the provider, in fen.
    #[schema(example = 217_000)]
    pub provider_fen: i64,
    /// Due to the teachers, in fen.
    pub teachers_fen: i64,
    /// What rests with the school, in fen.
    #[schema(example = 93_000)]
    pub school_fen: i64,
}

impl From<&BatchLine> for SettlementLine {
    fn from(line: &BatchLine) -> Self {
        let figures = &line.figures;
        Self {
            month: line.month.to_string(),
            course: line.course.to_string(),
            title: line.title.clone(),
            origin: line.origin.to_string(),
            provider: line.provider.as_ref().map(ToString::to_string),
            unit_price_fen: line.unit_price.fen(),
            orders: line.parts.0.len(),
            taught: line.taught,
            lessons: figures.lessons,
            attended: figures.attended,
            sold_fen: figures.sold.fen(),
            refunded_fen: figures.refunded().fen(),
            tuition_fen: figures.tuition.fen(),
            fees_fen: figures.fees.fen(),
            provider_fen: line.due.provider.fen(),
            teachers_fen: line.due.teachers.fen(),
            school_fen: line.rest().fen(),
        }
    }
}

/// What of an order belongs to a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementPart {
    /// The order.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// Lessons that are paid for.
    #[schema(example = 4)]
    pub lessons: i64,
    /// Lessons that were attended, where attendance was asked for.
    pub attended: i64,
    /// What was sold, in fen.
    #[schema(example = 10_000)]
    pub sold_fen: i64,
    /// What of it went back, in fen.
    pub refunded_fen: i64,
    /// Tuition that is kept, in fen.
    #[schema(example = 10_000)]
    pub tuition_fen: i64,
    /// Fees that are kept, in fen.
    pub fees_fen: i64,
}

impl From<&OrderPart> for SettlementPart {
    fn from(part: &OrderPart) -> Self {
        let figures = &part.figures;
        Self {
            order_no: part.order.to_string(),
            lessons: figures.lessons,
            attended: figures.attended,
            sold_fen: figures.sold.fen(),
            refunded_fen: figures.refunded().fen(),
            tuition_fen: figures.tuition.fen(),
            fees_fen: figures.fees.fen(),
        }
    }
}

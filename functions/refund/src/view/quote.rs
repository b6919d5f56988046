//! What would go back (退费测算), item by item.

use domain::id::OrderNo;
use domain::refund::quote::{Quote, QuoteLine};
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of a quote.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuoteLineView {
    /// `tuition`, `materials`, `sundry` or `handling`.
    #[schema(example = "tuition")]
    pub item: String,
    /// How much, in fen; what is kept is negative.
    #[schema(example = 32500)]
    pub amount_fen: i64,
    /// How it comes about, with the numbers.
    #[schema(example = "学费 400.00 元 ÷ 16 课时,每课时 25.00 元;已用 3 课时,可退 13 课时")]
    pub words: String,
}

/// What goes back of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuoteView {
    /// The rule that holds, in its words.
    #[schema(example = "按未上课时退还,无故缺勤不退")]
    pub rule: String,
    /// Its amounts.
    pub lines: Vec<QuoteLineView>,
    /// Their sum, in fen.
    #[schema(example = 32500)]
    pub total_fen: i64,
    /// Lessons that go back.
    #[schema(example = 13)]
    pub lessons: u16,
    /// `original`: by the way it was paid; `next_term`: against what is due next term.
    #[schema(example = "original")]
    pub payout: String,
    /// Whether the school has to approve it.
    pub approval: bool,
    /// What goes back with it of later parts, for courses that are paid in parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later_parts: Vec<LaterPartView>,
}

/// What goes back of a later part of a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LaterPartView {
    /// The order by which it was paid.
    #[schema(example = "20261-7K3M9Q2XAB-02")]
    pub order_no: String,
    /// Its amounts.
    pub lines: Vec<QuoteLineView>,
    /// Their sum, in fen.
    #[schema(example = 12500)]
    pub total_fen: i64,
}

impl QuoteView {
    /// A quote with those of the later parts of the course.
    pub fn with(quote: &Quote, later: &[(OrderNo, Quote)]) -> Self {
        let part = |(no, quote): &(OrderNo, Quote)| LaterPartView {
            order_no: no.to_string(),
            lines: quote.lines.iter().map(QuoteLineView::from).collect(),
            total_fen: quote.total.fen(),
        };
        Self { later_parts: later.iter().map(part).collect(), ..Self::from(quote) }
    }
}

impl From<&QuoteLine> for QuoteLineView {
    fn from(line: &QuoteLine) -> Self {
        Self { item: line.item.to_string(), amount_fen: line.amount.fen(), words: line.words.clone() }
    }
}

impl From<&Quote> for QuoteView {
    fn from(quote: &Quote) -> Self {
        Self {
            rule: quote.rule.clone(),
            lines: quote.lines.iter().map(QuoteLineView::from).collect(),
            total_fen: quote.total.fen(),
            lessons: quote.lessons,
            payout: quote.payout.to_string(),
            approval: quote.approval,
            later_parts: Vec::new(),
        }
    }
}

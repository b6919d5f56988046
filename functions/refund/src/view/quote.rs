//! What would go back (退费测算), item by item.

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
        }
    }
}

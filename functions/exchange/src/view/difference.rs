//! What an exchange costs more or less (调课差额), line by line. S27.2.

use domain::moves::difference::{BackPart, Difference};
use domain::refund::quote::QuoteLine;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount, and how it comes about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DifferenceLine {
    /// `tuition`, `materials`, `sundry` or `handling`.
    #[schema(example = "tuition")]
    pub item: String,
    /// How much, in fen; what is kept is negative.
    #[schema(example = 27500)]
    pub amount_fen: i64,
    /// How it comes about, with the numbers.
    #[schema(example = "学费每课时 25.00 元 × 剩余 11 课时,计 275.00 元")]
    pub words: String,
}

/// What goes back of a part of the course that is left.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BackView {
    /// The order by which it was paid.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// The rule that holds, in its words.
    #[schema(example = "按未上课时退还,无故缺勤不退")]
    pub rule: String,
    /// Its amounts.
    pub lines: Vec<DifferenceLine>,
    /// Their sum, in fen.
    #[schema(example = 27500)]
    pub total_fen: i64,
    /// What of that comes over to the other course, in fen.
    #[schema(example = 27500)]
    pub carried_fen: i64,
}

/// What an exchange costs more or less.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MoveDifferenceView {
    /// What goes back of the course that is left.
    pub back: Vec<BackView>,
    /// What the rest of the other course costs.
    pub price: Vec<DifferenceLine>,
    /// The sum of the price, in fen.
    #[schema(example = 27500)]
    pub price_fen: i64,
    /// What is still to be paid, in fen.
    #[schema(example = 0)]
    pub to_pay_fen: i64,
    /// What goes back to who paid, in fen.
    #[schema(example = 0)]
    pub to_return_fen: i64,
    /// What it comes to.
    #[schema(example = "原课程可退 275.00 元,调入课程费用 275.00 元,费用相抵,无需补缴或退还")]
    pub words: String,
}

impl From<&QuoteLine> for DifferenceLine {
    fn from(line: &QuoteLine) -> Self {
        Self { item: line.item.to_string(), amount_fen: line.amount.fen(), words: line.words.clone() }
    }
}

impl From<&BackPart> for BackView {
    fn from(part: &BackPart) -> Self {
        Self {
            order_no: part.order.to_string(),
            rule: part.quote.rule.clone(),
            lines: part.quote.lines.iter().map(DifferenceLine::from).collect(),
            total_fen: part.quote.total.fen(),
            carried_fen: part.carried.fen(),
        }
    }
}

impl From<&Difference> for MoveDifferenceView {
    fn from(difference: &Difference) -> Self {
        Self {
            back: difference.back.iter().map(BackView::from).collect(),
            price: difference.price.iter().map(DifferenceLine::from).collect(),
            price_fen: difference.price_total.fen(),
            to_pay_fen: difference.to_pay.fen(),
            to_return_fen: difference.to_return.fen(),
            words: difference.words(),
        }
    }
}

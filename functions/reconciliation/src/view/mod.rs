//! Differences, statements and facts as they are shown.

mod day;
mod difference;

pub use day::{FactView, FlowView, StatementView};
pub use difference::BillDifferenceView;

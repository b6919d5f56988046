//! Differences, statements and facts as they are shown.

mod day;
mod difference;

pub(crate) use day::{FactView, FlowView, StatementView};
pub(crate) use difference::BillDifferenceView;

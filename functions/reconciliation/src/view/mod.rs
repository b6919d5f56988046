//! Alerts, differences, statements and facts as they are shown.

mod alert;
mod day;
mod difference;

pub(crate) use alert::AlertView;
pub(crate) use day::{FactView, FlowView, StatementView};
pub(crate) use difference::BillDifferenceView;

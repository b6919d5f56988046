//! Alerts, differences, statements and facts as they are shown.

mod alert;
mod day;
mod difference;
mod evidence;

pub(crate) use alert::AlertView;
pub(crate) use day::{FactView, FlowView, StatementView};
pub(crate) use difference::BillDifferenceView;
pub(crate) use evidence::{EvidenceView, MessageView, RowView};

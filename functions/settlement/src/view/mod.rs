//! A batch, its lines and their parts as they are shown.

mod batch;
mod line;

pub use batch::{SettlementView, SettlementWord};
pub use line::{SettlementLine, SettlementPart};

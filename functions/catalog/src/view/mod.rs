//! Terms and offerings as they are read.

mod offering;
mod term;

pub use offering::{FeeView, OfferingView, SlotView};
pub use term::{PeriodView, SpanView, TermView};

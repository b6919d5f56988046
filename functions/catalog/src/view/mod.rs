//! Terms and offerings as they are read.

mod offering;
mod term;

pub use offering::{FeeView, OfferingView, SlotView};
pub use term::{PaymentModeView, PeriodView, SpanView, TermView};

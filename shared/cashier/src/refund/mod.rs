//! Refunds (退费) in the hands of the cashier: what would go back and has accrued, asking, granting, carrying out, learning what became
//! of it, mending what does not arrive, and holding back what is in doubt. R1 R3 R5 R8, promise P5.

mod accrued;
mod adopt;
mod ask;
mod carry;
mod freeze;
mod grant;
mod learn;
mod mend;
mod quote;
mod suspend;
mod unreturned;

pub use accrued::PaidOut;
pub use carry::Carried;
pub use learn::RefundSettled;
pub use mend::Mended;
pub use quote::Wish;

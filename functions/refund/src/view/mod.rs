//! Quotes, requests and refunds (退费展示) as guardians and schools read them.

mod accrued;
mod quote;
mod refund;
mod request;

pub use accrued::{AccruedView, MissedLessonView};
pub use quote::{LaterPartView, QuoteLineView, QuoteView};
pub use refund::{DisputeView, RefundView};
pub use request::RefundRequestView;

use domain::refund::RefundReason;

/// The name of a reason: of a rule's case, its own.
fn basis(reason: RefundReason) -> String {
    match reason {
        RefundReason::ByRule(trigger) => trigger.to_string(),
        RefundReason::SeatsGone
        | RefundReason::OrderEnded
        | RefundReason::PaidTwice
        | RefundReason::Agreed
        | RefundReason::Exchanged
        | RefundReason::Outside => reason.to_string(),
    }
}

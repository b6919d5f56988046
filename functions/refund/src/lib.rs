//! Refund (退课退费): what would go back, what has accrued, asking for it, deciding, seeing where it stands, and mending what does not
//! arrive; and the rules it goes by. S16 S29 S34 P4 P7 P13.

pub mod adopt;
pub mod ask;
pub mod cancel_class;
pub mod decide;
pub mod dispute;
pub mod list_accrued;
pub mod list_refunds;
pub mod list_requests;
pub mod mend;
pub mod quote;
pub mod rules;
mod scope;
pub mod show;
pub mod show_accrued;
pub mod suspend;
pub mod take_back;
pub mod transfer_out;
pub mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(quote::quote_refund))
        .routes(routes!(show_accrued::show_accrued_refunds))
        .routes(routes!(list_accrued::list_accrued_refunds))
        .routes(routes!(ask::ask_refund, list_requests::list_refund_requests))
        .routes(routes!(show::show_refund_request))
        .routes(routes!(decide::decide_refund_request))
        .routes(routes!(decide::confirm_refund_request))
        .routes(routes!(take_back::take_back_refund_request))
        .routes(routes!(cancel_class::cancel_class))
        .routes(routes!(suspend::suspend_lessons))
        .routes(routes!(transfer_out::transfer_out))
        .routes(routes!(list_refunds::list_refunds))
        .routes(routes!(list_refunds::list_order_refunds))
        .routes(routes!(show::show_refund))
        .routes(routes!(dispute::dispute_refund))
        .routes(routes!(dispute::answer_dispute))
        .routes(routes!(mend::redirect_refund))
        .routes(routes!(mend::retry_refund))
        .routes(routes!(mend::hand_out_refund))
        .routes(routes!(mend::release_refund))
        .routes(routes!(adopt::adopt_refund))
        .routes(routes!(rules::show_school_rules, rules::edit_school_rules))
        .routes(routes!(rules::show_township_rules, rules::edit_township_rules))
}

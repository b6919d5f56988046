//! Reconciliation (订单对账): where providers' bills differ from the books and what was said about it; what a school took
//! in and gave back, day by day, what of it arrived at its bank, and the evidence of each fact; what of its money needs a
//! person. S34.4 S35.1 S35.2 S36.2.

pub mod break_down;
pub mod decide_waiver;
pub mod enter_remittance;
pub mod export_money;
mod facts;
pub mod list_alerts;
pub mod list_differences;
pub mod list_facts;
pub mod settle_alert;
pub mod settle_difference;
pub mod show_difference;
pub mod show_evidence;
pub mod show_statement;
mod so_far;
mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_differences::list_differences))
        .routes(routes!(show_difference::show_difference))
        .routes(routes!(settle_difference::confirm_difference))
        .routes(routes!(settle_difference::waive_difference))
        .routes(routes!(decide_waiver::approve_waiver))
        .routes(routes!(decide_waiver::reject_waiver))
        .routes(routes!(show_statement::show_statement))
        .routes(routes!(break_down::break_down_day))
        .routes(routes!(list_facts::list_facts))
        .routes(routes!(show_evidence::show_evidence))
        .routes(routes!(enter_remittance::show_remittance, enter_remittance::enter_remittance))
        .routes(routes!(export_money::export_money))
        .routes(routes!(list_alerts::list_alerts))
        .routes(routes!(settle_alert::settle_alert))
}

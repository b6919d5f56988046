//! Settlement (结算): a school's batches, drawn up by its rules, confirmed and approved by two people, taken out, taken
//! back; and what of an order belongs to which month. S36.

pub mod confirm_batch;
pub mod draft_batch;
pub mod end_batch;
pub mod export_batch;
mod ground;
pub mod list_batches;
pub mod order_months;
pub mod redraw_batch;
pub mod reverse_batch;
pub mod rules;
mod scope;
mod sheets;
pub mod show_batch;
pub mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(rules::show_settlement_rules, rules::edit_settlement_rules))
        .routes(routes!(draft_batch::draft_settlement, list_batches::list_settlements))
        .routes(routes!(show_batch::show_settlement))
        .routes(routes!(show_batch::show_settlement_line))
        .routes(routes!(redraw_batch::redraw_settlement))
        .routes(routes!(confirm_batch::confirm_settlement))
        .routes(routes!(confirm_batch::approve_settlement))
        .routes(routes!(end_batch::reject_settlement))
        .routes(routes!(end_batch::discard_settlement))
        .routes(routes!(reverse_batch::reverse_settlement))
        .routes(routes!(export_batch::export_settlement))
        .routes(routes!(order_months::show_order_months))
}

//! Exchange (调课、调班): a pupil takes another course, or another class of the same course. S27 S28 P11 P12.

pub mod ask;
pub mod decide;
pub mod export;
pub mod list;
pub mod quote;
mod scope;
mod sheets;
pub mod show;
pub mod take_back;
pub mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(quote::quote_exchange))
        .routes(routes!(ask::ask_move, list::list_moves))
        .routes(routes!(show::show_move))
        .routes(routes!(decide::decide_move))
        .routes(routes!(take_back::take_back_move))
        .routes(routes!(export::export_moves))
}

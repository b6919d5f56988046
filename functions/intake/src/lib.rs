//! Intake (数据接收、机构查询): what the city sends by itself, what it has told and what waits for a person, and which
//! providers work at schools, term by term. B5.1 S5.1 S5.3 S6.1.

pub mod apply_intake;
pub mod content;
pub mod decline_intake;
pub mod export_term_providers;
pub mod list_intake;
pub mod list_term_providers;
pub mod list_waiting_intake;
pub mod provider;
pub mod provider_view;
mod reach;
mod receive_told;
pub mod show_intake;
pub mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(receive_told::receive_told))
        .routes(routes!(list_intake::list_intake))
        .routes(routes!(list_waiting_intake::list_waiting_intake))
        .routes(routes!(show_intake::show_intake))
        .routes(routes!(apply_intake::apply_intake))
        .routes(routes!(decline_intake::decline_intake))
        .routes(routes!(list_term_providers::list_term_providers))
        .routes(routes!(export_term_providers::export_term_providers))
}

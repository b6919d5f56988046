//! Catalog (选课目录): what is offered, to whom, when, and how many seats are left. P1 S5.2 S7 S12.1 S12.3.

pub mod edit_bells;
pub mod edit_offering;
pub mod edit_term;
pub mod list_offerings;
pub mod list_terms;
mod named;
mod scope;
pub mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_terms::list_terms))
        .routes(routes!(edit_term::edit_term))
        .routes(routes!(edit_bells::show_bells, edit_bells::edit_bells))
        .routes(routes!(list_offerings::list_offerings))
        .routes(routes!(list_offerings::show_offering, edit_offering::edit_offering))
}

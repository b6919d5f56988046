//! Teaching class (教学班): classes of an offering: who teaches, who is in them, their end. S17 S20.

pub mod admit;
pub mod close;
pub mod close_all;
pub mod create;
pub mod delete;
pub mod dismiss;
pub mod edit;
pub mod fill;
pub mod hand_out;
pub mod list;
mod outline;
pub mod reopen;
mod scope;
pub mod show;
pub mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create_class))
        .routes(routes!(list::list_classes))
        .routes(routes!(show::show_class, edit::edit_class, delete::delete_class))
        .routes(routes!(admit::admit_pupils))
        .routes(routes!(fill::fill_class))
        .routes(routes!(dismiss::dismiss_pupil))
        .routes(routes!(hand_out::hand_out_materials))
        .routes(routes!(close::show_closing))
        .routes(routes!(close::close_class))
        .routes(routes!(close_all::close_classes))
        .routes(routes!(reopen::reopen_class))
}

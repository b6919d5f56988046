//! Schools (学校与人员): a guardian's children, the schools of the township, and files that bring them in. S1 S3 A5 P1.

pub mod account;
pub mod apply_import;
pub mod change_account;
pub mod edit_calendar;
pub mod holidays;
pub mod keep_room;
pub mod list_children;
pub mod list_rooms;
pub mod list_schools;
pub mod show_calendar;
pub mod show_import;
pub mod submit_import;
mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_children::list_children))
        .routes(routes!(list_schools::list_schools))
        .routes(routes!(show_calendar::show_calendar, edit_calendar::edit_calendar))
        .routes(routes!(holidays::show_holidays, holidays::edit_holidays))
        .routes(routes!(list_rooms::list_rooms))
        .routes(routes!(list_rooms::show_room, keep_room::keep_room))
        .routes(routes!(account::show_account))
        .routes(routes!(change_account::propose_account))
        .routes(routes!(change_account::approve_account))
        .routes(routes!(change_account::reject_account))
        .routes(routes!(submit_import::submit_import))
        .routes(routes!(show_import::show_import))
        .routes(routes!(show_import::show_import_errors))
        .routes(routes!(apply_import::apply_import))
}

#[cfg(test)]
mod tests;

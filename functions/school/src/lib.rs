//! Schools (学校与人员): organizations, schools with what they set up, a guardian's children, and files that bring them
//! in. B2 S1 S3 A5 P1.

pub mod account;
pub mod apply_import;
pub mod blacklist_organization;
pub mod change_account;
pub mod edit_calendar;
pub mod export_base;
pub mod holidays;
pub mod keep_organization;
pub mod keep_room;
pub mod keep_school;
pub mod list_children;
pub mod list_organizations;
pub mod list_rooms;
pub mod list_schools;
mod sheets;
pub mod show_calendar;
pub mod show_import;
pub mod show_organization;
pub mod show_school;
pub mod submit_import;
mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_children::list_children))
        .routes(routes!(list_organizations::list_organizations))
        .routes(routes!(show_organization::show_organization, keep_organization::keep_organization))
        .routes(routes!(blacklist_organization::blacklist_organization))
        .routes(routes!(blacklist_organization::unblacklist_organization))
        .routes(routes!(export_base::export_base))
        .routes(routes!(list_schools::list_schools))
        .routes(routes!(show_school::show_school, keep_school::keep_school))
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

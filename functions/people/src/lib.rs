//! People (人员): homerooms, the pupils in them, their guardians, and what the staff is there for. S2.1 S3.1 S3.2 S3.3.

pub mod add_student;
pub mod edit_guardian;
pub mod edit_posts;
pub mod edit_student;
pub mod export_people;
pub mod keep_homeroom;
pub mod link_guardian;
pub mod list_homerooms;
pub mod list_staff;
pub mod list_students;
pub mod preview_promotion;
pub mod promote;
mod promotion;
mod sheets;
pub mod show_student;
pub mod unlink_guardian;
mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_homerooms::list_homerooms))
        .routes(routes!(list_homerooms::show_homeroom, keep_homeroom::keep_homeroom))
        .routes(routes!(list_students::list_students, add_student::add_student))
        .routes(routes!(show_student::show_student, edit_student::edit_student))
        .routes(routes!(link_guardian::link_guardian))
        .routes(routes!(unlink_guardian::unlink_guardian, edit_guardian::edit_guardian))
        .routes(routes!(list_staff::list_staff))
        .routes(routes!(edit_posts::edit_posts))
        .routes(routes!(export_people::export_people))
        .routes(routes!(preview_promotion::preview_promotion, promote::promote))
}

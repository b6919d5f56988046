//! Enrollment (选课报名): guardians take offerings for their children and see what was taken. P2 P5 S12.

pub mod enroll;
pub mod list;
pub mod view;
mod visit;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(enroll::enroll, list::list_enrollments))
}

//! Leave (请假与更正): leave of pupils and teachers, its end, corrections of attendance and of check-ins that were
//! forgotten. S21 S25 T2 T4 P9.

pub mod ask_correction;
pub mod ask_leave;
pub mod ask_teacher_leave;
pub mod asking;
pub mod decide_correction;
pub mod decide_leave;
mod known;
pub mod list_corrections;
pub mod list_leaves;
mod reach;
pub mod resume_leave;
pub mod show;
pub mod take_back;
pub mod view;
mod write;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ask_leave::ask_leave, list_leaves::list_leaves))
        .routes(routes!(ask_teacher_leave::ask_teacher_leave))
        .routes(routes!(show::show_leave))
        .routes(routes!(decide_leave::decide_leave))
        .routes(routes!(take_back::take_back_leave))
        .routes(routes!(resume_leave::resume_leave))
        .routes(routes!(ask_correction::ask_correction, list_corrections::list_corrections))
        .routes(routes!(ask_correction::ask_check_in_correction))
        .routes(routes!(show::show_correction))
        .routes(routes!(decide_correction::decide_correction))
        .routes(routes!(take_back::take_back_correction))
}

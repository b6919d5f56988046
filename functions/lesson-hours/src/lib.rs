//! Lesson hours (课时统计) and attendance sheets (考勤报表): what is counted from classes and rolls. S21 S22 S25 S26 T2 P9 P10.

mod asked;
mod counting;
pub mod export_attendance_sheet;
pub mod export_lesson_hours;
mod files;
mod labels;
pub mod list_own_attendance;
pub mod list_teacher_attendance;
mod of_pupil;
mod of_school;
mod of_teacher;
mod record_view;
pub mod show_attendance_sheet;
pub mod show_lesson_hours;
pub mod show_own_attendance_sheet;
pub mod show_own_lesson_hours;
pub mod show_student_attendance_sheet;
pub mod show_student_lesson_hours;
mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_lesson_hours::show_lesson_hours))
        .routes(routes!(export_lesson_hours::export_lesson_hours))
        .routes(routes!(show_own_lesson_hours::show_own_lesson_hours))
        .routes(routes!(show_student_lesson_hours::show_student_lesson_hours))
        .routes(routes!(show_attendance_sheet::show_attendance_sheet))
        .routes(routes!(export_attendance_sheet::export_attendance_sheet))
        .routes(routes!(show_own_attendance_sheet::show_own_attendance_sheet))
        .routes(routes!(show_student_attendance_sheet::show_student_attendance_sheet))
        .routes(routes!(list_teacher_attendance::list_teacher_attendance))
        .routes(routes!(list_own_attendance::list_own_attendance))
}

//! Attendance (考勤): checking in, taking roll, locks; sheets and lesson hours. S21 S22 S25 S26 T1 T2 T4 P9 P10.

pub mod call_roll;
pub mod check_in;
pub mod decide_parked_call;
pub mod lift_lock;
pub mod list_attendance;
pub mod list_locks;
pub mod list_parked_calls;
pub mod lock_days;
mod names;
mod parked_view;
mod pupil_days;
mod scope;
pub mod show_day;
pub mod show_roll;
pub mod teaching_rules;
mod turning;
mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(check_in::check_in_at_lesson))
        .routes(routes!(show_roll::show_roll, call_roll::call_roll_of_lesson))
        .routes(routes!(list_parked_calls::list_parked_calls))
        .routes(routes!(decide_parked_call::apply_parked_call))
        .routes(routes!(decide_parked_call::discard_parked_call))
        .routes(routes!(list_locks::list_locks, lock_days::lock_days))
        .routes(routes!(lift_lock::lift_lock))
        .routes(routes!(teaching_rules::show_teaching_rules, teaching_rules::edit_teaching_rules))
        .routes(routes!(show_day::show_day))
        .routes(routes!(list_attendance::list_attendance))
}

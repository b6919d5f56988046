//! Timetable (课表): who is taught where and when, on screens and in calendars that follow it; lessons moved, taught by
//! somebody else, or let off. S10 S23 T3 T5 P8.

pub mod ask_change;
pub mod decide_change;
mod effect;
pub mod export_changes;
mod ics;
pub mod list_changes;
pub mod list_feeds;
pub mod make_feed;
pub mod record_fee;
pub mod revoke_change;
pub mod revoke_feed;
mod scope;
pub mod serve_feed;
mod sheets;
pub mod show_change;
pub mod show_own_timetable;
pub mod show_student_timetable;
pub mod show_timetable;
pub mod take_back_change;
pub mod view;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_timetable::show_timetable))
        .routes(routes!(show_student_timetable::show_student_timetable))
        .routes(routes!(show_own_timetable::show_own_timetable))
        .routes(routes!(make_feed::make_calendar_feed, list_feeds::list_calendar_feeds))
        .routes(routes!(revoke_feed::revoke_calendar_feed))
        .routes(routes!(serve_feed::serve_calendar_feed))
        .routes(routes!(ask_change::ask_lesson_change, list_changes::list_lesson_changes))
        .routes(routes!(show_change::show_lesson_change))
        .routes(routes!(show_change::show_lesson_change_attendance))
        .routes(routes!(decide_change::decide_lesson_change))
        .routes(routes!(take_back_change::take_back_lesson_change))
        .routes(routes!(revoke_change::revoke_lesson_change))
        .routes(routes!(record_fee::record_lesson_change_fee))
        .routes(routes!(export_changes::export_lesson_changes))
}

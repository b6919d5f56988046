//! Timetable (课表): who is taught where and when; lessons moved or taught by somebody else. S10 S23 T3 T5 P8.

use edge::App;
use utoipa_axum::router::OpenApiRouter;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

//! Attendance (考勤): checking in, taking roll, locks; sheets and lesson hours. S21 S22 S25 S26 T1 T2 T4 P9 P10.

use edge::App;
use utoipa_axum::router::OpenApiRouter;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

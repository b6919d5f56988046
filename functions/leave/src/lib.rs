//! Leave (请假与更正): leave of pupils and teachers, corrections of attendance. S21 S25 T2 T4 P9.

use edge::App;
use utoipa_axum::router::OpenApiRouter;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

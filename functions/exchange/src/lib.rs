//! Exchange (学生调课调班): a pupil goes to another course or to another class. S27 S28 P11 P12.

use edge::App;
use utoipa_axum::router::OpenApiRouter;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

//! Teaching class (教学班): classes of an offering: who teaches, who is in them, their end. S17 S20.

use edge::App;
use utoipa_axum::router::OpenApiRouter;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

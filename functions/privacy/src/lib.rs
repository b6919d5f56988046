//! Privacy (个人信息保护): the keys of personal data, looks at it in full, and what guardians may know, ask and agree to.
//! K3, promise P13.

pub mod decide_shredding;
pub mod list_keys;
pub mod propose_shredding;
pub mod rotate_key;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_keys::list_keys))
        .routes(routes!(rotate_key::rotate_key))
        .routes(routes!(propose_shredding::propose_shredding))
        .routes(routes!(decide_shredding::approve_shredding))
        .routes(routes!(decide_shredding::reject_shredding))
}

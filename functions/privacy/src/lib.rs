//! Privacy (个人信息保护): the keys of personal data, looks at it in full, and what guardians may know, ask, agree and
//! subscribe to. K3 P9.1, promise P13.

pub mod ask_privacy_request;
pub mod ask_reveal;
pub mod decide_privacy_request;
pub mod decide_reveal;
pub mod decide_shredding;
mod desk;
pub mod desk_view;
pub mod give_consent;
pub mod list_consents;
pub mod list_keys;
pub mod list_privacy_requests;
pub mod list_subscriptions;
pub mod propose_shredding;
pub mod request_view;
pub mod rotate_key;
pub mod show_privacy;
pub mod show_reveal;
mod subject;
pub mod subscribe;

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
        .routes(routes!(decide_reveal::list_reveals, ask_reveal::ask_reveal))
        .routes(routes!(show_reveal::show_reveal))
        .routes(routes!(decide_reveal::approve_reveal))
        .routes(routes!(decide_reveal::reject_reveal))
        .routes(routes!(show_privacy::show_privacy))
        .routes(routes!(show_privacy::export_privacy))
        .routes(routes!(ask_privacy_request::ask_privacy_request))
        .routes(routes!(list_privacy_requests::list_privacy_requests))
        .routes(routes!(decide_privacy_request::decide_privacy_request))
        .routes(routes!(list_consents::list_consents, give_consent::give_consent))
        .routes(routes!(give_consent::withdraw_consent))
        .routes(routes!(list_subscriptions::list_subscriptions, subscribe::subscribe))
}

//! Payment callback (支付回调): providers tell us that money was paid. P6.5, promises P2–P4.

mod apply;
mod form;
mod wechat;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(wechat::wechat_callback))
        .routes(routes!(form::alipay_callback))
        .routes(routes!(form::chinaums_callback))
}

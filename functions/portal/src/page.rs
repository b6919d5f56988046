//! The page that shows the interface: one file, nothing from elsewhere, so that it opens in a closed network.

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;

/// The page. It reads `openapi.json` beside it.
const PAGE: &str = include_str!("docs.html");

/// Only the page's own script and style, by their place in the page; no other host.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// 接口文档页面
#[utoipa::path(
    get, path = "/docs", operation_id = "docs", tag = "公共", security(()),
    responses((status = 200, description = "接口文档", content_type = "text/html")),
)]
pub(crate) async fn docs() -> impl IntoResponse {
    (HEADERS, PAGE)
}

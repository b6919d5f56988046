//! Portal (门户): whether the platform is up, and how it is spoken to. Everything here is public and without data.

mod page;

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use edge::App;
use edge::http::Answer;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The description of all operations, made from the code and held by a test.
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

/// The list of problems, made from the code and held by a test.
const PROBLEMS: &str = include_str!("../../../docs/problems.md");

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(openapi))
        .routes(routes!(problems))
        .routes(routes!(page::docs))
}

/// Whether the platform answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The moment of the answer.
    #[schema(format = DateTime)]
    now: String,
}

/// 平台是否可用
#[utoipa::path(
    get, path = "/health", operation_id = "health", tag = "公共", security(()),
    responses((status = 200, description = "可用", body = Health)),
)]
async fn health(axum::extract::State(app): axum::extract::State<App>) -> Answer<Health> {
    Answer::ok(Health { status: "ok", now: app.now().to_string() })
}

/// 接口描述 (OpenAPI 3.1)
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "openapi", tag = "公共", security(()),
    responses((status = 200, description = "接口描述", content_type = "application/json")),
)]
async fn openapi() -> impl IntoResponse {
    (kind("application/json"), OPENAPI)
}

/// 问题说明列表
#[utoipa::path(
    get, path = "/problems", operation_id = "problems", tag = "公共", security(()),
    responses((status = 200, description = "每个问题代码的含义", content_type = "text/markdown")),
)]
async fn problems() -> impl IntoResponse {
    (kind("text/markdown; charset=utf-8"), PROBLEMS)
}

fn kind(content_type: &'static str) -> [(HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, content_type)]
}

//! Supervision (数据上报情况): what of each school the city has, what it has refused, and having that sent again. D5 B6.

pub mod list_parked_records;
pub mod list_reporting;
pub mod send_record_again;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_reporting::list_reporting))
        .routes(routes!(list_parked_records::list_parked_records))
        .routes(routes!(send_record_again::send_record_again))
}

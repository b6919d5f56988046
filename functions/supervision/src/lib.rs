//! Supervision (数据上报情况): what of each school the city has, where both sides differ, what it has refused, having that
//! sent again, and the signed proof of it. D5 B6 K7.2 S5.1.

pub mod agreement_reports;
pub mod compare;
pub mod export_archive;
pub mod gate;
pub mod list_differences;
pub mod list_parked_records;
pub mod list_reporting;
pub mod send_again;
pub mod send_record_again;
pub mod show_record;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_reporting::list_reporting))
        .routes(routes!(list_differences::list_differences))
        .routes(routes!(list_parked_records::list_parked_records))
        .routes(routes!(show_record::show_record))
        .routes(routes!(send_record_again::send_record_again))
        .routes(routes!(send_again::send_records_again))
        .routes(routes!(gate::show_gate, gate::edit_gate))
        .routes(routes!(compare::compare_with_city))
        .routes(routes!(agreement_reports::list_agreement_reports))
        .routes(routes!(agreement_reports::show_agreement_report))
        .routes(routes!(export_archive::export_reported_term))
}

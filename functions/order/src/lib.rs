//! Orders (订单): paying them, several at once if need be, reminding of them, putting their deadlines off, giving them up,
//! and seeing where they and their payments stand, what they will still ask for, and their snapshots. P5.3 P6 P7.1 S33.

pub mod cancel;
mod checkout;
pub mod extend;
pub mod extend_many;
pub mod list_instalments;
pub mod merge;
pub mod pay;
pub mod remind;
pub mod show;
pub mod snapshot;
pub mod waiting;

use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show::show_order))
        .routes(routes!(pay::pay_order))
        .routes(routes!(merge::merge_orders))
        .routes(routes!(cancel::cancel_order))
        .routes(routes!(extend::extend_order))
        .routes(routes!(extend_many::extend_orders))
        .routes(routes!(remind::remind_order))
        .routes(routes!(remind::remind_orders))
        .routes(routes!(snapshot::show_snapshot))
        .routes(routes!(show::show_payment))
        .routes(routes!(snapshot::show_payment_snapshot))
        .routes(routes!(snapshot::show_refund_snapshot))
        .routes(routes!(list_instalments::list_instalments))
}

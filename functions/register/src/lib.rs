//! Register (订单台账): a school's orders listed, counted and taken out. S32 S33.2 S35.1.
//!
//! It reads what the archive has written minutes after the orders, and changes nothing: paying is not its way.

pub mod export_orders;
pub mod list_orders;
pub mod order_statistics;
mod sheets;
mod sought;

use domain::{Fault, Kind};
use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_orders::list_orders))
        .routes(routes!(export_orders::export_orders))
        .routes(routes!(order_statistics::order_statistics))
}

/// Why the register cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "register/")]
pub enum RegisterError {
    /// Amounts add up beyond what any school takes.
    #[error("amounts of a register are out of range")]
    OutOfRange,
}

impl Fault for RegisterError {
    fn kind(&self) -> Kind {
        match self {
            Self::OutOfRange => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

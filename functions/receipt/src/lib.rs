//! Receipts (电子收据、退费凭证): the paper of a payment or a refund for whoever paid, and its proof for whoever is shown
//! it. P5.3 P7.1.

mod layout;
mod proof;
pub mod show_receipt;
pub mod show_refund_receipt;
pub mod verify_receipt;
pub mod verify_refund_receipt;

use domain::{Fault, Kind};
use edge::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations of this function.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_receipt::show_receipt))
        .routes(routes!(verify_receipt::verify_receipt))
        .routes(routes!(show_refund_receipt::show_refund_receipt))
        .routes(routes!(verify_refund_receipt::verify_refund_receipt))
}

/// Why there is no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "receipt/")]
pub enum ReceiptError {
    /// Nothing was paid.
    #[error("订单尚未支付,支付成功后才有电子收据")]
    NotPaid,
    /// It costs nothing.
    #[error("该订单无需缴费,没有电子收据")]
    NothingToPay,
    /// The money has not gone back, or not by this refund.
    #[error("该笔退款尚未完成,退款到账后才有退费凭证")]
    NotRefunded,
}

impl Fault for ReceiptError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotPaid | Self::NothingToPay | Self::NotRefunded => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

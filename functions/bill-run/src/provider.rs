//! What is asked of a provider: the bill of a day, and what it knows about a payment.

use bytes::Bytes;
use cashier::{Cashier, CashierError, Settled};
use domain::id::PaymentNo;
use domain::payment::{Channel, ProviderState};
use gateway::channel::ChannelError;
use gateway::channel::wechat::Wechat;
use jiff::civil::Date;

/// The bill of a day.
#[derive(Debug, Clone)]
pub enum Bill {
    /// The file, its hash checked by whoever fetched it.
    File(Bytes),
    /// Nothing moved on that day.
    None,
    /// It is still being made.
    NotReady,
}

/// A provider, as far as reconciliation asks it.
pub trait Provider {
    /// The bill of a day: of all schools at once, or of the school with this merchant number.
    fn bill(
        &self,
        channel: Channel,
        day: Date,
        merchant: Option<&str>,
    ) -> impl Future<Output = Result<Bill, ChannelError>>;

    /// What it knows about a payment.
    fn query(&self, payment: &PaymentNo, merchant: &str) -> impl Future<Output = Result<ProviderState, ChannelError>>;

    /// Asks about a payment that is not known to be paid, and applies the answer.
    fn ask(
        &self,
        cashier: &Cashier<'_>,
        payment: &PaymentNo,
    ) -> impl Future<Output = Result<Option<Settled>, CashierError>>;
}

impl Provider for Wechat {
    /// Until the channel downloads bills there is none to be had: the run waits, and says so when it is overdue.
    async fn bill(&self, _channel: Channel, _day: Date, _merchant: Option<&str>) -> Result<Bill, ChannelError> {
        Ok(Bill::NotReady)
    }

    async fn query(&self, payment: &PaymentNo, merchant: &str) -> Result<ProviderState, ChannelError> {
        Self::query(self, payment, merchant).await
    }

    async fn ask(&self, cashier: &Cashier<'_>, payment: &PaymentNo) -> Result<Option<Settled>, CashierError> {
        cashier.ask(self, payment).await
    }
}

//! What is asked of a provider: the bill of a day, and what it knows about a payment or a refund.

use std::io::Write;

use cashier::{Carried, Cashier, CashierError, Settled};
use domain::directory::School;
use domain::id::{PaymentNo, RefundNo};
use domain::payment::{Channel, Payment, ProviderState};
use domain::refund::settle::RefundEvidence;
pub use gateway::channel::Bill;
use gateway::channel::{ChannelError, Channels};
use jiff::civil::Date;

/// A provider, as far as reconciliation asks it.
pub trait Provider {
    /// Writes down the bill of a day: of all schools at once, or of the school with this merchant number.
    fn bill(
        &self,
        channel: Channel,
        day: Date,
        merchant: Option<&str>,
        into: &mut (dyn Write + Send),
    ) -> impl Future<Output = Result<Bill, ChannelError>>;

    /// Whether a school is paid through a channel that is open.
    fn serves(&self, channel: Channel, school: &School) -> bool;

    /// What it knows about a payment.
    fn query(&self, payment: &Payment) -> impl Future<Output = Result<ProviderState, ChannelError>>;

    /// What it knows about a refund of ours, nothing of it applied; none: it knows no such refund.
    fn query_refund(
        &self,
        cashier: &Cashier<'_>,
        refund: &RefundNo,
    ) -> impl Future<Output = Result<Option<RefundEvidence>, CashierError>>;

    /// Writes down what it moved on a school's account on a day; none: it has no such figures.
    fn fund_flow(
        &self,
        channel: Channel,
        day: Date,
        merchant: &str,
        into: &mut (dyn Write + Send),
    ) -> impl Future<Output = Result<Bill, ChannelError>>;

    /// Asks about a payment that is not known to be paid, and applies the answer.
    fn ask(
        &self,
        cashier: &Cashier<'_>,
        payment: &PaymentNo,
    ) -> impl Future<Output = Result<Option<Settled>, CashierError>>;

    /// Asks what became of a refund, and applies the answer.
    fn carry(
        &self,
        cashier: &Cashier<'_>,
        refund: &RefundNo,
        public_url: &str,
    ) -> impl Future<Output = Result<Carried, CashierError>>;
}

impl Provider for Channels {
    async fn bill(
        &self,
        channel: Channel,
        day: Date,
        merchant: Option<&str>,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        Self::bill(self, channel, day, merchant, into).await
    }

    fn serves(&self, channel: Channel, school: &School) -> bool {
        self.merchant(channel, school).is_some()
    }

    async fn query(&self, payment: &Payment) -> Result<ProviderState, ChannelError> {
        Self::query(self, payment).await
    }

    async fn query_refund(
        &self,
        cashier: &Cashier<'_>,
        refund: &RefundNo,
    ) -> Result<Option<RefundEvidence>, CashierError> {
        cashier.query_refund(self, refund).await
    }

    async fn fund_flow(
        &self,
        channel: Channel,
        day: Date,
        merchant: &str,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        Self::fund_flow(self, channel, day, merchant, into).await
    }

    async fn ask(&self, cashier: &Cashier<'_>, payment: &PaymentNo) -> Result<Option<Settled>, CashierError> {
        cashier.ask(self, payment).await
    }

    async fn carry(&self, cashier: &Cashier<'_>, refund: &RefundNo, public_url: &str) -> Result<Carried, CashierError> {
        Box::pin(cashier.carry(self, refund, public_url)).await
    }
}

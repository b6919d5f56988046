//! Asking (查单): what the provider knows about a payment, applied. P6: no money stays unnoticed.

use domain::id::PaymentNo;
use domain::order::{AfterClose, after_close, awaits};
use domain::payment::{PaymentState, ProviderState};
use gateway::channel::{ChannelError, Channels};

use crate::close::tell_to_close;
use crate::settle::{Facts, Settled};
use crate::{Cashier, CashierError};

impl Cashier<'_> {
    /// Asks the provider about a payment that is not known to be paid, and applies the answer. Some when it turned out
    /// paid, even after it was closed.
    pub async fn ask(&self, channels: &Channels, no: &PaymentNo) -> Result<Option<Settled>, CashierError> {
        let Some(facts) = self.facts(no).await? else { return Ok(None) };
        let state = facts.payment.value.state;
        if state == PaymentState::Succeeded {
            return Ok(None);
        }
        let known = match channels.query(&facts.payment.value).await {
            Err(error @ ChannelError::Refused { .. }) => {
                tracing::error!(payment_no = no.as_str(), %error, "provider refused to answer");
                ProviderState::Unknown
            }
            answer => answer?,
        };
        match known {
            ProviderState::Paid(evidence) => Ok(Some(self.settle(&evidence, None).await?)),
            _ if state == PaymentState::Closed => Ok(None),
            ProviderState::Unpaid if !awaits(&facts.record.value, no) => self.close_unawaited(channels, facts).await,
            ProviderState::Unpaid | ProviderState::Paying => self.still_open(facts, true).await,
            ProviderState::Closed => self.closed(facts).await,
            ProviderState::Unknown if facts.payment.value.surely_unknown(self.now()) => self.closed(facts).await,
            ProviderState::Unknown => self.still_open(facts, false).await,
        }
    }

    /// Nobody waits for this payment any more: its order was paid by another one. It is closed, so that the family does
    /// not pay a second time. Whatever comes in between is heard of when it is asked about again.
    async fn close_unawaited(&self, channels: &Channels, facts: Facts) -> Result<Option<Settled>, CashierError> {
        let payment = &facts.payment.value;
        match after_close(tell_to_close(channels, payment).await?, payment, self.now()) {
            AfterClose::Closed => self.closed(facts).await,
            AfterClose::AskForEvidence | AfterClose::Wait => self.still_open(facts, true).await,
        }
    }

    async fn still_open(&self, facts: Facts, known: bool) -> Result<Option<Settled>, CashierError> {
        let payment = facts.payment.with(facts.payment.value.clone().asked(known, self.now()));
        let mut commit = self.commit("payment.ask");
        commit.save_payment(&payment)?;
        self.store.commit(commit).await?;
        Ok(None)
    }

    /// The attempt is over. An order that waits may be paid by another one; an order that closes is ended by whoever
    /// closes it.
    pub(crate) async fn closed(&self, facts: Facts) -> Result<Option<Settled>, CashierError> {
        let Facts { payment, mut record } = facts;
        let no = payment.value.no.clone();
        let mut commit = self.commit("payment.close");
        commit.save_payment(&payment.with(payment.value.clone().closed()))?;
        if let Some(order) = record.value.order_mut(&no.order()).filter(|order| order.open_attempt() == Some(no)) {
            order.attempt_open = false;
            commit.save_record(&record)?;
        }
        self.store.commit(commit).await?;
        Ok(None)
    }
}

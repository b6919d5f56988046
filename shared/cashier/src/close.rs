//! Ending orders (关单): a seat is free only when its payment can surely not succeed any more. R6, P6.3.

use domain::Moment;
use domain::access::Guarded;
use domain::id::OrderNo;
use domain::instalment::forfeit;
use domain::order::{AfterClose, after_close, end, expire};
use domain::payment::{CloseAnswer, Payment};
use domain::record::{OrderState, TermRecord};
use gateway::channel::{ChannelError, Channels};
use store::{StoreError, Versioned};

use crate::settle::{Facts, Settled};
use crate::{Cashier, CashierError, DECISIONS};

/// Where the end of an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Its seats are free.
    Free,
    /// It turned out paid, or was paid meanwhile.
    Paid,
    /// The provider is not sure yet; the sweeper asks again.
    Waiting,
    /// It is not ending: its time is not over.
    Open,
}

impl Cashier<'_> {
    /// Lets an order whose deadline has passed, or that was given up, come to its end as far as the provider allows.
    pub async fn end_order(&self, channels: &Channels, no: &OrderNo) -> Result<Ended, CashierError> {
        for _ in 0..DECISIONS {
            match Box::pin(self.end_step(channels, no)).await {
                Ok(None) | Err(CashierError::Store(StoreError::Stale)) => {}
                Ok(Some(ended)) => return Ok(ended),
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// One step; none when there is another one to take.
    async fn end_step(&self, channels: &Channels, no: &OrderNo) -> Result<Option<Ended>, CashierError> {
        let Some(record) = self.store.record(&no.student(), &no.term()).await?.map(Guarded::unguarded) else {
            return Ok(Some(Ended::Open));
        };
        let Some(order) = record.value.order(no) else { return Ok(Some(Ended::Open)) };
        match order.state {
            OrderState::Paid => Ok(Some(Ended::Paid)),
            OrderState::Expired | OrderState::Cancelled => Ok(Some(Ended::Free)),
            OrderState::Pending => self.begin_ending(record, no).await,
            OrderState::Closing => {
                let attempt = match order.open_attempt() {
                    Some(attempt) => self.facts(&attempt).await?,
                    None => None,
                };
                match attempt {
                    Some(facts) if !facts.payment.value.is_over() => {
                        self.close_attempt(channels, facts, no).await.map(Some)
                    }
                    over_or_none => {
                        let record = over_or_none.map_or(record, |facts| facts.record);
                        self.finish(record, None, no).await.map(Some)
                    }
                }
            }
        }
    }

    /// First the record says that the order ends: from then on no new payment is begun for it.
    async fn begin_ending(
        &self,
        mut record: Versioned<TermRecord>,
        no: &OrderNo,
    ) -> Result<Option<Ended>, CashierError> {
        let now: Moment = self.now();
        if !record.value.order_mut(no).is_some_and(|order| expire(order, now)) {
            return Ok(Some(Ended::Open));
        }
        let mut commit = self.commit("order.expire");
        commit.save_record(&record)?;
        self.store.commit(commit).await?;
        Ok(None)
    }

    /// Then the provider is told, and only its word lets the seats go.
    async fn close_attempt(&self, channels: &Channels, facts: Facts, no: &OrderNo) -> Result<Ended, CashierError> {
        let payment = &facts.payment.value;
        let answer = tell_to_close(channels, payment).await?;
        match after_close(answer, payment, self.now()) {
            AfterClose::Closed => self.finish(facts.record.clone(), Some(facts), no).await,
            AfterClose::Wait => Ok(Ended::Waiting),
            AfterClose::AskForEvidence => match self.ask(channels, &payment.no).await? {
                Some(Settled::Counted | Settled::Known | Settled::Returned(_)) => Ok(Ended::Paid),
                Some(Settled::Quarantined) | None => Ok(Ended::Waiting),
            },
        }
    }

    async fn finish(
        &self,
        mut record: Versioned<TermRecord>,
        attempt: Option<Facts>,
        no: &OrderNo,
    ) -> Result<Ended, CashierError> {
        let mut commit = self.commit("order.end");
        if let Some(Facts { payment, .. }) = attempt {
            commit.save_payment(&payment.with(payment.value.clone().closed()))?;
        }
        if let Some(order) = record.value.order_mut(no) {
            end(order);
        }
        self.exchange_lapsed(&mut commit, &mut record.value, no).await?;
        // The next part of a course was not paid in time: its seat is another order's, and goes.
        let left = forfeit(&mut record.value, no, self.now().day());
        self.leave_classes(&mut commit, &record.value, &left, self.now().day()).await?;
        commit.save_record(&record)?;
        for line in &left {
            commit.free_seat_of(&record.value, line);
        }
        self.store.commit(commit).await?;
        if let Some(order) = record.value.order(no).filter(|order| order.continues.is_none()) {
            self.release(&record.value, order).await;
        }
        Ok(Ended::Free)
    }

    /// Closes the open attempt of an order that goes on, so that it can be paid in another way. True when it is closed.
    pub async fn close_open_attempt(&self, channels: &Channels, no: &OrderNo) -> Result<bool, CashierError> {
        let Some(record) = self.store.record(&no.student(), &no.term()).await?.map(Guarded::unguarded) else {
            return Ok(false);
        };
        let Some(attempt) = record.value.order(no).and_then(domain::record::Order::open_attempt) else {
            return Ok(true);
        };
        let Some(facts) = self.facts(&attempt).await? else { return Ok(false) };
        let answer = tell_to_close(channels, &facts.payment.value).await?;
        match after_close(answer, &facts.payment.value, self.now()) {
            AfterClose::Closed => self.closed(facts).await.map(|_| true),
            AfterClose::AskForEvidence => self.ask(channels, &attempt).await.map(|_| false),
            AfterClose::Wait => Ok(false),
        }
    }
}

/// Tells the provider to close. One that refuses to speak of the payment at all, as with a merchant it does not know,
/// has made none: it is believed as one that knows none is, once no create can be on its way.
pub(crate) async fn tell_to_close(channels: &Channels, payment: &Payment) -> Result<CloseAnswer, ChannelError> {
    match channels.close(payment).await {
        Err(error @ ChannelError::Refused { .. }) => {
            tracing::error!(payment_no = payment.no.as_str(), %error, "provider refused to close");
            Ok(CloseAnswer::Unknown)
        }
        answer => answer,
    }
}

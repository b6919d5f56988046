//! Exchanges whose order is paid, or is not (调课补缴): the payment brings it about in its own transaction; an order that ends
//! unpaid leaves everything as it was. S27.2 P11.1, promises P1 P5.

use domain::access::Guarded;
use domain::id::OrderNo;
use domain::moves::MoveRequest;
use domain::moves::exchange::{carry_out, unmark};
use domain::record::{Line, OrderState, TermRecord};
use store::{Commit, StoreError, Versioned};

use crate::{Cashier, CashierError};

impl Cashier<'_> {
    /// The exchange whose seat an order takes; none of any other order.
    pub(crate) async fn exchange_of(
        &self,
        record: &TermRecord,
        no: &OrderNo,
    ) -> Result<Option<Versioned<MoveRequest>>, StoreError> {
        let exchange = record.order(no).and_then(|order| order.exchange.as_ref());
        match exchange.filter(|exchange| exchange.money_of.is_none()) {
            Some(exchange) => {
                let found = self.store.move_request(&exchange.request).await?.map(Guarded::unguarded);
                Ok(Some(found.ok_or_else(|| StoreError::Missing(store::key::move_request(&exchange.request)))?))
            }
            None => Ok(None),
        }
    }

    /// Brings the exchange about that a payment has paid. None: what it rests on has gone meanwhile, and the payment pays
    /// for nothing. Else the request and the line whose seat is free, to be written with the payment.
    pub(crate) fn exchange_paid(
        &self,
        record: &mut TermRecord,
        mut request: Versioned<MoveRequest>,
    ) -> Option<(Versioned<MoveRequest>, Line)> {
        match carry_out(record, &mut request.value, self.now()) {
            Ok(freed) => Some((request, freed)),
            Err(error) => {
                tracing::warn!(request = request.value.id.as_str(), %error, "exchange is paid for nothing");
                None
            }
        }
    }

    /// Writes an exchange that was brought about with the payment that did.
    pub(crate) async fn write_paid_exchange(
        &self,
        commit: &mut Commit,
        record: &TermRecord,
        (mut request, freed): (Versioned<MoveRequest>, Line),
    ) -> Result<(), CashierError> {
        commit.free_seat_of(record, &freed);
        self.change_classes(commit, record, &mut request.value, &freed).await?;
        Ok(commit.save_move(&request)?)
    }

    /// Ends the exchange of an order that has ended unpaid.
    pub(crate) async fn exchange_lapsed(
        &self,
        commit: &mut Commit,
        record: &mut TermRecord,
        no: &OrderNo,
    ) -> Result<(), CashierError> {
        let ended = |state| matches!(state, OrderState::Expired | OrderState::Cancelled);
        if !record.order(no).is_some_and(|order| ended(order.state)) {
            return Ok(());
        }
        let Some(mut request) = self.exchange_of(record, no).await? else { return Ok(()) };
        unmark(record, &request.value.id);
        request.value.lapse(self.now());
        Ok(commit.save_move(&request)?)
    }
}

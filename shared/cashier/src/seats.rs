//! Seats (名额) in the hands of the cashier: confirm, give back, take again.

use domain::catalog::OfferingState;
use domain::id::OrderNo;
use domain::record::{Order, TermRecord};
use domain::seat::{Seat, Stamp};
use store::StoreError;
use store::seat::Claim;

use crate::settle::Facts;
use crate::{Cashier, CashierError};

/// How long seats taken again stand while the payment is being written.
const RETAKE_SECONDS: i64 = 120;

impl Cashier<'_> {
    /// Marks the seats of a paid order as confirmed. The record is what protects them; a ledger that is missed here is
    /// put right by the sweeper.
    pub(crate) async fn confirm(&self, record: &TermRecord, order: &Order) {
        for line in &order.lines {
            let offering = record.offering_of(line);
            if let Err(error) = self.store.confirm(&offering, &record.student, line.seat).await {
                tracing::warn!(offering = offering.as_str(), %error, "seat not marked as confirmed");
            }
        }
    }

    /// Gives the seats of an ended order back. A ledger that is missed here is put right by the sweeper.
    pub(crate) async fn release(&self, record: &TermRecord, order: &Order) {
        let seats: Vec<Seat> = order.lines.iter().map(|line| line.seat).collect();
        self.give_up(record, &order.no, &seats).await;
    }

    /// Gives back seats that were claimed for the lines of an order, as far as those claims still stand.
    pub(crate) async fn give_up(&self, record: &TermRecord, order: &OrderNo, seats: &[Seat]) {
        let Some(order) = record.order(order) else { return };
        for (line, seat) in order.lines.iter().zip(seats) {
            let offering = record.offering_of(line);
            if let Err(error) = self.store.release(&offering, &record.student, *seat).await {
                tracing::warn!(offering = offering.as_str(), %error, "seat not given back");
            }
        }
    }

    /// Takes the seats of an expired order again: all of them, or none.
    pub(crate) async fn retake(&self, facts: &Facts) -> Result<Option<Vec<Seat>>, CashierError> {
        let (record, no) = (&facts.record.value, facts.payment.value.no.order());
        let Some(order) = record.order(&no) else { return Ok(None) };
        let mut seats = Vec::new();
        for line in &order.lines {
            let offering = self.store.offering(&record.offering_of(line)).await?;
            let stamp = Stamp::claim(self.now().plus_seconds(RETAKE_SECONDS), self.ambient.random());
            let claim = match offering.filter(|offering| offering.value.state == OfferingState::Open) {
                Some(offering) => {
                    let (id, capacity) = (&offering.value.id, offering.value.capacity);
                    match self.store.claim(id, capacity, &record.student, stamp).await {
                        Err(StoreError::Missing(_)) => Claim::Full,
                        claim => claim?,
                    }
                }
                None => Claim::Full,
            };
            match claim {
                Claim::Won { seat, .. } => seats.push(seat),
                Claim::Full => {
                    self.give_up(record, &no, &seats).await;
                    return Ok(None);
                }
            }
        }
        Ok(Some(seats))
    }
}

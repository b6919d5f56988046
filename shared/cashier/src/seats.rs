//! Seats (名额) in the hands of the cashier: confirm, give back, take again.

use domain::catalog::OfferingState;
use domain::record::{Order, TermRecord};
use store::{Claimed, Claims, StoreError};

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
        for line in &order.lines {
            let offering = record.offering_of(line);
            if let Err(error) = self.store.release(&offering, &record.student, line.seat).await {
                tracing::warn!(offering = offering.as_str(), %error, "seat not given back");
            }
        }
    }

    /// Takes the seats of an expired order again: all of them, or none.
    pub(crate) async fn retake(&self, facts: &Facts) -> Result<Option<Claims>, CashierError> {
        let record = &facts.record.value;
        let Some(order) = record.order(&facts.payment.value.no.order()) else { return Ok(None) };
        let mut offerings = Vec::new();
        for line in &order.lines {
            let offering = self.store.offering(&record.offering_of(line)).await?.map(|found| found.value);
            match offering.filter(|offering| offering.state == OfferingState::Open) {
                Some(offering) => offerings.push(offering),
                None => return Ok(None),
            }
        }
        let wanted: Vec<_> = offerings.iter().map(|offering| (&offering.id, offering.capacity)).collect();
        let until = self.now().plus_seconds(RETAKE_SECONDS);
        match Claims::take(self.store, &wanted, &record.student, until, || self.ambient.random()).await {
            Ok(Claimed::All(claims)) => Ok(Some(claims)),
            Ok(Claimed::Full(_)) | Err(StoreError::Missing(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

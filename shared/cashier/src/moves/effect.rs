//! Bringing an exchange about (调课生效): the new seat is claimed, then one transaction writes the request, the record, and,
//! when nothing is to be paid, both seats, the classes and what goes back. Whoever stops in between leaves a claim that runs
//! out by itself. S27.2, promises P1 P5.

use domain::access::Guarded;
use domain::enroll::{EnrollError, hold_until};
use domain::journal::Entry;
use domain::moves::difference::BackPart;
use domain::moves::exchange::{carry_out, place};
use domain::moves::{Exchange, MoveError, MoveRequest};
use domain::record::TermRecord;
use domain::refund::quote::{Item, QuoteLine};
use domain::refund::request::RequestError;
use domain::refund::reserve::{Wanted, reserve};
use domain::refund::{Part, RefundReason};
use domain::seat::Seat;
use domain::task::{Queue, Task};
use domain::{Money, alert};
use store::{Claimed, Claims, Commit, StoreError, Versioned};

use super::ground::Ground;
use crate::{Cashier, CashierError};

impl Cashier<'_> {
    /// Claims the new seat and writes the exchange. A claim that was not written about is given back at once, unless
    /// nobody knows whether it was: then it is the record that protects it, or it runs out.
    pub(super) async fn take_effect(
        &self,
        request: Versioned<MoveRequest>,
        ground: Ground,
        action: &'static str,
    ) -> Result<Versioned<MoveRequest>, CashierError> {
        let wanted = [(&ground.offering.id, ground.offering.capacity)];
        let (student, until) = (&ground.record.value.student, hold_until(&ground.catalog, self.now()));
        let claims = match Claims::take(self.store, &wanted, student, until, || self.ambient.random()).await? {
            Claimed::All(claims) => claims,
            Claimed::Full(_) => {
                let title = ground.offering.title.clone();
                return Err(MoveError::from(EnrollError::ClassFull { title }).into());
            }
        };
        let Some(seat) = claims.seats().first().copied() else { return Err(StoreError::Stale.into()) };
        let written = self.write_exchange(request, ground, seat, action).await;
        match &written {
            Ok(_) | Err(CashierError::Store(StoreError::Unavailable { .. })) => {}
            Err(_) => claims.give_back(self.store).await,
        }
        written
    }

    async fn write_exchange(
        &self,
        mut request: Versioned<MoveRequest>,
        ground: Ground,
        seat: Seat,
        action: &'static str,
    ) -> Result<Versioned<MoveRequest>, CashierError> {
        let on = request.value.on;
        self.check_class(&ground, on).await?;
        let Ground { mut record, catalog, .. } = ground;
        let mut commit = self.commit(action);
        if let Some(exchange) = request.value.exchange_mut() {
            exchange.line.seat = seat;
        }
        let no = place(&mut record.value, &mut request.value, &catalog, self.now())?;
        let costs_nothing = record.value.order(&no).is_some_and(|order| order.total.is_zero());
        if costs_nothing {
            let freed = carry_out(&mut record.value, &mut request.value, self.now())?;
            commit.free_seat_of(&record.value, &freed);
            self.change_classes(&mut commit, &record.value, &mut request.value, &freed).await?;
            self.return_rest(&mut commit, &record.value, &mut request.value).await?;
            if let Some(order) = record.value.order(&no) {
                commit.confirm_seats(&record.value, order);
            }
        }
        commit.save_move(&request)?;
        commit.save_record(&record)?;
        self.store.commit(commit).await?;
        self.store.forget_classes(&record.value.school, &record.value.term);
        request.ver = request.ver.saturating_add(1);
        Ok(request)
    }

    /// Sets aside what of the course that was left is not needed for the other one: part by part, each on its payment.
    async fn return_rest(
        &self,
        commit: &mut Commit,
        record: &TermRecord,
        request: &mut MoveRequest,
    ) -> Result<(), CashierError> {
        let Some(exchange) = request.exchange_mut() else { return Ok(()) };
        let back: Vec<BackPart> =
            exchange.difference.back.iter().filter(|part| !part.returned().is_zero()).cloned().collect();
        for part in back {
            let payment_no = record.order(&part.order).and_then(|order| order.payment().cloned());
            let payer = record.order(&part.order).map(|order| order.guardian.clone());
            let payment_no = payment_no.ok_or(MoveError::NotBacked)?;
            let payment = self.store.payment(&payment_no).await?.map(Guarded::unguarded);
            let mut payment = payment.ok_or(MoveError::NotBacked)?;
            let waiting = self.waiting_refund(&payment.value).await?;
            let known = alert::Facts::of_payment(&payment.value, self.now());
            let wanted = Wanted { payer, ..set_aside(&part, exchange) };
            let amount = wanted.amount;
            let gathered = waiting.as_ref().map(|waiting| waiting.value.clone());
            let refund = reserve(&mut payment.value, gathered, wanted, self.now())
                .map_err(|error| MoveError::from(RequestError::from(error)))?;
            let grown = waiting.filter(|waiting| waiting.value.seq == refund.seq);
            self.store.tell(commit, &known, &alert::Facts::of_payment(&payment.value, self.now())).await?;
            commit.save_payment(&payment)?;
            commit.post_journal(&Entry::owed(&refund, &payment.value, amount, commit.now()))?;
            let task = Task::new(Queue::Refund, refund.no().as_str(), 1, commit.now());
            commit.task(task.not_before(refund.not_before))?;
            exchange.refunds.push(refund.no());
            commit.save_refund(&Versioned::next(grown.as_ref(), refund))?;
        }
        Ok(())
    }
}

/// What goes back of a part, with what came over taken off.
fn set_aside(part: &BackPart, exchange: &Exchange) -> Wanted {
    let mut lines = part.quote.lines.clone();
    if !part.carried.is_zero() {
        let words = format!("转入「{}」 {} 元", exchange.line.title, part.carried);
        let amount = Money::from_fen(part.carried.fen().saturating_neg());
        lines.push(QuoteLine { item: Item::Exchanged, amount, words });
    }
    let amount = part.returned();
    Wanted {
        amount,
        parts: vec![Part { course: exchange.course.clone(), lessons: part.quote.lessons, amount }],
        lines,
        payout: part.quote.payout,
        reason: RefundReason::Exchanged,
        retry_of: None,
        request: None,
        payer: None,
    }
}

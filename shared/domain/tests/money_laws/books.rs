//! Our side: what callback, query, close and request do, each as the one transaction it is. The rules are the product's
//! own; here they are put together as the cashier does it, without tables and without a network.

use domain::journal::Entry;
use domain::order::{AfterClose, after_close, count, end, give_back};
use domain::payment::{CloseAnswer, Evidence, PaymentState, Settlement, Source, settle};
use domain::record::OrderState;
use domain::refund::reserve::ReserveError;
use domain::refund::settle::{RefundEvidence, Settled, Status, reject};
use domain::refund::{Refund, RefundReason, RefundState, Trouble};
use domain::seat::{Seat as RecordSeat, Stamp};
use domain::snapshot::Snapshot;
use domain::{Moment, Money};

use crate::defect::Defect;
use crate::place::{COURSES, Place, Seat, There};

impl Place<'_> {
    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// Applies a statement of payment.
    pub(crate) fn settle(&mut self, evidence: &Evidence) {
        let Some(at) = self.family.payment(&evidence.payment) else { return };
        let mut evidence = evidence.clone();
        if self.has(Defect::MerchantNotCompared) {
            evidence.sub_merchant.clone_from(&self.family.payments[at].sub_merchant);
        }
        if self.has(Defect::AmountNotCompared) {
            evidence.total = self.family.payments[at].amount;
        }
        match settle(&self.family.payments[at], &self.family.record, &evidence) {
            Ok(Settlement::Known) | Err(_) => {}
            Ok(Settlement::Counts) => self.counts(at, &evidence, &[]),
            Ok(Settlement::Return(RefundReason::PaidTwice)) if self.has(Defect::CountedTwice) => {
                self.counts(at, &evidence, &[]);
            }
            Ok(Settlement::Return(reason)) => self.goes_back(at, &evidence, reason),
            Ok(Settlement::Retake) => match self.retake(at) {
                Some(seats) => self.counts(at, &evidence, &seats),
                None => self.goes_back(at, &evidence, RefundReason::SeatsGone),
            },
        }
    }

    fn counts(&mut self, at: usize, evidence: &Evidence, seats: &[RecordSeat]) {
        let family = &mut *self.family;
        count(&mut family.payments[at], &mut family.record, evidence, seats);
        self.post(Entry::paid(evidence, &self.family.school.clone(), true));
        self.keep_payment(at);
        self.set_seats(at, Seat::Confirmed);
    }

    fn goes_back(&mut self, at: usize, evidence: &Evidence, reason: RefundReason) {
        let family = &mut *self.family;
        let refund = give_back(&mut family.payments[at], &family.record, evidence, reason, self.now);
        if self.defect == Some(Defect::NothingGoesBack) {
            family.payments[at].refund_reserved = Money::ZERO;
        } else {
            family.refunds.push(refund);
            family.their_refunds.push(None);
        }
        self.post(Entry::paid(evidence, &self.family.school.clone(), false));
        self.keep_payment(at);
    }

    /// Takes the seats of an expired order again, all or none.
    fn retake(&mut self, at: usize) -> Option<Vec<RecordSeat>> {
        let order = self.family.record.order(&self.family.payments[at].no.order())?;
        let courses: Vec<usize> = order.lines.iter().filter_map(|line| course(line.course.as_str())).collect();
        if !self.has(Defect::SeatTakenBlindly) && !courses.iter().all(|course| self.is_free(*course)) {
            return None;
        }
        Some(courses.iter().map(|_| RecordSeat { ledger: 0, stamp: Stamp::claim(self.now, 1) }).collect())
    }

    /// Whether the pupil can have a seat in the course.
    pub(crate) fn is_free(&self, course: usize) -> bool {
        let taken = self.seats[course].iter().filter(|seat| **seat != Seat::Free).count();
        self.seats[course][self.at] == Seat::Free && taken < COURSES[course].1
    }

    /// Marks the seats of an order, except those that were given up.
    fn set_seats(&mut self, payment: usize, seat: Seat) {
        let no = self.family.payments[payment].no.order();
        let Some(order) = self.family.record.order(&no) else { return };
        for line in order.lines.iter().filter(|line| !line.has_left()) {
            if let Some(course) = course(line.course.as_str()) {
                self.seats[course][self.at] = seat;
            }
        }
    }

    pub(crate) fn post(&mut self, entry: Entry) {
        if self.has(Defect::PostedTwice) {
            self.family.journal.push(Entry { fact: format!("{}-again", entry.fact), ..entry.clone() });
        }
        // The fact is the key: what was posted is not posted again.
        if self.family.journal.iter().all(|posted| posted.fact != entry.fact) {
            self.family.journal.push(entry);
        }
    }

    fn keep_payment(&mut self, at: usize) {
        let payment = &self.family.payments[at];
        if let Some(paid) = &payment.paid {
            self.family.snapshots.push((payment.no.to_string(), paid.snapshot.clone()));
        }
    }

    /// Writes a refund that has ended with its snapshot.
    pub(crate) fn keep_refund(&mut self, at: usize) {
        if self.has(Defect::NoSnapshot) {
            return;
        }
        let family = &mut *self.family;
        let Some(payment) = family.payment(&family.refunds[at].payment) else { return };
        let refund = &mut family.refunds[at];
        refund.snapshot = Snapshot::of_refund(refund, &family.payments[payment]).map(|snapshot| snapshot.hash);
        if let Some(hash) = &refund.snapshot {
            family.snapshots.push((refund.no().to_string(), hash.clone()));
        }
    }

    /// Applies a statement about a refund.
    pub(crate) fn settle_refund(&mut self, evidence: &RefundEvidence) {
        let family = &mut *self.family;
        let Some(at) = family.refunds.iter().position(|refund| refund.no().as_str() == evidence.refund) else { return };
        let Some(payment) = family.payment(&family.refunds[at].payment) else { return };
        let (refund, payment) = (&mut family.refunds[at], &mut family.payments[payment]);
        let mut evidence = evidence.clone();
        if self.defect == Some(Defect::MerchantNotCompared) {
            evidence.sub_merchant.clone_from(&payment.sub_merchant);
        }
        match domain::refund::settle::settle(refund, payment, &evidence) {
            Ok(Settled::Done) => {
                let (entry, at_refund) = (Entry::refunded(refund, payment, evidence.at), at);
                self.post(entry);
                self.keep_refund(at_refund);
            }
            Ok(Settled::Released) => {
                let again = refund.again(payment, self.now);
                refund.retried = again.is_ok();
                self.set_aside_again(again);
                self.keep_refund(at);
            }
            Ok(Settled::Risen) | Err(_) => {}
            Ok(Settled::Unchanged) => match self.defect {
                Some(Defect::LastWordWins) => refund.state = state_of(evidence.status),
                Some(Defect::TroubleNotedLate) if evidence.status == Status::Abnormal => {
                    refund.trouble = Some(Trouble::PayerAccount);
                }
                Some(Defect::FreedTwice) if evidence.status == Status::Closed => {
                    payment.refund_reserved = payment.refund_reserved.without(refund.amount);
                }
                _ => {}
            },
        }
    }

    /// What was given up goes back under a new number.
    pub(crate) fn set_aside_again(&mut self, again: Result<Refund, ReserveError>) {
        if let Ok(next) = again {
            self.family.refunds.push(next);
            self.family.their_refunds.push(None);
        }
    }

    /// Asks about a payment that is not known to be paid.
    pub(crate) fn ask(&mut self, at: usize) {
        let state = self.family.payments[at].state;
        if state == PaymentState::Succeeded {
            return;
        }
        if let Some(evidence) = self.family.evidence(at, Source::Query) {
            self.settle(&evidence);
            return;
        }
        if state == PaymentState::Closed {
            return;
        }
        match &self.family.theirs[at].there {
            There::Closed => self.attempt_is_over(at),
            There::Nowhere if self.family.payments[at].surely_unknown(self.now) => self.attempt_is_over(at),
            There::Open { .. } if !self.is_awaited(at) && !self.has(Defect::LeftOpen) => {
                if self.tell_to_close(at, true) == Some(AfterClose::Closed) {
                    self.attempt_is_over(at);
                }
            }
            there @ (There::Nowhere | There::Open { .. } | There::Paid { .. }) => {
                let known = *there != There::Nowhere;
                let payment = &mut self.family.payments[at];
                *payment = payment.clone().asked(known, self.now);
            }
        }
    }

    /// Whether the payment's order waits for it.
    fn is_awaited(&self, at: usize) -> bool {
        domain::order::awaits(&self.family.record, &self.family.payments[at].no)
    }

    /// The attempt is over; its order may be paid by another one.
    fn attempt_is_over(&mut self, at: usize) {
        let family = &mut *self.family;
        let payment = &mut family.payments[at];
        *payment = payment.clone().closed();
        let no = payment.no.clone();
        if let Some(order) = family.record.order_mut(&no.order()).filter(|order| order.open_attempt() == Some(no)) {
            order.attempt_open = false;
        }
    }

    /// Tells the provider to close a payment. None: the answer is lost.
    fn tell_to_close(&mut self, at: usize, heard: bool) -> Option<AfterClose> {
        let theirs = &mut self.family.theirs[at];
        let answer = match theirs.there {
            There::Paid { .. } => CloseAnswer::Paid,
            There::Nowhere => CloseAnswer::Unknown,
            There::Closed | There::Open { .. } => {
                theirs.there = There::Closed;
                CloseAnswer::Closed
            }
        };
        heard.then(|| after_close(answer, &self.family.payments[at], self.now))
    }

    /// Closes the open attempt of an order that goes on.
    pub(crate) fn close_open_attempt(&mut self, order: usize, heard: bool) {
        let open = self.family.record.orders.get(order).and_then(domain::record::Order::open_attempt);
        let Some(at) = open.and_then(|no| self.family.payment(&no)) else { return };
        match self.tell_to_close(at, heard) {
            Some(AfterClose::Closed) => self.attempt_is_over(at),
            Some(AfterClose::AskForEvidence) => self.ask(at),
            Some(AfterClose::Wait) | None => {}
        }
    }

    /// Lets a closing order come to its end, as far as the provider allows.
    pub(crate) fn end_order(&mut self, order: usize, heard: bool) {
        let Some(found) = self.family.record.orders.get(order) else { return };
        if found.state != OrderState::Closing {
            return;
        }
        let open = found.open_attempt().and_then(|no| self.family.payment(&no));
        match open.filter(|at| self.family.payments[*at].state != PaymentState::Closed) {
            None => self.finish(order, None),
            Some(at) => match self.tell_to_close(at, heard) {
                Some(AfterClose::Closed) => self.finish(order, Some(at)),
                Some(AfterClose::AskForEvidence) => self.ask(at),
                Some(AfterClose::Wait) | None => {}
            },
        }
    }

    fn finish(&mut self, order: usize, attempt: Option<usize>) {
        let family = &mut *self.family;
        if let Some(at) = attempt {
            family.payments[at] = family.payments[at].clone().closed();
        }
        end(&mut family.record.orders[order]);
        for line in &family.record.orders[order].lines {
            if let Some(course) = course(line.course.as_str()) {
                self.seats[course][self.at] = Seat::Free;
            }
        }
    }

    /// Sends a refund to its provider, or once more. What the provider makes of it comes back, unless it gets lost.
    pub(crate) fn send_refund(&mut self, at: usize, arrives: bool, heard: bool, refused: bool) -> Result<(), String> {
        let now = self.now;
        let family = &mut *self.family;
        if family.refunds[at].state == RefundState::Reserved {
            if family.refunds[at].not_before.is_some_and(|until| now < until) {
                return Ok(());
            }
            (family.refunds[at].state, family.refunds[at].sent_at) = (RefundState::Sent, Some(now));
        }
        if !arrives {
            return Ok(());
        }
        let Some(payment) = family.payment(&family.refunds[at].payment) else { return Ok(()) };
        if family.their_refunds[at].is_none() {
            if refused {
                let (refund, payment) = (&mut family.refunds[at], &mut family.payments[payment]);
                if heard && reject(refund, payment, Trouble::Refused, now) {
                    self.keep_refund(at);
                }
                return Ok(());
            }
            let amount = family.refunds[at].amount.fen();
            let held = family.their_refunded(&family.refunds[at].payment.clone());
            if held + amount > family.payments[payment].amount.fen() {
                return Err(format!("I1: {amount} asked back beside {held} of {}", family.payments[payment].amount));
            }
            family.their_refunds[at] = Some((Status::Processing, now));
        }
        if let Some(evidence) = self.family.refund_evidence(at, Source::Query).filter(|_| heard) {
            self.settle_refund(&evidence);
        }
        Ok(())
    }

    /// Asks what became of a refund; one that the provider does not know is sent once more.
    pub(crate) fn ask_refund(&mut self, at: usize) -> Result<(), String> {
        match (self.family.refunds[at].state, self.family.refund_evidence(at, Source::Query)) {
            (RefundState::Sent | RefundState::Processing | RefundState::Abnormal, Some(evidence)) => {
                self.settle_refund(&evidence);
                Ok(())
            }
            (RefundState::Sent, None) => self.send_refund(at, true, true, false),
            _ => Ok(()),
        }
    }
}

fn state_of(status: Status) -> RefundState {
    match status {
        Status::Processing => RefundState::Processing,
        Status::Abnormal => RefundState::Abnormal,
        Status::Closed => RefundState::Closed,
        Status::Done => RefundState::Done,
    }
}

/// The place of a course.
pub(crate) fn course(code: &str) -> Option<usize> {
    COURSES.iter().position(|(known, _)| *known == code)
}

/// A moment of the provider's, later than the last.
pub(crate) fn next(now: Moment) -> Moment {
    now.plus_seconds(1)
}

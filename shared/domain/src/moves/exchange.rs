//! Exchange (学生调课): one course for another. The new seat is held first; the old one is given up in the write by which the
//! new one is the pupil's for good, and not before. S27 P11.
//!
//! While it is under way the course that is given up is marked in the record, so that nobody gives it up in another way.
//! When something is to be paid, the new seat is held by an order like every other; whoever pays it brings the exchange
//! about, and an order that ends unpaid leaves everything as it was.

use super::difference::divide;
use super::{Asked, Exchange, MoveError, MoveRequest, Outcome};
use crate::catalog::{Offering, OfferingState, Term, TermCatalog};
use crate::enroll::{EnrollError, EnrollFacts, ORDERS, check_rules, hold_until};
use crate::id::{CourseCode, GuardianId, OfferingId, OrderNo, PaymentNo, TeachingRequestId};
use crate::instalment::leave;
use crate::money::Money;
use crate::record::{Exchanging, Leaving, Line, Order, OrderState, RequestMark, TermRecord};
use crate::refund::RefundReason;
use crate::refund::facts::GivenBack;
use crate::refund::request::{paid_later, plus};
use crate::snapshot::Snapshot;
use crate::teaching::request::Party;
use crate::time::Moment;

/// Hours in which the difference can be paid at least: whoever asked days ago does not sit before a screen.
pub const HOLD_HOURS: i64 = 24;

/// Whether a party may ask now, for that day. A guardian gives a course up while the window for that is open.
pub fn may_ask(term: &Term, asked: &Asked, now: Moment) -> Result<(), MoveError> {
    let (from, until) = (now.day(), term.ends_on);
    if !(from..=until).contains(&asked.on) {
        return Err(MoveError::DayOutOfRange { from, until });
    }
    let open = term.windows.withdraw.is_some_and(|window| window.contains(now));
    if asked.party == Party::Guardian && !open { Err(MoveError::WindowClosed) } else { Ok(()) }
}

/// The paid seat that is given up, with the orders by which the course was paid, the seat's first. Another request about
/// any of them stands in the way; `own` does not.
pub fn parts(
    record: &TermRecord,
    course: &CourseCode,
    own: Option<&TeachingRequestId>,
) -> Result<Vec<OrderNo>, MoveError> {
    let seat = record.seat_in(course).filter(|(order, _)| order.state == OrderState::Paid);
    let (order, line) = seat.ok_or(MoveError::NotSeated)?;
    let all: Vec<OrderNo> = std::iter::once(order.no.clone()).chain(paid_later(record, &order.no, course)).collect();
    let is_free = |no: &OrderNo| {
        let leaving = record.order(no).and_then(|order| order.line(course)?.leaving.as_ref());
        match leaving {
            None => true,
            Some(Leaving::Exchanging(other)) => own == Some(other),
            Some(Leaving::Asked(_) | Leaving::Left(_)) => false,
        }
    };
    if all.iter().all(is_free) { Ok(all) } else { Err(MoveError::UnderWay { title: line.title.clone() }) }
}

/// The offering, if the pupil could take it instead of the course: as if the other seat was free.
pub fn check<'c>(
    facts: EnrollFacts<'c>,
    course: &CourseCode,
    to: &OfferingId,
    parts: usize,
) -> Result<&'c Offering, MoveError> {
    let offering = facts.catalog.offering(to).filter(|offering| offering.state == OfferingState::Open);
    let offering = offering.ok_or(MoveError::OfferingNotAvailable)?;
    if to.course() == *course {
        return Err(MoveError::SameCourse);
    }
    let mut without = facts.record.clone();
    for order in &mut without.orders {
        if let Some(line) = order.line_mut(course) {
            line.leaving = Some(Leaving::Left(facts.catalog.term.starts_on));
        }
    }
    check_rules(EnrollFacts { record: &without, ..facts }, &[offering])?;
    // One takes the seat; each part of the course may bring something over.
    if without.orders.len().saturating_add(parts) >= ORDERS {
        return Err(EnrollError::TooManyOrders.into());
    }
    Ok(offering)
}

/// Marks the course that is given up, until the exchange is in effect or ends.
pub fn mark(record: &mut TermRecord, parts: &[OrderNo], course: &CourseCode, id: &TeachingRequestId) {
    for no in parts {
        if let Some(line) = record.order_mut(no).and_then(|order| order.line_mut(course)) {
            line.leaving = Some(Leaving::Exchanging(id.clone()));
        }
    }
}

/// Takes the marks of a request away: everything is as it was.
pub fn unmark(record: &mut TermRecord, id: &TeachingRequestId) {
    let marked = Leaving::Exchanging(id.clone());
    for line in record.orders.iter_mut().flat_map(|order| &mut order.lines) {
        if line.leaving.as_ref() == Some(&marked) {
            line.leaving = None;
        }
    }
}

/// Whether what an order exchanges still is the pupil's, and marked by its request. Other orders exchange nothing.
pub fn stands(record: &TermRecord, order: &Order) -> bool {
    let Some(exchange) = &order.exchange else { return true };
    let marked = Leaving::Exchanging(exchange.request.clone());
    record.seats().any(|(_, line)| line.leaving.as_ref() == Some(&marked))
}

/// Places the order that takes the new seat and asks for what is to be paid. With nothing to be paid it is paid at once.
/// Returns its number.
pub fn place(
    record: &mut TermRecord,
    request: &mut MoveRequest,
    catalog: &TermCatalog,
    now: Moment,
) -> Result<OrderNo, MoveError> {
    let id = request.id.clone();
    let exchange = request.exchange_mut().ok_or(MoveError::NotSeated)?;
    let guardian = record.order(&exchange.order).map(|order| order.guardian.clone()).ok_or(MoveError::NotSeated)?;
    let (line, _) = divided(exchange);
    let deadline = hold_until(catalog, now).max(now.plus_minutes(HOLD_HOURS.saturating_mul(60)));
    let to_pay = !line.amount.is_zero();
    let order = Order {
        rules: catalog.rules.clone(),
        remind_hours: catalog.term.remind_hours,
        ..order(record, (guardian, id.to_string()), line, now)
    };
    let state = if to_pay { OrderState::Pending } else { OrderState::Paid };
    let exchanging = Some(Exchanging { request: id, money_of: None });
    let no = add(record, Order { state, deadline, exchange: exchanging, ..order });
    exchange.placed = Some(no.clone());
    if to_pay {
        request.outcome = Some(Outcome::Held { order: no.clone(), until: deadline });
    }
    Ok(no)
}

/// Brings the exchange about, its order being paid: the course is left from the day on, what goes back of it is noted at
/// its lines, and what comes over becomes orders beside the one that took the seat, whose money is that of the course
/// that was left. The line whose seat is free by it.
pub fn carry_out(record: &mut TermRecord, request: &mut MoveRequest, now: Moment) -> Result<Line, MoveError> {
    let (id, on) = (request.id.clone(), request.on);
    let exchange = request.exchange().ok_or(MoveError::NotSeated)?;
    let placed = exchange.placed.clone().ok_or(MoveError::NotSeated)?;
    let course = exchange.course.clone();
    let marked = Some(Leaving::Exchanging(id.clone()));
    let freed = record.order(&exchange.order).and_then(|order| order.line(&course).cloned());
    let freed = freed.filter(|line| line.leaving == marked).ok_or(MoveError::NotSeated)?;
    let mut moneys: Vec<(PaymentNo, Line)> = Vec::new();
    let (_, came_over) = divided(exchange);
    let mut came_over = came_over.into_iter();
    for part in &exchange.difference.back {
        let order = record.order(&part.order).ok_or(MoveError::NotSeated)?;
        let line = order.line(&course).ok_or(MoveError::NotSeated)?;
        if line.leaving != marked || part.quote.total > line.amount.without(line.given_back.total()) {
            return Err(MoveError::NotBacked);
        }
        if !part.carried.is_zero() {
            let payment = order.payment().cloned().ok_or(MoveError::NotBacked)?;
            moneys.extend(came_over.next().map(|line| (payment, line)));
        }
    }
    for part in &exchange.difference.back {
        if let Some(line) = record.order_mut(&part.order).and_then(|order| order.line_mut(&course)) {
            line.given_back = plus(line.given_back, &part.quote, RefundReason::Exchanged);
        }
        leave(record, &part.order, &course, on);
    }
    let first = record.order(&placed).cloned().ok_or(MoveError::NotSeated)?;
    for (at, (payment, line)) in moneys.into_iter().enumerate() {
        let order = order(record, (first.guardian.clone(), format!("{id}.{at}")), line, now);
        let exchange = Some(Exchanging { request: id.clone(), money_of: Some(payment) });
        let (rules, continues) = (first.rules.clone(), Some(placed.clone()));
        add(record, Order { state: OrderState::Paid, rules, continues, exchange, ..order });
    }
    request.outcome = Some(Outcome::Done(now));
    Ok(freed)
}

/// The line of what is asked for, and those of what comes over, in the order of the parts that bring something.
fn divided(exchange: &Exchange) -> (Line, Vec<Line>) {
    let carried: Vec<Money> =
        exchange.difference.back.iter().map(|part| part.carried).filter(|amount| !amount.is_zero()).collect();
    divide(&exchange.line, &carried)
}

/// An order of one line, without what makes it the one or the other.
fn order(record: &TermRecord, (guardian, key): (GuardianId, String), line: Line, now: Moment) -> Order {
    let total = line.amount;
    let line = Line { given_back: GivenBack::default(), leaving: None, ..line };
    record.next_order(guardian, (vec![line], total), RequestMark { key, body: String::new() }, now)
}

/// Adds an order with its snapshot. Its number.
fn add(record: &mut TermRecord, mut order: Order) -> OrderNo {
    order.snapshot = Snapshot::of_order(record, &order).hash;
    let no = order.no.clone();
    record.orders.push(order);
    no
}

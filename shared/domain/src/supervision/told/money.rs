//! Orders, payments and refunds (报名课程订单、支付单、退款单) as the city is told of them. B6.1.

use super::told;
use crate::id::{OrderNo, RefundNo, SchoolCode};
use crate::money::Money;
use crate::payment::Payment;
use crate::record::{Leaving, Line, Order, OrderState, TermRecord};
use crate::refund::Refund;
use crate::supervision::body::{Body, OrderBody, OrderLinePart, PaymentBody, RefundBody, RefundPart};
use crate::supervision::code::{LineState, OrderPurpose};
use crate::supervision::record::{Place, Record};
use crate::supervision::source::SourceId;
use crate::time::Moment;

fn at(school: &SchoolCode, order: &OrderNo, when: Moment) -> Place {
    Place { school: school.clone(), term: Some(order.term()), day: Some(when.day()) }
}

/// An order of a pupil's term.
pub fn order(record: &TermRecord, order: &Order, now: Moment) -> Record {
    let lines: Vec<OrderLinePart> = order.lines.iter().map(|line| part(record, line)).collect();
    let purpose = if order.continues.is_some() {
        OrderPurpose::Instalment
    } else if order.exchange.is_some() {
        OrderPurpose::Exchange
    } else {
        OrderPurpose::Enrollment
    };
    let body = OrderBody {
        no: order.no.clone(),
        student: SourceId::student(&record.student),
        purpose,
        continues: order.continues.as_ref().map(SourceId::order),
        placed_at: order.placed_at,
        deadline: order.deadline,
        state: order.state.into(),
        total: order.total,
        paid: if order.state == OrderState::Paid { order.total } else { Money::ZERO },
        paid_at: order.paid.as_ref().map(|(_, at)| *at),
        refunded: sum(lines.iter().map(|line| line.refunded)),
        lines,
    };
    let place = at(&record.school, &order.no, order.placed_at);
    told(place, SourceId::order(&order.no), Body::Order(body), now)
}

/// Amounts of one order: they come to no more than was paid.
fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    amounts.fold(Money::ZERO, |sum, amount| sum.plus(amount).unwrap_or(sum))
}

fn part(record: &TermRecord, line: &Line) -> OrderLinePart {
    let sold = line.sold();
    OrderLinePart {
        course: line.course.clone(),
        offering: record.offering_of(line),
        title: line.title.clone(),
        lessons: line.lessons,
        unit_price: line.unit_price,
        tuition: sum([sold.tuition, sold.waived].into_iter()),
        waived: sold.waived,
        waived_reason: line.waived.as_ref().map(|waived| waived.reason.clone()),
        materials: line.materials,
        sundry: line.sundry,
        amount: line.amount,
        state: if line.has_left() { LineState::Left } else { LineState::Taken },
        left_on: match &line.leaving {
            Some(Leaving::Left(day)) => Some(*day),
            Some(Leaving::Asked(_) | Leaving::Exchanging(_)) | None => None,
        },
        refunded: line.given_back.total(),
    }
}

/// A payment.
pub fn payment(payment: &Payment, now: Moment) -> Record {
    let order = payment.no.order();
    let body = PaymentBody {
        no: payment.no.clone(),
        order: SourceId::order(&order),
        student: SourceId::student(&order.student()),
        channel: payment.channel,
        method: payment.method,
        merchant: payment.sub_merchant.clone(),
        transaction: payment.paid.as_ref().map(|paid| paid.transaction.clone()),
        amount: payment.amount,
        state: payment.state.into(),
        sent_at: payment.sent_at,
        paid_at: payment.paid.as_ref().map(|paid| paid.at),
    };
    let place = at(&payment.school, &order, payment.sent_at);
    told(place, SourceId::payment(&payment.no), Body::Payment(body), now)
}

/// A refund.
pub fn refund(refund: &Refund, now: Moment) -> Record {
    let (no, order) = (RefundNo::new(&refund.payment, refund.seq), refund.payment.order());
    let part = |part: &crate::refund::Part| RefundPart {
        course: part.course.clone(),
        lessons: part.lessons,
        amount: part.amount,
    };
    let body = RefundBody {
        no: no.clone(),
        payment: SourceId::payment(&refund.payment),
        order: SourceId::order(&order),
        amount: refund.amount,
        parts: refund.parts.iter().map(part).collect(),
        reason: refund.reason.into(),
        state: refund.state.into(),
        reserved_at: refund.reserved_at,
        ended_at: refund.ended_at,
        transaction: refund.provider_no.clone(),
    };
    let place = at(&refund.school, &order, refund.reserved_at);
    told(place, SourceId::refund(&no), Body::Refund(body), now)
}

//! An order of the small town as it is when it has been submitted, for tests in which something becomes of it.

use domain::record::{Line, Order, RequestMark, TermRecord};
use domain::refund::facts::GivenBack;
use domain::seat::{Seat, Stamp};
use domain::{Moment, Money};

use crate::town::{SCHOOL, TERM, id};

/// What an order of one course costs: 16 lessons at 25 yuan.
pub const PRICE: Money = Money::from_fen(40_000);

/// A line of the town's course, with a seat that is confirmed.
pub fn line(course: &str) -> Line {
    Line {
        course: id(course),
        title: format!("课程{course}"),
        lessons: 16,
        unit_price: Money::from_fen(2_500),
        waived: None,
        materials: Money::ZERO,
        sundry: Money::ZERO,
        amount: PRICE,
        seat: Seat { ledger: 0, stamp: Stamp::CONFIRMED },
        given_back: GivenBack::default(),
        leaving: None,
        instalment: None,
    }
}

/// The first record of a pupil, and its next order: one attempt to pay it was made, in a quarter of an hour it is over.
pub fn ordered(pupil: &str, lines: Vec<Line>, now: Moment) -> (TermRecord, Order) {
    let record = TermRecord::new(id(pupil), id(TERM), id(SCHOOL));
    let request = RequestMark { key: "k".to_owned(), body: "b".to_owned() };
    let next = record.next_order(id("G000000000"), (lines, PRICE), request, now);
    (record, Order { deadline: now.plus_minutes(15), attempts: 1, ..next })
}

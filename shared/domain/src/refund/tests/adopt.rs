//! What went back past the platform is entered as it happened, or not at all.

use proptest::prelude::*;

use super::super::adopt::{AdoptError, Outside, adopt};
use super::super::facts::GivenBack;
use super::super::reserve::left;
use super::super::{RefundReason, RefundState};
use super::money::{NOW, payment};
use crate::money::Money;
use crate::record::{Line, Order, OrderState, RequestMark, TermRecord};
use crate::seat::{Seat, Stamp};

fn line(course: &str, tuition: i64, materials: i64, given_back: GivenBack) -> Line {
    Line {
        course: course.parse().unwrap(),
        title: format!("课程{course}"),
        lessons: 16,
        unit_price: Money::from_fen(tuition / 16),
        amount: Money::from_fen(tuition + materials),
        waived: None,
        materials: Money::from_fen(materials),
        sundry: Money::ZERO,
        seat: Seat { ledger: 0, stamp: Stamp::CONFIRMED },
        given_back,
        leaving: None,
        instalment: None,
    }
}

/// A pupil's term with an order of these lines, which [`payment`] has paid.
fn record(lines: Vec<Line>) -> TermRecord {
    let no = payment().no.order();
    let mut record = TermRecord::new(no.student(), no.term(), "3144200101".parse().unwrap());
    let request = RequestMark { key: "k".to_owned(), body: "b".to_owned() };
    let next = record.next_order("0000000001".parse().unwrap(), (lines, payment().amount), request, NOW);
    let paid = Some((payment().no, NOW));
    record.orders.push(Order { state: OrderState::Paid, archived: true, attempts: 1, paid, ..next });
    record
}

fn outside(fen: i64) -> Outside {
    Outside {
        school: payment().school,
        payment: payment().no,
        provider_no: "5030001".to_owned(),
        amount: Money::from_fen(fen),
        at: NOW,
    }
}

fn parts(parts: &[(&str, i64)]) -> Vec<(String, Money)> {
    parts.iter().map(|(course, fen)| ((*course).to_owned(), Money::from_fen(*fen))).collect()
}

#[test]
fn s34_4_tuition_is_given_back_before_materials() {
    let (mut payment, mut record) = (payment(), record(vec![line("K1", 30_000, 20_000, GivenBack::default())]));
    let refund = adopt(&outside(35_000), &parts(&[("K1", 35_000)]), &mut payment, &mut record, NOW).unwrap();
    assert_eq!((refund.state, refund.reason, refund.seq), (RefundState::Done, RefundReason::Outside, 1));
    assert_eq!((refund.ended_at, refund.provider_no.as_deref()), (Some(NOW), Some("5030001")));
    let given = record.orders[0].lines[0].given_back;
    assert_eq!((given.tuition.fen(), given.materials.fen(), given.lessons), (30_000, 5_000, 0));
    assert_eq!(left(&payment).fen(), 15_000);
}

#[test]
fn s34_4_a_payment_that_paid_for_nothing_has_no_courses() {
    let (mut payment, mut record) = (payment(), record(vec![line("K1", 50_000, 0, GivenBack::default())]));
    if let Some(paid) = &mut payment.paid {
        paid.counted = false;
    }
    let refund = adopt(&outside(50_000), &[], &mut payment, &mut record, NOW).unwrap();
    assert!(refund.parts.is_empty() && !refund.is_of_order());
    assert!(record.orders[0].lines[0].given_back.is_nothing(), "the order was paid by another");
}

#[test]
fn s34_4_a_bill_of_one_school_touches_no_payment_of_another() {
    let (mut payment, mut record) = (payment(), record(vec![line("K1", 50_000, 0, GivenBack::default())]));
    let other = Outside { school: "3144200102".parse().unwrap(), ..outside(5_000) };
    let refused = adopt(&other, &parts(&[("K1", 5_000)]), &mut payment, &mut record, NOW);
    assert_eq!(refused, Err(AdoptError::NotOutside));
    assert_eq!((payment.refunds, left(&payment)), (0, payment.amount));
}

proptest! {
    /// All or nothing: what is refused leaves payment and lines as they were; what is entered is the amount of the bill,
    /// and no line gives back more than it cost.
    #[test]
    fn s34_4_what_is_entered_is_what_went_back(
        fen in 1i64..60_000,
        named in prop::collection::vec((0usize..4, -100i64..40_000), 0..4),
        before in 0i64..10_000,
        reserved in 0i64..50_000,
    ) {
        let given = GivenBack { tuition: Money::from_fen(before), ..GivenBack::default() };
        let lines = vec![line("K1", 20_000, 5_000, given), line("K2", 25_000, 0, GivenBack::default())];
        let (mut payment, mut record) = (payment(), record(lines));
        payment.refund_reserved = Money::from_fen(reserved);
        let named: Vec<(String, Money)> =
            named.into_iter().map(|(at, fen)| (format!("K{at}"), Money::from_fen(fen))).collect();
        let (payment_before, record_before) = (payment.clone(), record.clone());
        match adopt(&outside(fen), &named, &mut payment, &mut record, NOW) {
            Err(error) => {
                prop_assert_eq!((payment, record), (payment_before, record_before), "{:?}", error);
                if let AdoptError::MoreThanLeft { left } = error {
                    prop_assert!(fen > left.fen());
                }
            }
            Ok(refund) => {
                prop_assert_eq!(refund.amount.fen(), fen);
                prop_assert_eq!(refund.parts.iter().map(|part| part.amount.fen()).sum::<i64>(), fen);
                prop_assert_eq!(payment.refund_reserved.fen(), reserved + fen);
                let lines = &record.orders[0].lines;
                let given: i64 = lines.iter().map(|line| line.given_back.total().fen()).sum();
                prop_assert_eq!(given, before + fen);
                prop_assert!(lines.iter().all(|line| line.given_back.total() <= line.amount));
            }
        }
    }
}

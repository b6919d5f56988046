//! The register: marks, rows, filters, and the law that every breakdown adds up.

use proptest::prelude::*;
use strum::VariantArray as _;

use super::statistics::{Dimension, Statistics, Sums};
use super::*;
use crate::payment::PaymentState;
use crate::record::{RequestMark, Waived};
use crate::refund::{Part, RefundReason};
use crate::seat::{Seat, Stamp};

const NOW: Moment = Moment::from_seconds(1_788_192_000);
const SEAT: Seat = Seat { ledger: 0, stamp: Stamp::CONFIRMED };

fn line(course: &str, tuition: i64, waived: i64, materials: i64) -> Line {
    let money = Money::from_fen;
    let waived = (waived > 0).then(|| Waived { reason: "低保家庭".to_owned(), amount: money(waived) });
    let spared = waived.as_ref().map_or(0, |waived| waived.amount.fen());
    Line {
        course: course.parse().unwrap(),
        title: format!("课程{course}"),
        lessons: 16,
        unit_price: money(tuition / 16),
        amount: money(tuition - spared + materials),
        waived,
        materials: money(materials),
        sundry: Money::ZERO,
        seat: SEAT,
        given_back: crate::refund::facts::GivenBack::default(),
        leaving: None,
        instalment: None,
    }
}

fn order(state: OrderState, lines: Vec<Line>) -> Order {
    let total = Money::sum(lines.iter().map(|line| line.amount)).unwrap();
    let request = RequestMark { key: "k".to_owned(), body: "b".to_owned() };
    let next = record().next_order("0000000001".parse().unwrap(), (lines, total), request, NOW);
    let paid = (state == OrderState::Paid).then(|| (PaymentNo::new(&next.no, 1), NOW.plus_minutes(3)));
    Order { state, deadline: NOW.plus_minutes(15), archived: true, attempts: 1, paid, ..next }
}

fn record() -> TermRecord {
    TermRecord::new("7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap(), "3144200101".parse().unwrap())
}

fn payment(amount: Money) -> Payment {
    Payment {
        no: "20261-7K3M9Q2XAB-01-1".parse().unwrap(),
        school: "3144200101".parse().unwrap(),
        channel: Channel::Wechat,
        method: PayMethod::Native,
        sub_merchant: "1900000201".to_owned(),
        payer: None,
        payer_ip: None,
        amount,
        state: PaymentState::Succeeded,
        sent_at: NOW,
        expires_at: NOW.plus_minutes(14),
        queries: 0,
        queried_at: None,
        paid: None,
        refund_reserved: Money::ZERO,
        frozen: std::collections::BTreeSet::new(),
        refunds: 0,
    }
}

fn refund(state: RefundState, amount: i64, parts: &[(&str, i64)]) -> Refund {
    let part = |(course, amount): &(&str, i64)| Part {
        course: course.parse().unwrap(),
        lessons: 1,
        amount: Money::from_fen(*amount),
    };
    Refund {
        amount: Money::from_fen(amount),
        parts: parts.iter().map(part).collect(),
        state,
        ..Refund::whole(&mut payment(Money::from_fen(amount)), None, RefundReason::Agreed, NOW)
    }
}

fn place() -> Place {
    Place { homeroom: "3144200101.2024.01".parse().unwrap(), grade: 3 }
}

fn row(order: &Order, refunds: &[Refund]) -> Row {
    let (payment, place) = (payment(order.total), place());
    let beside = Beside { place: Some(&place), payment: Some(&payment), refunds };
    Row::of(&record(), order, beside).unwrap()
}

#[test]
fn s29_1_a_row_says_since_when_a_course_is_given_up() {
    let mut order = order(OrderState::Paid, vec![line("K1", 40_000, 0, 0), line("K2", 32_000, 0, 0)]);
    let day = NOW.day();
    order.lines[0].leaving = Some(Leaving::Left(day));
    order.lines[1].leaving = Some(Leaving::Asked("3144200101.2026-2027-1.592dd78d80daef5a9478".parse().unwrap()));
    let left: Vec<_> = row(&order, &[]).lines.iter().map(|line| line.left).collect();
    assert_eq!(left, [Some(day), None], "what is only asked for is not given up");
}

#[test]
fn s32_1_whatever_changes_in_an_order_puts_its_row_behind() {
    let mut listed = order(OrderState::Pending, vec![line("K1", 40_000, 0, 0)]);
    assert!(!listed.is_listed(), "it has no row");
    listed.listed = listed.mark();
    assert!(listed.is_listed());
    let changes: [fn(&mut Order); 6] = [
        |order| order.state = OrderState::Closing,
        |order| order.deadline = order.deadline.plus_minutes(1),
        |order| order.paid = Some((PaymentNo::new(&order.no, 1), NOW)),
        |order| order.attempt_open = true,
        |order| order.lines[0].seat.ledger = 1,
        |order| order.archived = false,
    ];
    for change in changes {
        let mut after = listed.clone();
        change(&mut after);
        assert!(!after.is_listed());
        let mut record = record();
        record.orders.push(after);
        assert!(record.due().is_some(), "the sweeper finds it");
    }
    let mut record = record();
    listed.state = OrderState::Cancelled;
    listed.listed = listed.mark();
    record.orders.push(listed);
    assert_eq!(record.due(), None);
}

#[test]
fn s35_1_a_row_tells_what_was_sold_and_what_went_back() {
    let order = order(OrderState::Paid, vec![line("K1", 40_000, 10_000, 1_230), line("K2", 20_000, 0, 0)]);
    let refunds = [
        refund(RefundState::Done, 5_000, &[("K1", 2_000), ("K2", 3_000)]),
        refund(RefundState::Processing, 700, &[("K2", 700)]),
        refund(RefundState::Closed, 9_999, &[("K2", 9_999)]),
    ];
    let row = row(&order, &refunds);
    let first = &row.lines[0];
    assert_eq!((first.tuition.fen(), first.waived.fen(), first.materials.fen()), (40_000, 10_000, 1_230));
    assert_eq!((first.amount.fen(), first.refunded.fen(), row.lines[1].refunded.fen()), (31_230, 2_000, 3_000));
    assert_eq!((row.refunded().fen(), row.refunding().fen()), (5_000, 700));
    assert_eq!(row.paid.as_ref().map(|paid| (paid.channel, paid.method)), Some((Channel::Wechat, PayMethod::Native)));
    assert_eq!((row.student().as_str(), row.term().as_str()), ("7K3M9Q2XAB", "2026-2027-1"));
}

#[test]
fn s32_1_a_filter_takes_the_rows_of_which_all_of_it_holds() {
    let order = order(OrderState::Paid, vec![line("K1", 40_000, 0, 0), line("K2", 20_000, 0, 0)]);
    let row = row(&order, &[]);
    let span = |from: i64, until: i64| Some(Span { from: NOW.plus_seconds(from), until: NOW.plus_seconds(until) });
    let taken = [
        Filter::default(),
        Filter { state: Some(OrderState::Paid), ..Filter::default() },
        Filter { placed: span(0, 1), ..Filter::default() },
        Filter { course: Some("K2".parse().unwrap()), ..Filter::default() },
        Filter { homeroom: Some(place().homeroom), grade: Some(3), ..Filter::default() },
        Filter { student: Some(row.student()), guardian: Some(row.guardian.clone()), ..Filter::default() },
        Filter { channel: Some(Channel::Wechat), method: Some(PayMethod::Native), ..Filter::default() },
    ];
    for filter in taken {
        assert!(filter.takes(&row), "{filter:?}");
    }
    let left = [
        Filter { state: Some(OrderState::Pending), ..Filter::default() },
        Filter { placed: span(1, 2), ..Filter::default() },
        Filter { placed: span(-1, 0), ..Filter::default() },
        Filter { course: Some("K3".parse().unwrap()), ..Filter::default() },
        Filter { homeroom: Some("3144200101.2024.02".parse().unwrap()), ..Filter::default() },
        Filter { grade: Some(4), ..Filter::default() },
        Filter { student: Some("7K3M9Q2XAC".parse().unwrap()), ..Filter::default() },
        Filter { guardian: Some("0000000002".parse().unwrap()), ..Filter::default() },
        Filter { method: Some(PayMethod::H5), ..Filter::default() },
        Filter { state: Some(OrderState::Paid), course: Some("K3".parse().unwrap()), ..Filter::default() },
    ];
    for filter in left {
        assert!(!filter.takes(&row), "{filter:?}");
    }
}

#[test]
fn s32_2_what_is_receivable_received_and_refunded() {
    let mut statistics = Statistics::by([Dimension::State, Dimension::Course, Dimension::Item]);
    let lines = || vec![line("K1", 40_000, 10_000, 1_000), line("K2", 20_000, 0, 0)];
    for state in [OrderState::Pending, OrderState::Paid, OrderState::Expired] {
        let refunds = [refund(RefundState::Done, 3_100, &[("K1", 3_100)])];
        let refunds = if state == OrderState::Paid { refunds.as_slice() } else { &[] };
        statistics.count(&row(&order(state, lines()), refunds)).unwrap();
    }
    let total = statistics.total;
    assert_eq!((total.orders, total.lines, total.ordered.fen()), (3, 6, 153_000));
    assert_eq!((total.receivable.fen(), total.received.fen(), total.refunded.fen()), (102_000, 51_000, 3_100));
    assert_eq!(total.net().unwrap().fen(), 47_900);
    let of = |dimension: Dimension, value: &str| statistics.by[&dimension][value];
    assert_eq!(of(Dimension::State, "expired").receivable, Money::ZERO);
    assert_eq!((of(Dimension::Course, "K1").received.fen(), of(Dimension::Course, "K1").orders), (31_000, 3));
    let tuition = of(Dimension::Item, "tuition");
    assert_eq!((tuition.received.fen(), tuition.refunded.fen(), tuition.lines), (50_000, 3_000, 6));
    assert_eq!(of(Dimension::Item, "materials").refunded.fen(), 100);
}

fn any_row() -> impl Strategy<Value = Row> {
    let line_of =
        (0..4usize, 0i64..100_000, 0i64..5_000, 0i64..3_000).prop_map(|(course, tuition, waived, materials)| {
            line(["K1", "K2", "K3", "K4"][course], tuition, waived.min(tuition), materials)
        });
    let back = (0..3usize, 0i64..5_000, 0..5usize);
    let state = prop::sample::select(vec![
        OrderState::Pending,
        OrderState::Closing,
        OrderState::Expired,
        OrderState::Cancelled,
        OrderState::Paid,
    ]);
    (state, prop::collection::vec(line_of, 1..4), prop::collection::vec(back, 0..4), 0i64..40, any::<bool>()).prop_map(
        |(state, lines, backs, days, known)| {
            let mut order = order(state, lines);
            order.placed_at = NOW.plus_minutes(days * 24 * 60);
            let refunds: Vec<Refund> = backs
                .into_iter()
                .map(|(state, amount, course)| {
                    let state = [RefundState::Done, RefundState::Processing, RefundState::Closed][state];
                    let parts: &[(&str, i64)] = match course {
                        0 => &[("K1", amount)],
                        1 => &[("K9", amount)],
                        _ => &[],
                    };
                    refund(state, amount, parts)
                })
                .collect();
            let mut row = row(&order, &refunds);
            row.place = row.place.filter(|_| known);
            row
        },
    )
}

fn added(values: impl Iterator<Item = Sums>) -> Sums {
    values.fold(Sums::default(), |sum, one| Sums {
        orders: sum.orders + one.orders,
        lines: sum.lines + one.lines,
        ordered: sum.ordered.plus(one.ordered).unwrap(),
        receivable: sum.receivable.plus(one.receivable).unwrap(),
        received: sum.received.plus(one.received).unwrap(),
        refunded: sum.refunded.plus(one.refunded).unwrap(),
        refunding: sum.refunding.plus(one.refunding).unwrap(),
    })
}

proptest! {
    #[test]
    fn s32_2_s35_2_every_breakdown_adds_up_to_the_total(rows in prop::collection::vec(any_row(), 0..20)) {
        let mut statistics = Statistics::by(Dimension::VARIANTS.iter().copied());
        for row in &rows {
            statistics.count(row).unwrap();
        }
        prop_assert_eq!(usize::try_from(statistics.total.orders).unwrap(), rows.len());
        for (dimension, values) in &statistics.by {
            let mut sum = added(values.values().copied());
            if matches!(dimension, Dimension::Course | Dimension::Item) {
                sum.orders = statistics.total.orders;
            }
            prop_assert_eq!(sum, statistics.total, "{}", dimension);
        }
    }

    #[test]
    fn s35_1_what_went_back_is_found_at_the_lines_to_the_fen(
        amounts in prop::collection::vec(1i64..50_000, 1..5), back in 0i64..100_000,
    ) {
        let lines = amounts.iter().enumerate().map(|(at, amount)| line(&format!("K{at}"), *amount, 0, 0)).collect();
        let order = order(OrderState::Paid, lines);
        let row = row(&order, &[refund(RefundState::Done, back, &[])]);
        prop_assert_eq!(row.refunded().fen(), back);
    }
}

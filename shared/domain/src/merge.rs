//! Merging (合并支付): waiting orders of a pupil's term become one, so that one payment pays all of them. P6.2.
//!
//! Orders are merged, payments are never shared: a payment stays the whole of its one order, and what goes back of a
//! course has one payment to come from. The seats go over as they are; nothing changes in a ledger.

use crate::enroll::ORDERS;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{GuardianId, OrderNo};
use crate::money::{Money, MoneyError};
use crate::order::PAY_MARGIN_SECONDS;
use crate::record::{Order, OrderState, RequestMark, TermRecord};
use crate::snapshot::Snapshot;
use crate::time::Moment;

/// Courses of a merged order.
pub const MOST_LINES: usize = 20;

/// Why orders are not merged. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "merge/")]
pub enum MergeError {
    /// One order, or one twice.
    #[error("请选择两个以上不同的待支付订单进行合并")]
    TooFew,
    /// Not of this pupil and term.
    #[error("订单 {no} 与其他订单不属于同一名学生的同一学期,不能合并,请分别支付")]
    OfAnother {
        /// Which.
        no: OrderNo,
    },
    /// Paid, or ending.
    #[error("订单 {no} 已支付或已结束,不能合并,请刷新后重新选择")]
    NotWaiting {
        /// Which.
        no: OrderNo,
    },
    /// Its seats are about to be released.
    #[error("订单 {no} 即将超过支付时间,来不及合并,请尽快支付或重新选课")]
    TimeOver {
        /// Which.
        no: OrderNo,
    },
    /// It may be paid at this moment.
    #[error("订单 {no} 正在支付,请完成支付或等待其关闭后再合并")]
    BeingPaid {
        /// Which.
        no: OrderNo,
    },
    /// It asks for the next part of courses.
    #[error("订单 {no} 是分期续缴订单,不能合并,请单独支付")]
    OfCourses {
        /// Which.
        no: OrderNo,
    },
    /// It exchanges a course for another one.
    #[error("订单 {no} 是调课补缴订单,不能合并,请单独支付")]
    OfExchange {
        /// Which.
        no: OrderNo,
    },
    /// They go back by different rules.
    #[error("所选订单适用的退费规则不同,不能合并,请分别支付")]
    RulesDiffer,
    /// More courses than [`MOST_LINES`].
    #[error("合并后的课程不能超过 {MOST_LINES} 门,请减少合并的订单")]
    TooManyLines,
    /// More orders than a term's record holds.
    #[error("本学期提交次数过多,不能再合并,请分别支付")]
    TooManyOrders,
    /// A sum that cannot be.
    #[error("订单金额有误,请联系学校")]
    SumUnusable(#[from] MoneyError),
}

impl Fault for MergeError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooFew | Self::OfAnother { .. } => Kind::Invalid,
            Self::NotWaiting { .. }
            | Self::TimeOver { .. }
            | Self::BeingPaid { .. }
            | Self::OfCourses { .. }
            | Self::OfExchange { .. }
            | Self::RulesDiffer
            | Self::TooManyLines
            | Self::TooManyOrders
            | Self::SumUnusable(_) => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::TooFew | Self::OfAnother { .. } => {
                vec![Pointed { pointer: "/orders".to_owned(), detail: self.to_string() }]
            }
            Self::NotWaiting { .. }
            | Self::TimeOver { .. }
            | Self::BeingPaid { .. }
            | Self::OfCourses { .. }
            | Self::OfExchange { .. }
            | Self::RulesDiffer
            | Self::TooManyLines
            | Self::TooManyOrders
            | Self::SumUnusable(_) => Vec::new(),
        }
    }
}

/// Which orders are merged, by whom, upon which request.
#[derive(Debug, Clone)]
pub struct Merging {
    /// The orders, the first of them first.
    pub orders: Vec<OrderNo>,
    /// Who merges them, and will pay.
    pub guardian: GuardianId,
    /// The request.
    pub request: RequestMark,
}

/// Puts a new order in the place of the named ones. Its seats are held until the earliest of their deadlines.
pub fn merge(record: &mut TermRecord, merging: Merging, now: Moment) -> Result<OrderNo, MergeError> {
    let Merging { orders, guardian, request } = merging;
    let parts = orders.iter().map(|no| mergeable(record, no, now)).collect::<Result<Vec<_>, _>>()?;
    let distinct: std::collections::BTreeSet<_> = orders.iter().collect();
    let (Some(first), true) = (parts.first(), parts.len() > 1 && distinct.len() == parts.len()) else {
        return Err(MergeError::TooFew);
    };
    if parts.iter().any(|part| part.rules != first.rules) {
        return Err(MergeError::RulesDiffer);
    }
    if record.orders.len() >= ORDERS {
        return Err(MergeError::TooManyOrders);
    }
    let mut whole = Order {
        no: record.next_order_no(),
        guardian,
        placed_at: now,
        deadline: parts.iter().map(|part| part.deadline).min().unwrap_or(first.deadline),
        lines: parts.iter().flat_map(|part| part.lines.iter().cloned()).collect(),
        total: Money::sum(parts.iter().map(|part| part.total))?,
        request,
        attempts: 0,
        archived: false,
        listed: String::new(),
        extension: None,
        reminder: None,
        ..(*first).clone()
    };
    if whole.lines.len() > MOST_LINES {
        return Err(MergeError::TooManyLines);
    }
    whole.snapshot = Snapshot::of_order(record, &whole).hash;
    for part in record.orders.iter_mut().filter(|order| orders.contains(&order.no)) {
        part.state = OrderState::Cancelled;
        part.merged_into = Some(whole.no.clone());
    }
    let no = whole.no.clone();
    record.orders.push(whole);
    Ok(no)
}

/// The order, if its seats can go over to another one: no payment of it can succeed any more.
fn mergeable<'r>(record: &'r TermRecord, no: &OrderNo, now: Moment) -> Result<&'r Order, MergeError> {
    let order = record.order(no).ok_or_else(|| MergeError::OfAnother { no: no.clone() })?;
    if order.state != OrderState::Pending {
        return Err(MergeError::NotWaiting { no: no.clone() });
    }
    if order.continues.is_some() {
        return Err(MergeError::OfCourses { no: no.clone() });
    }
    if order.exchange.is_some() {
        return Err(MergeError::OfExchange { no: no.clone() });
    }
    if order.attempt_open {
        return Err(MergeError::BeingPaid { no: no.clone() });
    }
    if now.plus_seconds(PAY_MARGIN_SECONDS) > order.deadline {
        return Err(MergeError::TimeOver { no: no.clone() });
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::{Paying, pay};
    use crate::payment::{Channel, PayMethod};
    use crate::record::Line;
    use crate::seat::{Seat, Stamp};

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn line(course: &str, fen: i64) -> Line {
        Line {
            course: course.parse().unwrap(),
            title: course.to_owned(),
            lessons: 16,
            unit_price: Money::from_fen(fen / 16),
            waived: None,
            materials: Money::ZERO,
            sundry: Money::ZERO,
            amount: Money::from_fen(fen),
            seat: Seat { ledger: 0, stamp: Stamp::claim(NOW.plus_minutes(15), 7) },
            given_back: crate::refund::facts::GivenBack::default(),
            leaving: None,
            instalment: None,
        }
    }

    /// Orders of a pupil, one for each number of minutes until the deadline.
    fn record(minutes: &[i64]) -> TermRecord {
        let (student, term) = ("7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap());
        let mut record = TermRecord::new(student, term, "3144200101".parse().unwrap());
        for (index, minutes) in minutes.iter().enumerate() {
            let lines = vec![line(&format!("K{index}"), 16_000)];
            record.orders.push(Order {
                deadline: NOW.plus_minutes(*minutes),
                archived: true,
                attempts: 3,
                listed: "x".to_owned(),
                ..record.next_order(
                    "0000000001".parse().unwrap(),
                    (lines, Money::from_fen(16_000)),
                    RequestMark { key: format!("k{index}"), body: "b".to_owned() },
                    NOW,
                )
            });
        }
        record
    }

    fn merging(record: &TermRecord, which: &[usize]) -> Merging {
        Merging {
            orders: which.iter().map(|index| record.orders[*index].no.clone()).collect(),
            guardian: "0000000002".parse().unwrap(),
            request: RequestMark { key: "m".to_owned(), body: "b".to_owned() },
        }
    }

    #[test]
    fn p6_2_waiting_orders_become_one_that_is_paid_at_once() {
        let mut record = record(&[15, 9, 30]);
        let seats: Vec<_> = record.seats().map(|(_, line)| (line.course.clone(), line.seat)).collect();
        let wanted = merging(&record, &[0, 1]);
        let no = merge(&mut record, wanted, NOW).unwrap();
        let whole = record.order(&no).unwrap().clone();
        assert_eq!((whole.total.fen(), whole.lines.len(), whole.attempts), (32_000, 2, 0));
        assert_eq!(whole.deadline, NOW.plus_minutes(9), "no seat is held longer than it was");
        assert_eq!(whole.snapshot, Snapshot::of_order(&record, &whole).hash);
        assert!(!whole.archived && !whole.is_listed(), "it is archived and listed as any other");
        for part in &record.orders[..2] {
            assert_eq!((part.state, part.merged_into.as_ref()), (OrderState::Cancelled, Some(&no)));
        }
        let mut kept: Vec<_> = record.seats().map(|(_, line)| (line.course.clone(), line.seat)).collect();
        kept.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(kept, seats, "every seat once, as it was");
        let request = crate::order::PayRequest {
            channel: Channel::Wechat,
            method: PayMethod::Native,
            payer: None,
            payer_ip: None,
            sub_merchant: Some("1900000201".to_owned()),
        };
        let Ok(Paying::Begin(payment)) = pay(&mut record, &no, None, request, NOW) else { panic!("payable") };
        assert_eq!(payment.amount.fen(), 32_000);
    }

    #[test]
    fn p6_2_what_cannot_go_over_stays_as_it_is() {
        let refused = |edit: &dyn Fn(&mut TermRecord), which: &[usize]| {
            let mut record = record(&[15, 15]);
            edit(&mut record);
            let (before, merging) = (record.clone(), merging(&record, which));
            let error = merge(&mut record, merging, NOW).unwrap_err();
            assert_eq!(record, before, "a refusal leaves nothing behind");
            error
        };
        let second = record(&[15, 15]).orders[1].no.clone();
        assert_eq!(refused(&|_| {}, &[0]), MergeError::TooFew);
        assert_eq!(refused(&|_| {}, &[0, 0]), MergeError::TooFew);
        assert_eq!(refused(&|_| {}, &[]), MergeError::TooFew);
        for state in [OrderState::Paid, OrderState::Closing, OrderState::Expired, OrderState::Cancelled] {
            let error = refused(&|record| record.orders[1].state = state, &[0, 1]);
            assert_eq!(error, MergeError::NotWaiting { no: second.clone() });
        }
        let error = refused(&|record| record.orders[1].attempt_open = true, &[0, 1]);
        assert_eq!(error, MergeError::BeingPaid { no: second.clone() });
        let error = refused(&|record| record.orders[1].deadline = NOW.plus_seconds(PAY_MARGIN_SECONDS - 1), &[0, 1]);
        assert_eq!(error, MergeError::TimeOver { no: second });
        let many = |record: &mut TermRecord| record.orders[0].lines = vec![line("K0", 0); MOST_LINES];
        assert_eq!(refused(&many, &[0, 1]), MergeError::TooManyLines);
        let full = |record: &mut TermRecord| record.orders.resize(ORDERS, record.orders[0].clone());
        assert_eq!(refused(&full, &[0, 1]), MergeError::TooManyOrders);
        let mut mine = record(&[15, 15]);
        let other = "20261-S000000009-01".parse::<OrderNo>().unwrap();
        let orders = vec![mine.orders[0].no.clone(), other.clone()];
        let error = merge(&mut mine, Merging { orders, ..merging(&record(&[15]), &[0]) }, NOW);
        assert_eq!(error, Err(MergeError::OfAnother { no: other }));
        assert_eq!(MergeError::TooFew.pointed()[0].pointer, "/orders");
    }

    proptest! {
        #[test]
        fn p6_2_money_and_seats_are_the_same_however_orders_are_merged(
            minutes in prop::collection::vec(1i64..60, 2..8), picks in prop::collection::vec((0usize..12, 0usize..12), 1..8)
        ) {
            let mut record = record(&minutes);
            let owed = |record: &TermRecord| {
                Money::sum(record.orders.iter().filter(|order| order.has_seats()).map(|order| order.total)).unwrap()
            };
            let seats = |record: &TermRecord| {
                let mut all: Vec<_> = record.seats().map(|(_, line)| line.course.clone()).collect();
                all.sort();
                all
            };
            let (money, courses) = (owed(&record), seats(&record));
            for (one, other) in picks {
                let (one, other) = (one % record.orders.len(), other % record.orders.len());
                let wanted = merging(&record, &[one, other]);
                drop(merge(&mut record, wanted, NOW));
                prop_assert_eq!(owed(&record), money);
                prop_assert_eq!(seats(&record), courses.clone());
            }
        }
    }
}

//! What must be true whatever has happened: our books against themselves, and against the providers' own.

use std::collections::{BTreeMap, HashMap};

use domain::Money;
use domain::journal::Account;
use domain::payment::{Channel, Payment, PaymentState};
use domain::record::OrderState;
use domain::refund::{Refund, RefundState};
use domain::snapshot::Snapshot;
use domain::task::{Queue, Task};
use simulator::wechat;

use crate::scene::Scene;

impl Scene {
    /// Whether nothing is left to do: no order ends, no payment and no refund waits, no letter is on its way.
    pub(crate) fn is_at_rest(&self) -> bool {
        let waits = |state: OrderState| matches!(state, OrderState::Pending | OrderState::Closing);
        let orders = self.records().iter().any(|record| record.orders.iter().any(|order| waits(order.state)));
        let payments = self.all::<Payment>("money", "payment").iter().any(|payment| payment.due().is_some());
        // A refund that waits for the next month is no work of today.
        let now = self.stage.now();
        let today = |refund: &Refund| refund.not_before.is_none_or(|until| until <= now);
        let refunds = self.refunds().iter().any(|refund| !refund.state.is_final() && today(refund));
        let tasks =
            self.all::<Task>("tasks", "task").iter().any(|task| task.queue == Queue::Refund && task.parked.is_none());
        let letters = self.stage.provider().next_due().is_some() || self.stage.alipay().next_due().is_some();
        !orders && !payments && !refunds && !tasks && !letters
    }

    /// Payments, refunds, orders, seats and journal agree with each other and with what the providers have.
    pub(crate) fn sound(&self) {
        let payments: Vec<Payment> = self.all("money", "payment");
        self.refunds_are_within(&payments);
        self.orders_are_paid_once(&payments);
        self.seats_are_those_of_records();
        self.providers_agree(&payments);
    }

    /// I1 I4 I12.
    fn refunds_are_within(&self, payments: &[Payment]) {
        let refunds = self.refunds();
        for payment in payments {
            let own: Vec<&Refund> = refunds.iter().filter(|refund| refund.payment == payment.no).collect();
            let held: i64 = own.iter().filter(|one| one.state.holds()).map(|one| one.amount.fen()).sum();
            assert_eq!(held, payment.refund_reserved.fen(), "I1: what refunds of {} hold", payment.no);
            assert!((0..=payment.amount.fen()).contains(&held), "I1: {held} of {}", payment.no);
            if let Some(paid) = &payment.paid {
                assert!(paid.counted || held == payment.amount.fen(), "I4: {} pays nothing and stays", payment.no);
                let snapshot = Snapshot::of_payment(payment).map(|snapshot| snapshot.hash);
                assert_eq!(snapshot.as_ref(), Some(&paid.snapshot), "I12: snapshot of {}", payment.no);
            }
            for refund in own.iter().filter(|refund| refund.state.is_final()) {
                let snapshot = Snapshot::of_refund(refund, payment).map(|snapshot| snapshot.hash);
                assert_eq!(snapshot, refund.snapshot, "I12: snapshot of {}", refund.no());
            }
        }
        for record in self.records() {
            for line in record.orders.iter().flat_map(|order| &order.lines) {
                assert!(line.given_back.total() <= line.amount, "I1: more goes back of {} than it cost", line.course);
            }
        }
    }

    /// I3.
    fn orders_are_paid_once(&self, payments: &[Payment]) {
        for record in self.records() {
            for order in record.orders.iter().filter(|order| !order.total.is_zero()) {
                let counted = payments.iter().filter(|payment| {
                    payment.no.order() == order.no && payment.paid.as_ref().is_some_and(|paid| paid.counted)
                });
                let counted: Vec<Money> = counted.map(|payment| payment.amount).collect();
                let wanted = if order.state == OrderState::Paid { vec![order.total] } else { Vec::new() };
                assert_eq!(counted, wanted, "I3: what pays {}", order.no);
            }
        }
    }

    /// I5.
    fn seats_are_those_of_records(&self) {
        let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for record in self.records() {
            for (_, line) in record.seats() {
                wanted.entry(line.course.to_string()).or_default().push(record.student.to_string());
            }
        }
        for course in ["K1", "K2", "K3", "K4", "K5", "K6"] {
            let (mut there, mut records) = (self.seated(course), wanted.remove(course).unwrap_or_default());
            there.sort();
            records.sort();
            assert_eq!(there, records, "I5: who sits in {course}");
        }
    }

    /// I6 I9: what is on the clearing account is what the providers hold of ours, fact by fact.
    fn providers_agree(&self, payments: &[Payment]) {
        let journal = self.journal();
        assert!(journal.iter().all(domain::journal::Entry::balanced), "I6: debits equal credits");
        let mut theirs: HashMap<Channel, i64> = HashMap::from([(Channel::Wechat, 0), (Channel::Alipay, 0)]);
        let succeeded = |no: &str| {
            payments.iter().any(|payment| payment.no.as_str() == no && payment.state == PaymentState::Succeeded)
        };
        let provider = self.stage.provider();
        for payment in provider.payments().values().filter(|payment| payment.out_trade_no.starts_with("20261-")) {
            if let wechat::PaymentState::Paid { paid_fen, .. } = payment.state
                && paid_fen == payment.total_fen
            {
                assert!(succeeded(&payment.out_trade_no), "I9: {} is paid, and we do not know", payment.out_trade_no);
                *theirs.entry(Channel::Wechat).or_default() += paid_fen;
            }
        }
        for refund in provider.refunds().values().filter(|refund| !refund.is_external()) {
            if matches!(refund.state, wechat::RefundState::Success { .. }) {
                *theirs.entry(Channel::Wechat).or_default() -= refund.refund_fen;
            }
        }
        let alipay = self.stage.alipay();
        for trade in alipay.trades().values().filter(|trade| trade.paid_at.is_some()) {
            assert!(succeeded(&trade.out_trade_no), "I9: {} is paid, and we do not know", trade.out_trade_no);
            let ours = trade.refunds.iter().filter(|refund| refund.request_no.starts_with("20261-"));
            *theirs.entry(Channel::Alipay).or_default() += trade.total_fen - ours.map(|one| one.fen).sum::<i64>();
        }
        for (channel, held) in theirs {
            let on_clearing = journal.iter().filter(|entry| entry.channel == channel);
            let booked: i64 = on_clearing.map(|entry| entry.on(Account::ChannelClearing).fen()).sum();
            assert_eq!(booked, held, "I6: what {channel} holds of ours");
        }
        let done = self.refunds().iter().filter(|refund| refund.state == RefundState::Done).count();
        let posted = self.posted(domain::journal::FactKind::Refund);
        assert!(posted >= done, "I6: {done} refunds are done, {posted} posted");
    }
}

//! What is set aside, and what becomes of it: no order of events gives back more than was paid, or another result.

use proptest::prelude::*;
use strum::VariantArray as _;

use super::super::reserve::{
    LAST_BATCH_DAYS, LATE_DAYS, MANY_REFUNDS, MOST_REFUNDS, REFUND_DAYS, ReserveError, Wanted, free_from, is_late,
    left, reserve,
};
use super::super::rules::Payout;
use super::super::settle::{RefundEvidence, RefundMismatch, Settled, Status, handed_out, reject, returned, settle};
use super::super::{Part, Refund, RefundReason, RefundState, Trouble};
use crate::id::RefundNo;
use crate::journal::{Account, Entry};
use crate::money::Money;
use crate::payment::{Channel, Paid, PayMethod, Payment, PaymentState, Source};
use crate::snapshot::Snapshot;
use crate::time::Moment;

pub(super) const NOW: Moment = Moment::from_seconds(1_800_000_000);
const PAID: i64 = 50_000;
const DAY: i64 = 24 * 3600;

pub(super) fn payment() -> Payment {
    Payment {
        no: "20261-7K3M9Q2XAB-01-1".parse().unwrap(),
        school: "3144200101".parse().unwrap(),
        channel: Channel::Wechat,
        method: PayMethod::Native,
        sub_merchant: "1900000201".to_owned(),
        payer: None,
        payer_ip: None,
        amount: Money::from_fen(PAID),
        state: PaymentState::Succeeded,
        sent_at: NOW,
        expires_at: NOW,
        queries: 0,
        queried_at: None,
        paid: Some(Paid {
            transaction: "4200001".to_owned(),
            at: NOW,
            counted: true,
            source: Source::Callback,
            snapshot: String::new(),
            message: None,
        }),
        refund_reserved: Money::ZERO,
        frozen: std::collections::BTreeSet::new(),
        refunds: 0,
    }
}

fn wanted(fen: i64) -> Wanted {
    Wanted {
        amount: Money::from_fen(fen),
        parts: Vec::new(),
        lines: Vec::new(),
        payout: Payout::Original,
        reason: RefundReason::Agreed,
        retry_of: None,
        request: None,
        payer: None,
    }
}

fn said(refund: &Refund, status: Status) -> RefundEvidence {
    RefundEvidence {
        source: Source::Query,
        channel: Channel::Wechat,
        refund: refund.no().to_string(),
        provider_no: format!("50300{}", refund.seq),
        transaction: "4200001".to_owned(),
        sub_merchant: "1900000201".to_owned(),
        amount: refund.amount,
        status,
        at: NOW,
        accepted_at: None,
    }
}

fn reserved(fen: i64) -> (Payment, Refund) {
    let mut payment = payment();
    let refund = reserve(&mut payment, None, wanted(fen), NOW).unwrap();
    (payment, refund)
}

#[test]
fn s34_4_a_refunds_number_names_its_payment_or_is_none_of_ours() {
    let (_, refund) = reserved(1);
    let no = refund.no();
    assert_eq!((no.as_str().parse(), no.payment(), no.seq()), (Ok(no.clone()), refund.payment, 1));
    for foreign in ["SHOP-R1", "20261-7K3M9Q2XAB-01-1", "20261-7K3M9Q2XAB-01-1-R0", "20261-7K3M9Q2XAB-01-1-R01", ""] {
        assert!(foreign.parse::<RefundNo>().is_err(), "{foreign}");
    }
}

#[test]
fn p7_2_what_is_set_aside_is_never_more_than_was_paid() {
    let (mut payment, first) = reserved(30_000);
    assert_eq!((first.no().as_str(), left(&payment).fen()), ("20261-7K3M9Q2XAB-01-1-R1", 20_000));
    let more = reserve(&mut payment, None, wanted(20_001), NOW);
    assert_eq!(more, Err(ReserveError::MoreThanLeft { left: Money::from_fen(20_000) }));
    assert_eq!(reserve(&mut payment, None, wanted(20_000), NOW).unwrap().seq, 2);
    assert_eq!(reserve(&mut payment, None, wanted(0), NOW), Err(ReserveError::NothingAsked));
    let mut unpaid = Payment { paid: None, state: PaymentState::Pending, ..self::payment() };
    assert_eq!(reserve(&mut unpaid, None, wanted(1), NOW), Err(ReserveError::NotPaid));
}

#[test]
fn p7_2_the_parts_are_the_whole() {
    let part = |course: &str, fen| Part { course: course.parse().unwrap(), lessons: 1, amount: Money::from_fen(fen) };
    let of = |parts: Vec<Part>| {
        reserve(&mut payment(), None, Wanted { parts, ..wanted(300) }, NOW).map(|refund| refund.parts)
    };
    assert_eq!(of(vec![part("K1", 100), part("K2", 200)]).unwrap().len(), 2);
    assert_eq!(of(vec![part("K1", 100), part("K2", 201)]), Err(ReserveError::PartsDiffer));
    assert_eq!(of(vec![part("K1", 400), part("K2", -100)]), Err(ReserveError::NothingAsked));
}

#[test]
fn s34_4_the_providers_limits_are_known_before_they_are_met() {
    let mut payment = payment();
    for seq in 1..=MOST_REFUNDS {
        assert_eq!(reserve(&mut payment, None, wanted(1), NOW).unwrap().seq, seq);
    }
    assert_eq!(reserve(&mut payment, None, wanted(1), NOW), Err(ReserveError::TooMany), "the 51st");
    let mut payment = self::payment();
    let last = NOW.plus_seconds(REFUND_DAYS * DAY);
    assert!(!is_late(&payment, NOW.plus_seconds(LATE_DAYS * DAY - 1)));
    assert!(is_late(&payment, NOW.plus_seconds(LATE_DAYS * DAY)));
    assert!(reserve(&mut payment, None, wanted(1), last).is_ok());
    assert_eq!(reserve(&mut payment, None, wanted(1), last.plus_seconds(1)), Err(ReserveError::TooLate));
}

#[test]
fn s34_5_what_is_kept_against_the_next_term_waits_and_goes_back_in_time() {
    let kept = |fen| Wanted { payout: Payout::NextTerm, ..wanted(fen) };
    let mut payment = payment();
    let first = reserve(&mut payment, None, kept(100), NOW).unwrap();
    let last_day = NOW.plus_seconds(LATE_DAYS * DAY);
    assert_eq!(first.not_before, Some(last_day), "while the provider surely still gives it back");
    let mut grown = reserve(&mut payment, Some(first.clone()), kept(200), NOW).unwrap();
    assert_eq!((grown.seq, grown.amount.fen(), payment.refunds), (1, 300, 1), "gathered in one");
    let other = reserve(&mut payment, Some(grown.clone()), wanted(50), NOW).unwrap();
    assert_eq!((other.seq, other.not_before), (2, None), "what goes back at once does not wait with it");
    assert!(grown.release() && !grown.release(), "once");
    assert_eq!((grown.payout, grown.not_before), (Payout::Original, None));
    let late = reserve(&mut payment, None, kept(1), last_day).unwrap();
    assert_eq!(late.not_before, Some(month_after(last_day)), "too late to keep it for long");
    assert!(!Refund { state: RefundState::Sent, ..first }.release(), "what was sent is on its way");
}

/// The first moment of the month after.
fn month_after(now: Moment) -> Moment {
    let first = now.day().last_of_month().tomorrow().unwrap();
    Moment::parse(&format!("{first}T00:00:00+08:00")).unwrap()
}

#[test]
fn p7_2_the_last_refunds_and_the_last_days_of_a_payment_are_gathered_by_the_month() {
    let mut payment = Payment { refunds: MANY_REFUNDS, ..payment() };
    let many = reserve(&mut payment, None, wanted(1), NOW).unwrap();
    assert_eq!((many.seq, many.not_before), (MANY_REFUNDS + 1, Some(month_after(NOW))));
    let day = |days: i64| NOW.plus_seconds(days * DAY);
    let at = |days: i64, refunds: u8| {
        let mut payment = Payment { refunds, ..self::payment() };
        reserve(&mut payment, None, wanted(1), day(days)).unwrap().not_before
    };
    assert_eq!(at(329, MANY_REFUNDS), Some(month_after(day(329)).min(day(LATE_DAYS))));
    assert_eq!(at(LATE_DAYS - 1, 0), None, "there is time, and there are refunds left");
    assert_eq!(at(LATE_DAYS, 0), Some(month_after(day(LATE_DAYS)).min(day(LAST_BATCH_DAYS))));
    assert_eq!(at(LAST_BATCH_DAYS - 1, 0), Some(day(LAST_BATCH_DAYS)));
    for days in [LAST_BATCH_DAYS, REFUND_DAYS] {
        assert_eq!(at(days, MANY_REFUNDS), None, "it goes out while the provider takes it");
    }
}

#[test]
fn p7_2_two_refunds_of_a_payment_are_a_minute_apart() {
    let (_, refund) = reserved(1);
    assert_eq!(free_from([&refund]), None, "nothing was sent");
    let sent = |seconds: i64| Refund { sent_at: Some(NOW.plus_seconds(seconds)), ..refund.clone() };
    assert_eq!(free_from([&sent(7), &refund, &sent(3)]), Some(NOW.plus_seconds(67)));
}

#[test]
fn s34_4_what_the_provider_gave_to_the_school_is_owed_until_it_is_handed_out() {
    let (mut payment, mut refund) = reserved(100);
    let abnormal = said(&refund, Status::Abnormal);
    settle(&mut refund, &mut payment, &abnormal).unwrap();
    refund.sent_at = Some(NOW);
    assert!(!handed_out(&mut refund, NOW), "the school has not got it");
    assert!(returned(&mut refund, NOW) && refund.is_owed_by_school());
    let (entry, snapshot) = (Entry::returned(&refund, &payment, NOW), Snapshot::of_refund(&refund, &payment));
    assert!(entry.balanced());
    assert_eq!(entry.on(Account::SchoolPayable).fen(), -100);
    assert!(handed_out(&mut refund, NOW) && !handed_out(&mut refund, NOW) && !refund.is_owed_by_school());
    let paid = Entry::handed_out(&refund, &payment, NOW);
    assert_eq!((paid.on(Account::SchoolPayable).fen(), paid.on(Account::SchoolCash).fen()), (100, -100));
    assert_eq!(Snapshot::of_refund(&refund, &payment), snapshot, "the snapshot stays what it is");
}

#[test]
fn s34_4_what_the_provider_gave_up_is_free_again_and_tried_under_a_new_number() {
    let (mut payment, mut refund) = reserved(PAID);
    let closed = said(&refund, Status::Closed);
    assert_eq!(settle(&mut refund, &mut payment, &closed), Ok(Settled::Released));
    let again = reserve(&mut payment, None, Wanted { retry_of: Some(refund.seq), ..wanted(PAID) }, NOW).unwrap();
    assert_eq!((again.seq, again.retry_of, left(&payment).fen()), (2, Some(1), 0));
    let done = said(&refund, Status::Done);
    assert_eq!(settle(&mut refund, &mut payment, &done), Err(RefundMismatch::Contradiction));
    assert_eq!((refund.state, left(&payment).fen()), (RefundState::Closed, 0), "nothing has changed by it");
}

#[test]
fn p7_3_an_abnormal_refund_ends_at_the_payer_or_at_the_school() {
    let (mut payment, mut refund) = reserved(100);
    assert!(!returned(&mut refund, NOW), "only one that is abnormal");
    let (abnormal, done) = (said(&refund, Status::Abnormal), said(&refund, Status::Done));
    assert_eq!(settle(&mut refund, &mut payment, &abnormal), Ok(Settled::Risen));
    let mut paid_out = refund.clone();
    assert_eq!(settle(&mut refund, &mut payment, &done), Ok(Settled::Done));
    assert!(returned(&mut paid_out, NOW));
    assert_eq!(settle(&mut paid_out, &mut payment, &done), Ok(Settled::Unchanged), "the school has it");
    assert_eq!((paid_out.state, payment.refund_reserved.fen()), (RefundState::Returned, 100));
}

#[test]
fn p7_1_a_refund_the_provider_has_taken_on_is_not_rejected() {
    let (mut payment, mut refund) = reserved(100);
    let processing = said(&refund, Status::Processing);
    assert_eq!(settle(&mut refund, &mut payment, &processing), Ok(Settled::Risen));
    assert!(!reject(&mut refund, &mut payment, Trouble::Refused, NOW));
    let (mut payment, mut refund) = reserved(100);
    assert!(
        reject(&mut refund, &mut payment, Trouble::Refused, NOW)
            && !reject(&mut refund, &mut payment, Trouble::Refused, NOW)
    );
    assert_eq!((refund.state, left(&payment).fen()), (RefundState::Rejected, PAID));
}

#[test]
fn p7_1_evidence_that_does_not_fit_changes_nothing() {
    let (payment, refund) = reserved(100);
    let done = said(&refund, Status::Done);
    let other = |change: fn(&mut RefundEvidence)| {
        let (mut payment, mut refund, mut evidence) = (payment.clone(), refund.clone(), done.clone());
        change(&mut evidence);
        let told = settle(&mut refund, &mut payment, &evidence);
        assert_eq!(refund.state, RefundState::Reserved);
        told
    };
    assert_eq!(other(|it| it.refund.push('0')), Err(RefundMismatch::NumberDiffers));
    assert_eq!(other(|it| it.amount = Money::from_fen(101)), Err(RefundMismatch::AmountDiffers));
    assert_eq!(other(|it| it.sub_merchant = "1900000202".to_owned()), Err(RefundMismatch::MerchantDiffers));
    assert_eq!(other(|it| it.transaction = "4200002".to_owned()), Err(RefundMismatch::TransactionDiffers));
    let (mut payment, mut refund) = (payment, refund);
    let processing = said(&refund, Status::Processing);
    settle(&mut refund, &mut payment, &processing).unwrap();
    let renamed = RefundEvidence { provider_no: "x".to_owned(), ..done };
    assert_eq!(settle(&mut refund, &mut payment, &renamed), Err(RefundMismatch::ProviderNumberDiffers));
}

#[test]
fn p7_1_the_provider_is_asked_less_and_less_often_until_it_is_over() {
    let (_, mut refund) = reserved(100);
    assert_eq!(refund.due(), None, "nobody has asked for it yet");
    (refund.state, refund.sent_at) = (RefundState::Sent, Some(NOW));
    let mut waits = Vec::new();
    for queries in 0..7 {
        refund.queries = queries;
        waits.push(refund.due().map(|due| due.seconds_since(NOW) / 60).unwrap());
    }
    assert_eq!(waits, [1, 5, 10, 20, 30, 60, 60]);
    for state in RefundState::VARIANTS.iter().filter(|state| state.is_final()) {
        assert_eq!(Refund { state: *state, ..refund.clone() }.due(), None);
    }
}

proptest! {
    /// I8: whatever the order of the evidence and however often it comes, the refund ends in the same state.
    #[test]
    fn p7_1_every_order_of_evidence_ends_in_the_same_state(
        done in any::<bool>(),
        order in Just(vec![0usize, 1, 2, 0, 1, 2]).prop_shuffle(),
    ) {
        let last = if done { Status::Done } else { Status::Closed };
        let statuses = [Status::Processing, Status::Abnormal, last];
        let (mut payment, mut refund) = reserved(1_234);
        for one in order {
            let evidence = said(&refund, statuses[one]);
            prop_assert!(settle(&mut refund, &mut payment, &evidence).is_ok());
        }
        let expected = if done { (RefundState::Done, 1_234) } else { (RefundState::Closed, 0) };
        prop_assert_eq!((refund.state, payment.refund_reserved.fen()), expected);
    }

    /// Whatever is set aside, whenever, goes out while the provider takes it; from day 330 on, once a month.
    #[test]
    fn p7_2_what_is_gathered_goes_out_while_the_provider_takes_it(
        paid in 0i64..366,
        days in prop::collection::vec((0i64..REFUND_DAYS * 24, any::<bool>()), 1..80),
    ) {
        let paid_at = NOW.plus_seconds(paid * DAY);
        let mut payment = payment();
        payment.paid.as_mut().unwrap().at = paid_at;
        let last_batch = paid_at.plus_seconds(LAST_BATCH_DAYS * DAY);
        let mut hours = days;
        hours.sort_unstable();
        let mut refunds: Vec<Refund> = Vec::new();
        for (hour, keeps) in hours {
            let now = paid_at.plus_seconds(hour * 3600);
            let payout = if keeps { Payout::NextTerm } else { Payout::Original };
            // What was due is sent.
            for refund in refunds.iter_mut().filter(|refund| refund.waits() && refund.not_before.is_none_or(|until| until <= now)) {
                refund.state = RefundState::Sent;
            }
            let waiting = refunds.last().filter(|refund| refund.waits()).cloned();
            let Ok(refund) = reserve(&mut payment, waiting, Wanted { payout, ..wanted(1) }, now) else {
                prop_assert_eq!(payment.refunds, MOST_REFUNDS, "nothing else stands in the way");
                continue;
            };
            let until = refund.not_before.unwrap_or(now);
            prop_assert!(until <= last_batch.max(now), "{until} after {last_batch}");
            prop_assert!(until <= paid_at.plus_seconds(REFUND_DAYS * DAY));
            let late = (paid_at.plus_seconds(LATE_DAYS * DAY)..last_batch).contains(&now);
            prop_assert!(!late || refund.not_before.is_some(), "gathered");
            refunds.retain(|known| known.seq != refund.seq);
            refunds.push(refund);
        }
        prop_assert_eq!(refunds.iter().map(|refund| refund.amount.fen()).sum::<i64>(), payment.refund_reserved.fen());
    }

    /// I1 and I7: what is set aside is what the refunds hold, never more than was paid; states only rise.
    #[test]
    fn p7_2_refunds_never_hold_more_than_was_paid(
        steps in prop::collection::vec((0u8..6, 0usize..8, 1i64..20_000), 1..60),
    ) {
        let (mut payment, mut refunds) = (payment(), Vec::<Refund>::new());
        for (act, which, fen) in steps {
            if act == 0 {
                refunds.extend(reserve(&mut payment, None, wanted(fen), NOW));
            } else if let Some(refund) = refunds.get_mut(which) {
                let before = refund.state;
                match act {
                    1 => drop(reject(refund, &mut payment, Trouble::Refused, NOW)),
                    2 => drop(returned(refund, NOW)),
                    _ => {
                        let status = Status::VARIANTS[usize::from(act) % Status::VARIANTS.len()];
                        let evidence = said(refund, status);
                        let contradiction = settle(refund, &mut payment, &evidence).is_err();
                        prop_assert!(!contradiction || before.is_final());
                    }
                }
                prop_assert!(!before.is_final() || refund.state == before, "what is over stays");
            }
            let held: i64 = refunds.iter().filter(|refund| refund.state.holds()).map(|refund| refund.amount.fen()).sum();
            prop_assert_eq!(payment.refund_reserved.fen(), held);
            prop_assert!(held <= PAID);
        }
    }
}

//! What is set aside, and what becomes of it: no order of events gives back more than was paid, or another result.

use proptest::prelude::*;
use strum::VariantArray as _;

use super::super::reserve::{
    LATE_DAYS, MANY_REFUNDS, MOST_REFUNDS, Notice, REFUND_DAYS, ReserveError, Wanted, left, notice, reserve,
};
use super::super::rules::Payout;
use super::super::settle::{RefundEvidence, RefundMismatch, Settled, Status, reject, returned, settle};
use super::super::{Part, Refund, RefundReason, RefundState, Trouble};
use crate::id::RefundNo;
use crate::money::Money;
use crate::payment::{Channel, Paid, PayMethod, Payment, PaymentState, Source};
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
        let told = notice(&payment, NOW);
        assert_eq!(told.is_some(), seq > MANY_REFUNDS, "before refund {seq}");
        assert_eq!(reserve(&mut payment, None, wanted(1), NOW).unwrap().seq, seq);
    }
    assert_eq!(notice(&payment, NOW), Some(Notice::FewLeft));
    assert_eq!(reserve(&mut payment, None, wanted(1), NOW), Err(ReserveError::TooMany), "the 51st");
    let mut payment = self::payment();
    let last = NOW.plus_seconds(REFUND_DAYS * DAY);
    assert_eq!(notice(&payment, NOW.plus_seconds(LATE_DAYS * DAY - 1)), None);
    assert_eq!(notice(&payment, NOW.plus_seconds(LATE_DAYS * DAY)), Some(Notice::TimeRunsOut));
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
    assert_eq!(late.not_before, None, "too late to keep it");
    assert!(!Refund { state: RefundState::Sent, ..first }.release(), "what was sent is on its way");
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

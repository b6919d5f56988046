use strum::VariantArray as _;

use super::*;
use crate::Tenant;
use crate::payment::{Channel, Paid, PayMethod, PaymentState, Source};
use crate::reconciliation::bill::RowKind;
use crate::reconciliation::difference::{DifferenceKind, Proof};
use crate::reconciliation::matching::Finding;
use crate::refund::RefundReason;
use crate::refund::dispute::{answer, dispute};
use crate::refund::reserve::{LATE_DAYS, MOST_REFUNDS};

const NOW: Moment = Moment::from_seconds(1_800_000_000);
const DAY_MINUTES: i64 = 24 * 60;

fn payment(refunds: u8, reserved_fen: i64) -> Payment {
    Payment {
        no: "20261-7K3M9Q2XAB-01-1".parse().unwrap(),
        school: "3144200101".parse().unwrap(),
        amount: Money::from_fen(40_000),
        channel: Channel::Wechat,
        method: PayMethod::Native,
        sub_merchant: "1900000201".to_owned(),
        state: PaymentState::Succeeded,
        sent_at: NOW,
        expires_at: NOW.plus_minutes(15),
        payer: None,
        payer_ip: None,
        queries: 0,
        queried_at: None,
        paid: Some(Paid {
            transaction: "4200000001".to_owned(),
            at: NOW,
            counted: true,
            source: Source::Query,
            snapshot: String::new(),
            message: None,
        }),
        refund_reserved: Money::from_fen(reserved_fen),
        refunds,
        frozen: BTreeSet::new(),
    }
}

fn refund(state: RefundState) -> Refund {
    let mut payment = payment(0, 0);
    Refund { state, ..Refund::whole(&mut payment, None, RefundReason::Agreed, NOW) }
}

fn kinds(facts: &Facts) -> Vec<AlertKind> {
    facts.kinds.iter().copied().collect()
}

fn alert(kind: AlertKind) -> (AlertId, Alert) {
    let id = AlertId::new(&"3144200101".parse().unwrap(), kind, "20261-7K3M9Q2XAB-01-1-R1");
    let raised = Alert::after(None, &id, Change::Raised, NOW).unwrap();
    (id, raised)
}

#[test]
fn s34_4_what_stands_in_the_way_of_a_refund_needs_a_person() {
    let told = |refund: &Refund| kinds(&Facts::of_refund(refund));
    assert_eq!(told(&refund(RefundState::Processing)), []);
    assert_eq!(told(&refund(RefundState::Abnormal)), [AlertKind::RefundAbnormal]);
    for state in [RefundState::Rejected, RefundState::Closed] {
        assert_eq!(told(&refund(state)), [AlertKind::RefundRefused]);
        assert_eq!(told(&Refund { retried: true, ..refund(state) }), [], "another one goes on in its place");
    }
    let short = Refund { trouble: Some(Trouble::BalanceShort), ..refund(RefundState::Sent) };
    assert_eq!(told(&short), [AlertKind::BalanceShort]);
    assert_eq!(told(&Refund { state: RefundState::Processing, ..short.clone() }), [], "it was taken on");
    let id = AlertId::new(&short.school, AlertKind::BalanceShort, short.no().as_str());
    let before = Facts::of_refund(&refund(RefundState::Sent));
    assert_eq!(before.changes(&Facts::of_refund(&short)), [(id.clone(), Change::Raised)]);
    assert_eq!(Facts::of_refund(&short).changes(&before), [(id, Change::Gone)]);
    assert_eq!(before.changes(&before), []);
}

#[test]
fn p7_3_a_dispute_needs_a_person_until_it_is_answered() {
    let guardian: PersonId = "G000000001".parse().unwrap();
    let mut refund = refund(RefundState::Done);
    dispute(&mut refund, &guardian, NOW).unwrap();
    assert_eq!(kinds(&Facts::of_refund(&refund)), [AlertKind::RefundDisputed]);
    answer(&mut refund, "已退至零钱".to_owned(), NOW).unwrap();
    assert_eq!(kinds(&Facts::of_refund(&refund)), []);
}

#[test]
fn s34_4_the_limits_of_a_provider_are_told_before_they_are_met() {
    let told = |refunds, reserved, now| kinds(&Facts::of_payment(&payment(refunds, reserved), now));
    assert_eq!(told(MANY_REFUNDS - 1, 100, NOW), []);
    assert_eq!(told(MANY_REFUNDS, 100, NOW), [AlertKind::RefundsFew]);
    assert_eq!(told(MOST_REFUNDS, 100, NOW), [AlertKind::RefundsFew]);
    assert_eq!(told(MANY_REFUNDS, 40_000, NOW), [], "nothing is left to give back");
    let late = NOW.plus_minutes(LATE_DAYS * DAY_MINUTES);
    assert_eq!(told(0, 0, late.plus_seconds(-1)), []);
    assert_eq!(told(0, 0, late), [AlertKind::RefundTimeShort]);
    assert_eq!(told(0, 40_000, late), []);
    let both = Facts::of_payment(&payment(MANY_REFUNDS, 0), late);
    assert_eq!(kinds(&both), [AlertKind::RefundsFew, AlertKind::RefundTimeShort]);
    assert_eq!(kinds(&both.by_the_clock()), [AlertKind::RefundTimeShort], "the other was told with its change");
    let unpaid = Payment { paid: None, state: PaymentState::Closed, ..payment(0, 0) };
    assert_eq!(kinds(&Facts::of_payment(&unpaid, late)), []);
}

#[test]
fn s35_1_a_difference_needs_a_person_when_the_next_bill_has_not_mended_it() {
    let found = |of: Tenant| {
        let finding = Finding {
            kind: DifferenceKind::MissingLocal,
            of,
            channel: Channel::Wechat,
            side: RowKind::Payment,
            number: "20261-7K3M9Q2XAB-01-1".to_owned(),
            ours: None,
            theirs: Some(Money::from_fen(40_000)),
            proof: Proof::default(),
        };
        Difference::found(finding, jiff::civil::date(2026, 9, 1), "b111", NOW)
    };
    let mut own = found(Tenant::School("3144200101".parse().unwrap()));
    let (soon, late) = (NOW.plus_minutes(OPEN_HOURS * 60 - 1), NOW.plus_minutes(OPEN_HOURS * 60));
    let nothing = Facts::of_difference(&own, soon);
    let told = nothing.changes(&Facts::of_difference(&own, late));
    let [(id, Change::Raised)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(id.as_str(), "3144200101.difference_open.2026-09-01.missing_local.20261-7K3M9Q2XAB-01-1");
    own.heal("两侧均已入账", late);
    assert_eq!(kinds(&Facts::of_difference(&own, late)), []);
    let platform = Facts::of_difference(&found(Tenant::Platform), late);
    assert_eq!(platform.untold().changes(&platform), [], "it is in no school's list");
}

#[test]
fn s34_4_a_fact_is_told_once_and_again_only_when_it_has_come_again() {
    let (id, raised) = alert(AlertKind::RefundAbnormal);
    assert_eq!((raised.is_open(), raised.times, raised.school.as_str()), (true, 1, "3144200101"));
    assert_eq!(Alert::after(Some(&raised), &id, Change::Raised, NOW), None, "it is open");
    assert_eq!(Alert::after(None, &id, Change::Gone, NOW), None, "nobody was told");
    let gone = Alert::after(Some(&raised), &id, Change::Gone, NOW).unwrap();
    assert_eq!(gone.ended, Some(Ended { by: None, words: None, at: NOW }));
    assert_eq!(Alert::after(Some(&gone), &id, Change::Gone, NOW), None);
    let again = Alert::after(Some(&gone), &id, Change::Raised, NOW.plus_minutes(1)).unwrap();
    assert_eq!((again.is_open(), again.times, again.raised_at), (true, 2, NOW.plus_minutes(1)));
    let (id, late) = alert(AlertKind::RefundTimeShort);
    let gone = Alert::after(Some(&late), &id, Change::Gone, NOW).unwrap();
    assert_eq!(Alert::after(Some(&gone), &id, Change::Raised, NOW), None, "the clock alone does not repeat it");
}

#[test]
fn s34_4_a_person_settles_an_alert_with_a_word() {
    let by: PersonId = "A000000003".parse().unwrap();
    let (_, mut alert) = alert(AlertKind::RefundRefused);
    assert_eq!(alert.settle(&by, "  ", NOW), Err(AlertError::WordsUnusable));
    assert_eq!(alert.settle(&by, &"已".repeat(WORDS_LETTERS + 1), NOW), Err(AlertError::WordsUnusable));
    assert_eq!(AlertError::WordsUnusable.pointed()[0].pointer, "/words");
    assert_eq!(alert.settle(&by, " 已线下退还 ", NOW), Ok(()));
    let ended = Ended { by: Some(by.clone()), words: Some("已线下退还".to_owned()), at: NOW };
    assert_eq!(alert.ended, Some(ended));
    assert_eq!(alert.settle(&by, "已线下退还", NOW), Err(AlertError::AlreadySettled));
    assert!(AlertError::AlreadySettled.pointed().is_empty());
}

#[test]
fn s34_4_the_name_of_an_alert_says_whose_it_is_and_of_what() {
    for kind in AlertKind::VARIANTS {
        let (id, _) = alert(*kind);
        assert_eq!(id.as_str().parse::<AlertId>(), Ok(id.clone()));
        let (school, number) = (id.school(), id.number().to_owned());
        assert_eq!((school.as_str(), id.kind(), number.as_str()), ("3144200101", *kind, "20261-7K3M9Q2XAB-01-1-R1"));
        assert_eq!(id.place(), format!("{kind}.{number}"));
        assert!(!kind.chinese().is_empty() && !kind.advice().ends_with('。'));
    }
    for text in
        ["3144200101.unknown.1", "platform.balance_short.1", "3144200101.balance_short.", "3144200101.balance_short"]
    {
        assert!(text.parse::<AlertId>().is_err(), "{text}");
    }
}

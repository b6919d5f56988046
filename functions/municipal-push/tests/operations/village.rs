//! A village of which the city is told: two pupils of a homeroom, their teacher, an order that was paid and of which
//! something went back, a class and the roll of its first lesson. Each data set has something in it.

use std::collections::BTreeMap;

use domain::audit::Actor;
use domain::directory::Homeroom;
use domain::id::{HomeroomId, PaymentNo};
use domain::payment::{Channel, Paid, PayMethod, Payment, PaymentState, Source};
use domain::record::{Line, Order, OrderState, TermRecord};
use domain::refund::facts::{GivenBack, Trigger};
use domain::refund::{Part, Refund, RefundReason, RefundState};
use domain::teaching::class::TeachingClass;
use domain::teaching::roll::{Call, CheckIn, Presence, Roll};
use domain::user::{NewUser, User};
use domain::{Moment, Money, Pii};
use jiff::civil::date;
use store::{Commit, Versioned};
use testkit::class::{TEACHER, class_of, open_class};
use testkit::orders::{line, ordered};
use testkit::stage::Stage;
use testkit::town::{MERCHANT, SCHOOL, Town, id};

pub(crate) const ORDER: &str = "20261-S000000000-01";
pub(crate) const PAYMENT: &str = "20261-S000000000-01-1";
pub(crate) const CLASS: &str = "3144200101.2026-2027-1.K1.01";
pub(crate) const HOMEROOM: &str = "3144200101.2024.01";

/// The whole of it, as the city knows it by source number.
pub(crate) const ALL: [&str; 14] = [
    HOMEROOM,
    "S000000000",
    "S000000001",
    "3144200101:T000000001",
    ORDER,
    PAYMENT,
    "20261-S000000000-01-1-R1",
    CLASS,
    "3144200101.2026-2027-1.K1.01:T000000001:main",
    "3144200101.2026-2027-1.K1.01:S000000000:2026-09-01",
    "3144200101.2026-2027-1.K1.01:S000000001:2026-09-01",
    "3144200101.2026-2027-1.K1.01.001:T000000001",
    "3144200101.2026-2027-1.K1.01.001:S000000000",
    "3144200101.2026-2027-1.K1.01.001:S000000001",
];

/// The town, with student numbers that the city takes.
pub(crate) fn town() -> Town {
    let mut town = Town::small(2);
    for (number, student) in town.students.iter_mut().enumerate() {
        student.number = Pii::new(format!("L44200020170901{number:04}"));
    }
    town
}

pub(crate) fn commit(now: Moment) -> Commit {
    Commit::new(Actor::system("test"), "test.write", now)
}

pub(crate) fn homeroom(name: &str) -> Homeroom {
    Homeroom { id: HomeroomId::new(&id(SCHOOL), 2024, 1), grade: 3, name: name.to_owned(), graduated: None }
}

fn teacher() -> User {
    let (name, phone) = (Pii::new("李老师傅".to_owned()), Pii::new("13800000001".to_owned()));
    User::new(id(TEACHER), NewUser { name, phone, home: Some(id(SCHOOL)) })
}

fn payment_no() -> PaymentNo {
    id(PAYMENT)
}

pub(crate) fn record(now: Moment) -> TermRecord {
    let given_back = GivenBack { lessons: 1, tuition: Money::from_fen(2_500), ..GivenBack::default() };
    let (mut record, order) = ordered("S000000000", vec![Line { given_back, ..line("K1") }], now);
    let paid = Some((payment_no(), now));
    record.orders.push(Order { state: OrderState::Paid, archived: true, paid, ..order });
    record
}

fn payment(now: Moment) -> Payment {
    let paid = Paid {
        transaction: "4200000001202609010000000001".to_owned(),
        at: now,
        counted: true,
        source: Source::Callback,
        snapshot: String::new(),
        message: None,
    };
    Payment {
        no: payment_no(),
        school: id(SCHOOL),
        channel: Channel::Wechat,
        method: PayMethod::Native,
        sub_merchant: MERCHANT.to_owned(),
        payer: None,
        payer_ip: None,
        amount: Money::from_fen(40_000),
        state: PaymentState::Succeeded,
        sent_at: now,
        expires_at: now.plus_minutes(14),
        queries: 0,
        queried_at: None,
        paid: Some(paid),
        refund_reserved: Money::from_fen(2_500),
        refunds: 1,
        frozen: std::collections::BTreeSet::new(),
    }
}

fn refund(now: Moment) -> Refund {
    let refund = serde_json::json!({
        "payment": PAYMENT, "seq": 1, "school": SCHOOL, "amount": 2_500, "reason": RefundReason::ByRule(Trigger::Leave),
        "state": RefundState::Done, "reserved_at": now, "ended_at": now, "provider_no": "50000001",
        "parts": [Part { course: id("K1"), lessons: 1, amount: Money::from_fen(2_500) }],
    });
    serde_json::from_value(refund).expect("a refund")
}

pub(crate) fn class() -> TeachingClass {
    class_of(&town(), 0, &[date(2026, 9, 1), date(2026, 9, 2)], [0, 1])
}

fn roll(now: Moment) -> Roll {
    let class = class();
    let mut roll = Roll::new(&class.id, 1, (date(2026, 9, 1), 1));
    let call = Call { at: now, named: BTreeMap::from([(id("S000000001"), Presence::Absent)]), only_named: false };
    roll.enter(&call, class.roster(roll.date), &id(TEACHER), now).expect("called");
    let check_in = CheckIn { at: now, late_minutes: 0, metres: None, correction: None };
    roll.check_in(&id(TEACHER), check_in).expect("checked in");
    roll.tell();
    roll
}

/// Writes all of it into a town that has settled in.
pub(crate) async fn settle(stage: &Stage) {
    let (app, now) = (stage.app(), stage.now());
    let store = app.store();
    let mut people = commit(now);
    people.save_homeroom(&Versioned::absent(homeroom("三年级(1)班"))).expect("a homeroom");
    people.save_user(&Versioned::absent(teacher())).expect("a user");
    store.commit(people).await.expect("written");
    let mut money = commit(now);
    money.save_record(&Versioned::absent(record(now))).expect("a record");
    money.save_payment(&Versioned::absent(payment(now))).expect("a payment");
    money.save_refund(&Versioned::absent(refund(now))).expect("a refund");
    store.commit(money).await.expect("written");
    open_class(store, &class(), now).await;
    let mut lesson = commit(now);
    lesson.save_roll(&Versioned::absent(roll(now))).expect("a roll");
    store.commit(lesson).await.expect("written");
}

//! The town as a family finds it that wants another course: one is paid, classes are taught.

use cashier::{Cashier, Settled};
use domain::Moment;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{ClassId, PaymentNo};
use domain::payment::Payment;
use domain::record::TermRecord;
use domain::teaching::class::TeachingClass;
use domain::teaching::lesson::Lesson;
use domain::teaching::rules::{Approvals, SchoolRules, TeachingRules};
use domain::time::Span;
use jiff::civil::{Date, date};
use store::{Commit, Versioned};
use testkit::class::{class_of, open_class, taught_by};
use testkit::sample::{Functions, Scene};
use testkit::town::{SCHOOL, TERM, Town, id};

pub(crate) const FUNCTIONS: Functions = &[
    ("enrollment", enrollment::routes),
    ("order", order::routes),
    ("refund", refund::routes),
    ("exchange", exchange::routes),
];

pub(crate) const ORDER: &str = "20261-S000000000-01";
pub(crate) const FIRST: &str = "20261-S000000000-01-1";
/// What the guardian asks for.
pub(crate) const MOVE: &str = "3144200101.2026-2027-1.544c1da8ed8ab20e86fc";
pub(crate) const FIRST_CLASS: &str = "3144200101.2026-2027-1.K1.01";
pub(crate) const SECOND_CLASS: &str = "3144200101.2026-2027-1.K1.02";
pub(crate) const OTHER_CLASS: &str = "3144200101.2026-2027-1.K2.01";

/// Guardians may give courses up all through the term.
pub(crate) fn may_withdraw(town: &mut Town) {
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let (from, until) = (moment("2026-08-01T00:00:00+08:00"), moment("2027-08-01T00:00:00+08:00"));
    town.term.windows.withdraw = Some(Span { from, until });
}

pub(crate) async fn record(scene: &Scene) -> TermRecord {
    let read = scene.app.store().record(&id("S000000000"), &id(TERM)).await.expect("read").map(Guarded::unguarded);
    read.expect("a record").value
}

pub(crate) async fn payment(scene: &Scene) -> Payment {
    payment_of(scene, FIRST).await
}

pub(crate) async fn payment_of(scene: &Scene, no: &str) -> Payment {
    scene.app.store().payment(&id(no)).await.expect("read").map(Guarded::unguarded).expect("a payment").value
}

pub(crate) async fn class(scene: &Scene, class: &str) -> TeachingClass {
    let found = scene.app.store().class(&id::<ClassId>(class)).await.expect("read");
    found.map(Guarded::unguarded).expect("a class").value
}

pub(crate) fn cashier(scene: &Scene) -> Cashier<'_> {
    Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"))
}

/// The payer pays, and the platform hears of it.
pub(crate) async fn settled(scene: &Scene, payment: &str) -> Option<Settled> {
    let now = scene.stage.world.now();
    scene.stage.provider().pay(payment, now).expect("paid");
    let no: PaymentNo = id(payment);
    Box::pin(cashier(scene).ask(scene.app.channels().await.expect("channels"), &no)).await.expect("asked")
}

/// The first pupil has taken `K1` and paid.
pub(crate) async fn paid(scene: &Scene) {
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
    assert_eq!(scene.send("order/pay-native").await.status, 201);
    assert_eq!(settled(scene, FIRST).await, Some(Settled::Counted));
}

/// And the guardian has asked for `K2` instead.
pub(crate) async fn asked(scene: &Scene) {
    paid(scene).await;
    assert_eq!(scene.send("exchange/ask-exchange").await.status, 201);
}

/// And the school has granted it.
pub(crate) async fn done(scene: &Scene) {
    asked(scene).await;
    let granted = scene.send("exchange/decide-approve").await;
    assert_eq!(granted.json()["state"], "done", "{}", granted.text);
}

/// The school has asked for the pupil.
pub(crate) async fn asked_by_school(scene: &Scene) {
    paid(scene).await;
    assert_eq!(scene.send("exchange/ask-exchange-by-school").await.status, 201);
}

/// There are two classes of `K1`, of which the pupil is in the first, and one of `K2`.
pub(crate) async fn taught(scene: &Scene) {
    paid(scene).await;
    taught_from(scene, date(2026, 9, 7)).await;
}

/// The pupil was in the class yesterday, too.
pub(crate) async fn taught_yesterday(scene: &Scene) {
    taught(scene).await;
    let mut class = class(scene, FIRST_CLASS).await;
    class.members[0].from = date(2026, 8, 31);
    open_class(scene.app.store(), &class, scene.app.now()).await;
}

async fn taught_from(scene: &Scene, first: Date) {
    let town = Town::small(4);
    let (store, now) = (scene.app.store(), scene.app.now());
    let days = |from: Date| [0, 1, 2].map(|week| from.saturating_add(jiff::Span::new().weeks(week)));
    open_class(store, &class_of(&town, 0, &days(first), [0]), now).await;
    let mut second = taught_by(class_of(&town, 0, &[], []), "T000000002");
    second.id = id(SECOND_CLASS);
    "课程K12班".clone_into(&mut second.title);
    second.room = None;
    second.lessons = days(first).iter().zip(1u16..).map(|(day, no)| Lesson::planned(no, *day, 1)).collect();
    open_class(store, &second, now).await;
    let mut other = taught_by(class_of(&town, 1, &days(first.tomorrow().expect("a day")), []), "T000000003");
    other.room = None;
    open_class(store, &other, now).await;
}

/// The school wants nobody's approval, and classes are taught.
pub(crate) async fn without_approval(scene: &Scene) {
    taught(scene).await;
    let built_in = TeachingRules::built_in();
    let approvals = Approvals { exchange: false, transfer: false, ..built_in.approvals };
    let rules = SchoolRules { school: id(SCHOOL), rules: TeachingRules { approvals, ..built_in } };
    let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.app.now());
    commit.save_teaching_rules(&Versioned::absent(rules)).expect("rules");
    scene.app.store().commit(commit).await.expect("written");
}

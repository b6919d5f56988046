//! Nights in which missed lessons accrue and are paid out. S34.2 P7.1, promises P5 P6.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::time::Duration;

use accrual::Report;
use cashier::{Cashier, Settled};
use domain::Moment;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{PaymentNo, RefundNo};
use domain::refund::facts::Trigger;
use domain::refund::request::{Party, RefundRequest, RequestState};
use domain::refund::rules::{AccruedPayout, RefundRules};
use domain::refund::sets::{RuleSet, RulesOwner};
use domain::refund::{Refund, RefundReason};
use domain::teaching::class::TeachingClass;
use domain::teaching::roll::Roll;
use domain::time::Span;
use jiff::ToSpan as _;
use jiff::civil::date;
use store::{Commit, Versioned};
use testkit::class::{class_of, open_class};
use testkit::sample::{Functions, Scene};
use testkit::stage::Stage;
use testkit::town::{SCHOOL, TERM, Town, id};
use testkit::{World, simulate};

const FUNCTIONS: Functions =
    &[("enrollment", enrollment::routes), ("order", order::routes), ("refund", refund::routes)];

const FIRST: &str = "20261-S000000000-01-1";
const REFUND: &str = "20261-S000000000-01-1-R1";
const AGAIN: &str = "20261-S000000000-01-1-R2";
const LEAVE: &str = "3144200101.2026-2027-1.00000000000000000001";

/// The first of September until the second of October: four Mondays have passed.
const UNTIL_OCTOBER: u64 = 31;

fn commit(scene: &Scene) -> Commit {
    Commit::new(Actor::system("test"), "test.begin", scene.app.now())
}

async fn write(scene: &Scene, commit: Commit) {
    scene.app.store().commit(commit).await.expect("written");
}

/// The school gives lessons back that were missed, without anybody's approval, paid out like this.
async fn ruled(scene: &Scene, accrued: AccruedPayout) {
    let mut rules = RefundRules { accrued, ..RefundRules::built_in() };
    rules.clauses.iter_mut().for_each(|clause| clause.approval = false);
    let owner = RulesOwner::School(id(SCHOOL), id(TERM));
    let mut commit = commit(scene);
    let set = RuleSet { owner, rules, by: id("A000000001") };
    commit.save_rules(&Versioned::absent(set)).expect("rules");
    write(scene, commit).await;
    scene.app.store().forget_catalog(&id(SCHOOL), &id(TERM));
}

async fn town(world: &World) -> Scene {
    let mut town = Town::small(2);
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let (from, until) = (moment("2026-08-01T00:00:00+08:00"), moment("2027-12-01T00:00:00+08:00"));
    town.term.windows.withdraw = Some(Span { from, until });
    Scene::new(Stage::with(world, &town).await, FUNCTIONS)
}

/// The first pupil has paid for `K1`, and is taught in a class on sixteen Mondays: on leave on the second, while the third
/// lesson is taken off.
async fn taught(scene: &Scene) -> TeachingClass {
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
    assert_eq!(scene.send("order/pay-native").await.status, 201);
    let now = scene.stage.world.now();
    scene.stage.provider().pay(FIRST, now).expect("paid");
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    let channels = scene.app.channels().await.expect("channels");
    let settled = Box::pin(cashier.ask(channels, &id::<PaymentNo>(FIRST))).await.expect("asked");
    assert_eq!(settled, Some(Settled::Counted));
    Box::pin(archive::look(scene.app.clone(), format!("S000000000/{TERM}"))).await.expect("listed");
    let mondays: Vec<_> = (0..16).map(|week| date(2026, 9, 7).saturating_add(week.weeks())).collect();
    let mut class = class_of(&Town::small(2), 0, &mondays, [0]);
    for lesson in class.lessons.iter_mut().filter(|lesson| lesson.no == 3) {
        lesson.off = Some("教师培训".to_owned());
    }
    open_class(scene.app.store(), &class, scene.app.now()).await;
    on_leave(scene, &class, 2).await;
    class
}

/// The pupil has leave for a lesson.
async fn on_leave(scene: &Scene, class: &TeachingClass, no: u16) {
    let mut roll = Roll::new(&class.id, no, class.lesson(no).expect("a lesson").at());
    roll.grant_leave(&id("S000000000"), &id(LEAVE), scene.app.now()).expect("on leave");
    let mut commit = commit(scene);
    commit.save_roll(&Versioned::absent(roll)).expect("a roll");
    write(scene, commit).await;
}

/// Some nights later.
async fn night(scene: &Scene, days: u64) -> Report {
    scene.stage.world.advance(Duration::from_hours(days * 24)).await;
    let report = Box::pin(accrual::run(&scene.app)).await;
    assert_eq!(report.failed, 0, "{:?}", report.worst);
    report
}

async fn refund_of(scene: &Scene, no: &str) -> Option<Refund> {
    let found = scene.app.store().refund(&id::<RefundNo>(no)).await.expect("read");
    found.map(Guarded::unguarded).map(|found| found.value)
}

async fn requests(scene: &Scene) -> Vec<RefundRequest> {
    let (found, _) = scene.app.store().refund_requests(&id(SCHOOL), &id(TERM), None, 50).await.expect("read");
    found.into_iter().map(|found| found.unguarded().value).collect()
}

#[test]
fn p7_1_what_was_missed_in_a_month_is_paid_out_once_when_the_next_begins() {
    simulate(1, async |world| {
        let scene = town(&world).await;
        ruled(&scene, AccruedPayout::Monthly).await;
        taught(&scene).await;
        assert_eq!(night(&scene, 29).await.asked, 0, "the month is not over");
        assert_eq!(night(&scene, 2).await.asked, 1);
        let refund = refund_of(&scene, REFUND).await.expect("a refund");
        assert_eq!((refund.amount.fen(), refund.reason), (5_000, RefundReason::ByRule(Trigger::Accrued)));
        assert!(refund.lines[0].words.contains("请假 1 课时(9月14日),停课 1 课时(9月21日)"), "{:?}", refund.lines);
        let again = night(&scene, 0).await;
        assert_eq!((again.looked_at, again.asked), (0, 0), "the night was over");
        assert_eq!(night(&scene, 1).await.asked, 0, "once");
        assert_eq!(requests(&scene).await.len(), 1);
        let accrued = scene.send("refund/show-accrued").await.json();
        assert_eq!((accrued["total_fen"].as_i64(), accrued["items"][0]["pays"].as_str()), (Some(0), Some("monthly")));
        let paid_out = |lesson: &serde_json::Value| lesson["paid_out"] == true;
        assert!(accrued["items"][0]["lessons"].as_array().expect("lessons").iter().all(paid_out));
    });
}

#[test]
fn p7_2_who_leaves_afterwards_gets_in_all_what_leaving_alone_had_given() {
    simulate(1, async |world| {
        let scene = town(&world).await;
        ruled(&scene, AccruedPayout::Monthly).await;
        taught(&scene).await;
        assert_eq!(night(&scene, UNTIL_OCTOBER).await.asked, 1);
        // Two lessons were had by now: the first, and that of the 28th.
        assert_eq!(scene.send("refund/ask-withdrawal").await.status, 201);
        let refunds = [refund_of(&scene, REFUND).await, refund_of(&scene, AGAIN).await];
        let amounts = refunds.map(|refund| refund.map(|refund| refund.amount.fen()));
        let in_all: i64 = amounts.into_iter().flatten().sum();
        assert_eq!(in_all, 40_000 - 2 * 2_500, "{amounts:?}");
        assert_eq!(night(&scene, 31).await.asked, 0, "the course was left");
    });
}

#[test]
fn s34_2_a_leave_that_was_ended_is_taken_off_what_is_paid_out_next() {
    simulate(1, async |world| {
        let scene = town(&world).await;
        ruled(&scene, AccruedPayout::Monthly).await;
        let class = taught(&scene).await;
        assert_eq!(night(&scene, UNTIL_OCTOBER).await.asked, 1);
        let lesson = class.lesson_id(class.lesson(2).expect("a lesson"));
        let mut roll = scene.app.store().roll(&lesson).await.expect("read").expect("a roll").unguarded();
        roll.value.end_leave(&id("S000000000"), &id(LEAVE), scene.app.now()).expect("ended");
        let mut changed = commit(&scene);
        changed.save_roll(&roll).expect("a roll");
        write(&scene, changed).await;
        // Another lesson is missed, which went back already; and then one more.
        on_leave(&scene, &class, 5).await;
        assert_eq!(night(&scene, 30).await.asked, 0);
        on_leave(&scene, &class, 9).await;
        assert_eq!(night(&scene, 31).await.asked, 1);
        let amount = refund_of(&scene, AGAIN).await.expect("a refund").amount.fen();
        assert_eq!(amount, 2_500, "of three missed lessons the third");
    });
}

#[test]
fn p7_1_by_the_standard_rules_the_school_approves_it_after_the_last_lesson() {
    simulate(1, async |world| {
        let scene = town(&world).await;
        taught(&scene).await;
        assert_eq!(night(&scene, 111).await.asked, 0, "the last lesson is today");
        assert_eq!(night(&scene, 1).await.asked, 1);
        let asked = requests(&scene).await;
        assert_eq!((asked.len(), asked[0].state, asked[0].waits_for), (1, RequestState::Asked, Some(Party::School)));
        assert_eq!(asked[0].quote.total.fen(), 5_000);
        assert_eq!(night(&scene, 1).await.asked, 0, "it waits");
        let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
        let admin = id("A000000001");
        let refused = cashier.refuse(&asked[0].id, (&admin, Party::School), "考勤有误,更正后再退".to_owned()).await;
        assert!(refused.expect("refused").is_some());
        assert_eq!(night(&scene, 1).await.asked, 0, "what was refused is not asked for again");
        on_leave(&scene, &class_now(&scene).await, 16).await;
        assert_eq!(night(&scene, 1).await.asked, 1, "but what is more than that is");
        let waiting = requests(&scene).await.into_iter().find(|request| request.state == RequestState::Asked);
        let waiting = waiting.expect("a request");
        let granted = Box::pin(cashier.grant(&waiting.id, Some((&admin, Party::School)))).await.expect("granted");
        assert!(granted.is_some_and(|granted| granted.value.state == RequestState::Granted));
        assert_eq!(refund_of(&scene, REFUND).await.expect("a refund").amount.fen(), 7_500);
    });
}

async fn class_now(scene: &Scene) -> TeachingClass {
    let found = scene.app.store().class(&id("3144200101.2026-2027-1.K1.01")).await.expect("read");
    found.map(Guarded::unguarded).expect("a class").value
}

#[test]
fn s34_2_another_request_for_the_course_is_waited_for() {
    simulate(1, async |world| {
        let scene = town(&world).await;
        ruled(&scene, AccruedPayout::Above(domain::Money::from_fen(5_000))).await;
        taught(&scene).await;
        assert_eq!(night(&scene, 14).await.asked, 0, "one lesson is not enough");
        assert_eq!(scene.send("refund/ask-agreed-by-school").await.status, 201);
        let waits = night(&scene, 7).await;
        assert_eq!((waits.asked, waits.waiting), (0, 1));
        assert_eq!(scene.send("refund/confirm-not").await.status, 200);
        assert_eq!(night(&scene, 1).await.asked, 1);
    });
}

//! Nights in which what the city tells is pulled: once, whole, in order, and on from where a run has stopped. B5.1 S5.1 S5.3.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use domain::audit::Actor;
use domain::catalog::{OfferingState, Specification, Term, Windows};
use domain::money::Money;
use domain::supervision::body::SpecificationBody;
use domain::supervision::intake::{IntakeStanding, IntakeState};
use domain::supervision::{Inbound, InboundBody, Received};
use domain::time::Span;
use municipal_intake::{Report, run};
use report::Receiver;
use serde_json::{Value, json};
use simulator::supervision::SupervisionFaults;
use store::import::Imported;
use store::{Commit, Versioned};
use testkit::stage::Stage;
use testkit::town::{SCHOOL, TERM, Town, id};
use testkit::{Fault, Faults, Script, World, simulate};

/// Every tick of the schedule is the same to the function.
const TICK: &str = include_str!("../../../events/municipal-intake/tick.json");
/// A school that the city tells of, and nobody has set up.
const NEW: &str = "2144209999";

async fn town(world: &World, change: fn(&mut Town)) -> Stage {
    assert!(serde_json::from_str::<Value>(TICK).is_ok());
    let mut town = Town::small(4);
    change(&mut town);
    Stage::with(world, &town).await
}

fn counted(report: &Report) -> (u32, u32, u32, u32, u32) {
    let Report { old, known, applied, waiting, refused, .. } = report;
    (*old, *known, *applied, *waiting, *refused)
}

async fn write(stage: &Stage, fill: impl FnOnce(&mut Commit)) {
    let mut commit = Commit::new(Actor::system("test"), "test.begin", stage.now());
    fill(&mut commit);
    stage.app().store().commit(commit).await.expect("written");
}

async fn state(stage: &Stage, inbound: Inbound, source: &str) -> IntakeState {
    let kept = stage.app().store().intake(inbound, &id(source)).await.expect("read").expect("kept");
    kept.record.value.state
}

/// A record in the city's words.
fn record(set: &str, source: &str, version: u64, body: Option<Value>) -> Value {
    let op = if body.is_some() { "U" } else { "D" };
    let mut record = json!({"SJJ": set, "YWBH": source, "BBH": version, "CZLX": op, "GXSJ": "2026-08-31 09:00:00"});
    if let Some(body) = body {
        record.as_object_mut().expect("an object").insert("NR".to_owned(), body);
    }
    record
}

fn price(version: u64, yuan: &str) -> Value {
    let body = json!({
        "GGBH": "SP1", "KMMC": "书法", "ZXBE": 1, "ZDBE": 40, "KSSC": 45, "KSDJ": yuan, "QYXQ": TERM,
    });
    record("KHKMGG", "SP1", version, Some(body))
}

#[test]
fn b5_1_a_night_brings_all_sets_and_the_next_one_nothing_new() {
    simulate(1, async |world| {
        let stage = town(&world, |_| {}).await;
        let app = stage.app();
        let report = run(&app).await;
        assert!(report.fault.is_none() && !report.unfinished, "{report:?}");
        // A school, two providers and two specifications; the courses are of a term that the school has not set up.
        assert_eq!(counted(&report), (0, 0, 5, 2, 0), "{report:?}");
        let school = app.store().school(&id(NEW)).await.expect("read").expect("a school").value;
        assert_eq!(school.name, "样例小学");
        let barred = app.store().organization(&id("JG0002")).await.expect("read").expect("a provider").value.value;
        assert_eq!(barred.standing.blacklisted.map(|bar| bar.reason).as_deref(), Some("违规收费"));
        assert_eq!(counted(&run(&app).await), (0, 0, 0, 0, 0), "all of it was pulled today");
        world.advance(Duration::from_hours(24)).await;
        assert_eq!(counted(&run(&app).await), (7, 0, 0, 0, 0));
    });
}

#[test]
fn b5_1_a_course_takes_effect_once_its_school_has_set_up_the_term() {
    simulate(1, async |world| {
        let stage = town(&world, |_| {}).await;
        let app = stage.app();
        run(&app).await;
        let source = format!("{NEW}.{TERM}.SF01");
        let waits = state(&stage, Inbound::ExternalCourse, &source).await;
        assert!(matches!(waits, IntakeState::Waiting { .. }), "{waits:?}");
        let term = app.store().term(&id(SCHOOL), &id(TERM)).await.expect("read").expect("a term").value;
        write(&stage, |commit| {
            commit.save_term(&Versioned::absent(Term { school: id(NEW), ..term })).expect("a term");
        })
        .await;
        let report = run(&app).await;
        assert_eq!(report.applied, 2, "{report:?}");
        let offering = app.store().offering(&id(&source)).await.expect("read").expect("a draft").value;
        assert_eq!((offering.state, offering.capacity), (OfferingState::Draft, 40));
        assert_eq!((offering.unit_price.fen(), offering.provider), (2_500, Some(id("JG0001"))));
        let ledgers = world.scan("test-seats");
        let of_draft = ledgers.iter().map(testkit::plain).find(|item| item["pk"] == format!("OFFERING#{source}"));
        assert_eq!(of_draft.map(|item| item["cap"].clone()), Some(json!(40)), "its seats are there");
        let course = app.store().course(&id(NEW), &id("SF01")).await.expect("read").expect("a course").value.value;
        assert_eq!(course.title, "书法入门");
        assert!(app.store().waiting_intakes(Some(&id(NEW)), stage.now(), 10).await.expect("read").is_empty());
    });
}

#[test]
fn b5_1_a_run_that_is_stopped_goes_on_at_the_page_it_has_reached() {
    simulate(1, async |world| {
        let stage = town(&world, |_| {}).await;
        let app = stage.app();
        stage.supervision().set_faults(SupervisionFaults { per_minute: Some(2), ..SupervisionFaults::default() });
        let report = run(&app).await;
        assert!(report.unfinished && report.fault.is_some(), "{report:?}");
        assert_eq!(counted(&report), (0, 0, 3, 0, 0), "schools and providers, before the city said later");
        world.advance(Duration::from_hours(1)).await;
        stage.supervision().set_faults(SupervisionFaults::default());
        let report = run(&app).await;
        assert!(report.fault.is_none() && !report.unfinished, "{report:?}");
        assert_eq!(counted(&report), (0, 0, 2, 2, 0), "what was pulled today is not pulled again");
    });
}

/// Families enroll in December: nobody has seen a price yet.
fn unopened(town: &mut Town) {
    let from = domain::Moment::parse("2026-12-01T08:00:00+08:00").expect("a moment");
    let opening = Some(Span { from, until: from.plus_minutes(600) });
    town.term.windows = Windows { opening, ..Windows::default() };
}

/// A lesson costs more from now on.
async fn dearer(world: &World) -> Stage {
    let stage = town(world, unopened).await;
    specification(&stage).await;
    stage.supervision().decide(price(1, "26.00")).expect("decided");
    stage
}

async fn prices(stage: &Stage) -> Vec<i64> {
    let offerings = stage.app().store().offerings(&id(SCHOOL), &id(TERM)).await.expect("read");
    offerings.iter().map(|offering| offering.unit_price.fen()).collect()
}

/// What the school gives for nothing stays so.
const FOLLOWED: [i64; 6] = [2_600, 2_600, 2_600, 2_600, 2_600, 0];

#[test]
fn s5_3_offerings_follow_a_price_that_nobody_has_seen_yet() {
    simulate(1, async |world| {
        let stage = dearer(&world).await;
        let app = stage.app();
        let report = run(&app).await;
        assert_eq!((report.repriced, report.unfinished), (5, false), "{report:?}");
        assert_eq!(prices(&stage).await, FOLLOWED);
        assert!(app.store().followed_intakes(stage.now(), 10).await.expect("read").is_empty());
        assert_eq!(run(&app).await.repriced, 0);
    });
}

#[test]
fn s5_3_a_price_of_a_later_term_leaves_the_terms_before_it() {
    simulate(1, async |world| {
        let stage = town(&world, unopened).await;
        specification(&stage).await;
        let mut later = price(1, "26.00");
        later["NR"]["QYXQ"] = json!("2026-2027-2");
        stage.supervision().decide(later).expect("decided");
        let report = run(&stage.app()).await;
        assert_eq!((report.repriced, report.unfinished), (0, false), "{report:?}");
        assert_eq!(prices(&stage).await, [2_500, 2_500, 2_500, 2_500, 2_500, 0]);
        assert!(stage.app().store().followed_intakes(stage.now(), 10).await.expect("read").is_empty());
    });
}

/// Wherever a run stops: the city does away with the price before the next one, and offerings cost what was in effect.
#[test]
fn s5_3_a_price_is_followed_though_the_city_has_done_away_with_it_since() {
    let calls = simulate(1, async |world| {
        let app = dearer(&world).await.app();
        assert!(!world.run(async move { run(&app).await }).await.crashed());
        world.calls_of_last_run().len()
    });
    let mut in_effect = 0;
    for at_call in 0..calls {
        simulate(1, async |world| {
            let stage = dearer(&world).await;
            let app = stage.app();
            world.set_script(Script { at_call, fault: Fault::CrashAfter });
            assert!(world.run(async move { run(&app).await }).await.crashed());
            stage.supervision().decide(record("KHKMGG", "SP1", 2, None)).expect("decided");
            world.advance(Duration::from_hours(24)).await;
            let report = run(&stage.app()).await;
            assert!(report.fault.is_none() && !report.unfinished, "call {at_call}: {report:?}");
            let price = stage.app().store().specification(&id("SP1")).await.expect("read").expect("a specification");
            let price = price.value.value.unit_price.fen();
            assert_eq!(prices(&stage).await, [price, price, price, price, price, 0], "call {at_call}");
            in_effect += usize::from(price == 2_600);
        });
    }
    assert!((1..calls).contains(&in_effect), "{in_effect} of {calls}");
}

/// Wherever a run stops and whatever goes wrong there, the next ones of the night bring all of it, and once.
#[test]
fn b5_1_s5_3_nothing_is_lost_wherever_a_run_stops() {
    let calls = simulate(1, async |world| {
        let app = dearer(&world).await.app();
        assert!(!world.run(async move { run(&app).await }).await.crashed());
        world.calls_of_last_run().len()
    });
    assert!(calls > 40, "{calls}");
    for at_call in 0..calls {
        for fault in [Fault::CrashAfter, Fault::LostAnswer, Fault::Conflict] {
            simulate(1, async |world| {
                let stage = dearer(&world).await;
                let app = stage.app();
                world.set_script(Script { at_call, fault });
                drop(world.run(async move { run(&app).await }).await);
                world.advance(Duration::from_hours(1)).await;
                let report = run(&stage.app()).await;
                assert!(report.fault.is_none() && !report.unfinished, "call {at_call} {fault:?}: {report:?}");
                assert_eq!(prices(&stage).await, FOLLOWED, "call {at_call} {fault:?}");
                let kept = stage.app().store().intakes_of_city(Inbound::Specification).await.expect("read");
                assert_eq!(kept.len(), 3, "call {at_call} {fault:?}");
                assert!(kept.iter().all(|one| one.value.follow.is_none()), "call {at_call} {fault:?}");
                let source = format!("{NEW}.{TERM}.SF01");
                let waits = state(&stage, Inbound::ExternalCourse, &source).await;
                assert!(matches!(waits, IntakeState::Waiting { .. }), "call {at_call} {fault:?}: {waits:?}");
            });
        }
    }
}

async fn specification(stage: &Stage) {
    let specification = Specification {
        code: id("SP1"),
        subject: "书法".to_owned(),
        smallest: 1,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(2_500),
    };
    write(stage, |commit| {
        commit.save_specification(&Versioned::absent(Imported::by_hand(specification))).expect("a specification");
    })
    .await;
}

/// The city tells the price of a lesson.
async fn told(receiver: &Receiver<'_>, version: u64, fen: i64) {
    let body = InboundBody::Specification(SpecificationBody {
        code: id("SP1"),
        subject: "书法".to_owned(),
        smallest: 1,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(fen),
        from_term: id(TERM),
        until_term: None,
    });
    let (inbound, changed_at) = (Inbound::Specification, receiver.ambient.now());
    let record = Received { inbound, source_id: id("SP1"), version, changed_at, body: Some(body) };
    receiver.take(&record).await.expect("taken");
}

/// Offerings follow what they have not followed yet.
async fn follow(receiver: &Receiver<'_>) {
    let (now, until) = (receiver.ambient.now(), receiver.ambient.now().plus_minutes(5));
    for entry in receiver.store.followed_intakes(now, 10).await.expect("read") {
        receiver.follow(&entry.value, until).await.expect("followed");
    }
}

/// Lets one get to its `wait`-th wait, does something else from beginning to end, and lets it go on. Whether it got there.
async fn held_up(one: impl Future<Output = ()>, wait: usize, meanwhile: impl Future<Output = ()>) -> bool {
    let (mut one, mut waits) = (pin!(one), 0);
    let early = poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Pending if waits < wait => {
            waits += 1;
            Poll::Pending
        }
        polled @ (Poll::Ready(()) | Poll::Pending) => Poll::Ready(polled.is_ready()),
    });
    let ended = early.await;
    meanwhile.await;
    if !ended {
        one.await;
    }
    !ended
}

/// The city takes a price back, and offerings follow that too, while somebody is held up in following the first.
#[test]
fn s5_3_who_follows_a_price_late_does_not_take_a_later_one_back() {
    let at = |wait| {
        simulate(1, async |world| {
            let stage = town(&world, unopened).await;
            specification(&stage).await;
            world.set_faults(Faults { latency_limit_milliseconds: 20, ..Faults::none() });
            let app = stage.app();
            let receiver = Receiver { store: app.store(), ambient: app.ambient(), actor: Actor::system("test") };
            told(&receiver, 1, 2_600).await;
            let meanwhile = async {
                told(&receiver, 2, 2_500).await;
                follow(&receiver).await;
            };
            let held = Box::pin(held_up(follow(&receiver), wait, meanwhile)).await;
            follow(&receiver).await;
            assert!(app.store().followed_intakes(stage.now(), 10).await.expect("read").is_empty());
            assert_eq!(prices(&stage).await, [2_500, 2_500, 2_500, 2_500, 2_500, 0], "held up at wait {wait}");
            held
        })
    };
    let waits = (0..100).take_while(|wait| at(*wait)).count();
    assert!((20..100).contains(&waits), "{waits}");
}

#[test]
fn s5_3_a_price_at_which_families_are_enrolling_waits_for_a_person() {
    simulate(1, async |world| {
        let stage = town(&world, |_| {}).await;
        specification(&stage).await;
        stage.supervision().decide(price(1, "26.00")).expect("decided");
        run(&stage.app()).await;
        let waits = state(&stage, Inbound::Specification, "SP1").await;
        let words = match &waits {
            IntakeState::Waiting { concerns } => concerns.iter().map(ToString::to_string).collect::<Vec<_>>(),
            IntakeState::Known | IntakeState::Applied { .. } | IntakeState::Declined { .. } => Vec::new(),
        };
        assert_eq!(words, ["6 门课程正在报名,价格变更须确认后生效,已提交的订单按原价执行"]);
        let kept = stage.app().store().specification(&id("SP1")).await.expect("read").expect("a specification");
        assert_eq!(kept.value.value.unit_price.fen(), 2_500);
    });
}

#[test]
fn b5_1_what_the_city_does_away_with_waits_while_it_is_in_use() {
    simulate(1, async |world| {
        let stage = town(&world, |_| {}).await;
        specification(&stage).await;
        stage.supervision().decide(price(1, "25.00")).expect("decided");
        run(&stage.app()).await;
        for gone in [record("KHKMGG", "SP1", 2, None), record("KHJYJG", "JG0002", 3, None)] {
            stage.supervision().decide(gone).expect("decided");
        }
        world.advance(Duration::from_hours(24)).await;
        let report = run(&stage.app()).await;
        assert_eq!((report.known, report.waiting), (1, 1), "{report:?}");
        let waits = state(&stage, Inbound::Specification, "SP1").await;
        assert!(matches!(waits, IntakeState::Waiting { .. }), "{waits:?}");
        assert_eq!(state(&stage, Inbound::Provider, "JG0002").await, IntakeState::Known);
        let (app, code) = (stage.app(), id("JG0002"));
        assert!(app.store().organization(&code).await.expect("read").is_some(), "nothing of ours goes");
        let kept = app.store().intake(Inbound::Specification, &id("SP1")).await.expect("read").expect("kept");
        assert_eq!((kept.record.value.gone, kept.record.value.title.as_str()), (true, "书法"));
    });
}

#[test]
fn s5_1_a_later_term_begins_a_record_of_its_own() {
    simulate(1, async |world| {
        let stage = town(&world, |_| {}).await;
        let app = stage.app();
        run(&app).await;
        // Into March: the spring.
        world.advance(Duration::from_hours(24 * 190)).await;
        let body = json!({
            "JGBH": "JG0001", "QYMC": "样例书法学校", "TYSHXYDM": "91350100M000100Y43", "BXXKZ": "教民144200070000001号",
            "XKZYXQQ": "2025-01-01", "XKZYXQZ": "2027-12-31", "SFHMD": "0",
        });
        stage.supervision().decide(record("KHJYJG", "JG0001", 2, Some(body))).expect("decided");
        let report = run(&app).await;
        assert_eq!((report.old, report.applied), (6, 1), "{report:?}");
        let kept =
            app.store().intake(Inbound::Provider, &id("JG0001")).await.expect("read").expect("kept").record.value;
        assert_eq!((kept.standing(), kept.title.as_str()), (IntakeStanding::Applied, "样例书法学校"));
        let terms = app.store().intake_terms(&kept).await.expect("read");
        let told: Vec<(String, &str)> =
            terms.iter().map(|entry| (entry.place.term.to_string(), entry.title.as_str())).collect();
        assert_eq!(told, [(TERM.to_owned(), "样例书法中心"), ("2026-2027-2".to_owned(), "样例书法学校")]);
    });
}

//! Both sides are compared: whatever was lost, altered, forgotten or invented at the city is found, told and mended, and
//! nothing else is; when somebody asks at once, and each month is signed. K7.2 D5.1, promises P7 P9.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use domain::Pii;
use domain::audit::Actor;
use domain::audit::verify::PublicKey as _;
use domain::directory::Homeroom;
use domain::id::HomeroomId;
use domain::id::SchoolCode;
use domain::supervision::Dataset;
use domain::supervision::comparison::LONGEST_MINUTES;
use domain::supervision::findings::Handling;
use domain::supervision::statement::{Line, Statement};
use domain::task::{Queue, Task};
use gateway::signer::VerifyingKey;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::stage::{MUNICIPAL_QUEUE, PREFIX, Stage};
use testkit::town::{SCHOOL, Town, id};
use testkit::{Outside, World, simulate};

const TICK: &str = include_str!("../../../events/municipal-agreement/tick.json");
const ONE_SCHOOL: &str = include_str!("../../../events/municipal-agreement/school.json");
const ASKED: &str = include_str!("../../../events/municipal-agreement/asked.json");
/// Pupils of the town, who are in one homeroom.
const PUPILS: usize = 40;
/// The same, as it is counted.
const HELD: u64 = 40;

/// The city of the simulator.
#[derive(Clone)]
struct City(Arc<Mutex<simulator::Supervision>>);

impl City {
    fn on(stage: &Stage) -> Self {
        stage
            .world
            .put_secret(&format!("{PREFIX}/supervision"), simulator::secrets().get("supervision").expect("an account"));
        let city = Self(Arc::new(Mutex::new(simulator::Supervision::new())));
        stage.world.set_outside(city.clone());
        city
    }

    fn lock(&self) -> MutexGuard<'_, simulator::Supervision> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outside for City {
    fn call(&mut self, request: http::Request<bytes::Bytes>, now: jiff::Timestamp) -> http::Response<bytes::Bytes> {
        self.lock().call(&request, now)
    }
}

/// A homeroom of forty, all of which the city has been told.
async fn told(world: &World) -> (Stage, City) {
    let mut town = Town::small(PUPILS);
    for (number, student) in town.students.iter_mut().enumerate() {
        student.number = Pii::new(format!("L44200020170901{number:04}"));
    }
    let stage = Stage::with(world, &town).await;
    let city = City::on(&stage);
    let homeroom = HomeroomId::new(&id(SCHOOL), 2024, 1);
    let mut commit = Commit::new(Actor::system("test"), "test.write", stage.now());
    let room = Homeroom { id: homeroom.clone(), grade: 3, name: "三年级(1)班".to_owned(), graduated: None };
    commit.save_homeroom(&Versioned::absent(room)).expect("a homeroom");
    stage.app().store().commit(commit).await.expect("written");
    for student in &town.students {
        world.plant("test-directory", member(&homeroom, student.pupil.id.as_str()));
    }
    audit_seal::seal(stage.app()).await.expect("sealed");
    minutes(&stage, 20).await;
    (stage, city)
}

/// A pupil's place in the homeroom.
fn member(homeroom: &HomeroomId, student: &str) -> testkit::Item {
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    [
        ("pk", text(format!("HOMEROOM#{homeroom}"))),
        ("sk", text(format!("STUDENT#{student}"))),
        ("kind", text("member".to_owned())),
        ("student", text(student.to_owned())),
        ("left", aws_sdk_dynamodb::types::AttributeValue::Bool(false)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

async fn minutes(stage: &Stage, count: usize) {
    for _ in 0..count {
        sweep::sweep(stage.app()).await;
        loop {
            let messages = stage.world.take_messages(MUNICIPAL_QUEUE, 10);
            if messages.is_empty() {
                break;
            }
            let event: SqsEvent = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
            for message in &messages {
                stage.world.settle(message);
            }
            municipal_push::consume(stage.app(), event).await;
        }
        stage.world.advance(Duration::from_secs(61)).await;
    }
}

async fn compared(stage: &Stage) -> Statement {
    let event: Value = serde_json::from_str(ONE_SCHOOL).expect("an event");
    let report = municipal_agreement::run(&stage.app(), event).await.expect("compared");
    assert!(report.fault.is_none(), "{:?}", report.fault);
    report.statements.into_iter().next().expect("a statement")
}

/// What the last comparison found, and what was done about it.
async fn found(stage: &Stage) -> Vec<(String, Handling)> {
    let found = stage.app().store().last_findings(&school()).await.expect("read").expect("findings");
    found.value.items.into_iter().map(|found| (found.source_id.to_string(), found.handling)).collect()
}

fn school() -> SchoolCode {
    id(SCHOOL)
}

/// Somebody asks for the comparison of the school.
async fn ask(stage: &Stage) -> Task {
    let version = u64::try_from(stage.now().seconds()).expect("a moment");
    let task = Task::new(Queue::Agreement, SCHOOL, version, stage.now());
    let mut commit = Commit::new(Actor::system("test"), "test.write", stage.now());
    commit.task(task.clone()).expect("a task");
    stage.app().store().commit(commit).await.expect("written");
    task
}

async fn consumed(stage: &Stage) -> usize {
    let event: SqsEvent = serde_json::from_str(ASKED).expect("an event");
    municipal_agreement::consume(stage.app(), event).await.batch_item_failures.len()
}

async fn asked(stage: &Stage) -> Option<Task> {
    stage.app().store().task(Queue::Agreement, SCHOOL).await.expect("read")
}

fn set(name: Dataset) -> String {
    domain::supervision::FieldMap::current().name_of(name).to_owned()
}

#[test]
fn k7_2_both_sides_agree_once_all_is_told() {
    simulate(1, async |world| {
        let (stage, city) = told(&world).await;
        let statement = compared(&stage).await;
        assert_eq!(statement.differences(), 0, "{statement:?}");
        assert_eq!(statement.lines[&Dataset::Student], Line::of(HELD));
        assert_eq!(city.lock().store().counts().values().sum::<usize>(), PUPILS + 1);
        let tick: Value = serde_json::from_str(TICK).expect("an event");
        let report = municipal_agreement::run(&stage.app(), tick.clone()).await.expect("run");
        assert_eq!(
            report.json(),
            json!({"schools": 0, "differences": 0, "reports": 0, "failed": 0}),
            "it was compared today"
        );
        world.advance(Duration::from_hours(24)).await;
        assert_eq!(municipal_agreement::run(&stage.app(), tick).await.expect("run").statements.len(), 1);
    });
}

#[test]
fn k7_2_what_was_lost_altered_or_invented_is_found_and_mended() {
    simulate(1, async |world| {
        let (stage, city) = told(&world).await;
        {
            let (students, mut city) = (set(Dataset::Student), city.lock());
            assert!(
                city.store_mut().forget(&students, "S000000003") && city.store_mut().forget(&students, "S000000007")
            );
            assert!(city.store_mut().alter(&students, "S000000011", "XM", "别人".into()));
            assert!(city.store_mut().invent(&students, "S000000012", "S000000099"));
        }
        let statement = compared(&stage).await;
        let line = statement.lines[&Dataset::Student];
        assert_eq!((line.missing, line.wrong, line.surplus, line.unreported), (2, 1, 1, 0), "{line:?}");
        assert_eq!((line.ours, line.theirs), (HELD, HELD - 1));
        let found = found(&stage).await;
        let mended = found.iter().filter(|(_, handling)| *handling == Handling::SentAgain).count();
        assert_eq!((found.len(), mended), (4, 4), "{found:?}");
        minutes(&stage, 5).await;
        assert_eq!(compared(&stage).await.differences(), 0, "after one repair");
    });
}

/// A change whose task was lost, against all design, is found: ours are built from the tables.
#[test]
fn k7_2_p7_what_was_never_told_cannot_hide() {
    simulate(1, async |world| {
        let (stage, _city) = told(&world).await;
        let app = stage.app();
        let found = app.store().homeroom(&id("3144200101.2024.01")).await.expect("read").expect("a homeroom");
        let mut renamed = found.clone();
        renamed.value.name = "三年级一班".to_owned();
        let mut commit = Commit::new(Actor::system("test"), "test.write", stage.now());
        commit.save_homeroom(&renamed).expect("a homeroom");
        app.store().commit(commit).await.expect("written");
        let statement = compared(&stage).await;
        assert_eq!(statement.lines[&Dataset::Class].wrong, 1, "{statement:?}");
        minutes(&stage, 3).await;
        assert_eq!(compared(&stage).await.differences(), 0);
    });
}

/// What a city that refuses for good leaves is parked, and told apart from what is on its way.
#[test]
fn d5_1_k7_2_what_waits_and_what_is_parked_are_counted_apart() {
    simulate(1, async |world| {
        let (stage, city) = told(&world).await;
        let app = stage.app();
        let found = app.store().homeroom(&id("3144200101.2024.01")).await.expect("read").expect("a homeroom");
        let mut renamed = found.clone();
        renamed.value.name = "三年级一班".to_owned();
        let mut commit = Commit::new(Actor::system("test"), "test.write", stage.now());
        commit.save_homeroom(&renamed).expect("a homeroom");
        app.store().commit(commit).await.expect("written");
        let since = stage.now();
        audit_seal::seal(stage.app()).await.expect("sealed");
        world.advance(Duration::from_mins(10)).await;
        let line = compared(&stage).await.lines[&Dataset::Class];
        assert_eq!((line.under_way, line.parked, line.wrong, line.waiting_since), (1, 0, 0, Some(since)), "{line:?}");
        assert_eq!(handlings(&stage).await, [Handling::UnderWay]);
        city.lock().set_faults(simulator::supervision::SupervisionFaults {
            refuse: [("*".to_owned(), ("1001".to_owned(), "班级名称不规范".to_owned()))].into(),
            ..Default::default()
        });
        minutes(&stage, 5).await;
        let line = compared(&stage).await.lines[&Dataset::Class];
        assert_eq!((line.under_way, line.parked, line.wrong, line.ours), (0, 1, 0, 1), "{line:?}");
        assert_eq!(handlings(&stage).await, [Handling::Parked]);
    });
}

async fn handlings(stage: &Stage) -> Vec<Handling> {
    found(stage).await.into_iter().map(|(_, handling)| handling).collect()
}

#[test]
fn k7_2_d5_1_a_school_that_was_asked_for_is_compared_once_and_what_is_asked_meanwhile_is_not_lost() {
    simulate(1, async |world| {
        let (stage, _city) = told(&world).await;
        assert_eq!(consumed(&stage).await, 0, "nobody has asked");
        assert!(stage.app().store().last_statement(&school()).await.expect("read").is_none());
        ask(&stage).await;
        assert_eq!(consumed(&stage).await, 0);
        let statement = stage.app().store().last_statement(&school()).await.expect("read").expect("compared");
        assert_eq!((statement.value.differences(), asked(&stage).await), (0, None));
        assert_eq!(consumed(&stage).await, 0, "the message came twice");
        let again = stage.app().store().last_statement(&school()).await.expect("read").expect("compared");
        assert_eq!(again.ver, statement.ver);
    });
}

#[test]
fn k7_2_p8_a_school_is_not_compared_twice_at_once_and_what_cannot_be_done_now_is_woken_for_again() {
    simulate(1, async |world| {
        let (stage, city) = told(&world).await;
        let (app, school) = (stage.app(), school());
        let mut comparison = app.store().comparison(&school).await.expect("read");
        comparison.value.begin(stage.now()).expect("nobody is at it");
        let mut commit = Commit::new(Actor::system("test"), "test.write", stage.now());
        commit.save_comparison(&school, &comparison).expect("a comparison");
        app.store().commit(commit).await.expect("written");
        let task = ask(&stage).await;
        let event: Value = serde_json::from_str(TICK).expect("an event");
        let night = municipal_agreement::run(&app, event).await.expect("run");
        assert_eq!((night.statements.len(), night.failed), (0, 0), "the night leaves it to whoever is at it");
        assert_eq!(consumed(&stage).await, 0, "the message goes");
        let put_off = asked(&stage).await.expect("the task stays");
        assert!(put_off.due > stage.now() && put_off.wanted == task.wanted && put_off.attempts == 1);
        // Whoever was at it has died.
        world.advance(Duration::from_mins(u64::try_from(LONGEST_MINUTES).expect("minutes"))).await;
        city.lock().set_faults(simulator::supervision::SupervisionFaults { down: true, ..Default::default() });
        assert_eq!((consumed(&stage).await, asked(&stage).await.is_some()), (0, true), "the city was out of reach");
        let comparison = app.store().comparison(&school).await.expect("read").value;
        assert!(!comparison.is_under_way(stage.now()), "who failed holds up nobody");
        city.lock().set_faults(simulator::supervision::SupervisionFaults::default());
        world.advance(Duration::from_mins(5)).await;
        sweep::sweep(stage.app()).await;
        assert_eq!(world.sent("agreement.fifo").len(), 1, "the sweep wakes for it");
        assert_eq!((consumed(&stage).await, asked(&stage).await), (0, None));
    });
}

#[test]
fn k7_2_p9_each_month_is_signed_once_and_stays_as_it_is() {
    simulate(1, async |world| {
        let (stage, city) = told(&world).await;
        let tick: Value = serde_json::from_str(TICK).expect("an event");
        assert!(city.lock().store_mut().forget(&set(Dataset::Student), "S000000003"));
        let first = municipal_agreement::run(&stage.app(), tick.clone()).await.expect("run");
        assert_eq!((first.reports, first.differences()), (0, 1), "the month is not over");
        minutes(&stage, 5).await;
        world.advance(Duration::from_hours(24)).await;
        municipal_agreement::run(&stage.app(), tick.clone()).await.expect("run");
        world.advance(Duration::from_hours(24 * 31)).await;
        let over = municipal_agreement::run(&stage.app(), tick.clone()).await.expect("run");
        assert_eq!((over.reports, over.failed), (1, 0));
        let store = stage.app().store().clone();
        let report = store.agreement_report(&school(), id("2026-09")).await.expect("read").expect("a report");
        let signature = decoded(&report.value.signature);
        let key = VerifyingKey::from_der(&decoded(&report.value.public_key)).expect("a key");
        assert!(key.verifies(report.value.body.as_bytes(), &signature));
        assert!(!key.verifies(report.value.body.replace("\"repaired\":1", "\"repaired\":0").as_bytes(), &signature));
        let said: Value = serde_json::from_str(&report.value.body).expect("JSON");
        assert_eq!((&said["found"], &said["repaired"], &said["open"]), (&json!(1), &json!(1), &json!(0)));
        assert_eq!((&said["days_compared"], said["days_missed"].as_array().map(Vec::len)), (&json!(2), Some(28)));
        let again = municipal_agreement::run(&stage.app(), tick).await.expect("run");
        let same = store.agreement_report(&school(), id("2026-09")).await.expect("read").expect("a report");
        assert_eq!((again.reports, same), (0, report), "a repeat makes nothing");
    });
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("base 64")
}

//! Both sides are compared: whatever was lost, altered, forgotten or invented at the city is found, told and mended, and
//! nothing else is. K7.2, promise P7.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use domain::Pii;
use domain::audit::Actor;
use domain::directory::Homeroom;
use domain::id::HomeroomId;
use domain::supervision::Dataset;
use domain::supervision::statement::{Line, Statement};
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::stage::{MUNICIPAL_QUEUE, PREFIX, Stage};
use testkit::town::{SCHOOL, Town, id};
use testkit::{Outside, World, simulate};

const TICK: &str = include_str!("../../../events/municipal-agreement/tick.json");
const ONE_SCHOOL: &str = include_str!("../../../events/municipal-agreement/school.json");
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
        assert_eq!(report.json(), json!({"schools": 0, "differences": 0, "failed": 0}), "it was compared today");
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

//! What happened before.

use domain::Pii;
use domain::audit::Actor;
use domain::catalog::{Category, Offering, OfferingState, Origin, Specification, Weekday};
use domain::money::Money;
use domain::supervision::body::{CourseTeacherPart, ExternalCourseBody, SpecificationBody};
use domain::supervision::intake::IntakeStanding;
use domain::supervision::{Inbound, InboundBody, Received};
use report::{Receiver, Took};
use store::import::Imported;
use store::{Commit, Versioned};
use testkit::sample::{Functions, Scene};
use testkit::town::{SCHOOL, TERM, id, offering};

pub(crate) const FUNCTIONS: Functions = &[("intake", intake::routes)];
/// A course of a provider.
pub(crate) const COURSE: &str = "3144200101.2026-2027-1.SF01";

fn receiver(scene: &Scene) -> Receiver<'_> {
    Receiver { store: scene.app.store(), ambient: scene.app.ambient(), actor: Actor::system("test") }
}

async fn take(scene: &Scene, source: &str, body: InboundBody) -> Took {
    let received = Received {
        inbound: body.inbound(),
        source_id: id(source),
        version: 1,
        changed_at: scene.stage.now(),
        body: Some(body),
    };
    receiver(scene).take(&received).await.expect("taken")
}

/// The city has sent a provider, a specification and a course.
pub(crate) async fn pushed(scene: &Scene) {
    let answered = scene.send("intake/receive-told").await;
    assert!(answered.status.is_success(), "{}", answered.text);
}

/// The city has told of a course, and not of its provider.
pub(crate) async fn orphan(scene: &Scene) {
    let took = take(scene, COURSE, course(TERM)).await;
    assert_eq!(took, Took::Kept(IntakeStanding::Waiting));
}

fn course(term: &str) -> InboundBody {
    let name = Pii::new("样例外聘".to_owned());
    InboundBody::ExternalCourse(ExternalCourseBody {
        school: id(SCHOOL),
        term: id(term),
        code: id("SF01"),
        title: "书法入门".to_owned(),
        category: Category::Enrichment,
        specification: id("SF-A"),
        grades: [3].into(),
        lessons: 16,
        summary: None,
        provider: id("JG0001"),
        teachers: vec![CourseTeacherPart { name, phone: None, certificate: None }],
    })
}

/// The specification of the town's offerings, which costs more from now on. Families are enrolling.
pub(crate) async fn priced(scene: &Scene) {
    let specification = Specification {
        code: id("SP1"),
        subject: "书法".to_owned(),
        smallest: 1,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(2_500),
    };
    let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.stage.now());
    commit.save_specification(&Versioned::absent(Imported::by_hand(specification))).expect("a specification");
    scene.app.store().commit(commit).await.expect("written");
    let told = SpecificationBody {
        code: id("SP1"),
        subject: "书法".to_owned(),
        smallest: 1,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(2_600),
        from_term: id(TERM),
        until_term: None,
    };
    let took = take(scene, "SP1", InboundBody::Specification(told)).await;
    assert_eq!(took, Took::Kept(IntakeStanding::Waiting));
}

/// A provider taught in the spring.
pub(crate) async fn spring(scene: &Scene) {
    pushed(scene).await;
    let given = Offering {
        id: id("3144200101.2025-2026-2.SF01"),
        origin: Origin::External,
        provider: Some(id("JG0001")),
        state: OfferingState::Open,
        ..offering("SF01", 30, Weekday::Monday)
    };
    let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.stage.now());
    commit.save_offering(&Versioned::absent(given)).expect("an offering");
    scene.app.store().commit(commit).await.expect("written");
}

/// Where a record stands.
pub(crate) async fn standing(scene: &Scene, inbound: Inbound, source: &str) -> IntakeStanding {
    let kept = scene.app.store().intake(inbound, &id(source)).await.expect("read").expect("kept");
    kept.record.value.standing()
}

//! Families are told, message by message: each fact once, whatever fails on the way. P9.1 P9.2.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use domain::Pii;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{GuardianId, LessonId};
use domain::subscription::{Subscription, Topic};
use domain::task::{Queue, Task};
use domain::teaching::rules::{Approvals, QuietHours, SchoolRules, TeachingRules};
use jiff::civil::date;
use serde_json::Value;
use simulator::mini_program::{ATTENDANCE, MiniProgramFaults};
use store::{Commit, Versioned};
use testkit::class::{class_of, open_class};
use testkit::sample::{Functions, Scene};
use testkit::stage::{NOTICE_QUEUE, Stage};
use testkit::town::{SCHOOL, Town, id};
use testkit::{Fault, Outcome, Script, World, simulate};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/notify");
const FUNCTIONS: Functions = &[("attendance", attendance::routes), ("leave", leave::routes)];
const LESSON: &str = "3144200101.2026-2027-1.K1.01.001";
const LEAVE: &str = "3144200101.2026-2027-1.ec18a105643b9d1a39ff";

/// A class of three pupils, of whom two have one guardian; both guardians have subscribed; its first lesson is over.
async fn taught(world: &World) -> Scene {
    let scene = opened(world).await;
    later(&scene, 10 * 60).await;
    scene
}

async fn opened(world: &World) -> Scene {
    let town = Town::small(4);
    let scene = Scene::new(Stage::with(world, &town).await, FUNCTIONS);
    let class = class_of(&town, 0, &[date(2026, 9, 1), date(2026, 9, 2)], [0, 1, 2]);
    open_class(scene.app.store(), &class, scene.stage.now()).await;
    for (guardian, open_id) in [("G000000000", "oUser0"), ("G000000001", "oUser1")] {
        let topics: BTreeMap<Topic, bool> = [(Topic::Attendance, true), (Topic::Leave, true)].into();
        let name = (&id::<GuardianId>(guardian), Pii::new(open_id.to_owned()));
        let chosen = Subscription::choose(None, name, &topics, scene.stage.now()).expect("chosen").expect("new");
        let mut commit = Commit::new(Actor::system("test"), "test.subscribe", scene.stage.now());
        commit.save_subscription(&Versioned::absent(chosen)).expect("a subscription");
        scene.app.store().commit(commit).await.expect("written");
    }
    scene
}

/// The school decides how attendance is taken.
async fn rule(scene: &Scene, rules: TeachingRules) {
    let rules = SchoolRules { school: id(SCHOOL), rules };
    let mut commit = Commit::new(Actor::system("test"), "test.rule", scene.stage.now());
    commit.save_teaching_rules(&Versioned::absent(rules)).expect("rules");
    scene.app.store().commit(commit).await.expect("written");
}

async fn later(scene: &Scene, minutes: u64) {
    scene.stage.world.advance(Duration::from_mins(minutes)).await;
}

async fn done(scene: &Scene, file: &str) {
    let answered = scene.send(file).await;
    assert!(answered.status.is_success(), "{file}: {}", answered.text);
}

fn event(file: &str) -> aws_lambda_events::event::sqs::SqsEvent {
    let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file of events/");
    let event: Value = serde_json::from_str(&text).expect("JSON");
    serde_json::from_value(event).expect("an event of a queue")
}

/// Sends a message to the function in a new environment; which of its parts must come again.
async fn consume(scene: &Scene, file: &str) -> usize {
    let SqsBatchResponse { batch_item_failures, .. } = notify::consume(scene.stage.app(), event(file)).await;
    batch_item_failures.len()
}

/// What has arrived: at whom, of which child, what.
fn arrived(scene: &Scene) -> Vec<String> {
    let program = scene.stage.mini_program();
    let line = |message: &simulator::mini_program::Arrived| {
        let field = |name: &str| message.fields[name].clone();
        format!("{} {} {}", message.open_id, field("phrase4"), field("thing5"))
    };
    program.arrived().iter().map(line).collect()
}

fn set_faults(scene: &Scene, faults: MiniProgramFaults) {
    scene.stage.mini_program().set_faults(faults);
}

async fn task(scene: &Scene, entity: &str) -> Option<Task> {
    scene.app.store().task(Queue::Notice, entity).await.expect("read")
}

async fn is_told(scene: &Scene) -> bool {
    let roll = scene.app.store().roll(&id::<LessonId>(LESSON)).await.expect("read").map(Guarded::unguarded);
    roll.expect("a roll").value.untold_since.is_none()
}

const CALLED: [&str; 3] = [
    "oUser0 已到课 老师点名时已在课堂",
    "oUser0 未到课 没有请假记录,请尽快联系老师",
    "oUser1 已到课 老师点名时已在课堂",
];

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn p9_1_a_roll_call_is_told_to_each_guardian_once() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        done(&scene, "attendance/call-roll").await;
        let sent = world.sent(NOTICE_QUEUE);
        assert_eq!(sent.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), [LESSON]);
        assert_eq!(consume(&scene, "lesson").await, 0);
        assert_eq!(sorted(arrived(&scene)), CALLED);
        assert!(is_told(&scene).await && task(&scene, LESSON).await.is_none());
        done(&scene, "attendance/call-roll").await;
        assert_eq!(consume(&scene, "lesson").await, 0);
        assert_eq!(world.sent(NOTICE_QUEUE).len(), 1, "a call that is known wakes nobody");
        done(&scene, "attendance/call-roll-slip").await;
        assert_eq!(consume(&scene, "lesson").await, 0);
        assert_eq!(arrived(&scene).split_off(3), ["oUser0 迟到 考勤更正:由缺勤改为迟到"]);
    });
}

#[test]
fn p9_1_a_message_that_names_nothing_is_let_go() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        for file in ["not-ours", "unknown-lesson", "unknown-leave", "lesson"] {
            assert_eq!(consume(&scene, file).await, 0, "{file}");
        }
        assert_eq!(arrived(&scene), [""; 0]);
    });
}

#[test]
fn p9_1_what_wechat_does_not_take_now_waits_and_is_sent_once() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        done(&scene, "attendance/call-roll").await;
        for faults in [
            MiniProgramFaults { answers: 45_009, ..MiniProgramFaults::default() },
            MiniProgramFaults { answers: 43_107, ..MiniProgramFaults::default() },
            MiniProgramFaults { down: true, ..MiniProgramFaults::default() },
        ] {
            set_faults(&scene, faults);
            assert_eq!(consume(&scene, "lesson").await, 0, "the task brings it again, not the queue");
        }
        let waiting = task(&scene, LESSON).await.expect("it waits");
        assert_eq!((waiting.parked, arrived(&scene).len()), (None, 0));
        set_faults(&scene, MiniProgramFaults::default());
        scene.stage.mini_program().end_token();
        consume(&scene, "lesson").await;
        assert_eq!(sorted(arrived(&scene)), CALLED);
        assert!(task(&scene, LESSON).await.is_none());
    });
}

#[test]
fn p9_1_what_trying_again_does_not_mend_waits_for_a_person() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        done(&scene, "attendance/call-roll").await;
        set_faults(&scene, MiniProgramFaults { answers: 47_003, ..MiniProgramFaults::default() });
        assert_eq!(consume(&scene, "lesson").await, 0);
        let parked = task(&scene, LESSON).await.expect("it is visible").parked;
        assert_eq!(parked.as_deref(), Some("gateway/message-refused"));
    });
}

#[test]
fn p9_1_who_takes_no_more_is_not_asked_again() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        scene.stage.mini_program().refuse("oUser0", ATTENDANCE);
        done(&scene, "attendance/call-roll").await;
        assert_eq!(consume(&scene, "lesson").await, 0);
        assert_eq!(arrived(&scene), [CALLED[2]]);
        assert!(task(&scene, LESSON).await.is_none(), "nobody is left to be told");
        let all: BTreeSet<GuardianId> = [id("G000000000"), id("G000000001")].into();
        let known = scene.stage.app().store().open_subscriptions(&all).await.expect("read");
        let takes = |guardian: &str, topic| known[&id::<GuardianId>(guardian)].value.takes(topic);
        assert!(!takes("G000000000", Topic::Attendance) && takes("G000000000", Topic::Leave));
        assert!(takes("G000000001", Topic::Attendance));
        scene.stage.mini_program().accept("oUser0", ATTENDANCE);
        done(&scene, "attendance/call-roll-slip").await;
        consume(&scene, "lesson").await;
        assert_eq!(arrived(&scene).len(), 1, "until the guardian subscribes anew");
    });
}

#[test]
fn p9_1_an_answer_that_is_lost_is_asked_for_again() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        done(&scene, "attendance/call-roll").await;
        set_faults(&scene, MiniProgramFaults { silent: true, ..MiniProgramFaults::default() });
        consume(&scene, "lesson").await;
        set_faults(&scene, MiniProgramFaults::default());
        consume(&scene, "lesson").await;
        let heard: BTreeSet<String> = arrived(&scene).into_iter().collect();
        assert_eq!(heard.into_iter().collect::<Vec<_>>(), CALLED, "better twice than never");
        assert!(task(&scene, LESSON).await.is_none());
    });
}

#[test]
fn p9_1_families_are_not_disturbed_at_night() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        let quiet_hours = Some(QuietHours { from_minute: 17 * 60, until_minute: 7 * 60 });
        rule(&scene, TeachingRules { quiet_hours, ..TeachingRules::built_in() }).await;
        done(&scene, "attendance/call-roll").await;
        assert_eq!(consume(&scene, "lesson").await, 0);
        let waiting = task(&scene, LESSON).await.expect("it waits");
        assert_eq!((waiting.due.to_string().as_str(), arrived(&scene).len()), ("2026-09-02T07:00:00+08:00", 0));
        later(&scene, 13 * 60).await;
        consume(&scene, "lesson").await;
        assert_eq!(sorted(arrived(&scene)), CALLED);
    });
}

#[test]
fn p9_1_a_wake_up_that_is_lost_is_made_good_by_the_sweeper() {
    simulate(1, async |world| {
        let scene = taught(&world).await;
        done(&scene, "attendance/call-roll").await;
        later(&scene, 2).await;
        sweep::sweep(scene.stage.app()).await;
        assert_eq!(world.sent(NOTICE_QUEUE).len(), 2);
        set_faults(&scene, MiniProgramFaults { down: true, ..MiniProgramFaults::default() });
        consume(&scene, "lesson").await;
        later(&scene, 2).await;
        let round = sweep::sweep(scene.stage.app()).await;
        assert_eq!((round.rolls.seen, round.tasks.seen), (0, 1), "the roll is told, and the task waits");
        assert_eq!(world.sent(NOTICE_QUEUE).len(), 3);
    });
}

#[test]
fn p9_2_how_leave_was_decided_is_told_once_and_the_lesson_is_silent() {
    simulate(1, async |world| {
        let scene = opened(&world).await;
        done(&scene, "leave/ask-lesson").await;
        assert_eq!(world.sent(NOTICE_QUEUE).len(), 0, "nothing is decided");
        done(&scene, "leave/decide-approve").await;
        assert_eq!(world.sent(NOTICE_QUEUE).last().map(|message| message.body.clone()).as_deref(), Some(LEAVE));
        assert_eq!(consume(&scene, "leave").await, 0);
        assert_eq!(consume(&scene, "leave").await, 0);
        assert_eq!(arrived(&scene), ["oUser0 已通过 请假已同步到考勤"]);
        assert!(task(&scene, LEAVE).await.is_none());
        later(&scene, 10 * 60).await;
        done(&scene, "attendance/call-roll").await;
        consume(&scene, "lesson").await;
        let heard = arrived(&scene).split_off(1);
        assert_eq!(sorted(heard), CALLED[1..], "who is away with leave is not told of");
    });
}

#[test]
fn p9_2_leave_that_needs_no_approval_is_told_too() {
    simulate(1, async |world| {
        let scene = opened(&world).await;
        let approvals = Approvals { student_leave: false, ..TeachingRules::built_in().approvals };
        rule(&scene, TeachingRules { approvals, ..TeachingRules::built_in() }).await;
        done(&scene, "leave/ask-lesson").await;
        assert_eq!(world.sent(NOTICE_QUEUE).len(), 1);
        consume(&scene, "leave").await;
        assert_eq!(arrived(&scene).len(), 1);
    });
}

#[test]
fn p9_1_wherever_it_stops_every_family_hears_and_none_more_than_twice() {
    for at_call in 0..40 {
        let over = simulate(1, async |world| {
            let scene = taught(&world).await;
            done(&scene, "attendance/call-roll").await;
            world.set_script(Script { at_call, fault: Fault::CrashAfter });
            let first = world.run(notify::consume(scene.stage.app(), event("lesson"))).await;
            assert_eq!(consume(&scene, "lesson").await, 0, "{at_call}");
            let heard = arrived(&scene);
            let facts: BTreeSet<&str> = heard.iter().map(String::as_str).collect();
            assert_eq!(facts.into_iter().collect::<Vec<_>>(), CALLED, "{at_call}");
            assert!(heard.len() <= 2 * CALLED.len(), "{at_call}: {heard:?}");
            assert!(is_told(&scene).await && task(&scene, LESSON).await.is_none(), "{at_call}");
            matches!(first, Outcome::Done(_))
        });
        if over {
            return;
        }
    }
}

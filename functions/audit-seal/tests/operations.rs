//! Sealing, run by run. K4.2, promise P9.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

#[path = "operations/report.rs"]
mod report;
#[path = "operations/search.rs"]
mod search;
#[path = "operations/tamper.rs"]
mod tamper;

use std::time::Duration;

use audit_seal::{Report, SealError};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::segment::{Head, SEGMENT_ENTRIES};
use domain::audit::verify::{Summary, verify};
use domain::audit::{Act, Actor};
use domain::{Fault as _, Kind};
use gateway::signer::VerifyingKey;
use serde_json::Value;
use testkit::stage::{AUDIT, Stage};
use testkit::{Fault, Outcome, Script, World, plain, simulate};

/// The segments as they lie in the bucket.
fn segments(world: &World) -> Vec<Vec<u8>> {
    world.objects(AUDIT).into_values().map(|object| object.body.to_vec()).collect()
}

fn key(world: &World) -> VerifyingKey {
    VerifyingKey::from_der(&world.public_key()).expect("a key")
}

/// What a verifier says of the bucket.
async fn verified(stage: &Stage) -> Summary {
    let head = stage.app().store().audit_head().await.expect("a head");
    let segments = segments(&stage.world);
    verify(segments.iter().map(Vec::as_slice), &key(&stage.world), Some(&head)).expect("in order")
}

fn waiting(world: &World) -> usize {
    world.scan("test-audit").iter().filter(|item| plain(item)["kind"] == "unsealed").count()
}

/// Keeps acts that change nothing, a second apart from those before.
async fn acts(stage: &Stage, marks: std::ops::Range<u64>) {
    stage.world.advance(Duration::from_secs(1)).await;
    for mark in marks {
        let actor = Actor::person("guardian", &format!("G{mark:09}"));
        let concerns = format!("person#guardian:G{:09}", mark % 3);
        stage.app().store().note(actor, Act::SignIn, &concerns, stage.now(), mark).await.expect("kept");
    }
}

async fn seal(stage: &Stage) -> Report {
    audit_seal::seal(stage.app()).await.expect("sealed")
}

#[test]
fn k4_2_p9_each_tick_seals_what_waits() {
    let tick: Value = serde_json::from_str(include_str!("../../../events/audit-seal/tick.json")).expect("an event");
    assert_eq!(tick["source"], "aws.scheduler");
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        assert_eq!(seal(&stage).await, Report::default(), "nothing waits, and nothing is written");
        assert!(segments(&world).is_empty());
        acts(&stage, 0..3).await;
        world.advance(Duration::from_secs(40)).await;
        let report = seal(&stage).await;
        assert_eq!(report, Report { segments: 1, entries: 3, oldest_seconds: 40 });
        assert_eq!(report.json()["entries"], 3);
        assert_eq!(waiting(&world), 0);
        assert_eq!(seal(&stage).await, Report::default());
        let summary = verified(&stage).await;
        assert_eq!((summary.head.number, summary.head.entries), (1, 3));
        acts(&stage, 3..5).await;
        seal(&stage).await;
        assert_eq!(verified(&stage).await.head.entries, 5);
    });
}

#[test]
fn p9_much_is_sealed_in_several_segments() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        let many = u64::try_from(2 * SEGMENT_ENTRIES + 7).expect("a count");
        acts(&stage, 0..many).await;
        let report = seal(&stage).await;
        assert_eq!((report.segments, report.entries), (3, 2 * SEGMENT_ENTRIES + 7));
        let summary = verified(&stage).await;
        assert_eq!((summary.head.number, summary.head.entries), (3, many));
    });
}

#[test]
fn p9_a_segment_whose_run_crashed_is_adopted() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        acts(&stage, 0..4).await;
        let calls = {
            let trial = Stage::new(&World::new(2));
            acts(&trial, 0..4).await;
            assert!(!trial.world.run(audit_seal::seal(trial.app())).await.crashed());
            trial.world.calls_of_last_run()
        };
        let put = calls.iter().position(|call| call == "s3:PutObject").expect("an object is put");
        world.set_script(Script { at_call: put, fault: Fault::CrashAfter });
        assert!(world.run(audit_seal::seal(stage.app())).await.crashed());
        assert_eq!((segments(&world).len(), waiting(&world)), (1, 4), "sealed, and nobody knows");
        let orphan = segments(&world);
        acts(&stage, 4..6).await;
        let report = seal(&stage).await;
        assert_eq!((report.segments, report.entries), (2, 6), "the one that was left, then the rest");
        assert_eq!(segments(&world)[0], orphan[0]);
        assert_eq!(verified(&stage).await.head.entries, 6);
    });
}

#[test]
fn p9_two_runs_at_once_make_one_segment() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        acts(&stage, 0..4).await;
        world.set_faults(testkit::Faults::latency(30));
        let runs = futures::future::join_all((0..3).map(|_| world.run(audit_seal::seal(stage.app())))).await;
        for run in runs {
            let Outcome::Done(done) = run else { panic!("nothing crashes here") };
            done.expect("adopted");
        }
        world.set_faults(testkit::Faults::none());
        let summary = verified(&stage).await;
        assert_eq!((summary.head.number, summary.head.entries), (1, 4));
    });
}

#[test]
fn p9_what_lies_under_the_next_number_and_is_no_segment_is_not_adopted() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        acts(&stage, 0..2).await;
        seal(&stage).await;
        let copy = segments(&world)[0].clone();
        let put = stage.app().objects().put_new(AUDIT, "segment/0000000002.jsonl", copy.into(), "x").await;
        assert!(put.expect("stored"));
        acts(&stage, 2..4).await;
        let told = audit_seal::seal(stage.app()).await.expect_err("foreign");
        assert!(matches!(told, SealError::Foreign { .. }), "{told}");
        assert_eq!((told.kind(), told.slug()), (Kind::Internal, "audit-seal/foreign"));
        assert_eq!(waiting(&world), 2, "nothing is lost");
    });
}

#[test]
fn p9_a_change_of_which_an_entry_is_missing_waits_and_holds_nobody_up() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        acts(&stage, 0..2).await;
        let mut unsealed = world.scan("test-audit");
        unsealed.retain(|item| plain(item)["kind"] == "unsealed");
        let mut broken = unsealed[0].clone();
        let name = |name: &str| AttributeValue::S(name.to_owned());
        let place = AttributeValue::L(vec![name("x"), name("V#0000000001")]);
        broken.insert("sk".to_owned(), name("0000000001#x#V#0000000001"));
        broken.insert("es".to_owned(), AttributeValue::L(vec![place]));
        world.plant("test-audit", broken);
        let report = seal(&stage).await;
        assert_eq!((report.entries, waiting(&world)), (2, 1));
        assert_eq!(verified(&stage).await.head, stage.app().store().audit_head().await.expect("a head"));
        assert_ne!(stage.app().store().audit_head().await.expect("a head"), Head::none());
    });
}

#[test]
fn k5_1_an_act_that_is_told_twice_is_kept_once() {
    simulate(1, async |world| {
        let stage = Stage::new(&world);
        let app = stage.app();
        for _ in 0..2 {
            let actor = Actor::person("school_admin", "A1").within("school:3144200101").for_purpose("家长来电核对");
            let told = app.store().note(actor, Act::ReadInFull, "directory#STUDENT#S1#STUDENT", stage.now(), 7);
            told.await.expect("kept");
        }
        let traces: Vec<Value> = world.scan("test-audit").iter().map(plain).collect();
        let [entry] = traces.iter().filter(|item| item["kind"] == "trace").collect::<Vec<_>>()[..] else {
            panic!("{traces:?}")
        };
        assert_eq!((&entry["a"], &entry["s"]), (&"access.read_in_full".into(), &"school:3144200101".into()));
        assert_eq!((&entry["p"], &entry["v"]), (&"家长来电核对".into(), &0.into()));
    });
}

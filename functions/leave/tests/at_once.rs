//! Leave, a correction, a roll call and a lock at once, on the same roll, in every order they can take: each counts or
//! is refused, none is lost. P9.2 S25.4 S25.5, promise P11.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use axum::Router;
use domain::Moment;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::LessonId;
use domain::teaching::roll::{Call, Presence, Roll, RollError};
use futures::join;
use jiff::civil::date;
use serde_json::{Value, json};
use store::{Commit, Store, Versioned};
use testkit::class::{TEACHER, class_of, open_class};
use testkit::stage::{Answered, Stage, Who, event, send};
use testkit::town::{Town, id};
use testkit::{Faults, simulate};

/// Orders that are played.
const SEEDS: u64 = 24;
const LESSON: &str = "3144200101.2026-2027-1.K1.01.001";
const PUPILS: [&str; 2] = ["S000000000", "S000000001"];

/// A school in which today's lesson is over and two siblings' leave waits.
struct Play {
    router: Router,
    store: Store,
    now: Moment,
}

impl Play {
    async fn begin(world: &testkit::World) -> Self {
        let town = Town::small(2);
        let stage = Stage::with(world, &town).await;
        let app = stage.app();
        let class = class_of(&town, 0, &[date(2026, 9, 1)], [0, 1]);
        open_class(app.store(), &class, stage.now()).await;
        world.advance(Duration::from_hours(10)).await;
        let store = app.store().clone();
        Self { now: stage.now(), router: edge::start::router(app, leave::routes()), store }
    }

    async fn post(&self, by: &Who, path: &str, key: &str, body: &Value) -> Answered {
        loop {
            let event = event("POST", path, by, &[("Idempotency-Key", key)], Some(&body.to_string()));
            let answered = send(&self.router, &event).await;
            if answered.status != 503 {
                return answered;
            }
        }
    }

    /// The teacher asks for a pupil, who stayed at home; another one will decide.
    async fn ask(&self, what: &str, key: &str, body: Value) -> String {
        let path = format!("/schools/3144200101/terms/2026-2027-1/{what}");
        let by = Who::Person(TEACHER.to_owned(), "teacher@classes:3144200101".to_owned());
        let asked = self.post(&by, &path, key, &body).await;
        assert_eq!(asked.status, 201, "{}", asked.text);
        asked.json()["request_id"].as_str().unwrap().to_owned()
    }

    async fn leave(&self, pupil: &str) -> String {
        self.ask("leaves", pupil, json!({"student_id": pupil, "reason": "感冒发烧", "when": {"lessons": [LESSON]}}))
            .await
    }

    async fn approve(&self, what: &str, request: &str) -> Answered {
        let by = Who::Staff("school_admin@school:3144200101".to_owned());
        self.post(&by, &format!("/{what}/{request}/decide"), "d", &json!({"approved": true})).await
    }

    async fn roll(&self) -> Versioned<Roll> {
        let lesson: LessonId = id(LESSON);
        let found = self.store.roll(&lesson).await.expect("read").map(Guarded::unguarded);
        found.unwrap_or_else(|| Versioned::absent(Roll::new(&lesson.class(), 1, (date(2026, 9, 1), 1))))
    }

    /// Changes the roll until nobody is faster.
    async fn change(&self, change: impl Fn(&mut Roll) -> Result<bool, RollError>, carried: bool) -> bool {
        loop {
            let mut roll = self.roll().await;
            if change(&mut roll.value).is_err() {
                return false;
            }
            let mut commit = Commit::new(Actor::system("test"), "test.change", self.now);
            let put = if carried { commit.carry_roll(&roll) } else { commit.save_roll(&roll) };
            put.expect("a roll");
            if self.store.commit(commit).await.is_ok() {
                return true;
            }
        }
    }

    /// A roll call in which both are absent.
    async fn call(&self) -> bool {
        let named = PUPILS.map(|pupil| (id(pupil), Presence::Absent)).into();
        let call = Call { at: self.now, named, only_named: false };
        let roster = || PUPILS.iter().map(|pupil| id(pupil)).collect();
        self.change(|roll| roll.enter(&call, roster(), &id(TEACHER), self.now), true).await
    }

    async fn seal(&self) -> bool {
        self.change(|roll| Ok(roll.seal()), false).await
    }
}

#[test]
fn p9_2_leave_decided_while_the_roll_is_called_holds_and_so_does_the_call() {
    for seed in 0..SEEDS {
        simulate(seed, async |world| {
            let play = Play::begin(&world).await;
            let (first, second) = (play.leave(PUPILS[0]).await, play.leave(PUPILS[1]).await);
            world.set_faults(Faults::latency(40));
            let (one, other, called) =
                join!(play.approve("leaves", &first), play.approve("leaves", &second), play.call());
            assert!(one.status == 200 && other.status == 200 && called, "seed {seed}: {} {}", one.text, other.text);
            let roll = play.roll().await.value;
            assert_eq!(roll.called_at, Some(play.now), "seed {seed}");
            for pupil in PUPILS {
                assert_eq!(roll.presence(&id(pupil)), Some(Presence::OnLeave), "seed {seed}: absent with leave");
            }
        });
    }
}

#[test]
fn s25_4_a_correction_and_leave_at_once_both_count() {
    for seed in 0..SEEDS {
        simulate(seed, async |world| {
            let play = Play::begin(&world).await;
            assert!(play.call().await);
            let leave = play.leave(PUPILS[0]).await;
            let right =
                json!({"lesson_id": LESSON, "student_id": PUPILS[0], "presence": "late", "reason": "晚到十分钟"});
            let correction = play.ask("corrections", "c", right).await;
            world.set_faults(Faults::latency(40));
            let (one, other) = join!(play.approve("leaves", &leave), play.approve("corrections", &correction));
            assert!(one.status == 200 && other.status == 200, "seed {seed}: {} {}", one.text, other.text);
            let roll = play.roll().await.value;
            assert_eq!(roll.presence(&id(PUPILS[0])), Some(Presence::Late), "seed {seed}: the last word");
            assert!(roll.leaves.contains_key(&id(PUPILS[0])), "seed {seed}");
        });
    }
}

#[test]
fn p11_s25_5_what_a_lock_has_sealed_no_decision_changes() {
    let mut refused = 0;
    for seed in 0..SEEDS {
        refused += simulate(seed, async |world| {
            let play = Play::begin(&world).await;
            let leave = play.leave(PUPILS[0]).await;
            world.set_faults(Faults::latency(40));
            let sealed = async {
                // A decision asks the tables more often than a lock: some of the locks begin later.
                tokio::time::sleep(Duration::from_millis(seed * 20)).await;
                assert!(play.seal().await);
                play.roll().await.value
            };
            let (decided, sealed) = join!(play.approve("leaves", &leave), sealed);
            assert_eq!(play.roll().await.value, sealed, "seed {seed}: sealed is sealed");
            let granted = decided.status == 200;
            assert!(granted || decided.slug() == "roll/sealed", "seed {seed}: {}", decided.text);
            assert_eq!(sealed.leaves.contains_key(&id(PUPILS[0])), granted, "seed {seed}: all of it, or nothing");
            let by = Who::Staff("school_admin@school:3144200101".to_owned());
            let shown = send(&play.router, &event("GET", &format!("/leaves/{leave}"), &by, &[], None)).await;
            assert_eq!(shown.json()["state"], if granted { "granted" } else { "asked" }, "seed {seed}");
            u64::from(!granted)
        });
    }
    assert!((1..SEEDS).contains(&refused), "both come first at times: {refused} of {SEEDS} refused");
}

//! Locks against everything that happens at the same time: roll calls, another lock, lifting, crashes. S25.5, promise
//! P11.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::Router;
use domain::id::{LessonId, StudentId};
use domain::teaching::class::TeachingClass;
use domain::teaching::roll::{Call, Presence, Roll};
use domain::{Moment, access::Guarded};
use futures::future::{join, join_all};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use testkit::class::{class_of, open_class};
use testkit::stage::{PREFIX, Stage, Who, event, send};
use testkit::town::{SCHOOL, TERM, Town, id};
use testkit::{Faults, Outcome, World, plain, simulate, table_name};

/// Lessons of each of two classes: their rolls are more than one transaction seals.
const LESSONS: u16 = 20;
const CALLERS: usize = 4;
const CALLS: usize = 6;
/// How often somebody presses again.
const PATIENCE: usize = 400;

fn days() -> Vec<Date> {
    (0..i64::from(LESSONS)).map(|day| date(2026, 9, 1).saturating_add(day.days())).collect()
}

fn classes() -> [TeachingClass; 2] {
    let town = Town::small(4);
    [0, 1].map(|offering| class_of(&town, offering, &days(), 0..4))
}

/// What was answered.
#[derive(Default)]
struct Answered {
    /// Calls that were entered, by lesson.
    entered: BTreeMap<LessonId, Vec<Call>>,
    /// Calls that were kept.
    parked: BTreeSet<(LessonId, String)>,
}

struct Ground {
    world: World,
    stage: Stage,
    answered: RefCell<Answered>,
}

impl Ground {
    async fn new(world: &World, seed: u64) -> Self {
        let stage = Stage::with(world, &Town::small(4)).await;
        for class in classes() {
            open_class(stage.app().store(), &class, stage.now()).await;
        }
        world.advance(Duration::from_hours(24 * 24)).await;
        world.set_faults(Faults::swarm(seed));
        Self { world: world.clone(), stage, answered: RefCell::default() }
    }

    fn router(&self) -> Router {
        edge::start::router(self.stage.app(), attendance::routes())
    }

    fn dice(&self, sides: u64) -> usize {
        usize::try_from(self.world.random() % sides).expect("a small number")
    }

    async fn a_while(&self) {
        let milliseconds = self.world.random() % 300;
        self.world.advance(Duration::from_millis(milliseconds)).await;
    }

    /// Presses until there is an answer that is none of a network or of a race.
    async fn insist(&self, event: &Value) -> (u16, Value) {
        for _ in 0..PATIENCE {
            // Whoever crashed or waited too long begins in another environment.
            let router = self.router();
            if let Outcome::Done(answered) = self.world.run(send(&router, event)).await {
                match answered.status.as_u16() {
                    412 | 503 => {}
                    500 => panic!("{}", answered.text),
                    status => return (status, answered.json()),
                }
            }
            self.a_while().await;
        }
        panic!("nobody waits that long: {event}");
    }

    /// Locks until it is locked, or lifts until it is lifted.
    async fn turn(&self, by: &str, path: &str, body: &Value, until: &str) -> u64 {
        let who = Who::Staff(by.to_owned());
        let path = format!("/schools/{SCHOOL}/terms/{TERM}/attendance-locks{path}");
        for _ in 0..PATIENCE {
            let (status, turned) = self.insist(&event("POST", &path, &who, &[], Some(&body.to_string()))).await;
            // An answer that was lost may have been the last one of a lifting.
            if status == 409 && until == "lifted" && turned["type"] == "/problems/lock/not-locked" {
                return 0;
            }
            assert_eq!(status, 200, "{turned}");
            if turned["state"] == until {
                return turned["no"].as_u64().expect("a number");
            }
        }
        panic!("never {until}");
    }

    /// The rolls of some days: their content without what drains.
    fn rolls(&self, from: Date, until: Date) -> BTreeMap<String, Value> {
        let items = self.world.scan(&table_name(PREFIX, "teaching"));
        let rolls = items.iter().map(plain).filter(|item| item["kind"] == "roll").filter(|item| {
            let day: Date = item["d"].as_str().expect("a day").parse().expect("a day");
            (from..=until).contains(&day)
        });
        rolls
            .map(|mut item| {
                let place = format!("{} {}", item["pk"], item["sk"]);
                for mark in ["ver", "updated_at", "due", "due_shard", "tr"] {
                    drop(item.as_object_mut().expect("an item").remove(mark));
                }
                (place, item)
            })
            .collect()
    }

    /// Locks days, sees that nothing of them changes for a while, and lifts the lock unless it is the last time.
    async fn locks(&self, by: &str, (from, until): (Date, Date), times: usize) {
        let days = json!({"from": from.to_string(), "until": until.to_string()});
        for time in 1..=times {
            self.a_while().await;
            let no = self.turn(by, "", &days, "locked").await;
            let known = self.rolls(from, until);
            let span = usize::try_from(from.until(until).expect("days").get_days() + 1).expect("days");
            assert_eq!(known.len(), 2 * span, "{by}: each lesson has a roll");
            assert!(known.values().all(|roll| roll["lk"] == true), "{by}: and each is sealed");
            for _ in 0..4 {
                self.a_while().await;
                assert_eq!(self.rolls(from, until), known, "{by}: a locked day has changed");
            }
            if time < times {
                let why = json!({"reason": "更正点名"});
                self.turn(by, &format!("/{no}/lift"), &why, "lifted").await;
            }
        }
    }

    /// Calls rolls here and there, at moments of the own clock.
    async fn calls(&self, caller: usize) {
        for call in 0..CALLS {
            self.a_while().await;
            let class = &classes()[self.dice(2)];
            let lesson = &class.lessons[self.dice(u64::from(LESSONS))];
            let minute = 35 + (caller * CALLS + call) % 24;
            let at = format!("{}T16:{minute:02}:{:02}+08:00", lesson.date, self.dice(60));
            let pupil = format!("S00000000{}", self.dice(4));
            let body = json!({
                "at": at,
                "named": [{"student_id": pupil, "presence": "absent"}],
                "only_named": self.dice(3) == 0,
            });
            let (id_of, path) = (class.lesson_id(lesson), format!("/lessons/{}/roll", class.lesson_id(lesson)));
            let who = Who::Person("T000000001".to_owned(), format!("teacher@classes:{SCHOOL}"));
            let (status, told) = self.insist(&event("PUT", &path, &who, &[], Some(&body.to_string()))).await;
            let mut answered = self.answered.borrow_mut();
            if status == 202 {
                let kept = told["parked_call_id"].as_str().expect("a name").to_owned();
                answered.parked.insert((id_of, kept));
            } else {
                assert_eq!(status, 200, "{told}");
                let named = [(id::<StudentId>(&pupil), Presence::Absent)].into();
                let only_named = body["only_named"] == true;
                let call = Call { at: Moment::parse(&at).expect("a moment"), named, only_named };
                answered.entered.entry(id_of).or_default().push(call);
            }
        }
    }

    /// Whatever was answered as entered is in the roll, whatever was answered as kept is kept.
    async fn check(&self) {
        self.world.set_faults(Faults::none());
        let app = self.stage.app();
        let answered = self.answered.take();
        for (lesson, kept) in &answered.parked {
            let found = app.store().parked_call(&id(kept)).await.expect("read").map(Guarded::unguarded);
            assert_eq!(&found.expect("a parked call").value.lesson, lesson);
        }
        for (lesson, calls) in &answered.entered {
            // A call whose answer was lost and that was sent again once the lesson was locked is in both.
            if answered.parked.iter().any(|(parked, _)| parked == lesson) {
                continue;
            }
            let found = app.store().roll(lesson).await.expect("read").map(Guarded::unguarded).expect("a roll").value;
            let mut straight = Roll::new(&lesson.class(), lesson.number(), (found.date, found.period));
            for call in calls {
                straight.enter(call, found.roster.clone(), &id("T000000001"), self.stage.now()).expect("entered");
            }
            for pupil in &found.roster {
                assert_eq!(found.presence(pupil), straight.presence(pupil), "{lesson} {pupil}");
            }
        }
    }
}

fn play(seed: u64) {
    simulate(seed, async |world| {
        let ground = Ground::new(&world, seed).await;
        let all = (date(2026, 9, 1), date(2026, 9, 20));
        let some = (date(2026, 9, 15), date(2026, 9, 20));
        let locks = join(
            ground.locks("school_admin@school:3144200101", all, 2),
            ground.locks("township_admin@township:442000006000", some, 2),
        );
        join(locks, join_all((0..CALLERS).map(|caller| ground.calls(caller)))).await;
        ground.check().await;
    });
}

#[test]
fn s25_5_p11_locked_days_stay_as_they_are_whatever_happens_at_the_same_time() {
    (0..24).for_each(play);
}

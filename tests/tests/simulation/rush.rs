//! The opening rush: thousands of guardians press at once, some twice, over handlers in many environments. P1 P4 P14.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use axum::Router;
use edge::start;
use fastrand::Rng;
use futures::StreamExt;
use futures::stream;
use serde_json::json;
use testkit::stage::{Stage, TownImage, Who, event, send};
use testkit::town::{TERM, Town};
use testkit::{Faults, Outcome, simulate};

use crate::model;

/// Requests in flight at once, each in an environment of its own.
const CONCURRENCY: usize = 200;

struct Rush<'a> {
    stage: Stage,
    town: &'a Town,
    idle: RefCell<Vec<Router>>,
    won: RefCell<BTreeMap<String, String>>,
    full: Cell<u64>,
}

impl Rush<'_> {
    /// One guardian: wants one of the courses, presses again when nothing comes, tries others when it is full.
    async fn guardian(&self, pupil: usize, seed: u64) {
        let mut dice = Rng::with_seed(seed.wrapping_mul(7_919).wrapping_add(pupil as u64));
        for wish in 0..3 {
            // The courses at the front are wanted most; whoever finds them full takes what is left.
            let (one, other) = (dice.usize(0..self.town.offerings.len()), dice.usize(0..self.town.offerings.len()));
            let course = if wish == 0 { one.min(other) } else { other };
            let key = format!("{pupil}-{wish}");
            let body = json!({
                "student_id": self.town.pupil(pupil).as_str(),
                "term": TERM,
                "choices": [{"offering_id": self.town.offerings[course].id.as_str()}],
            })
            .to_string();
            let who = Who::Guardian(self.town.guardian_of(pupil).to_string());
            let event = event("POST", "/enrollments", &who, &[("Idempotency-Key", &key)], Some(&body));
            let taps = if dice.u8(0..10) == 0 { 2 } else { 1 };
            let answers = futures::future::join_all((0..taps).map(|_| self.insist(&event))).await;
            for (status, text) in answers.into_iter().flatten() {
                match status {
                    201 => {
                        let order = serde_json::from_str::<serde_json::Value>(&text).expect("an order");
                        let no = order["order_no"].as_str().expect("a number").to_owned();
                        self.won.borrow_mut().insert(key.clone(), no);
                    }
                    409 => self.full.set(self.full.get() + 1),
                    status => panic!("{status} {text}"),
                }
            }
            if self.won.borrow().contains_key(&key) {
                return;
            }
        }
    }

    async fn insist(&self, event: &serde_json::Value) -> Option<(u16, String)> {
        for _ in 0..12 {
            let idle = self.idle.borrow_mut().pop();
            let router = idle.unwrap_or_else(|| start::router(self.stage.app(), enrollment::routes()));
            let outcome = self.stage.world.run(send(&router, event)).await;
            if let Outcome::Done(answered) = outcome {
                self.idle.borrow_mut().push(router);
                if !answered.status.is_server_error() {
                    return Some((answered.status.as_u16(), answered.text));
                }
            }
            self.stage.world.advance(std::time::Duration::from_millis(700)).await;
        }
        None
    }
}

/// What a rush came to.
struct Told {
    sold: u64,
    refused: u64,
    calls: u64,
}

fn rush(seed: u64, place: &(Town, TownImage)) -> Told {
    simulate(seed, async |world| {
        let stage = Stage::planted(&world, &place.1);
        let mut faults = Faults::latency(30);
        (faults.throttle, faults.lost_answer, faults.connection_error) = (10, 5, 5);
        (faults.crash_after, faults.crash_before) = (2, 2);
        world.set_faults(faults);
        let rush = Rush {
            stage: stage.clone(),
            town: &place.0,
            idle: RefCell::default(),
            won: RefCell::default(),
            full: Cell::new(0),
        };
        stream::iter(0..place.0.students.len())
            .map(|pupil| rush.guardian(pupil, seed))
            .buffer_unordered(CONCURRENCY)
            .for_each(|()| async {})
            .await;
        world.set_faults(Faults::none());
        // What crashed guardians left behind runs out, and its seats are sold to whoever still wants them.
        for _ in 0..3 {
            world.advance(std::time::Duration::from_secs(20)).await;
            sweep::sweep(stage.app()).await;
        }
        model::at_any_time(&stage, &place.0).unwrap_or_else(|broken| panic!("rush {seed}: {broken}"));
        let there = model::orders(&stage);
        for (key, order) in rush.won.borrow().iter() {
            assert!(there.contains(order), "rush {seed}: {key} was promised {order}, which is not there");
        }
        Told { sold: there.len() as u64, refused: rush.full.get(), calls: world.counts().calls.values().sum() }
    })
}

#[test]
fn p1_in_the_rush_exactly_the_seats_are_sold() {
    crate::listen();
    let (pupils, offerings, capacity) = (5_000, 50, 30);
    let mut town = Town::rush(offerings, capacity, pupils);
    town.term.hold_minutes = 60;
    let image = Stage::image_of(&town);
    let place = (town, image);
    for seed in 1..=crate::number("RUSHES", 2) {
        let told = rush(seed, &place);
        let seats = offerings as u64 * u64::from(capacity);
        println!(
            "rush {seed}: {pupils} guardians, {seats} seats: {} sold, {} refused, {} calls",
            told.sold, told.refused, told.calls
        );
        assert_eq!(told.sold, seats, "rush {seed}");
    }
}

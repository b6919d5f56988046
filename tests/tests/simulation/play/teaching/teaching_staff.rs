//! Teachers: they check in and call the roll, with telephones that send what they say late, twice and out of order.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::stage::event;

use super::super::Play;
use crate::classes::{lesson, teacher, teacher_of};
use crate::model::SaidCall;

impl Play<'_> {
    /// A teacher's afternoon.
    pub(super) async fn teacher(&self, class: usize) {
        let mut dice = self.dice(9_200 + class as u64);
        self.wait_within(dice.u64(60..900)).await;
        self.check_in(class, &mut dice).await;
        for _ in 0..dice.u8(2..6) {
            self.wait_within(dice.u64(30..800)).await;
            // A telephone that was offline speaks of yesterday.
            let day = if self.day() > 0 && dice.u8(0..3) == 0 { self.day() - 1 } else { self.day() };
            self.call_roll(class, day, &mut dice).await;
        }
    }

    async fn check_in(&self, class: usize, dice: &mut Rng) {
        let path = format!("/lessons/{}/check-in", lesson(class, self.day()));
        let event = event("POST", &path, &teacher(teacher_of(class)), &[], Some("{}"));
        self.insist_at_times_twice(&self.classroom.attendance, &event, dice).await;
    }

    /// Calls the roll; at times twice at once, from two telephones that do not say the same, or again a little later.
    async fn call_roll(&self, class: usize, day: usize, dice: &mut Rng) {
        let call = self.make_call(day, dice);
        let (one, other) = (dice.u64(..), dice.u64(..));
        let again = if dice.bool() { call.clone() } else { self.make_call(day, dice) };
        match dice.u8(0..4) {
            0 | 1 => {
                let (first, second) =
                    (self.send_call(class, day, &call, one), self.send_call(class, day, &again, other));
                futures::join!(Box::pin(first), Box::pin(second));
            }
            2 => {
                self.send_call(class, day, &call, one).await;
                self.wait_within(dice.u64(1..600)).await;
                self.send_call(class, day, &again, other).await;
            }
            _ => self.send_call(class, day, &call, one).await,
        }
    }

    /// What was called, at some moment before now.
    fn make_call(&self, day: usize, dice: &mut Rng) -> Value {
        let latest = if day == self.day() { self.stage.world.now() } else { self.on_day(day as u64, 17 * 60) };
        let at: Timestamp = latest - SignedDuration::from_secs(dice.i64(0..1_800));
        let presences = ["late", "absent", "abnormal", "present"];
        let mut pupils: Vec<usize> = (0..self.town.students.len()).collect();
        dice.shuffle(&mut pupils);
        let named: Vec<Value> = pupils
            .into_iter()
            .take(dice.usize(0..4))
            .map(|pupil| {
                let presence = presences[dice.usize(0..presences.len())];
                json!({"student_id": self.town.pupil(pupil).to_string(), "presence": presence})
            })
            .collect();
        json!({"at": at.to_string(), "named": named, "only_named": dice.u8(0..4) == 0})
    }

    async fn send_call(&self, class: usize, day: usize, call: &Value, dice: u64) {
        let lesson = lesson(class, day);
        let event =
            event("PUT", &format!("/lessons/{lesson}/roll"), &teacher(teacher_of(class)), &[], Some(&call.to_string()));
        let Some((answered, _)) = self.insist(&self.classroom.attendance, &event, dice).await else { return };
        let told = answered.json();
        let state = told["state"].as_str().unwrap_or_default();
        if !answered.status.is_success() {
            return;
        }
        self.count(if state == "parked" { "roll calls parked" } else { "roll calls" });
        self.classroom.called.borrow_mut().push(SaidCall { lesson, call: call.clone(), told });
    }
}

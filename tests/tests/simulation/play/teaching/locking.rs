//! The first day is locked on the second, at times opened again, while telephones still speak of it.

use fastrand::Rng;
use serde_json::{Value, json};
use testkit::stage::event;

use super::super::Play;
use crate::classes::{admin, of_term};
use crate::model;

/// Times a lock is called for, at most, until it holds.
const CALLS: usize = 12;

impl Play<'_> {
    pub(super) async fn locks(&self) {
        let mut dice = self.dice(9_104);
        if self.day() == 0 {
            return;
        }
        self.wait_within(dice.u64(60..1_500)).await;
        let no = self.lock(&mut dice).await;
        self.decide_parked(&mut dice).await;
        if let Some(no) = no.filter(|_| dice.bool()) {
            self.wait_within(dice.u64(60..900)).await;
            self.lift(no, &mut dice).await;
            self.decide_parked(&mut dice).await;
            if dice.bool() {
                self.wait_within(dice.u64(1..600)).await;
                self.lock(&mut dice).await;
            }
        }
    }

    /// The number of the lock, once it holds.
    async fn lock(&self, dice: &mut Rng) -> Option<u64> {
        let yesterday = Self::date(self.day() - 1).to_string();
        let body = json!({"from": yesterday, "until": yesterday}).to_string();
        self.turn(&of_term("attendance-locks"), &body, "locked", dice).await
    }

    async fn lift(&self, no: u64, dice: &mut Rng) {
        let body = json!({"reason": "更正 9 月 1 日点名"}).to_string();
        self.turn(&of_term(&format!("attendance-locks/{no}/lift")), &body, "lifted", dice).await;
    }

    /// Begins or lifts a lock. Meanwhile turns are odd.
    async fn turn(&self, path: &str, body: &str, until: &str, dice: &mut Rng) -> Option<u64> {
        let turns = &self.classroom.turns;
        turns.set(turns.get() + 1);
        let no = self.call_until(path, body, until, dice).await;
        turns.set(turns.get() + 1);
        no
    }

    /// Calls until the lock is as it shall be.
    async fn call_until(&self, path: &str, body: &str, until: &str, dice: &mut Rng) -> Option<u64> {
        let event = event("POST", path, &admin(), &[], Some(body));
        for _ in 0..CALLS {
            let answered = self.insist(&self.classroom.attendance, &event, dice.u64(..)).await;
            let told = answered.map(|(answered, _)| answered.json()).unwrap_or_default();
            if told["state"] == until {
                self.count(if until == "locked" { "days locked" } else { "days opened again" });
                return told["no"].as_u64();
            }
            self.wait_within(dice.u64(1..60)).await;
        }
        None
    }

    /// The school enters what was kept aside, or lets it go.
    async fn decide_parked(&self, dice: &mut Rng) {
        for id in model::parked_calls_waiting(&self.stage) {
            let (act, body): (_, Option<Value>) = if dice.bool() {
                ("apply", None)
            } else {
                ("discard", Some(json!({"reason": "当日考勤已锁定"})))
            };
            let body = body.map(|body| body.to_string());
            let event = event("POST", &format!("/parked-calls/{id}/{act}"), &admin(), &[], body.as_deref());
            self.insist(&self.classroom.attendance, &event, dice.u64(..)).await;
        }
    }
}

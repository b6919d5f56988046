//! The city: it is told what changes, takes it when it likes, loses some of it, and is compared with what we have.

use std::cell::Cell;
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;
use simulator::supervision::SupervisionFaults;
use testkit::stage::{MUNICIPAL_QUEUE, Stage};
use testkit::town::SCHOOL;

use super::Play;
use super::function::Worker;
use crate::model;
use crate::place::{city_meddles, tells_the_city};

/// Rounds of some minutes until the city has everything: what it could not take is put off for an hour at most.
const ROUNDS: usize = 40;

/// What the city is played with.
pub(super) struct City {
    push: Worker,
    agreement: Worker,
    /// Whether it is told anything in this schedule: a quarter of them, and all about teaching.
    pub(super) reports: bool,
    /// Whether it loses, forgets or changes records by itself.
    meddles: bool,
    pushes: Cell<u64>,
}

impl City {
    pub(super) fn new(stage: &Stage) -> Self {
        let seed = stage.world.seed();
        Self {
            push: Worker::new(stage),
            agreement: Worker::new(stage),
            reports: tells_the_city(seed),
            meddles: city_meddles(seed),
            pushes: Cell::new(0),
        }
    }

    pub(super) const fn workers(&self) -> [&Worker; 2] {
        [&self.push, &self.agreement]
    }
}

impl Play<'_> {
    /// What goes wrong at the city and on the line to it.
    pub(super) fn set_city_faults(&self) {
        let mut dice = self.dice(9_401);
        self.stage.supervision().set_faults(self.mood(&mut dice));
    }

    fn mood(&self, dice: &mut Rng) -> SupervisionFaults {
        let mut faults = SupervisionFaults { mute: dice.u32(0..4), duplicate: dice.bool(), ..Default::default() };
        match dice.u8(0..8) {
            0 => faults.down = true,
            1 => faults.silent = true,
            2 => faults.broken = true,
            3 => faults.unsigned = true,
            4 => faults.per_minute = Some(dice.u32(1..4)),
            _ => {}
        }
        if self.city.meddles {
            faults.lose = dice.u32(0..3);
            faults.delay_seconds = dice.i64(0..200);
        }
        faults
    }

    /// From now on the city does as it should.
    pub(super) fn calm_city(&self) {
        self.stage.supervision().set_faults(SupervisionFaults::default());
    }

    /// It is in another mood every few minutes; at times it forgets a record, or has another one than it was told.
    pub(super) async fn moods_of_the_city(&self) {
        let mut dice = self.dice(9_402);
        while self.city.reports && self.acting.get() {
            self.wait(dice.u64(60..500)).await;
            let mood = self.mood(&mut dice);
            self.stage.supervision().set_faults(mood);
            if self.city.meddles {
                self.meddle(&mut dice);
            }
        }
    }

    fn meddle(&self, dice: &mut Rng) {
        let mut city = self.stage.supervision();
        let there: Vec<(String, String)> =
            city.store().all().filter(|held| !held.gone).map(model::name_there).collect();
        let Some((dataset, id)) = dice.choice(there) else { return };
        let done = match dice.u8(0..3) {
            0 => city.store_mut().forget(&dataset, &id),
            1 => city.store_mut().alter(&dataset, &id, "XXDM", json!("3144200999")),
            _ => model::strange_name(&dataset, &id)
                .is_some_and(|strange| city.store_mut().invent(&dataset, &id, &strange)),
        };
        if done {
            self.count("records meddled with at the city");
        }
    }

    /// Tells the city what is due, at times by two environments at once, or while the sealer finds more.
    pub(super) async fn reporter(&self) {
        let mut dice = self.dice(9_403);
        while self.city.reports && self.acting.get() {
            self.wait(dice.u64(20..60)).await;
            let (how, pause) = (dice.u8(0..4), Duration::from_millis(dice.u64(0..400)));
            // What has just changed is sealed, and has to be told again, while a thing is being looked at.
            let sealing = async {
                self.stage.world.advance(pause).await;
                self.seal().await;
            };
            match how {
                0 => futures::join!(Box::pin(self.report()), Box::pin(self.report())).0,
                1 => self.report().await,
                _ => futures::join!(Box::pin(self.report()), Box::pin(sealing)).0,
            }
        }
    }

    pub(super) async fn report(&self) {
        if !self.city.reports {
            return;
        }
        self.city.pushes.set(self.city.pushes.get() + 1);
        let worker = &self.city.push;
        self.consume(MUNICIPAL_QUEUE, worker, async |app, event| municipal_push::consume(app, event).await).await;
    }

    /// Until the city has everything. Where it lost something by itself, the comparison finds it and has it told again.
    pub(super) async fn end_reports(&self) {
        if !self.city.reports {
            return;
        }
        self.report_all().await;
        if self.city.meddles {
            // One comparison finds all of it; what it has told again is there by the next.
            let (found, _) = self.agree().await;
            self.count_many("differences found", found);
            self.report_all().await;
        }
        let (left, lines) = self.agree().await;
        if left > 0 {
            self.break_promise(format!("P7: {left} records differ from the city's: {lines}"));
        }
        self.report_all().await;
        self.seal().await;
        let records = self.stage.supervision().store().all().filter(|held| !held.gone).count();
        self.count_many("records at the city", records as u64);
    }

    async fn report_all(&self) {
        for _ in 0..ROUNDS {
            self.seal().await;
            if !model::reports_waiting(&self.stage) {
                return;
            }
            self.round().await;
            self.report().await;
            self.wait(300).await;
        }
        self.break_promise("P8: the city is not told everything in hours".to_owned());
    }

    /// Compares both sides; how many records differ that should not, and what was found. A comparison that has crashed
    /// is in the way of the next one for some minutes.
    async fn agree(&self) -> (u64, String) {
        for _ in 0..3 {
            let run = async |app: &edge::App| municipal_agreement::run(app, json!({"school": SCHOOL})).await;
            if let Some(Ok(report)) = self.city.agreement.invoke(run).await
                && report.statements.len() == 1
            {
                let lines: Vec<_> = report.statements.iter().map(|statement| &statement.lines).collect();
                return (report.differences().unsigned_abs(), format!("{lines:?}"));
            }
            self.wait(1_200).await;
        }
        self.break_promise("P7: both sides cannot be compared".to_owned());
        (0, String::new())
    }

    fn count_many(&self, what: &'static str, times: u64) {
        self.figures.borrow_mut().add(what, times);
    }
}

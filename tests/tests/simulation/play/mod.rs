//! One schedule: who acts, when, and what goes wrong on the way.

mod bills;
mod family;
mod function;
mod intake;
mod leaving;
mod paying;
mod platform;
mod reporting;
mod school;
mod teaching;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use edge::start;
use fastrand::Rng;
use futures::future::join_all;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use testkit::stage::{Answered, Stage};
use testkit::town::Town;
use testkit::{Defect, Faults, World};

use crate::model;
use crate::place::{Kind, Place};
use crate::sum::{Figures, Told};
use family::Taken;
use function::{Function, Worker};
use intake::Teller;
use paying::Provider;
use reporting::City;
use teaching::Classroom;

pub(crate) use platform::texts;
pub(crate) use teaching::START_MINUTES as TEACHING_MINUTES;

/// Rounds of a minute the platform has, after the last accident, to settle everything.
const CALM_ROUNDS: usize = 6;
/// Seconds until no order waits any more whose deadline was put off, and no payment of one is on its way.
const LATEST_SECONDS: u64 = 900;
/// Times it may then still be told of payments: a provider repeats itself for a day.
const LATE_NOTIFICATIONS: usize = 60;
/// Rounds of ten minutes until the last refund has ended: the provider is asked less and less often.
const REFUND_ROUNDS: usize = 40;
/// In one of so many schedules the auditor's own tool has to say the same of the audit as the model. Where a defect is
/// planted it is not asked: what was spoiled on its way differs from its hash, and would be found by that alone.
const VERIFIED_SEEDS: u64 = 3;
/// Days after which the last part of a course that was asked for is not waited for any more.
const PARTS_DAYS: u64 = 28;

/// What guardians were promised: by request key, the order and the very text of the answer.
pub(crate) type Promised = BTreeMap<String, (String, String)>;

pub(crate) struct Play<'a> {
    stage: Stage,
    kind: Kind,
    town: &'a Town,
    seed: u64,
    enrollment: Function,
    order: Function,
    refund: Function,
    callback: Function,
    sweep: Worker,
    seal: Worker,
    archive: Worker,
    payout: Worker,
    bills: Worker,
    parts: Worker,
    classroom: Classroom,
    city: City,
    teller: Teller,
    /// Audit entries of the town's settling in.
    settled: u64,
    /// Whether the auditor's tool is asked in the end.
    verifies: bool,
    /// Which time it is that the families come.
    act: Cell<u64>,
    acting: Cell<bool>,
    /// Whether the school gives a class up in this schedule.
    cancels: bool,
    /// What each pupil's family has taken.
    held: RefCell<BTreeMap<usize, Vec<Taken>>>,
    /// Payments of which nothing is heard.
    lost: RefCell<Vec<(Provider, String)>>,
    /// Orders with the course of which something went back in a provider's console, and is not entered.
    outside: RefCell<BTreeSet<(String, String)>>,
    promised: RefCell<Promised>,
    promised_at: RefCell<BTreeMap<String, Timestamp>>,
    broken: RefCell<Option<String>>,
    figures: RefCell<Figures>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(world: &World, place: &'a Place, defect: Option<Defect>) -> Self {
        let stage = Stage::planted(world, &place.image);
        if crate::number("SEED", 0) > 0 {
            world.keep_trace();
        }
        if let Some(defect) = defect {
            world.plant_defect(defect);
        }
        Self {
            enrollment: Function::new(&stage, |app| start::router(app, enrollment::routes())),
            order: Function::new(&stage, |app| start::router(app, order::routes())),
            refund: Function::new(&stage, |app| start::router(app, refund::routes())),
            callback: Function::new(&stage, |app| start::router(app, payment_callback::routes())),
            sweep: Worker::new(&stage),
            seal: Worker::new(&stage),
            archive: Worker::new(&stage),
            payout: Worker::new(&stage),
            bills: Worker::new(&stage),
            parts: Worker::new(&stage),
            classroom: Classroom::new(&stage),
            city: City::new(&stage),
            teller: Teller::new(&stage),
            settled: model::entries(&stage),
            verifies: defect.is_none() && world.seed().is_multiple_of(VERIFIED_SEEDS),
            seed: world.seed(),
            cancels: Rng::with_seed(!world.seed()).u8(0..5) == 0,
            stage,
            kind: place.kind,
            town: &place.town,
            act: Cell::new(1),
            acting: Cell::new(true),
            held: RefCell::default(),
            lost: RefCell::default(),
            outside: RefCell::default(),
            promised: RefCell::default(),
            promised_at: RefCell::default(),
            broken: RefCell::default(),
            figures: RefCell::default(),
        }
    }

    pub(crate) async fn run(self) -> Told {
        let world = self.stage.world.clone();
        let mut faults = Faults::swarm(self.seed);
        faults.latency_limit_milliseconds = faults.latency_limit_milliseconds.max(40);
        world.set_faults(faults);
        self.set_provider_faults();
        self.set_city_faults();
        self.come().await;
        if self.kind == Kind::Bills {
            self.night().await;
            self.act.set(2);
            self.come().await;
        }
        if self.kind == Kind::Teaching {
            self.night_of_teaching().await;
            self.act.set(2);
            self.come().await;
        }
        world.set_faults(Faults::none());
        self.provide_well();
        self.calm_city();
        for _ in 0..CALM_ROUNDS {
            self.wait(60).await;
            self.round().await;
        }
        match self.kind {
            Kind::Day | Kind::Intake => self.hear_the_last().await,
            Kind::Bills => self.mornings().await,
            Kind::Parts => self.let_parts_run_out().await,
            Kind::Teaching => self.end_of_teaching().await,
        }
        // Past every deadline that was put off.
        self.wait(LATEST_SECONDS).await;
        for _ in 0..3 {
            self.wait(60).await;
            self.round().await;
        }
        self.end_of_intake().await;
        self.seal().await;
        self.end_reports().await;
        self.tell().await
    }

    /// The families come, the school works, and the platform does what it does by itself until they go.
    async fn come(&self) {
        self.acting.set(true);
        let families = async {
            let all = join_all((0..self.town.students.len()).map(|pupil| self.family(pupil)));
            futures::join!(all, Box::pin(self.teach()));
            self.acting.set(false);
        };
        let platform = async {
            futures::join!(
                self.sweeper(),
                self.deliverer(),
                self.archivist(),
                self.payer(),
                self.sealer(),
                self.teller(),
                self.reporter(),
                self.moods_of_the_city(),
                Box::pin(self.deciding()),
                Box::pin(self.puller())
            );
        };
        let school = async {
            futures::join!(
                self.cancelling(),
                self.clerk(),
                self.offers(),
                self.accountant(),
                self.asking_for_parts(),
                Box::pin(self.deciding_on_it())
            );
        };
        futures::join!(Box::pin(families), Box::pin(school), Box::pin(platform));
    }

    /// Between two days little is done.
    async fn night(&self) {
        self.refund_in_console();
        self.evening().await;
        self.wait_until(self.morning(1)).await;
        self.round().await;
    }

    /// When everybody has gone home, what is due is found some time later.
    async fn evening(&self) {
        for minutes in [3, 30, 200] {
            self.wait(minutes * 60).await;
            self.round().await;
        }
    }

    /// Until providers have nothing more to say, and the last refund has ended.
    async fn hear_the_last(&self) {
        for _ in 0..LATE_NOTIFICATIONS {
            let Some(next) = self.next_notification() else { break };
            let pause = next.duration_since(self.stage.world.now()).as_secs();
            self.wait(pause.clamp(60, 100_000) as u64).await;
            if self.deliver().await > 0 {
                self.round().await;
            }
        }
        self.end_refunds().await;
    }

    /// What was paid is known long before a part's time is over; then what is not paid lets its course go.
    async fn let_parts_run_out(&self) {
        self.hear_the_last().await;
        self.wait(3_600).await;
        self.round().await;
        if let Err(broken) = model::nothing_unnoticed(&self.stage) {
            self.break_promise(broken);
        }
        self.wait(PARTS_DAYS * 24 * 3_600).await;
    }

    /// Until the last refund has ended.
    async fn end_refunds(&self) {
        for _ in 0..REFUND_ROUNDS {
            if !model::refunds_under_way(&self.stage) {
                return;
            }
            self.wait(600).await;
            self.round().await;
        }
    }

    /// Looks whether the promises were kept, and tells what happened.
    async fn tell(self) -> Told {
        let world = &self.stage.world;
        let promises = match self.broken.take() {
            Some(broken) => Err(broken),
            None => model::at_rest(
                &self.stage,
                self.town,
                (&self.promised.borrow(), &self.calls_answered()),
                self.city.reports,
            ),
        };
        let promises = match promises {
            Ok(()) if self.verifies => model::verified(&self.stage).await.map(drop),
            kept => kept,
        };
        let versions = model::entries(&self.stage).saturating_sub(self.settled);
        let counts = world.counts();
        let mut figures = self.figures.take();
        let workers =
            [&self.sweep, &self.seal, &self.archive, &self.payout, &self.bills, &self.parts, self.teller.worker()];
        figures.add(
            "crashes",
            workers.into_iter().chain(self.classroom.workers()).chain(self.city.workers()).map(Worker::crashes).sum(),
        );
        figures.add("calls", counts.calls.values().sum());
        figures.add("faults", counts.faults.values().sum());
        figures.add("versions with one audit entry each", versions);
        model::count_money(&self.stage, &mut figures);
        model::count_teaching(&self.stage, &mut figures);
        Told { promises, hash: world.hash(), figures, trace: world.trace() }
    }

    /// The dice of an actor, others each time the families come.
    fn dice(&self, actor: u64) -> Rng {
        let actor = actor + self.act.get() * 100_000;
        Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(actor))
    }

    /// Sends a request again as long as there is no answer or the platform is busy. None when whoever asks gives up.
    /// The answer comes with the moment at which it was asked for.
    async fn insist(&self, function: &Function, event: &Value, dice: u64) -> Option<(Answered, Timestamp)> {
        let mut dice = Rng::with_seed(dice);
        for _ in 0..8 {
            let asked_at = self.stage.world.now();
            match function.invoke(event).await {
                Some(answered) if answered.status == StatusCode::INTERNAL_SERVER_ERROR => {
                    self.break_promise(format!("a 500: {}", answered.text));
                    return None;
                }
                Some(answered) if !answered.status.is_server_error() => return Some((answered, asked_at)),
                Some(_) => {}
                None => self.count("crashes"),
            }
            self.wait(dice.u64(1..5)).await;
        }
        None
    }

    async fn wait(&self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
    }

    async fn wait_until(&self, moment: Timestamp) {
        let seconds = moment.duration_since(self.stage.world.now()).as_secs();
        self.wait(seconds.max(0) as u64).await;
    }

    fn count(&self, what: &'static str) {
        self.figures.borrow_mut().add(what, 1);
    }

    fn break_promise(&self, what: String) {
        self.broken.borrow_mut().get_or_insert(what);
    }
}

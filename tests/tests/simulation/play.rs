//! One schedule: who acts, when, and what goes wrong on the way.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use axum::Router;
use domain::Moment;
use domain::time::Span;
use edge::{App, start};
use fastrand::Rng;
use futures::future::join_all;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::stage::{ARCHIVE_QUEUE, Answered, REFUND_QUEUE, Stage, TownImage, Who, event, send};
use testkit::town::{TERM, Town};
use testkit::{Defect, Faults, Outcome, World};

use crate::model;

/// Rounds of a minute the platform has, after the last accident, to settle everything.
const CALM_ROUNDS: usize = 10;
/// Times it may then still be told of payments: the provider repeats itself for a day.
const LATE_ROUNDS: usize = 20;
/// In one of so many schedules the bills are held against the books when everything is over.
const BILLED_SEEDS: u64 = 4;
/// Rounds of ten minutes until the last refund has ended: the provider is asked less and less often.
const REFUND_ROUNDS: usize = 40;

/// What a schedule came to.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) promises: Result<(), String>,
    pub(crate) hash: u64,
    pub(crate) calls: u64,
    pub(crate) faults: u64,
    pub(crate) crashes: u64,
    pub(crate) enrolled: u64,
    pub(crate) refused: u64,
    pub(crate) paid: u64,
    pub(crate) returned: u64,
    pub(crate) refunded: u64,
    pub(crate) merged: u64,
    /// Versions that were made, each with its audit entry.
    pub(crate) versions: u64,
    pub(crate) trace: Vec<String>,
}

/// An order of a family, with what was taken by it.
struct Taken {
    order: String,
    courses: Vec<String>,
}

/// A function with the environments that are idle.
struct Function {
    stage: Stage,
    routes: fn(App) -> Router,
    idle: RefCell<Vec<Router>>,
}

impl Function {
    fn new(stage: &Stage, routes: fn(App) -> Router) -> Self {
        Self { stage: stage.clone(), routes, idle: RefCell::default() }
    }

    /// One invocation; none when it crashed, and its environment with it.
    async fn invoke(&self, event: &Value) -> Option<Answered> {
        let warm = self.idle.borrow_mut().pop();
        let router = warm.unwrap_or_else(|| (self.routes)(self.stage.app()));
        match self.stage.world.run(send(&router, event)).await {
            Outcome::Done(answered) => {
                self.idle.borrow_mut().push(router);
                Some(answered)
            }
            Outcome::Crashed => None,
        }
    }
}

/// What guardians were promised: by request key, the order and the very text of the answer.
pub(crate) type Promised = BTreeMap<String, (String, String)>;

pub(crate) struct Play<'a> {
    stage: Stage,
    town: &'a Town,
    seed: u64,
    enrollment: Function,
    order: Function,
    refund: Function,
    callback: Function,
    archive: App,
    payout: App,
    /// Audit entries of the town's settling in.
    settled: u64,
    acting: Cell<bool>,
    promised: RefCell<Promised>,
    promised_at: RefCell<BTreeMap<String, Timestamp>>,
    broken: RefCell<Option<String>>,
    enrolled: Cell<u64>,
    merged: Cell<u64>,
    refused: Cell<u64>,
    crashes: Cell<u64>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(world: &World, town: &'a Town, image: &TownImage, defect: Option<Defect>) -> Self {
        let stage = Stage::planted(world, image);
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
            payout: stage.app(),
            callback: Function::new(&stage, |app| start::router(app, payment_callback::routes())),
            archive: stage.app(),
            settled: model::entries(&stage),
            seed: world.seed(),
            stage,
            town,
            acting: Cell::new(true),
            promised: RefCell::default(),
            promised_at: RefCell::default(),
            broken: RefCell::default(),
            enrolled: Cell::new(0),
            merged: Cell::new(0),
            refused: Cell::new(0),
            crashes: Cell::new(0),
        }
    }

    pub(crate) async fn run(self) -> Told {
        let world = self.stage.world.clone();
        let mut faults = Faults::swarm(self.seed);
        faults.latency_limit_milliseconds = faults.latency_limit_milliseconds.max(40);
        world.set_faults(faults);
        self.set_provider_faults();
        let families = async {
            join_all((0..self.town.students.len()).map(|pupil| self.family(pupil))).await;
            self.acting.set(false);
        };
        let platform =
            async { futures::join!(self.sweeper(), self.deliverer(), self.archivist(), self.payer(), self.sealer()) };
        futures::join!(families, self.school(), platform);
        world.set_faults(Faults::none());
        self.stage.provider().set_faults(simulator::wechat::Faults::NONE);
        for round in 0..CALM_ROUNDS + LATE_ROUNDS {
            let next = self.stage.provider().next_due().map(|due| due.duration_since(world.now()).as_secs());
            if round >= CALM_ROUNDS && next.is_none() {
                break;
            }
            let pause = next.filter(|_| round >= CALM_ROUNDS).map_or(60, |seconds| seconds.clamp(60, 100_000) as u64);
            self.wait(pause).await;
            self.deliver().await;
            self.sweep().await;
            self.pay_out().await;
            self.archive().await;
        }
        self.end_refunds().await;
        if self.seed.is_multiple_of(BILLED_SEEDS) {
            self.read_bills().await;
        }
        self.wait(60).await;
        self.sweep().await;
        self.archive().await;
        self.wait(60).await;
        self.sweep().await;
        self.seal().await;
        let end = || model::at_rest(&self.stage, self.town, &self.promised.borrow());
        let promises = match self.broken.take() {
            Some(broken) => Err(broken),
            None => end(),
        };
        let verified = match promises {
            Ok(()) => model::verified(&self.stage).await,
            Err(broken) => Err(broken),
        };
        let versions = verified.as_ref().copied().unwrap_or_default().saturating_sub(self.settled);
        let promises = verified.map(drop);
        let counts = world.counts();
        let (paid, returned, refunded) = model::money(&self.stage);
        Told {
            promises,
            hash: world.hash(),
            calls: counts.calls.values().sum::<u64>(),
            faults: counts.faults.values().sum::<u64>(),
            crashes: self.crashes.get(),
            enrolled: self.enrolled.get(),
            refused: self.refused.get(),
            paid,
            returned,
            refunded,
            merged: self.merged.get(),
            versions,
            trace: world.trace(),
        }
    }

    /// Until the last refund has ended.
    async fn end_refunds(&self) {
        for _ in 0..REFUND_ROUNDS {
            if !model::refunds_under_way(&self.stage) {
                return;
            }
            self.wait(600).await;
            self.deliver().await;
            self.sweep().await;
            self.pay_out().await;
            self.archive().await;
        }
    }

    /// On the next mornings each day's bill is held against the books, and once more: what was settled by callbacks and
    /// queries is what the providers put on paper.
    async fn read_bills(&self) {
        for _ in 0..2 {
            let now = Moment::from(self.stage.world.now());
            let morning = Span::of(now.day()).until.plus_minutes(11 * 60);
            self.wait(morning.seconds_since(now).max(0) as u64).await;
            match bill_run::run_with_channels(&self.stage.app()).await {
                Ok(report) if report.read > 0 && report.open + report.failed + report.overdue == 0 => {}
                told => self.break_promise(format!("P5: the bills say {told:?}")),
            }
        }
    }

    fn dice(&self, actor: u64) -> Rng {
        Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(actor))
    }

    fn set_provider_faults(&self) {
        let mut dice = self.dice(9_001);
        let mut faults = simulator::wechat::Faults { ..simulator::wechat::Faults::NONE };
        faults.drop = dice.u32(0..3);
        faults.duplicate = dice.u32(0..3);
        faults.delay_seconds = dice.i64(0..120);
        faults.reorder = dice.bool();
        faults.deliveries = dice.u32(0..3);
        faults.not_enough = dice.u32(0..3);
        faults.answer_lost = dice.u32(0..3);
        match dice.u8(0..10) {
            0 => faults.tamper_body = true,
            1 => faults.stale = true,
            2 => faults.wrong_amount = true,
            3 => faults.other_school = true,
            4 => faults.wrong_currency = true,
            5 => faults.probe = true,
            _ => {}
        }
        self.stage.provider().set_faults(faults);
    }

    // The families.

    async fn family(&self, pupil: usize) {
        let mut dice = self.dice(pupil as u64);
        self.wait(dice.u64(0..90)).await;
        let mut earlier: Option<Taken> = None;
        for submission in 0..dice.usize(1..4) {
            // Now and then both parents choose at the same moment.
            let parents = if dice.u8(0..4) == 0 { 2 } else { 1 };
            let wishes: Vec<_> = (0..parents).map(|parent| (parent, self.choose(&mut dice), dice.fork())).collect();
            let orders = wishes.into_iter().map(async |(parent, courses, mut dice)| {
                let key = format!("k-{pupil}-{submission}-{parent}");
                let order = self.enroll(pupil, &courses, &key, &mut dice).await?;
                Some(Taken { order, courses })
            });
            for mut taken in join_all(orders).await.into_iter().flatten() {
                if let Some(earlier) = earlier.take().filter(|_| dice.bool()) {
                    taken = self.merge(pupil, taken, earlier, &mut dice).await;
                }
                self.after_enrolling(pupil, &taken.order, &taken.courses, &mut dice).await;
                earlier = Some(taken);
            }
            self.wait(dice.u64(1..60)).await;
        }
    }

    fn choose(&self, dice: &mut Rng) -> Vec<String> {
        let mut courses: Vec<String> = self.town.offerings.iter().map(|offering| offering.id.to_string()).collect();
        dice.shuffle(&mut courses);
        courses.truncate(dice.usize(1..3));
        courses
    }

    /// Submits until there is an answer; sometimes twice at once, as a double tap does. The order, if there is one.
    async fn enroll(&self, pupil: usize, courses: &[String], key: &str, dice: &mut Rng) -> Option<String> {
        let choices: Vec<Value> =
            courses.iter().map(|course| json!({"offering_id": course, "materials": dice.bool()})).collect();
        let student = self.town.pupil(pupil).to_string();
        let body = json!({"student_id": student, "term": TERM, "choices": choices}).to_string();
        let who = Who::Guardian(self.town.guardian_of(pupil).to_string());
        let event = event("POST", "/enrollments", &who, &[("Idempotency-Key", key)], Some(&body));
        let double = dice.u8(0..4) == 0;
        let (seed, other) = (dice.u64(..), dice.u64(..));
        if double {
            let (one, two) = futures::join!(self.submit(key, &event, seed), self.submit(key, &event, other));
            one.or(two)
        } else {
            self.submit(key, &event, seed).await
        }
    }

    async fn submit(&self, key: &str, event: &Value, dice: u64) -> Option<String> {
        let (answered, asked_at) = self.insist(&self.enrollment, event, dice).await?;
        self.hear(key, &answered, asked_at)
    }

    /// Remembers what was promised; the same request must be told the same.
    ///
    /// Of two that are under way at once, one may be refused before the other is promised; whoever asks after the
    /// promise may not.
    fn hear(&self, key: &str, answered: &Answered, asked_at: Timestamp) -> Option<String> {
        match answered.status {
            StatusCode::CREATED => {
                let order = answered.json()["order_no"].as_str().unwrap_or_default().to_owned();
                let mut promised = self.promised.borrow_mut();
                if let Some((_, text)) = promised.get(key) {
                    if *text != answered.text {
                        self.break_promise(format!("P4: {key} was answered {text} and then {}", answered.text));
                    }
                } else {
                    self.enrolled.set(self.enrolled.get() + 1);
                    self.promised_at.borrow_mut().insert(key.to_owned(), self.stage.world.now());
                }
                promised.insert(key.to_owned(), (order.clone(), answered.text.clone()));
                Some(order)
            }
            StatusCode::CONFLICT => {
                self.refused.set(self.refused.get() + 1);
                if self.promised_at.borrow().get(key).is_some_and(|promised_at| *promised_at < asked_at) {
                    self.break_promise(format!("P4: {key} was promised, then refused: {}", answered.text));
                }
                None
            }
            _ => None,
        }
    }

    /// Sends a request again as long as there is no answer or the platform is busy. None when the family gives up.
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
                None => self.crashes.set(self.crashes.get() + 1),
            }
            self.wait(dice.u64(1..5)).await;
        }
        None
    }

    /// Has one order put in the place of two; now and then the other parent begins to pay the earlier one meanwhile.
    async fn merge(&self, pupil: usize, taken: Taken, earlier: Taken, dice: &mut Rng) -> Taken {
        let who = Who::Guardian(self.town.guardian_of(pupil).to_string());
        let (path, key) = (format!("/orders/{}/merge", taken.order), format!("merge-{}", taken.order));
        let body = json!({"orders": [earlier.order]}).to_string();
        let merge = event("POST", &path, &who, &[("Idempotency-Key", &key)], Some(&body));
        let (path, key) = (format!("/orders/{}/payments", earlier.order), format!("rival-{}", earlier.order));
        let body = json!({"channel": "wechat", "method": "native"}).to_string();
        let pay = event("POST", &path, &who, &[("Idempotency-Key", &key)], Some(&body));
        let (rival, ours, theirs) = (dice.u8(0..3) == 0, dice.u64(..), dice.u64(..));
        let paying = async { if rival { self.insist(&self.order, &pay, theirs).await } else { None } };
        let (merged, _) = futures::join!(self.insist(&self.order, &merge, ours), paying);
        match merged {
            Some((answered, _)) if answered.status == StatusCode::CREATED => {
                let order = answered.json()["order_no"].as_str().unwrap_or_default().to_owned();
                self.merged.set(self.merged.get() + 1);
                Taken { order, courses: [taken.courses, earlier.courses].concat() }
            }
            _ => taken,
        }
    }

    /// Pays, cancels, or forgets about it.
    async fn after_enrolling(&self, pupil: usize, order: &str, courses: &[String], dice: &mut Rng) {
        match dice.u8(0..10) {
            0..=6 => {
                self.pay(pupil, order, dice).await;
                if dice.u8(0..3) == 0 {
                    self.wait(dice.u64(1..90)).await;
                    self.withdraw(pupil, order, courses, dice).await;
                }
            }
            7 => {
                self.wait(dice.u64(0..200)).await;
                self.cancel(pupil, order, dice).await;
            }
            _ => {}
        }
    }

    async fn pay(&self, pupil: usize, order: &str, dice: &mut Rng) {
        let who = Who::Guardian(self.town.guardian_of(pupil).to_string());
        for attempt in 0..dice.u8(1..3) {
            let method = if dice.bool() { "native" } else { "h5" };
            let body = json!({"channel": "wechat", "method": method}).to_string();
            let key = format!("pay-{order}-{attempt}");
            let path = format!("/orders/{order}/payments");
            let event = event("POST", &path, &who, &[("Idempotency-Key", &key)], Some(&body));
            let Some((answered, _)) = self.insist(&self.order, &event, dice.u64(..)).await else { return };
            let payment = answered.json()["payment_no"].as_str().unwrap_or_default().to_owned();
            if payment.is_empty() {
                return;
            }
            // At once, in time, at the last moment, or too late.
            let pause = if dice.u8(0..3) == 0 { dice.u64(240..800) } else { dice.u64(0..240) };
            self.wait(pause).await;
            let now = self.stage.world.now();
            if dice.u8(0..8) == 0 {
                let until = now + Duration::from_secs(30);
                // A refusal means that there is nothing to pay any more, which is the family's loss only.
                self.stage.provider().enter_password(&payment, until).unwrap_or_default();
                self.wait(20).await;
            }
            let late = dice.bool();
            self.press_pay(&payment, late);
            if dice.u8(0..6) == 0 {
                self.cancel(pupil, order, dice).await;
            }
        }
    }

    /// Gives a course up; sometimes twice, by two requests.
    async fn withdraw(&self, pupil: usize, order: &str, courses: &[String], dice: &mut Rng) {
        let who = Who::Guardian(self.town.guardian_of(pupil).to_string());
        for request in 0..dice.u8(1..3) {
            let Some(course) = dice.choice(courses).and_then(|offering| offering.rsplit('.').next()) else { return };
            let body = json!({"order_no": order, "course": course, "trigger": "withdrawal"}).to_string();
            let key = format!("leave-{order}-{request}");
            let event = event("POST", "/refund-requests", &who, &[("Idempotency-Key", &key)], Some(&body));
            self.insist(&self.refund, &event, dice.u64(..)).await;
        }
    }

    /// In some schedules the school gives a class up while everybody is at it.
    async fn school(&self) {
        let mut dice = self.dice(9_003);
        if dice.u8(0..5) != 0 {
            return;
        }
        self.wait(dice.u64(60..600)).await;
        let who = Who::Staff("school_admin@school:3144200101".to_owned());
        let offering = dice.choice(&self.town.offerings).map(|offering| offering.id.to_string()).unwrap_or_default();
        let event = event("POST", &format!("/offerings/{offering}/cancellation"), &who, &[], None);
        self.insist(&self.refund, &event, dice.u64(..)).await;
    }

    /// The payer presses the button. A provider that refuses has nothing to be paid any more.
    fn press_pay(&self, payment: &str, late: bool) {
        let now = self.stage.world.now();
        let mut provider = self.stage.provider();
        drop(if late { provider.pay_although_closed(payment, now) } else { provider.pay(payment, now) });
    }

    async fn cancel(&self, pupil: usize, order: &str, dice: &mut Rng) {
        let who = Who::Guardian(self.town.guardian_of(pupil).to_string());
        let key = format!("cancel-{order}");
        let event = event("POST", &format!("/orders/{order}/cancel"), &who, &[("Idempotency-Key", &key)], None);
        self.insist(&self.order, &event, dice.u64(..)).await;
    }

    // What the platform and the provider do by themselves.

    async fn sweeper(&self) {
        while self.acting.get() {
            self.wait(120).await;
            self.sweep().await;
            if let Err(broken) = model::at_any_time(&self.stage, self.town) {
                self.break_promise(broken);
            }
        }
    }

    async fn sweep(&self) {
        let round = self.stage.world.run(sweep::sweep(self.stage.app())).await;
        if matches!(round, Outcome::Crashed) {
            self.crashes.set(self.crashes.get() + 1);
        }
    }

    async fn deliverer(&self) {
        while self.acting.get() {
            self.wait(7).await;
            self.deliver().await;
        }
    }

    /// Carries the provider's notifications; copies of one go side by side.
    async fn deliver(&self) {
        let callbacks = self.stage.provider().take_callbacks(self.stage.world.now());
        join_all(callbacks.iter().map(|callback| async {
            let request = &callback.request;
            let headers: Vec<(&str, &str)> = request
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                .collect();
            let body = std::str::from_utf8(request.body()).expect("a notification is text");
            let event = event("POST", "/callbacks/wechat", &Who::Nobody, &headers, Some(body));
            match self.callback.invoke(&event).await {
                Some(answered) => self.stage.provider().answered(&callback.id, answered.status),
                None => self.crashes.set(self.crashes.get() + 1),
            }
        }))
        .await;
    }

    /// Seals about once a minute, now and then twice at once.
    async fn sealer(&self) {
        let mut dice = self.dice(9_002);
        while self.acting.get() {
            self.wait(dice.u64(40..90)).await;
            if dice.u8(0..3) == 0 {
                futures::join!(self.seal(), self.seal());
            } else {
                self.seal().await;
            }
        }
    }

    async fn seal(&self) {
        match self.stage.world.run(audit_seal::seal(self.stage.app())).await {
            Outcome::Done(Err(audit_seal::SealError::Foreign { name, wrong })) => {
                self.break_promise(format!("P9: {name} is no segment: {wrong}"));
            }
            Outcome::Done(_) => {}
            Outcome::Crashed => self.crashes.set(self.crashes.get() + 1),
        }
    }

    async fn archivist(&self) {
        while self.acting.get() {
            self.wait(45).await;
            self.archive().await;
        }
    }

    async fn archive(&self) {
        let archive = self.archive.clone();
        self.consume(ARCHIVE_QUEUE, |event| archive::consume(archive, event)).await;
    }

    async fn payer(&self) {
        while self.acting.get() {
            self.wait(30).await;
            self.pay_out().await;
        }
    }

    async fn pay_out(&self) {
        let payout = self.payout.clone();
        self.consume(REFUND_QUEUE, |event| payout::consume(payout, event)).await;
    }

    /// Hands the messages of a queue to its function, and gives back what failed.
    async fn consume<F>(&self, queue: &str, function: impl FnOnce(SqsEvent) -> F)
    where
        F: Future<Output = SqsBatchResponse>,
    {
        let world = &self.stage.world;
        let messages = world.take_messages(queue, 10);
        if messages.is_empty() {
            return;
        }
        let event = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
        match world.run(function(event)).await {
            Outcome::Done(response) => {
                let failed: Vec<String> =
                    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
                for message in &messages {
                    if failed.contains(&message.id) {
                        world.give_back(message);
                    } else {
                        world.settle(message);
                    }
                }
            }
            Outcome::Crashed => self.crashes.set(self.crashes.get() + 1),
        }
    }

    async fn wait(&self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
    }

    fn break_promise(&self, what: String) {
        self.broken.borrow_mut().get_or_insert(what);
    }
}

//! Every call of every handler, broken once in every way: before it, after it, with its answer lost, throttled, in
//! conflict. The request is then sent again, the platform is given its time, and the promises must hold.

use std::time::Duration;

use axum::Router;
use edge::{App, start};
use serde_json::{Value, json};
use simulator::wechat::Faults;
use testkit::stage::{ARCHIVE_QUEUE, Answered, REFUND_QUEUE, Stage, Who, event, send};
use testkit::town::{TERM, Town};
use testkit::{Fault, Outcome, Script, simulate};

use crate::model;
use crate::place::{Kind, Place, Places};
use crate::play::Promised;

/// What is broken at each of its calls.
#[derive(Clone, Copy, Debug)]
enum Step {
    Enroll,
    Pay,
    Callback,
    LateCallback,
    Cancel,
    Withdraw,
    Payout,
    RefundCallback,
    Sweep,
    Archive,
    Seal,
    Bills,
}

const STEPS: [Step; 12] = [
    Step::Enroll,
    Step::Pay,
    Step::Callback,
    Step::LateCallback,
    Step::Cancel,
    Step::Withdraw,
    Step::Payout,
    Step::RefundCallback,
    Step::Sweep,
    Step::Archive,
    Step::Seal,
    Step::Bills,
];

/// One family's way through the platform, with the function of one step broken.
struct Way<'a> {
    stage: Stage,
    town: &'a Town,
    script: Option<Script>,
    broken: Step,
    calls: usize,
}

impl Way<'_> {
    /// Runs an invocation; the step that is to be broken gets its fault, and is then run again until it is done.
    async fn run<T>(&mut self, step: Step, mut invocation: impl AsyncFnMut(&Stage) -> (T, bool)) -> T {
        let breaks = step as u8 == self.broken as u8;
        if let Some(script) = self.script.take_if(|_| breaks) {
            self.stage.world.set_script(script);
        }
        for _ in 0..5 {
            let stage = self.stage.clone();
            let outcome = self.stage.world.run(invocation(&stage)).await;
            if breaks {
                self.calls = self.calls.max(self.stage.world.calls_of_last_run().len());
            }
            match outcome {
                Outcome::Done((answer, true)) => return answer,
                Outcome::Done((_, false)) | Outcome::Crashed => self.wait(2).await,
            }
        }
        panic!("{step:?} is not done in five tries");
    }

    async fn ask(&mut self, step: Step, routes: fn(App) -> Router, event: Value) -> Answered {
        self.run(step, async |stage| {
            let answered = send(&routes(stage.app()), &event).await;
            let done = !answered.status.is_server_error();
            (answered, done)
        })
        .await
    }

    async fn enroll(&mut self, pupil: usize, courses: &[usize], promised: &mut Promised) -> String {
        let choices: Vec<Value> =
            courses.iter().map(|i| json!({"offering_id": self.town.offerings[*i].id.as_str()})).collect();
        let body = json!({"student_id": self.town.pupil(pupil).as_str(), "term": TERM, "choices": choices}).to_string();
        let key = format!("k-{pupil}");
        let event = event("POST", "/enrollments", &self.guardian(pupil), &[("Idempotency-Key", &key)], Some(&body));
        let answered = self.ask(Step::Enroll, |app| start::router(app, enrollment::routes()), event).await;
        assert_eq!(answered.status, 201, "{}", answered.text);
        let order = answered.json()["order_no"].as_str().expect("a number").to_owned();
        promised.insert(key, (order.clone(), answered.text));
        order
    }

    async fn pay(&mut self, pupil: usize, order: &str) -> String {
        let body = json!({"channel": "wechat", "method": "native"}).to_string();
        let key = format!("pay-{order}");
        let path = format!("/orders/{order}/payments");
        let event = event("POST", &path, &self.guardian(pupil), &[("Idempotency-Key", &key)], Some(&body));
        let answered = self.ask(Step::Pay, |app| start::router(app, order::routes()), event).await;
        assert_eq!(answered.status, 201, "{}", answered.text);
        answered.json()["payment_no"].as_str().expect("a number").to_owned()
    }

    async fn cancel(&mut self, pupil: usize, order: &str) {
        let path = format!("/orders/{order}/cancel");
        let event = event("POST", &path, &self.guardian(pupil), &[("Idempotency-Key", "cancel")], None);
        let answered = self.ask(Step::Cancel, |app| start::router(app, order::routes()), event).await;
        assert_eq!(answered.status, 200, "{}", answered.text);
    }

    async fn withdraw(&mut self, pupil: usize, order: &str, course: &str) {
        let body = json!({"order_no": order, "course": course, "trigger": "withdrawal"}).to_string();
        let key = [("Idempotency-Key", "leave")];
        let event = event("POST", "/refund-requests", &self.guardian(pupil), &key, Some(&body));
        let answered = self.ask(Step::Withdraw, |app| start::router(app, refund::routes()), event).await;
        assert_eq!(answered.status, 201, "{}", answered.text);
    }

    async fn pay_out(&mut self) {
        let messages = self.stage.world.take_messages(REFUND_QUEUE, 10);
        if messages.is_empty() {
            return;
        }
        let event = testkit::event(&messages);
        self.run(Step::Payout, async |stage| {
            let event = serde_json::from_value(event.clone()).expect("an event of a queue");
            let response = payout::consume(stage.app(), event).await;
            let done = response.batch_item_failures.is_empty();
            ((), done)
        })
        .await;
        for message in &messages {
            self.stage.world.settle(message);
        }
    }

    async fn callbacks(&mut self, step: Step) {
        let callbacks = self.stage.provider().take_callbacks(self.stage.world.now());
        for callback in callbacks {
            let headers: Vec<(&str, &str)> = callback
                .request
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                .collect();
            let body = std::str::from_utf8(callback.request.body()).expect("text");
            let event = event("POST", "/callbacks/wechat", &Who::Nobody, &headers, Some(body));
            let answered = self.ask(step, |app| start::router(app, payment_callback::routes()), event).await;
            assert_eq!(answered.status, 200, "{}", answered.text);
            self.stage.provider().answered(&callback.id, answered.status);
        }
    }

    async fn sweep(&mut self) {
        self.run(Step::Sweep, async |stage| (sweep::sweep(stage.app()).await, true)).await;
    }

    async fn archive(&mut self) {
        let messages = self.stage.world.take_messages(ARCHIVE_QUEUE, 10);
        if messages.is_empty() {
            return;
        }
        let event = testkit::event(&messages);
        self.run(Step::Archive, async |stage| {
            let event = serde_json::from_value(event.clone()).expect("an event of a queue");
            let response = archive::consume(stage.app(), event).await;
            let done = response.batch_item_failures.is_empty();
            ((), done)
        })
        .await;
        for message in &messages {
            self.stage.world.settle(message);
        }
    }

    async fn seal(&mut self) {
        self.run(Step::Seal, async |stage| {
            let sealed = audit_seal::seal(stage.app()).await;
            ((), sealed.is_ok())
        })
        .await;
    }

    /// After noon of the next days, when a provider's word that there is no bill is believed: what nobody has told of is
    /// found by the first bill, what was broken by the later ones.
    async fn read_bills(&mut self) {
        for hours in [28, 24, 24] {
            self.wait(hours * 3_600).await;
            self.run(Step::Bills, async |stage| {
                let report = bill_run::run_with_channels(&stage.app()).await;
                ((), report.is_ok_and(|report| report.failed == 0))
            })
            .await;
            for pause in [10, 60, 60] {
                self.wait(pause).await;
                self.sweep().await;
                self.pay_out().await;
                self.archive().await;
            }
        }
    }

    async fn wait(&self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
    }

    fn guardian(&self, pupil: usize) -> Who {
        Who::Guardian(self.town.guardian_of(pupil).to_string())
    }

    /// Three children: one is paid for in time and gives one of two courses up, one is paid for too late, one gives up
    /// before; a fourth takes what is free of charge. Where bills are read, they alone tell of what was paid too late.
    async fn walk(&mut self) -> Result<(), String> {
        let mut promised = Promised::new();
        let first = self.enroll(0, &[0, 1], &mut promised).await;
        let payment = self.pay(0, &first).await;
        let now = self.stage.world.now();
        self.stage.provider().pay(&payment, now).expect("paid");
        self.callbacks(Step::Callback).await;
        self.withdraw(0, &first, "K1").await;
        self.pay_out().await;
        self.wait(30).await;
        self.callbacks(Step::RefundCallback).await;
        let second = self.enroll(1, &[2], &mut promised).await;
        let late = self.pay(1, &second).await;
        let third = self.enroll(2, &[3], &mut promised).await;
        self.pay(2, &third).await;
        self.cancel(2, &third).await;
        self.enroll(3, &[5], &mut promised).await;
        // Past every deadline; then what was broken is found again, and what it had left comes to its end.
        for pause in [320, 60, 60] {
            self.wait(pause).await;
            self.sweep().await;
            self.pay_out().await;
            self.archive().await;
            self.seal().await;
        }
        let now = self.stage.world.now();
        let with_bills = matches!(self.broken, Step::Bills);
        if with_bills {
            let mute = Faults { drop: u32::MAX, ..Faults::NONE };
            self.stage.provider().set_faults_of(&late, Some(mute));
        }
        self.stage.provider().pay_although_closed(&late, now).expect("paid late");
        self.callbacks(Step::LateCallback).await;
        for pause in [130, 60, 60, 60, 300] {
            self.wait(pause).await;
            self.callbacks(Step::LateCallback).await;
            self.sweep().await;
            self.pay_out().await;
            self.archive().await;
        }
        if with_bills {
            self.read_bills().await;
        }
        self.seal().await;
        model::at_rest(&self.stage, self.town, (&promised, &[]))?;
        model::verified(&self.stage).await.map(drop)
    }
}

/// Walks with one step broken; how many calls that step made, and whether the promises hold.
fn walk(place: &Place, broken: Step, script: Option<Script>) -> (usize, Result<(), String>) {
    simulate(1, async |world| {
        let stage = Stage::planted(&world, &place.image);
        let mut way = Way { stage, town: &place.town, script, broken, calls: 0 };
        let promises = way.walk().await;
        (way.calls, promises)
    })
}

#[test]
fn p1_p2_p4_p9_every_call_of_every_handler_may_break() {
    let places = Places::new();
    let place = |step| places.like(if matches!(step, Step::Bills) { Kind::Bills } else { Kind::Day });
    let mut runs: Vec<(Step, Script)> = Vec::new();
    for step in STEPS {
        let (calls, promises) = walk(place(step), step, None);
        promises.unwrap_or_else(|broken| panic!("{step:?} unbroken: {broken}"));
        let breaks = (0..calls).flat_map(|at_call| Fault::EVERY_STEP.map(|fault| Script { at_call, fault }));
        runs.extend(breaks.map(|script| (step, script)));
        println!("every step of {step:?}: {calls} calls, each broken in {} ways", Fault::EVERY_STEP.len());
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for core in 0..cores {
            let mine = runs.iter().skip(core).step_by(cores);
            scope.spawn(move || {
                for (step, script) in mine {
                    let (_, promises) = walk(place(*step), *step, Some(*script));
                    promises.unwrap_or_else(|broken| panic!("{step:?} with {script:?}: {broken}"));
                }
            });
        }
    });
    println!("every step: {0} of {0} runs keep the promises", runs.len());
}

//! Every call of every handler, broken once in every way: before it, after it, with its answer lost, throttled, in
//! conflict. The request is then sent again, the platform is given its time, and the promises must hold.

mod city;
mod family;
mod teaching;

use std::time::Duration;

use axum::Router;
use edge::{App, start};
use serde_json::{Value, json};
use testkit::stage::{ARCHIVE_QUEUE, Answered, REFUND_QUEUE, Stage, Who, event, send};
use testkit::town::{TERM, Town};
use testkit::{Fault, Outcome, Script, simulate_from};

use crate::place::{Kind, Place, Places};
use crate::play::{Promised, texts};

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
    Fill,
    CheckIn,
    Call,
    AskLeave,
    GrantLeave,
    Change,
    AskMove,
    GrantMove,
    MovePaid,
    Transfer,
    Lock,
    Lift,
    Accrue,
    Tell,
    Report,
    Compare,
    Receive,
    Pull,
}

const STEPS: [Step; 30] = [
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
    Step::Fill,
    Step::CheckIn,
    Step::Call,
    Step::AskLeave,
    Step::GrantLeave,
    Step::Change,
    Step::AskMove,
    Step::GrantMove,
    Step::MovePaid,
    Step::Transfer,
    Step::Lock,
    Step::Lift,
    Step::Accrue,
    Step::Tell,
    Step::Report,
    Step::Compare,
    Step::Receive,
    Step::Pull,
];

impl Step {
    /// Whether the city has to be told for it.
    const fn tells_the_city(self) -> bool {
        matches!(self, Self::Report | Self::Compare)
    }

    /// In which town it is taken.
    const fn kind(self) -> Kind {
        if matches!(self, Self::Bills) {
            Kind::Bills
        } else if self.tells_the_city() {
            Kind::Day
        } else if self as u8 > Self::Compare as u8 {
            Kind::Intake
        } else if self as u8 > Self::Bills as u8 {
            Kind::Teaching
        } else {
            Kind::Day
        }
    }
}

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
            let headers = texts(callback.request.headers());
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

    async fn wait(&self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
    }

    fn guardian(&self, pupil: usize) -> Who {
        Who::Guardian(self.town.guardian_of(pupil).to_string())
    }
}

/// Walks with one step broken; how many calls that step made, and whether the promises hold.
fn walk(place: &Place, broken: Step, script: Option<Script>) -> (usize, Result<(), String>) {
    simulate_from(1, place.kind.start(1), async |world| {
        let stage = Stage::planted(&world, &place.image);
        let mut way = Way { stage, town: &place.town, script, broken, calls: 0 };
        let promises = match place.kind {
            Kind::Teaching => way.teach().await,
            Kind::Intake => way.hear().await,
            Kind::Day | Kind::Bills | Kind::Parts => way.walk().await,
        };
        (way.calls, promises)
    })
}

#[test]
fn p1_p2_p4_p9_every_call_of_every_handler_may_break() {
    let places = Places::new();
    let place = |step: Step| places.like(step.kind());
    let mut runs: Vec<(Step, Script)> = Vec::new();
    let one = crate::number("HANDLER", 0);
    for (_, step) in (1..).zip(STEPS).filter(|(place, _)| one == 0 || one == *place) {
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

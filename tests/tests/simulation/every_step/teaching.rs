//! Two days of teaching: a class is filled, taught, left and locked, and what was missed comes back.

use axum::Router;
use edge::{App, start};
use serde_json::{Value, json};
use testkit::stage::{Answered, NOTICE_QUEUE, Who, event};
use testkit::town::TERM;

use super::{Step, Way};
use crate::classes::{CLASSES, TEACHERS, admin, lesson, of_term, teacher};
use crate::model::{self, Locked, SaidCall};
use crate::play::Promised;

/// Seconds from the beginning until the first lessons have begun, and until the morning after.
const TO_LESSON: u64 = 15 * 60;
const TO_NIGHT: u64 = 10 * 3_600;
/// Seconds of a day.
const DAY: u64 = 24 * 3_600;

fn attendance(app: App) -> Router {
    start::router(app, attendance::routes())
}

fn leave(app: App) -> Router {
    start::router(app, leave::routes())
}

fn moves(app: App) -> Router {
    start::router(app, exchange::routes())
}

impl Way<'_> {
    /// Sends something that must be done in the end; what it answers.
    async fn done(
        &mut self,
        step: Step,
        routes: fn(App) -> Router,
        (who, path): (&Who, &str),
        body: &Value,
    ) -> Answered {
        let method = if path.ends_with("/roll") { "PUT" } else { "POST" };
        let event = event(method, path, who, &[("Idempotency-Key", &format!("{step:?}"))], Some(&body.to_string()));
        let answered = self.ask(step, routes, event).await;
        assert!(answered.status.is_success(), "{step:?} {path}: {}", answered.text);
        answered
    }

    /// Two children are taught in two classes. One is on leave, and exchanges its course for a dearer one; the other is
    /// transferred. A lesson is taught by somebody else, the first day is locked and opened again.
    pub(super) async fn teach(&mut self) -> Result<(), String> {
        let mut promised = Promised::new();
        self.take(0, 0, &mut promised).await;
        self.take(1, 0, &mut promised).await;
        let fill = format!("/classes/{}/members/fill", CLASSES[0]);
        let classes = |app| start::router(app, teaching_class::routes());
        self.done(Step::Fill, classes, (&admin(), &fill), &json!({})).await;
        self.wait(TO_LESSON).await;
        let first = lesson(0, 0);
        self.done(Step::CheckIn, attendance, (&teacher(0), &format!("/lessons/{first}/check-in")), &json!({})).await;
        let mut calls = vec![self.call(&first).await];
        let granted = self.on_leave().await;
        let body = json!({
            "lesson_id": lesson(0, 2), "change": "substitute", "present_id": TEACHERS[2],
            "present_called": "张老师", "reason": "外出培训",
        });
        let timetable = |app| start::router(app, timetable::routes());
        self.done(Step::Change, timetable, (&teacher(0), "/lesson-changes"), &body).await;
        self.tell_families().await;
        self.wait(TO_NIGHT + DAY).await;
        self.go_round().await;
        // The second lesson was missed.
        self.run(Step::Accrue, async |stage| {
            let report = accrual::run(&stage.app()).await;
            let done = report.failed == 0;
            ((), done)
        })
        .await;
        self.go_round().await;
        let mut locked = Locked::default();
        self.lock(&mut locked).await?;
        calls.push(self.call(&first).await);
        self.lift().await;
        model::locked_stays(&self.stage, &mut locked, 3)?;
        self.exchange().await;
        let transfer = json!({
            "student_id": self.town.pupil(1).as_str(), "term": TERM, "kind": "transfer", "class_id": CLASSES[1],
            "reason": "与校队训练时间冲突",
        });
        self.done(Step::Transfer, moves, (&self.guardian(1), "/moves"), &transfer).await;
        for pause in [700, 60, 60, 1_000, 300] {
            self.wait(pause).await;
            self.go_round().await;
        }
        self.seal().await;
        assert!(granted, "leave");
        model::at_rest(&self.stage, self.town, (&promised, &calls))?;
        model::verified(&self.stage).await.map(drop)
    }

    /// A child gets a course that is paid for.
    async fn take(&mut self, pupil: usize, course: usize, promised: &mut Promised) {
        let order = self.enroll(pupil, &[course], promised).await;
        let payment = self.pay(pupil, &order).await;
        let now = self.stage.world.now();
        self.stage.provider().pay(&payment, now).expect("paid");
        self.callbacks(Step::Callback).await;
    }

    /// Calls the roll as it was at the first lesson.
    async fn call(&mut self, lesson: &str) -> SaidCall {
        let named = json!({"student_id": self.town.pupil(1).as_str(), "presence": "late"});
        let call = json!({"at": "2026-09-01T16:35:00+08:00", "named": [named]});
        let told = self.done(Step::Call, attendance, (&teacher(0), &format!("/lessons/{lesson}/roll")), &call).await;
        SaidCall { lesson: lesson.to_owned(), call, told: told.json() }
    }

    /// The first child is on leave from the second lesson.
    async fn on_leave(&mut self) -> bool {
        let body = json!({
            "student_id": self.town.pupil(0).as_str(), "reason": "感冒发烧", "when": {"lessons": [lesson(0, 1)]},
        });
        let asked = self.done(Step::AskLeave, leave, (&self.guardian(0), &of_term("leaves")), &body).await.json();
        let path = format!("/leaves/{}/decide", asked["request_id"].as_str().unwrap_or_default());
        self.decided(Step::GrantLeave, leave, &path).await
    }

    /// Somebody grants a request. Whose answer was lost is told that it is decided.
    async fn decided(&mut self, step: Step, routes: fn(App) -> Router, path: &str) -> bool {
        let event = event("POST", path, &admin(), &[], Some("{\"approved\": true}"));
        let answered = self.ask(step, routes, event).await;
        answered.status.is_success() || answered.status == 409
    }

    /// The first child takes the course with materials in the place of the one it has; the difference is paid.
    async fn exchange(&mut self) {
        let body = json!({
            "student_id": self.town.pupil(0).as_str(), "term": TERM, "kind": "exchange", "from_course": "K1",
            "offering_id": self.town.offerings[1].id.as_str(), "class_id": CLASSES[2], "materials": true,
            "reason": "孩子更喜欢画画",
        });
        let asked = self.done(Step::AskMove, moves, (&self.guardian(0), "/moves"), &body).await.json();
        let path = format!("/moves/{}/decide", asked["move_id"].as_str().unwrap_or_default());
        assert!(self.decided(Step::GrantMove, moves, &path).await, "granted");
        let orders = model::exchanges_to_pay(&self.stage, self.town.pupil(0).as_str());
        let [order] = orders.as_slice() else { panic!("one order: {orders:?}") };
        let payment = self.pay(0, order).await;
        let now = self.stage.world.now();
        self.stage.provider().pay(&payment, now).expect("paid");
        self.callbacks(Step::MovePaid).await;
    }

    async fn lock(&mut self, locked: &mut Locked) -> Result<(), String> {
        let body = json!({"from": "2026-09-01", "until": "2026-09-01"});
        let told = self.done(Step::Lock, attendance, (&admin(), &of_term("attendance-locks")), &body).await.json();
        assert_eq!(told["state"], "locked");
        model::locked_stays(&self.stage, locked, 2)
    }

    async fn lift(&mut self) {
        let body = json!({"reason": "更正 9 月 1 日点名"}).to_string();
        let event = event("POST", &of_term("attendance-locks/1/lift"), &admin(), &[], Some(&body));
        let answered = self.ask(Step::Lift, attendance, event).await;
        // Whose answer was lost is told that there is no such lock any more.
        assert!(answered.status.is_success() || answered.status == 409, "{}", answered.text);
    }

    async fn tell_families(&mut self) {
        let messages = self.stage.world.take_messages(NOTICE_QUEUE, 10);
        if messages.is_empty() {
            return;
        }
        let event = testkit::event(&messages);
        self.run(Step::Tell, async |stage| {
            let event = serde_json::from_value(event.clone()).expect("an event of a queue");
            let response = notify::consume(stage.app(), event).await;
            let done = response.batch_item_failures.is_empty();
            ((), done)
        })
        .await;
        for message in &messages {
            self.stage.world.settle(message);
        }
    }

    /// Everything the platform does by itself, once.
    async fn go_round(&mut self) {
        self.sweep().await;
        self.pay_out().await;
        self.callbacks(Step::RefundCallback).await;
        self.archive().await;
        self.tell_families().await;
        self.seal().await;
    }
}

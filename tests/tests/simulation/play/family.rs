//! Families: they choose, several hands at once, have orders merged, pay, give up, or forget about it.

use std::time::Duration;

use fastrand::Rng;
use futures::future::join_all;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::stage::{Answered, Who, event};
use testkit::town::TERM;

use super::Play;
use crate::model;
use crate::place::Kind;

/// An order of a family, with what was taken by it.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) order: String,
    pub(super) courses: Vec<String>,
}

impl Play<'_> {
    pub(super) async fn family(&self, pupil: usize) {
        let mut dice = self.dice(pupil as u64);
        if self.act.get() > 1 {
            return self.next_morning(pupil, dice).await;
        }
        self.wait(dice.u64(0..90)).await;
        let mut earlier: Option<Taken> = None;
        for submission in 0..dice.usize(1..4) {
            for mut taken in self.choose_and_enroll(pupil, submission, &mut dice).await {
                if let Some(earlier) = earlier.take().filter(|_| dice.bool()) {
                    taken = self.merge(pupil, taken, earlier, &mut dice).await;
                }
                self.after_enrolling(pupil, &taken, &mut dice).await;
                self.held.borrow_mut().entry(pupil).or_default().push(taken.clone());
                earlier = Some(taken);
            }
            self.wait(dice.u64(1..60)).await;
        }
        if self.kind == Kind::Parts {
            self.pay_parts(pupil, &mut dice).await;
        }
    }

    /// A day later a family thinks again of what it has, and of what is left.
    async fn next_morning(&self, pupil: usize, mut dice: Rng) {
        self.wait(dice.u64(0..900)).await;
        let held = self.held.borrow_mut().remove(&pupil).unwrap_or_default();
        for taken in held {
            match dice.u8(0..5) {
                0 | 1 => self.withdraw(pupil, &taken, &mut dice).await,
                2 => self.pay(pupil, &taken.order, &mut dice).await,
                _ => {}
            }
        }
        if dice.u8(0..3) == 0 {
            for taken in self.choose_and_enroll(pupil, 9, &mut dice).await {
                self.after_enrolling(pupil, &taken, &mut dice).await;
            }
        }
    }

    /// Now and then both parents choose at the same moment, and most of all when they hear of it.
    async fn choose_and_enroll(&self, pupil: usize, submission: usize, dice: &mut Rng) -> Vec<Taken> {
        let parents = if dice.u8(0..if submission == 0 { 2 } else { 4 }) == 0 { 2 } else { 1 };
        let wishes: Vec<_> = (0..parents).map(|parent| (parent, self.choose(dice), dice.fork())).collect();
        let orders = wishes.into_iter().map(async |(parent, courses, mut dice)| {
            let key = format!("k-{pupil}-{submission}-{parent}");
            let order = self.enroll(pupil, &courses, &key, &mut dice).await?;
            Some(Taken { order, courses })
        });
        join_all(orders).await.into_iter().flatten().collect()
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
        let event = event("POST", "/enrollments", &self.guardian(pupil), &[("Idempotency-Key", key)], Some(&body));
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
                    self.count("enrolled");
                    self.promised_at.borrow_mut().insert(key.to_owned(), self.stage.world.now());
                }
                promised.insert(key.to_owned(), (order.clone(), answered.text.clone()));
                Some(order)
            }
            StatusCode::CONFLICT => {
                self.count("refused");
                if self.promised_at.borrow().get(key).is_some_and(|promised_at| *promised_at < asked_at) {
                    self.break_promise(format!("P4: {key} was promised, then refused: {}", answered.text));
                }
                None
            }
            _ => None,
        }
    }

    /// Has one order put in the place of two; now and then the other parent begins to pay the earlier one meanwhile.
    async fn merge(&self, pupil: usize, taken: Taken, earlier: Taken, dice: &mut Rng) -> Taken {
        let body = json!({"orders": [earlier.order]}).to_string();
        let merge = self.of_guardian(pupil, (&format!("/orders/{}/merge", taken.order), "merge"), Some(&body));
        let body = json!({"channel": "wechat", "method": "native"}).to_string();
        let pay = self.of_guardian(pupil, (&format!("/orders/{}/payments", earlier.order), "rival"), Some(&body));
        let (rival, ours, theirs) = (dice.u8(0..3) == 0, dice.u64(..), dice.u64(..));
        let paying = async { if rival { self.insist(&self.order, &pay, theirs).await } else { None } };
        let (merged, _) = futures::join!(self.insist(&self.order, &merge, ours), paying);
        match merged {
            Some((answered, _)) if answered.status == StatusCode::CREATED => {
                let order = answered.json()["order_no"].as_str().unwrap_or_default().to_owned();
                self.count("merged");
                Taken { order, courses: [taken.courses, earlier.courses].concat() }
            }
            _ => taken,
        }
    }

    /// Pays, cancels, forgets about it, or does several of it at once.
    async fn after_enrolling(&self, pupil: usize, taken: &Taken, dice: &mut Rng) {
        match dice.u8(0..10) {
            0..=5 => {
                self.pay(pupil, &taken.order, dice).await;
                if dice.u8(0..3) == 0 {
                    self.wait(dice.u64(1..90)).await;
                    self.withdraw(pupil, taken, dice).await;
                }
            }
            6 => self.all_at_once(pupil, taken, dice).await,
            7 => {
                self.wait(dice.u64(0..200)).await;
                self.cancel(pupil, &taken.order, dice).await;
            }
            _ => {}
        }
    }

    /// Many hands on one record: one parent pays, one gives up, one chooses more, and the school puts the deadline off.
    async fn all_at_once(&self, pupil: usize, taken: &Taken, dice: &mut Rng) {
        let (mut paying, mut leaving, mut choosing, school) = (dice.fork(), dice.fork(), dice.fork(), dice.u64(..));
        // This happens once to an order: its number makes the key of what is chosen beside it.
        let number = taken.order.rsplit('-').next().and_then(|seq| seq.parse::<usize>().ok()).unwrap_or_default() + 20;
        let until = self.stage.world.now() + Duration::from_mins(10);
        let body = json!({"until": until.to_string(), "reason": "家长反映银行卡限额"}).to_string();
        let path = format!("/orders/{}/extension", taken.order);
        let extend = event("POST", &path, &super::school::finance(), &[("Idempotency-Key", "later")], Some(&body));
        futures::join!(
            Box::pin(self.pay(pupil, &taken.order, &mut paying)),
            Box::pin(async {
                if leaving.bool() {
                    self.cancel(pupil, &taken.order, &mut leaving).await;
                } else {
                    self.withdraw(pupil, taken, &mut leaving).await;
                }
            }),
            Box::pin(self.choose_and_enroll(pupil, number, &mut choosing)),
            Box::pin(self.insist(&self.order, &extend, school)),
        );
    }

    pub(super) async fn cancel(&self, pupil: usize, order: &str, dice: &mut Rng) {
        let event = self.of_guardian(pupil, (&format!("/orders/{order}/cancel"), "cancel"), None);
        self.insist(&self.order, &event, dice.u64(..)).await;
    }

    /// Pays what is asked for of later parts; now and then it is forgotten, and the course with it.
    async fn pay_parts(&self, pupil: usize, dice: &mut Rng) {
        for _ in 0..2 {
            self.wait(dice.u64(30..150)).await;
            for order in model::parts_asked_for(&self.stage, self.town.pupil(pupil).as_str()) {
                if dice.u8(0..4) > 0 {
                    self.pay(pupil, &order, dice).await;
                }
            }
        }
    }

    pub(super) fn guardian(&self, pupil: usize) -> Who {
        Who::Guardian(self.town.guardian_of(pupil).to_string())
    }

    /// What a guardian posts, under the same key each time.
    pub(super) fn of_guardian(&self, pupil: usize, (path, key): (&str, &str), body: Option<&str>) -> Value {
        let key = format!("{key}-{}", path.split('/').nth(2).unwrap_or_default());
        event("POST", path, &self.guardian(pupil), &[("Idempotency-Key", &key)], body)
    }
}

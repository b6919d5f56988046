//! Giving courses up: asked for, sometimes twice, taken back, agreed to by the other side.

use fastrand::Rng;
use serde_json::{Value, json};
use testkit::stage::{Who, event};

use super::Play;
use super::family::Taken;

/// The course in an offering's identifier.
pub(in crate::play) fn course_of(offering: &str) -> &str {
    offering.rsplit('.').next().unwrap_or_default()
}

impl Play<'_> {
    /// Gives a course up; sometimes twice, by two requests, at once or one after the other; sometimes it is taken back.
    pub(super) async fn withdraw(&self, pupil: usize, taken: &Taken, dice: &mut Rng) {
        let asked: Vec<(String, &str)> = (0..dice.u8(1..3))
            .filter_map(|request| {
                let course = course_of(dice.choice(&taken.courses)?);
                Some((format!("leave{}{request}", self.act.get()), course))
            })
            .collect();
        let together = dice.u8(0..3) == 0;
        if let ([(one, course), (other, another)], true) = (asked.as_slice(), together) {
            let (mut first, mut second) = (dice.fork(), dice.fork());
            futures::join!(
                Box::pin(self.leave(pupil, (&taken.order, course), one, &mut first)),
                Box::pin(self.leave(pupil, (&taken.order, another), other, &mut second)),
            );
            return;
        }
        for (key, course) in &asked {
            self.leave(pupil, (&taken.order, course), key, dice).await;
        }
    }

    async fn leave(&self, pupil: usize, (order, course): (&str, &str), key: &str, dice: &mut Rng) {
        // Who got something back past the platform waits until it is entered.
        if self.outside.borrow().contains(&(order.to_owned(), course.to_owned())) {
            return;
        }
        let body = json!({"order_no": order, "course": course, "trigger": "withdrawal"}).to_string();
        let key = format!("{key}-{order}");
        let event = event("POST", "/refund-requests", &self.guardian(pupil), &[("Idempotency-Key", &key)], Some(&body));
        let Some((answered, _)) = self.insist(&self.refund, &event, dice.u64(..)).await else { return };
        let request = answered.json();
        if request["state"] == "asked" && dice.u8(0..4) == 0 {
            self.wait(dice.u64(1..200)).await;
            let path = format!("/refund-requests/{}/take-back", request["request_id"].as_str().unwrap_or_default());
            let event = self.of_guardian(pupil, (&path, "back"), None);
            self.insist(&self.refund, &event, dice.u64(..)).await;
        }
    }

    /// Somebody decides a request; a guardian confirms what the school has offered.
    pub(super) async fn decide(&self, who: &Who, request: &Value, approved: bool, dice: u64) {
        let id = request["id"].as_str().unwrap_or_default();
        let act = if request["waits_for"] == "guardian" { "confirm" } else { "decide" };
        let body = json!({"approved": approved, "reason": (!approved).then_some("课程已经结束")}).to_string();
        let event = event("POST", &format!("/refund-requests/{id}/{act}"), who, &[], Some(&body));
        if let Some((answered, _)) = self.insist(&self.refund, &event, dice).await
            && answered.status.is_success()
        {
            self.count(if approved { "requests approved" } else { "requests turned down" });
        }
    }
}

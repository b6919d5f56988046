//! The school: it gives classes up, decides what families ask for, offers them money back, asks for later parts, and
//! sometimes gives money back past the platform.

use fastrand::Rng;
use serde_json::{Value, json};
use testkit::stage::{Who, event};

use super::Play;
use crate::model;
use crate::place::Kind;

/// Who sees to the school's money.
pub(super) fn finance() -> Who {
    Who::Person("A000000002".to_owned(), "school_finance@school:3144200101".to_owned())
}

/// Who may decide beside them.
pub(super) fn principal() -> Who {
    Who::Person("A000000003".to_owned(), "principal@school:3144200101".to_owned())
}

impl Play<'_> {
    /// In some schedules the school gives a class up while everybody is at it.
    pub(super) async fn cancelling(&self) {
        let mut dice = self.dice(9_003);
        if !self.cancels || self.act.get() > 1 {
            return;
        }
        self.wait(dice.u64(60..600)).await;
        let who = Who::Staff("school_admin@school:3144200101".to_owned());
        let offering = dice.choice(&self.town.offerings).map(|offering| offering.id.to_string()).unwrap_or_default();
        let event = event("POST", &format!("/offerings/{offering}/cancellation"), &who, &[], None);
        self.insist(&self.refund, &event, dice.u64(..)).await;
    }

    /// Decides what waits, at times two persons at once who do not agree. Where a night lies in between, what was asked
    /// for on the first day waits for the second.
    pub(super) async fn clerk(&self) {
        let mut dice = self.dice(9_005);
        if self.kind == Kind::Bills && self.act.get() == 1 {
            return;
        }
        while self.acting.get() {
            self.wait(dice.u64(30..120)).await;
            for request in model::requests_waiting(&self.stage) {
                self.look_at(&request, &mut dice).await;
            }
        }
    }

    async fn look_at(&self, request: &Value, dice: &mut Rng) {
        let (approved, one, other) = (dice.u8(0..4) > 0, dice.u64(..), dice.u64(..));
        if request["waits_for"] == "guardian" {
            let student = request["order"].as_str().and_then(|order| order.split('-').nth(1)).unwrap_or_default();
            let pupil = (0..self.town.students.len()).find(|pupil| self.town.pupil(*pupil).as_str() == student);
            self.decide(&self.guardian(pupil.unwrap_or_default()), request, approved, one).await;
        } else if dice.u8(0..3) == 0 {
            let (finance, principal) = (finance(), principal());
            futures::join!(
                Box::pin(self.decide(&finance, request, approved, one)),
                Box::pin(self.decide(&principal, request, !approved, other))
            );
        } else {
            self.decide(&finance(), request, approved, one).await;
        }
    }

    /// Offers families something back of what they have paid, whatever the rules say.
    pub(super) async fn offers(&self) {
        let mut dice = self.dice(9_006);
        for number in 0..dice.u8(0..3) {
            self.wait(dice.u64(60..400)).await;
            if !self.acting.get() {
                return;
            }
            let lines = model::lines_paid(&self.stage);
            let Some(line) = dice.choice(&lines) else { continue };
            if self.outside.borrow().contains(&(line.order.clone(), line.course.clone())) {
                continue;
            }
            let amount = dice.i64(1..=line.left.clamp(1, 3_000));
            let body = json!({"order_no": line.order, "course": line.course, "amount_fen": amount}).to_string();
            let key = format!("offer-{}-{number}", self.act.get());
            let event = event("POST", "/refund-requests", &finance(), &[("Idempotency-Key", &key)], Some(&body));
            self.insist(&self.refund, &event, dice.u64(..)).await;
        }
    }

    /// Where courses are paid in parts, what falls due is asked for, at times twice at once.
    pub(super) async fn asking_for_parts(&self) {
        let mut dice = self.dice(9_007);
        while self.kind == Kind::Parts && self.acting.get() {
            self.wait(dice.u64(60..200)).await;
            if dice.u8(0..3) == 0 {
                futures::join!(self.ask_for_parts(), self.ask_for_parts());
            } else {
                self.ask_for_parts().await;
            }
        }
    }

    async fn ask_for_parts(&self) {
        // What could not be asked for is asked for the next time.
        drop(self.parts.invoke(async |app| instalment::run(app).await).await);
    }

    /// Somebody gives money back in a provider's console at night, of a course that nobody is about to leave.
    pub(super) fn refund_in_console(&self) {
        let mut dice = self.dice(9_008);
        if self.cancels {
            return;
        }
        for _ in 0..dice.u8(0..3) {
            // One of an order at a time, so that what is entered is told from the other.
            let fresh = |order: &str| !self.outside.borrow().iter().any(|(known, _)| known == order);
            let lines: Vec<_> = model::lines_paid(&self.stage).into_iter().filter(|line| fresh(&line.order)).collect();
            let Some(line) = dice.choice(&lines) else { return };
            let amount = dice.i64(1..=line.left.max(1));
            let now = self.stage.world.now();
            let done = if line.channel == "alipay" {
                self.stage.alipay().refund_in_console(&line.payment, amount, now).is_ok()
            } else {
                self.stage.provider().refund_in_console(&line.payment, amount, now).is_ok()
            };
            if done {
                self.outside.borrow_mut().insert((line.order.clone(), line.course.clone()));
            }
        }
    }

    /// Enters what went back past the platform, as bills tell.
    pub(super) async fn enter_what_bills_tell(&self, dice: &mut Rng) {
        for difference in model::differences_open(&self.stage) {
            let payment = difference["proof"]["payment"].as_str().unwrap_or_default();
            let order = payment.rsplit_once('-').map_or("", |(order, _)| order);
            let found = self.outside.borrow().iter().find(|(known, _)| known == order).cloned();
            let Some(place) = found.filter(|_| difference["type"] == "refund_external") else { continue };
            let parts = json!([{"course": place.1, "amount_fen": difference["theirs"]}]);
            let body = json!({"parts": parts, "reason": "财务在商户平台误操作退款"}).to_string();
            let path = format!("/differences/{}/adopt", difference["id"].as_str().unwrap_or_default());
            let version = format!("\"{}\"", difference["ver"]);
            let event = event("POST", &path, &finance(), &[("If-Match", &version)], Some(&body));
            if let Some((answered, _)) = self.insist(&self.refund, &event, dice.u64(..)).await
                && answered.status.is_success()
            {
                self.outside.borrow_mut().remove(&place);
                self.count("entered from a console");
            }
        }
    }
}

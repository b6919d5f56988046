//! Pupils take another course or another class, and pay the difference or forget to.

use fastrand::Rng;
use serde_json::{Value, json};
use testkit::stage::event;
use testkit::town::TERM;

use super::super::Play;
use super::super::leaving::course_of;
use crate::classes::CLASSES;
use crate::model;

impl Play<'_> {
    /// One move, or two at once.
    pub(super) async fn move_pupil(&self, pupil: usize, dice: &mut Rng) {
        self.wait_within(dice.u64(1..600)).await;
        let wishes: Vec<Value> = (0..dice.usize(1..3)).filter_map(|_| self.wish(pupil, dice)).collect();
        if let ([one, other], true) = (wishes.as_slice(), dice.bool()) {
            let (mut first, mut second) = (dice.fork(), dice.fork());
            futures::join!(
                Box::pin(self.ask_move(pupil, (one, 0), &mut first)),
                Box::pin(self.ask_move(pupil, (other, 1), &mut second)),
            );
        } else {
            for (number, wish) in wishes.iter().enumerate() {
                self.ask_move(pupil, (wish, number), dice).await;
            }
        }
        for _ in 0..3 {
            self.wait_within(dice.u64(60..300)).await;
            for order in model::exchanges_to_pay(&self.stage, self.town.pupil(pupil).as_str()) {
                if dice.u8(0..3) > 0 {
                    self.pay(pupil, &order, dice).await;
                }
            }
        }
    }

    /// Another class of the first course, or another course for one that is paid.
    fn wish(&self, pupil: usize, dice: &mut Rng) -> Option<Value> {
        let student = self.town.pupil(pupil).to_string();
        if dice.u8(0..3) == 0 {
            let class = CLASSES[dice.usize(0..2)];
            return Some(json!({
                "student_id": student, "term": TERM, "kind": "transfer", "class_id": class, "reason": "与校队训练时间冲突",
            }));
        }
        let lines = model::lines_paid(&self.stage);
        let own: Vec<_> = lines.iter().filter(|line| line.order.split('-').nth(1) == Some(&student)).collect();
        let from = dice.choice(&own)?;
        let offering = self.town.offerings[dice.usize(0..self.town.offerings.len())].id.to_string();
        let class = CLASSES.iter().find(|class| class.starts_with(&format!("{offering}."))).filter(|_| dice.bool());
        let mut wish = json!({
            "student_id": student, "term": TERM, "kind": "exchange", "from_course": from.course,
            "offering_id": offering, "materials": course_of(&offering) == "K2" && dice.bool(), "reason": "孩子更喜欢画画",
        });
        if let Some(class) = class {
            wish["class_id"] = json!(class);
        }
        Some(wish)
    }

    /// Asks, and now and then takes it back.
    async fn ask_move(&self, pupil: usize, (wish, number): (&Value, usize), dice: &mut Rng) {
        let key = format!("move-{pupil}-{}-{number}", self.act.get());
        let who = self.guardian(pupil);
        let asked = self.ask(&self.classroom.moves, (&who, "/moves", &key), wish, dice.u64(..)).await;
        let Some(asked) = asked.filter(|answered| answered.status.is_success()) else { return };
        self.count("moves asked for");
        if dice.u8(0..6) == 0 {
            self.wait_within(dice.u64(1..300)).await;
            let id = asked.json()["move_id"].as_str().unwrap_or_default().to_owned();
            let event = event("POST", &format!("/moves/{id}/take-back"), &who, &[], None);
            self.insist(&self.classroom.moves, &event, dice.u64(..)).await;
        }
    }
}

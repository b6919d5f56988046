//! What families and teachers ask of the school about single lessons: leave, its end, and corrections.

use fastrand::Rng;
use serde_json::json;
use testkit::stage::event;

use super::super::Play;
use crate::classes::{CLASSES, TEACHERS, lesson, of_term, teacher, teacher_of};
use crate::model;

impl Play<'_> {
    /// A pupil's afternoon, as the family lives it.
    pub(super) async fn pupil(&self, pupil: usize) {
        let mut dice = self.dice(9_300 + pupil as u64);
        self.wait_within(dice.u64(200..1_200)).await;
        for number in 0..dice.u8(0..3) {
            self.ask_leave(pupil, number, &mut dice).await;
            self.wait_within(dice.u64(1..400)).await;
        }
        if dice.bool() {
            self.ask_correction(pupil, &mut dice).await;
        }
        if self.day() > 0 && dice.u8(0..3) > 0 {
            self.move_pupil(pupil, &mut dice).await;
        }
    }

    /// A class the pupil is in; now and then, or when there is none, any.
    fn class_of(&self, pupil: usize, dice: &mut Rng) -> usize {
        let of_pupil = model::classes_of(&self.stage, self.town.pupil(pupil).as_str());
        let own: Vec<usize> = (0..CLASSES.len()).filter(|class| of_pupil.contains(CLASSES[*class])).collect();
        let any = dice.usize(0..CLASSES.len());
        dice.choice(own).filter(|_| any > 0).unwrap_or(any)
    }

    /// Leave from one lesson or two in a row; now and then it is taken back, or ended early.
    async fn ask_leave(&self, pupil: usize, number: u8, dice: &mut Rng) {
        let class = self.class_of(pupil, dice);
        let first = self.day() + dice.usize(0..2);
        let lessons: Vec<String> = (first..first + dice.usize(1..3)).map(|day| lesson(class, day)).collect();
        let body = json!({
            "student_id": self.town.pupil(pupil).to_string(), "reason": "感冒发烧", "when": {"lessons": lessons},
        });
        let key = format!("leave-{pupil}-{}-{number}", self.act.get());
        let who = self.guardian(pupil);
        let asked = self.ask(&self.classroom.leave, (&who, &of_term("leaves"), &key), &body, dice.u64(..)).await;
        let Some(id) = asked.and_then(|answered| answered.json()["request_id"].as_str().map(str::to_owned)) else {
            return;
        };
        self.count("leave asked for");
        self.wait_within(dice.u64(1..600)).await;
        match dice.u8(0..4) {
            0 => {
                let event = event("POST", &format!("/leaves/{id}/take-back"), &who, &[], None);
                self.insist(&self.classroom.leave, &event, dice.u64(..)).await;
            }
            1 => {
                let body = json!({"lesson_id": lessons.last()}).to_string();
                let event = event("POST", &format!("/leaves/{id}/resume"), &who, &[], Some(&body));
                self.insist(&self.classroom.leave, &event, dice.u64(..)).await;
            }
            _ => {}
        }
    }

    /// Something is put right about a lesson of today or yesterday.
    async fn ask_correction(&self, pupil: usize, dice: &mut Rng) {
        let lesson = lesson(self.class_of(pupil, dice), dice.usize(0..=self.day()));
        let presence = ["present", "late", "absent"][dice.usize(0..3)];
        let body = json!({
            "lesson_id": lesson, "student_id": self.town.pupil(pupil).to_string(), "presence": presence,
            "reason": "点名时在校医室,随后到课",
        });
        let key = format!("correct-{pupil}-{}", self.act.get());
        let who = self.guardian(pupil);
        let path = of_term("corrections");
        let asked = self.ask(&self.classroom.leave, (&who, &path, &key), &body, dice.u64(..)).await;
        if asked.is_some_and(|answered| answered.status.is_success()) {
            self.count("corrections");
        }
    }

    /// A teacher asks for leave, or says to have forgotten to check in.
    pub(super) async fn ask_as_teacher(&self, dice: &mut Rng) {
        let class = dice.usize(0..CLASSES.len());
        let place = teacher_of(class);
        let (who, number) = (teacher(place), dice.u32(..));
        let (path, body) = if dice.bool() {
            let body = json!({
                "teacher_id": TEACHERS[place], "reason": "外出培训", "when": {"lessons": [lesson(class, self.day() + 1)]},
            });
            (of_term("teacher-leaves"), body)
        } else {
            let body = json!({
                "lesson_id": lesson(class, self.day()), "at": self.stage.world.now().to_string(), "reason": "手机没电,忘记签到",
            });
            (of_term("check-in-corrections"), body)
        };
        self.ask(&self.classroom.leave, (&who, &path, &format!("teacher-{number}")), &body, dice.u64(..)).await;
    }
}

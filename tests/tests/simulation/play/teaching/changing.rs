//! Lessons that are moved, taught by somebody else, or let off, and that taken back.

use fastrand::Rng;
use serde_json::json;
use testkit::stage::event;

use super::super::Play;
use crate::classes::{CLASSES, TEACHERS, admin, lesson, teacher, teacher_of};

impl Play<'_> {
    /// What becomes of lessons beside their being taught.
    pub(super) async fn changes(&self) {
        let mut dice = self.dice(9_103);
        for number in 0..dice.u8(1..5) {
            self.wait_within(dice.u64(60..700)).await;
            self.change_lesson(number, &mut dice).await;
            if dice.bool() {
                self.ask_as_teacher(&mut dice).await;
            }
        }
    }

    /// A lesson of today or one to come; what is in effect is now and then revoked.
    async fn change_lesson(&self, number: u8, dice: &mut Rng) {
        let class = dice.usize(0..CLASSES.len());
        let taught_by = teacher_of(class);
        let lesson = lesson(class, self.day() + dice.usize(0..3));
        let other = (taught_by + dice.usize(1..TEACHERS.len())) % TEACHERS.len();
        let (who, change) = match dice.u8(0..4) {
            0 => (admin(), json!({"change": "off"})),
            1 => {
                let date = Self::date(self.day() + dice.usize(0..5)).to_string();
                (teacher(taught_by), json!({"change": "reschedule", "date": date, "period": dice.u8(1..3)}))
            }
            _ => {
                let change = json!({
                    "change": "substitute", "present_id": TEACHERS[other], "present_called": "张老师",
                });
                (teacher(taught_by), change)
            }
        };
        let mut body = change;
        body["lesson_id"] = json!(lesson);
        body["reason"] = json!("外出培训");
        let key = format!("change-{}-{number}", self.act.get());
        let asked = self.ask(&self.classroom.timetable, (&who, "/lesson-changes", &key), &body, dice.u64(..)).await;
        let Some(asked) = asked.filter(|answered| answered.status.is_success()) else { return };
        self.count("changes of lessons");
        if dice.u8(0..3) == 0 {
            self.wait_within(dice.u64(1..600)).await;
            let id = asked.json()["change_id"].as_str().unwrap_or_default().to_owned();
            let body = json!({"reason": "培训取消"}).to_string();
            let event = event("POST", &format!("/lesson-changes/{id}/revoke"), &admin(), &[], Some(&body));
            self.insist(&self.classroom.timetable, &event, dice.u64(..)).await;
        }
    }
}

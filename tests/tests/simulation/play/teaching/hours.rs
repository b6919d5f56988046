//! Whatever happened: what a screen counts is what a recount of the records gives.

use serde_json::Value;
use testkit::stage::event;

use super::super::Play;
use crate::classes::{TEACHERS, teacher};
use crate::model::{self, Counted};

/// The first two weeks: every lesson that was held, and some to come.
const RANGE: &str = "from=2026-09-01&until=2026-09-14";

impl Play<'_> {
    /// Asks for the hours of each pupil and teacher, and counts anew.
    pub(super) async fn hours_are_a_recount(&self) -> Result<(), String> {
        let recount = model::recount(&self.stage);
        for pupil in 0..self.town.students.len() {
            let id = self.town.pupil(pupil).to_string();
            let shown = self.hours(&self.guardian(pupil), &format!("/students/{id}/lesson-hours?{RANGE}")).await?;
            let counted = recount.pupils.get(&id).copied().unwrap_or_default();
            agree(&id, &shown, &counted)?;
        }
        for (place, id) in TEACHERS.iter().enumerate() {
            let shown = self.hours(&teacher(place), &format!("/me/lesson-hours?{RANGE}")).await?;
            let counted = recount.teachers.get(*id).copied().unwrap_or_default();
            agree(id, &shown, &counted)?;
        }
        Ok(())
    }

    async fn hours(&self, who: &testkit::stage::Who, path: &str) -> Result<Value, String> {
        let answered = self.insist(&self.classroom.hours, &event("GET", path, who, &[], None), 1).await;
        let answered = answered.map(|(answered, _)| answered).ok_or("no answer about hours")?;
        if answered.status.is_success() { Ok(answered.json()) } else { Err(format!("{path}: {}", answered.text)) }
    }
}

fn agree(whose: &str, shown: &Value, counted: &Counted) -> Result<(), String> {
    let named = counted.named();
    let differs = named.iter().find(|(name, count)| shown["total"][*name].as_u64() != Some(*count));
    match differs {
        None => Ok(()),
        Some((name, count)) => {
            Err(format!("hours: {name} of {whose} is shown as {}, counted as {count}", shown["total"]))
        }
    }
}

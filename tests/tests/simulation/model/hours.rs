//! Lesson hours, counted once more from classes and rolls as they lie in the table.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::stage::Stage;

use super::tables::{items, list, of_kind, text};
use super::teaching::members_on;

/// Minutes after midnight between which each period lies.
const PERIODS: [(i64, i64); 2] = [(990, 1_035), (1_040, 1_085)];

/// What lessons of some days come to for somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    planned: u64,
    off: u64,
    held: u64,
    done: u64,
    on_leave: u64,
    absent: u64,
    abnormal: u64,
    replaced: u64,
    stood_in: u64,
    unknown: u64,
}

impl Counted {
    /// Each count under the name it is shown by.
    pub(crate) const fn named(&self) -> [(&'static str, u64); 10] {
        [
            ("planned", self.planned),
            ("off", self.off),
            ("held", self.held),
            ("done", self.done),
            ("on_leave", self.on_leave),
            ("absent", self.absent),
            ("abnormal", self.abnormal),
            ("replaced", self.replaced),
            ("stood_in", self.stood_in),
            ("unknown", self.unknown),
        ]
    }

    /// Enters a lesson; `became` is what became of whoever was to be there, if it was held.
    fn enter(&mut self, lesson: &Seen<'_>, became: &str, stands_in: bool) {
        self.planned += 1;
        if lesson.off {
            self.off += 1;
        }
        if !lesson.held {
            return;
        }
        self.held += 1;
        self.stood_in += u64::from(stands_in);
        match became {
            "there" => self.done += 1,
            "on_leave" => self.on_leave += 1,
            "absent" => self.absent += 1,
            // A teacher who has called the roll has taught, checked in or not.
            "called" => {
                self.abnormal += 1;
                self.done += 1;
            }
            "abnormal" => self.abnormal += 1,
            "replaced" => self.replaced += 1,
            _ => self.unknown += 1,
        }
    }
}

/// Everybody's hours.
#[derive(Debug, Default)]
pub(crate) struct Recount {
    pub(crate) pupils: BTreeMap<String, Counted>,
    pub(crate) teachers: BTreeMap<String, Counted>,
}

/// A lesson with its roll; null when there is none.
struct Seen<'v> {
    roll: &'v Value,
    off: bool,
    over: bool,
    held: bool,
}

/// Counts every lesson of the first two weeks of September.
pub(crate) fn recount(stage: &Stage) -> Recount {
    let teaching = items(stage, "teaching");
    let now = stage.now();
    let mut recount = Recount::default();
    for class in of_kind(&teaching, "class") {
        for lesson in list(class, "lessons") {
            let day = text(lesson, "d");
            if !("2026-09-01"..="2026-09-14").contains(&day) {
                continue;
            }
            let roll =
                of_kind(&teaching, "roll").find(|roll| roll["class"] == class["id"] && roll["no"] == lesson["n"]);
            let roll = roll.unwrap_or(&Value::Null);
            let (begins, ends) = PERIODS[usize::from(lesson["p"] == 2)];
            let minute = |minutes: i64| domain::time::Span::of(day.parse().expect("a day")).from.plus_minutes(minutes);
            let off = !lesson["o"].is_null();
            let over = minute(ends) <= now;
            let held = !off && (over || minute(begins) <= now && !roll["ca"].is_null());
            let seen = Seen { roll, off, over, held };
            for pupil in pupils_of(class, day, roll) {
                recount.pupils.entry(pupil.clone()).or_default().enter(&seen, became_of_pupil(roll, &pupil), false);
            }
            for own in list(class, "teachers") {
                let stand_in = list(lesson, "s").iter().find(|one| one["a"] == own["id"]);
                let own = text(own, "id");
                let became = if stand_in.is_none() { became_of_teacher(&seen, own) } else { replaced(roll, own) };
                recount.teachers.entry(own.to_owned()).or_default().enter(&seen, became, false);
                if let Some(stand_in) = stand_in {
                    let other = text(&stand_in["b"], "id");
                    let became = became_of_teacher(&seen, other);
                    recount.teachers.entry(other.to_owned()).or_default().enter(&seen, became, true);
                }
            }
        }
    }
    recount
}

/// Who is in a lesson: once it is sealed, whoever it was sealed with.
fn pupils_of(class: &Value, day: &str, roll: &Value) -> Vec<String> {
    if roll["lk"] == true {
        return text(roll, "ro").split_whitespace().map(str::to_owned).collect();
    }
    members_on(class, day).into_iter().map(str::to_owned).collect()
}

fn became_of_pupil(roll: &Value, pupil: &str) -> &'static str {
    let spelled = |presence: &Value| match presence.as_str() {
        Some("p" | "l") => "there",
        Some("o") => "on_leave",
        Some("a") => "absent",
        Some("x") => "abnormal",
        _ => "unknown",
    };
    if !roll["co"][pupil].is_null() {
        return spelled(&roll["co"][pupil]["s"]);
    }
    let said = &roll["sa"][pupil];
    let counts = !said.is_null() && (roll["ca"].is_null() || said["t"].as_i64() >= roll["ca"].as_i64());
    let seen = counts && matches!(said["s"].as_str(), Some("p" | "l"));
    match () {
        () if !roll["le"][pupil].is_null() && !seen => "on_leave",
        () if counts => spelled(&said["s"]),
        () if roll["ca"].is_null() => "unknown",
        () => "there",
    }
}

fn replaced(roll: &Value, teacher: &str) -> &'static str {
    if roll["tl"][teacher].is_null() { "replaced" } else { "on_leave" }
}

fn became_of_teacher(lesson: &Seen<'_>, teacher: &str) -> &'static str {
    let roll = lesson.roll;
    match () {
        () if !roll["ci"][teacher].is_null() => "there",
        () if !roll["tl"][teacher].is_null() => "on_leave",
        () if !lesson.over => "unknown",
        () if roll["cb"] == teacher => "called",
        () => "absent",
    }
}

//! Lesson hours (课时统计): how many were planned and held, taught by whom and taken by whom, counted anew from classes and
//! rolls each time. S22.1 S26.1 P10.1.

use std::collections::BTreeMap;

use super::counted::{Part, Standing};
use super::grouped::{By, Group, Homerooms};
use super::sheet::{Tally, add_one};

/// What parts of lessons come to in hours. What is planned is off, to come, or held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hours {
    /// Lessons of the days, whatever becomes of them (计划课时).
    pub planned: u32,
    /// Of those, not given (停课).
    pub off: u32,
    /// Of those, held (已开课时).
    pub held: u32,
    /// Of those held, taught by the teacher (授课课时) or taken by the pupil (上课课时); of lessons, all that were held.
    pub done: u32,
    /// What became of whoever was to be there in those held.
    pub tally: Tally,
}

impl Hours {
    /// Counts a part of a lesson.
    pub fn add(&mut self, part: &Part<'_>) {
        add_one(&mut self.planned, true);
        add_one(&mut self.off, part.standing == Standing::Off);
        add_one(&mut self.held, part.standing == Standing::Held);
        add_one(&mut self.done, part.is_hour());
        self.tally.add(part);
    }

    /// These and others together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            planned: self.planned.saturating_add(other.planned),
            off: self.off.saturating_add(other.off),
            held: self.held.saturating_add(other.held),
            done: self.done.saturating_add(other.done),
            tally: self.tally.plus(other.tally),
        }
    }

    /// Those that are still to come (未开课时).
    pub const fn to_come(&self) -> u32 {
        self.planned.saturating_sub(self.off).saturating_sub(self.held)
    }
}

/// The hours of each group, in the order of the groups.
pub fn hours<'a>(parts: impl IntoIterator<Item = Part<'a>>, by: By, homerooms: &Homerooms) -> BTreeMap<Group, Hours> {
    let mut groups: BTreeMap<Group, Hours> = BTreeMap::new();
    for part in parts {
        groups.entry(Group::of(&part, by, homerooms)).or_default().add(&part);
    }
    groups
}

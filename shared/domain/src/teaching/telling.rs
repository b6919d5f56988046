//! Telling (考勤告知): which facts about a pupil a family is told of, each once, whatever came twice, late or out of
//! order. P9.1 P9.2.
//!
//! A telling keeps what a family was told, and the words that wait to be sent. What a roll says is held against what was
//! told: who calls again tells nothing new, and what became otherwise is told as a correction. A word that nobody has
//! been told yet gives way to what is right by now. Leave is told by its request, once for all its lessons, so that a
//! roll says nothing of whoever is away with leave.

mod letter;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use letter::{Letter, Occasion};

use super::leave::{Absentee, LeaveRequest};
use super::request::TeachingRequestState;
use super::roll::{Presence, Roll};
use crate::id::{GuardianId, StudentId};
use crate::subscription::Topic;
use crate::time::Moment;

/// How long a word may wait to be sent: what is a day old is seen, and no news any more.
pub const FRESH_HOURS: i64 = 24;

/// Something a family is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// What became of the pupil in a lesson.
    Attended {
        /// What the family was told before, if that was something else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<Presence>,
        /// What is right.
        is: Presence,
    },
    /// Leave was granted (请假通过).
    LeaveGranted,
    /// Leave was refused (请假未通过).
    LeaveRefused,
}

impl Fact {
    /// What it is about, as families subscribe to it.
    pub const fn topic(self) -> Topic {
        match self {
            Self::Attended { .. } => Topic::Attendance,
            Self::LeaveGranted | Self::LeaveRefused => Topic::Leave,
        }
    }
}

/// A fact that waits to be sent to the guardians of a pupil.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The pupil.
    pub student: StudentId,
    /// The fact.
    pub fact: Fact,
    /// Since when it waits.
    pub since: Moment,
    /// The guardians who have it already.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reached: BTreeSet<GuardianId>,
}

impl Word {
    /// Whether it is news still.
    pub const fn is_fresh(&self, now: Moment) -> bool {
        now.seconds_since(self.since) < FRESH_HOURS * 3600
    }
}

/// What families were told about a lesson or a leave, and what waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// What each family was told last about the lesson, or is told by what waits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<StudentId, Presence>,
    /// Whether the family was told how the leave was decided.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decided: bool,
    /// What waits, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Word>,
}

impl Telling {
    /// Holds a roll against what was told.
    pub fn follow_roll(&mut self, roll: &Roll, now: Moment) {
        // Whoever is not of the roster any more was there by nobody's word: only what was said by name counts.
        let pupils: BTreeSet<&StudentId> =
            roll.roster.iter().chain(roll.corrected.keys()).chain(roll.leaves.keys()).collect();
        for student in pupils {
            if let Some(is) = roll.presence(student) {
                self.learn(student, is, now);
            }
        }
    }

    /// Tells how a pupil's leave was decided, once.
    pub fn follow_leave(&mut self, leave: &LeaveRequest, now: Moment) {
        let fact = match leave.handling.state {
            TeachingRequestState::Granted => Fact::LeaveGranted,
            TeachingRequestState::Refused => Fact::LeaveRefused,
            TeachingRequestState::Asked | TeachingRequestState::TakenBack => return,
        };
        let Absentee::Pupil(student) = &leave.who else { return };
        if !std::mem::replace(&mut self.decided, true) {
            self.say(student, fact, now);
        }
    }

    /// A guardian has a word, or does not want it.
    pub fn reached(&mut self, word: usize, guardian: &GuardianId) {
        if let Some(word) = self.waiting.get_mut(word) {
            word.reached.insert(guardian.clone());
        }
    }

    /// Takes away what everybody has who is to be told, and what is no news any more. `to` are the guardians who want a
    /// word to be sent.
    pub fn settle(&mut self, to: impl Fn(&Word) -> BTreeSet<GuardianId>, now: Moment) {
        self.waiting.retain(|word| word.is_fresh(now) && !to(word).is_subset(&word.reached));
    }

    fn learn(&mut self, student: &StudentId, is: Presence, now: Moment) {
        let told = self.told.get(student).copied();
        if told == Some(is) {
            return;
        }
        // What the family knows: not what it is about to be told and nobody has yet.
        let before = match self.take_back_unsent(student) {
            Some(Fact::Attended { was, .. }) => was,
            Some(Fact::LeaveGranted | Fact::LeaveRefused) | None => told,
        };
        let was = before.filter(|before| *before != is);
        match before {
            // The family knows of the leave by its request.
            None if is == Presence::OnLeave => {
                self.told.remove(student);
            }
            _ => {
                self.told.insert(student.clone(), is);
                if before != Some(is) {
                    self.say(student, Fact::Attended { was, is }, now);
                }
            }
        }
    }

    /// Takes the last word about a pupil's lesson back if nobody has it yet.
    fn take_back_unsent(&mut self, student: &StudentId) -> Option<Fact> {
        let last = self.waiting.iter().rposition(|word| word.student == *student)?;
        let is_unsent = self.waiting.get(last).is_some_and(|word| word.reached.is_empty());
        is_unsent.then(|| self.waiting.remove(last).fact)
    }

    fn say(&mut self, student: &StudentId, fact: Fact, since: Moment) {
        self.waiting.push(Word { student: student.clone(), fact, since, reached: BTreeSet::new() });
    }
}

#[cfg(test)]
mod tests;

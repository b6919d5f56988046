//! Task (待办): a durable promise that a consumer will look at a thing at a version at least this high. P7 P8.
//!
//! It is written in the transaction of the change, so it exists exactly when the change exists; it is removed only by
//! the consumer that has seen its version.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// A queue, and with it the function that consumes it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Queue {
    /// Puts snapshots into the archive (快照归档).
    Archive,
    /// Applies checked imports (导入).
    Import,
    /// Carries out reserved refunds (退费).
    Refund,
    /// Tells families what became of their children (考勤告知).
    Notice,
    /// Tells the city's supervision system what changed (数据上报).
    Municipal,
    /// Compares a school with the city's supervision system when asked (数据核对).
    Agreement,
}

/// Work left to do on one entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Who does it.
    pub queue: Queue,
    /// The entity: a payment number, an import, a lesson.
    pub entity: String,
    /// The version of the entity that must be seen.
    pub wanted: u64,
    /// When to wake the consumer again.
    pub due: Moment,
    /// How often it was put off.
    #[serde(default)]
    pub attempts: u32,
    /// Until when it was put off. Where looking is dear, a message that comes before that is let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_until: Option<Moment>,
    /// Since when it waits, where later changes raise it in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// Why it waits for a person: a refusal that trying again does not mend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<String>,
}

impl Task {
    /// A task for `entity` at `version`, due in a minute: by then its first wake-up has had its chance.
    pub fn new(queue: Queue, entity: impl Into<String>, version: u64, now: Moment) -> Self {
        Self {
            queue,
            entity: entity.into(),
            wanted: version,
            due: now.plus_minutes(1),
            attempts: 0,
            rests_until: None,
            since: None,
            parked: None,
        }
    }

    /// The same, but nobody is woken before this moment.
    #[must_use]
    pub fn not_before(mut self, moment: Option<Moment>) -> Self {
        self.due = moment.map_or(self.due, |moment| self.due.max(moment));
        self
    }

    /// Since when it waits.
    pub fn waits_since(&self) -> Moment {
        self.since.unwrap_or(self.due)
    }

    /// Whether it is put off.
    pub fn rests(&self, now: Moment) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }

    /// When to try again, having been put off so often: after 1, 2, 4, … minutes, at most an hour.
    pub fn next_due(&self, now: Moment) -> Moment {
        now.plus_minutes(1i64.checked_shl(self.attempts.min(6)).unwrap_or(60).min(60))
    }
}

//! Audit (审计): who did what to which thing, written with the change itself. K4.2, promise P9.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// A person who is signed in: `guardian:7K3M9Q2XAB`.
    pub fn person(role: &str, id: &str) -> Self {
        Self(format!("{role}:{id}"))
    }

    /// A part of the platform acting by itself: `sweep`, `wechat`.
    pub fn system(part: &str) -> Self {
        Self(part.to_owned())
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One act on one thing. On the enrolling path it travels inside the pupil's record, so that one write serves for
/// both; elsewhere it is an item of its own in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Who.
    #[serde(rename = "w")]
    pub actor: Actor,
    /// What, as `enrollment.enroll`.
    #[serde(rename = "a")]
    pub action: String,
    /// When.
    #[serde(rename = "t")]
    pub at: Moment,
    /// The version of the thing that this act made.
    #[serde(rename = "v")]
    pub version: u64,
}

//! Merge (合并): what a row would do to what is stored, without ever silently undoing what was edited by hand.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Record;
use crate::catalog::Term;
use crate::directory::{Organization, Pupil, School, Student};
use crate::id::{GuardianId, StudentId};
use crate::instalment::PaymentMode;
use crate::organization::Standing;
use crate::school::Premises;

/// Hashes that only the platform can make; the key lies outside.
pub trait Keys: Send + Sync {
    /// HMAC-SHA-256 of `text`; the label keeps hashes for different purposes apart.
    fn keyed(&self, label: &str, text: &str) -> [u8; 32];

    /// Who has this student number.
    fn student(&self, number: &str) -> StudentId {
        StudentId::from_hash(&self.keyed("student", number))
    }

    /// Who has this phone.
    fn guardian(&self, phone: &str) -> GuardianId {
        GuardianId::from_hash(&self.keyed("guardian", phone))
    }
}

/// The first 32 hexadecimal digits of SHA-256 over the parts, each with its length: what names an import.
pub fn content_hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(32);
    digits
}

/// A keyed hash of what a record says, as far as a file can say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a record. What no file says (the guardians of a pupil, the standing of a provider, the
    /// premises of a school, how a term is paid) is left out. What is personal goes into the keyed hash only: without the key nobody can try
    /// names until one fits.
    pub fn of(record: &Record, keys: &dyn Keys) -> Self {
        let said = match record {
            Record::Organization(organization) => {
                serde_json::to_string(&Organization { standing: Standing::default(), ..organization.clone() })
            }
            Record::School(school) => {
                serde_json::to_string(&School { premises: Premises::default(), ..school.clone() })
            }
            Record::Homeroom(homeroom) => serde_json::to_string(homeroom),
            Record::Student(Student { pupil, name, number }) => {
                let pupil = Pupil { guardians: Vec::new(), ..pupil.clone() };
                serde_json::to_string(&(pupil, name.reveal(), number.reveal()))
            }
            Record::Guardianship(link) => serde_json::to_string(&(link.name.reveal(), link.phone.reveal())),
            Record::Specification(specification) => serde_json::to_string(specification),
            Record::Term(term) => {
                let by_hand = Term { payment: PaymentMode::default(), remind_hours: None, ..term.clone() };
                serde_json::to_string(&by_hand)
            }
            Record::Course(course) => serde_json::to_string(course),
            Record::Offering(offering) => serde_json::to_string(offering),
            Record::Attendance(attendance) => serde_json::to_string(attendance),
        };
        // None of these types can fail to be written; an empty text would only make everything look changed.
        Self(hex::encode(keys.keyed("content", &said.unwrap_or_default())))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a stored record compares with the file it last came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What it says now.
    pub content: Fingerprint,
    /// What the last import made it say; none: it never came from a file.
    pub imported: Option<Fingerprint>,
    /// Whether a guardian is linked to this row's child already; true for everything else.
    pub linked: bool,
}

/// What a row would do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Merge {
    /// Add a record (新增).
    New,
    /// Change a record that came from a file and was left as it came (更新).
    Changed,
    /// Nothing (不变).
    Unchanged,
    /// Undo what somebody edited by hand (冲突): done only if the request says so.
    Conflict,
}

impl Stored {
    /// What a row that says `incoming` would do to `stored`.
    pub fn merge(stored: Option<&Self>, incoming: &Fingerprint, overwrite: bool) -> Merge {
        match stored {
            None => Merge::New,
            Some(stored) if stored.content == *incoming => {
                if stored.linked {
                    Merge::Unchanged
                } else {
                    Merge::New
                }
            }
            Some(stored) if overwrite || stored.imported.as_ref() == Some(&stored.content) => Merge::Changed,
            Some(_) => Merge::Conflict,
        }
    }
}

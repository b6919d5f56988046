//! Audit (审计): who did what to which thing, by what right and to what end, written with the change itself. K4.2 K5.1,
//! promise P9.
//!
//! An [`Entry`] lies in its table from the transaction of the change on. The sealer chains entries into signed segments
//! ([`segment`]), which can be [verified](verify) by whoever has the public key, and [counted](census) against the
//! versions of the things they speak of.

pub mod census;
pub mod segment;
pub mod verify;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::snapshot::Snapshot;
use crate::time::Moment;

/// After so many minutes the sweeper drains the trail of a record that nothing else has drained.
pub const TRAIL_MINUTES: i64 = 10;

/// Who acted, by what right and to what end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    #[serde(rename = "w")]
    who: String,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
}

impl Actor {
    /// A person who is signed in: `guardian:7K3M9Q2XAB`.
    pub fn person(role: &str, id: &str) -> Self {
        Self { who: format!("{role}:{id}"), scope: None, purpose: None }
    }

    /// A part of the platform acting by itself: `sweep`, `wechat`.
    pub fn system(part: &str) -> Self {
        Self { who: part.to_owned(), scope: None, purpose: None }
    }

    /// The same actor, with the scope in which the permission was held: `school:3144200101`. Without one it is what is
    /// the actor's own.
    #[must_use]
    pub fn within(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The same actor, with the purpose that was stated for the act.
    #[must_use]
    pub fn for_purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// Role and identifier, or the part of the platform.
    pub fn as_str(&self) -> &str {
        &self.who
    }

    /// What the actor acted as: the role of a person, else `system`.
    pub fn role(&self) -> &str {
        self.who.split_once(':').map_or("system", |(role, _)| role)
    }

    /// The scope in which the permission was held, if one was told.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The purpose that was stated, if one was.
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }
}

/// One act on one thing. On the enrolling path it travels inside the pupil's record, so that one write serves for
/// both; elsewhere it is an item of its own in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Trace {
    /// Who.
    pub actor: Actor,
    /// What, as `enrollment.enroll`.
    pub action: String,
    /// When.
    pub at: Moment,
    /// The version of the thing that this act made; 0 for an act that changed nothing.
    pub version: u64,
    /// SHA-256 of the content of that version as it lies in its table, base 64 for URLs. What stood there before is
    /// told by the entry of the version before.
    pub after: Option<String>,
}

/// A trace as it is written: one level, and names of one letter, because records carry it through the rush.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(rename = "w")]
    who: String,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(rename = "a")]
    action: String,
    #[serde(rename = "t")]
    at: Moment,
    #[serde(rename = "v", default)]
    version: u64,
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl From<Trace> for Written {
    fn from(trace: Trace) -> Self {
        let Trace { actor: Actor { who, scope, purpose }, action, at, version, after } = trace;
        Self { who, scope, purpose, action, at, version, after }
    }
}

impl From<Written> for Trace {
    fn from(written: Written) -> Self {
        let Written { who, scope, purpose, action, at, version, after } = written;
        Self { actor: Actor { who, scope, purpose }, action, at, version, after }
    }
}

/// An act that changes nothing and is kept all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", prefix = "access.")]
pub enum Act {
    /// Somebody signed in (登录).
    SignIn,
    /// Somebody could not prove to be who they said (登录失败).
    SignInFailed,
    /// A sign-in ended before its time: its token came twice, or the account no longer allows it (登录终止).
    SessionEnded,
    /// Something was refused for want of a permission, or as if it were not there (越权被拒).
    Refused,
    /// A person's data were shown in full (查看完整个人信息).
    ReadInFull,
    /// A guardian was shown what is held about the own family (本人查看个人信息).
    OwnDataShown,
    /// The same as a file (本人导出个人信息).
    OwnDataExported,
    /// A list was taken out as a file (导出).
    Exported,
    /// A comparison with the supervision system was asked for (要求立即核对).
    ComparisonAsked,
}

/// An entry as it lies in its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about: table and key of the thing.
    pub thing: String,
    /// Its place among the entries of the thing.
    pub place: String,
    /// The change it was written with: entries of one transaction share it.
    pub commit: String,
    /// The act.
    pub trace: Trace,
}

impl Entry {
    /// Canonical JSON of it: what is hashed and sealed.
    pub fn canonical(&self) -> String {
        let Trace { actor, action, at, version, after } = &self.trace;
        let entry = json!({
            "thing": self.thing,
            "place": self.place,
            "commit": self.commit,
            "actor": actor.as_str(),
            "role": actor.role(),
            "scope": actor.scope(),
            "purpose": actor.purpose(),
            "action": action,
            "at": at.to_string(),
            "version": version,
            "after": after,
        });
        Snapshot::of(&entry).body
    }

    /// Reads what [`Entry::canonical`] wrote, and nothing else.
    pub fn read(canonical: &str) -> Option<Self> {
        /// The fields a canonical entry has.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Told {
            thing: String,
            place: String,
            commit: String,
            actor: String,
            role: String,
            scope: Option<String>,
            purpose: Option<String>,
            action: String,
            at: String,
            version: u64,
            after: Option<String>,
        }
        let told: Told = serde_json::from_str(canonical).ok()?;
        let actor = Actor { who: told.actor, scope: told.scope, purpose: told.purpose };
        let trace = Trace {
            at: Moment::parse(&told.at)?,
            action: told.action,
            version: told.version,
            after: told.after,
            actor,
        };
        let entry = Self { thing: told.thing, place: told.place, commit: told.commit, trace };
        (entry.trace.actor.role() == told.role && entry.canonical() == canonical).then_some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k4_2_an_entry_tells_who_by_what_right_and_to_what_end() {
        let actor = Actor::person("school_admin", "A1").within("school:3144200101").for_purpose("核对退费");
        let trace = Trace {
            actor,
            action: "student.read".to_owned(),
            at: Moment::from_seconds(1_788_220_800),
            version: 0,
            after: None,
        };
        let entry = Entry { thing: "x".to_owned(), place: "E#1".to_owned(), commit: "c".to_owned(), trace };
        let text = entry.canonical();
        for part in
            ["school_admin:A1", r#""role":"school_admin""#, "school:3144200101", "核对退费", "2026-09-01T08:00:00"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(Entry::read(&text), Some(entry));
        assert_eq!(Entry::read(&text.replace(r#""role":"school_admin""#, r#""role":"guardian""#)), None);
        assert_eq!(Entry::read(&format!(" {text}")), None, "only as it is written");
        assert_eq!(Actor::system("sweep").role(), "system");
    }
}

//! Segment (审计分段): entries in a row, each hashed with the one before it, and a signature under all of them. P9.
//!
//! A segment is a text of lines, so that it can be read without any program: a head, a line for each entry, and the
//! signature over everything above it.
//!
//! ```text
//! {"count":2,"first":"…","last":"…","number":7,"previous":"<hash of segment 6>"}
//! {"chain":"<hash of previous and entry>","entry":{…}}
//! {"chain":"<hash of chain above and entry>","entry":{…}}
//! {"signature":"<hex>"}
//! ```

use serde::{Deserialize, Serialize};

use super::Entry;
use crate::snapshot::hash;
use crate::time::Moment;

/// Entries that a segment takes; those of one change stay together, so it may be a few more.
pub const SEGMENT_ENTRIES: usize = 500;

/// A segment's text is never longer: an entry is below 2 KB, and a change below a hundred entries.
pub const SEGMENT_BYTES: usize = 4 << 20;

/// The last segment there is, and what the next one follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number; 0: there is none yet.
    pub number: u64,
    /// Its hash.
    pub hash: String,
    /// Entries sealed up to it.
    pub entries: u64,
}

impl Head {
    /// Before the first segment.
    pub fn none() -> Self {
        Self { number: 0, hash: hash(b""), entries: 0 }
    }
}

/// The name of a segment's object: its number alone, so that there can be but one.
pub fn name(number: u64) -> String {
    format!("segment/{number:010}.jsonl")
}

/// The first line of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    pub(super) count: u64,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) number: u64,
    pub(super) previous: String,
}

/// The text of a segment before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    text: String,
}

impl Draft {
    /// The segment that follows `head` with these entries, in order of time. None without any.
    pub fn new(head: &Head, mut entries: Vec<Entry>) -> Option<Self> {
        entries.sort_by(|one, other| order(one).cmp(&order(other)));
        let (first, last) = (entries.first()?.trace.at, entries.last()?.trace.at);
        let opening = Opening {
            count: u64::try_from(entries.len()).ok()?,
            first: first.to_string(),
            last: last.to_string(),
            number: head.number.saturating_add(1),
            previous: head.hash.clone(),
        };
        let mut text = opening_line(&opening);
        let mut chain = head.hash.clone();
        for entry in &entries {
            let canonical = entry.canonical();
            chain = link(&chain, &canonical);
            text.push_str(&entry_line(&chain, &canonical));
        }
        Some(Self { text })
    }

    /// What is signed.
    pub fn message(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The whole text, with its signature.
    pub fn signed(self, signature: &[u8]) -> String {
        let Self { mut text } = self;
        text.push_str(&signature_line(signature));
        text
    }
}

/// A segment, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its number, from 1.
    pub number: u64,
    /// Hash of the segment before it.
    pub previous: String,
    /// Hash of its whole text, signature included.
    pub hash: String,
    /// The entries in their order.
    pub entries: Vec<Entry>,
}

impl Segment {
    /// The head after this segment.
    pub fn head_after(&self, before: &Head) -> Head {
        let count = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        Head { number: self.number, hash: self.hash.clone(), entries: before.entries.saturating_add(count) }
    }

    /// The days on which its entries were made, with the first and last moment and the entries of each.
    pub fn days(&self) -> Vec<(Moment, Moment, Vec<&Entry>)> {
        let mut days: Vec<(Moment, Moment, Vec<&Entry>)> = Vec::new();
        // Entries are in order of time, so those of a day stand together.
        for entry in &self.entries {
            let at = entry.trace.at;
            match days.last_mut() {
                Some((first, last, entries)) if first.day() == at.day() => {
                    *last = at;
                    entries.push(entry);
                }
                _ => days.push((at, at, vec![entry])),
            }
        }
        days
    }
}

fn order(entry: &Entry) -> (Moment, &str, &str) {
    (entry.trace.at, &entry.thing, &entry.place)
}

/// The hash of an entry with all that stand before it.
pub(super) fn link(chain: &str, canonical: &str) -> String {
    hash([chain, canonical].concat().as_bytes())
}

pub(super) fn opening_line(opening: &Opening) -> String {
    // The fields stand in alphabetical order, which is the canonical one.
    format!("{}\n", serde_json::to_string(opening).unwrap_or_default())
}

pub(super) fn entry_line(chain: &str, canonical: &str) -> String {
    format!("{{\"chain\":\"{chain}\",\"entry\":{canonical}}}\n")
}

pub(super) fn signature_line(signature: &[u8]) -> String {
    format!("{{\"signature\":\"{}\"}}\n", hex::encode(signature))
}

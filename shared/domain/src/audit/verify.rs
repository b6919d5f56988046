//! Verifying (审计校验): whether segments are what was sealed, and where not. P9.

use std::collections::HashMap;

use super::Entry;
use super::segment::{Head, Opening, Segment, entry_line, link, opening_line, signature_line};
use crate::snapshot::hash;
use crate::time::Moment;

/// Whether a signature is right: whoever holds the public key knows.
pub trait PublicKey {
    /// Whether `signature` was made over `message` by the private half.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// What is wrong with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Wrong {
    /// It has no head, no entries or no signature, or is no text.
    #[error("分段不完整")]
    Incomplete,
    /// Its head is not written as heads are.
    #[error("段首无法识别")]
    Opening,
    /// Its number is not the next one: a segment is missing, doubled or in the wrong place.
    #[error("段号不连续")]
    Number,
    /// It does not follow the segment before it.
    #[error("与上一段的哈希不符")]
    Previous,
    /// An entry is not written as entries are.
    #[error("条目无法识别")]
    Entry,
    /// An entry does not follow the one before it.
    #[error("哈希链中断")]
    Chain,
    /// It has more or fewer entries than its head says.
    #[error("条目数与段首不符")]
    Count,
    /// Its entries are not of the time its head says, or not in order.
    #[error("条目时间与段首不符或次序错乱")]
    Time,
    /// The signature is not that of the key.
    #[error("签名不符")]
    Signature,
    /// An entry was sealed before.
    #[error("条目重复封存")]
    Twice,
    /// It is not the one the tables know by its number.
    #[error("与登记的段哈希不符")]
    Known,
    /// Segments are missing at the end: the tables know a later one.
    #[error("末尾分段缺失")]
    End,
}

/// The first thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("第 {segment} 段{}: {wrong}", .entry.map(|entry| format!("第 {entry} 条")).unwrap_or_default())]
pub struct Flaw {
    /// The place of the segment among those that were given, from 1.
    pub segment: u64,
    /// The place of the entry in it, from 1; none when it concerns the segment.
    pub entry: Option<u64>,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The last segment.
    pub head: Head,
    /// The earliest moment of an entry; none without any.
    pub first: Option<Moment>,
    /// The latest.
    pub last: Option<Moment>,
}

/// Verifies segment after segment, and remembers of each no more than it must.
pub struct Verifier<'a, K: ?Sized> {
    key: &'a K,
    known: Option<Head>,
    head: Head,
    first: Option<Moment>,
    last: Option<Moment>,
    /// Half a hash of every entry's place, which may be sealed but once, with half a hash of the entry.
    seen: HashMap<String, String>,
}

impl<'a, K: PublicKey + ?Sized> Verifier<'a, K> {
    /// Begins before the first segment. `known` is the last segment according to the tables: without it nobody can tell
    /// whether segments are missing at the end.
    pub fn new(key: &'a K, known: Option<Head>) -> Self {
        Self { key, known, head: Head::none(), first: None, last: None, seen: HashMap::new() }
    }

    /// Takes the next segment; its entries, if all is well.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Segment, Flaw> {
        let place = self.head.number.saturating_add(1);
        let segment =
            read(bytes, &self.head, self.key).map_err(|(entry, wrong)| Flaw { segment: place, entry, wrong })?;
        let known =
            self.known.as_ref().is_none_or(|known| known.number != segment.number || known.hash == segment.hash);
        if !known {
            return Err(Flaw { segment: place, entry: None, wrong: Wrong::Known });
        }
        for (entry, at) in segment.entries.iter().zip(1..) {
            if self.seen.insert(place_of(entry), half_hash(&entry.canonical())).is_some() {
                return Err(Flaw { segment: place, entry: Some(at), wrong: Wrong::Twice });
            }
        }
        let moments = || segment.entries.iter().map(|entry| entry.trace.at);
        self.first = self.first.into_iter().chain(moments()).min();
        self.last = self.last.into_iter().chain(moments()).max();
        self.head = segment.head_after(&self.head);
        Ok(segment)
    }

    /// Entries taken so far.
    pub const fn entries(&self) -> u64 {
        self.head.entries
    }

    /// Whether an entry as it lies in its table is what was sealed; none when it was not sealed.
    pub fn holds(&self, entry: &Entry) -> Option<bool> {
        self.seen.get(&place_of(entry)).map(|sealed| *sealed == half_hash(&entry.canonical()))
    }

    /// Ends: the last segment the tables know must have been among those taken.
    pub fn end(self) -> Result<Summary, Flaw> {
        if self.known.is_some_and(|known| known.number > self.head.number) {
            return Err(Flaw { segment: self.head.number.saturating_add(1), entry: None, wrong: Wrong::End });
        }
        Ok(Summary { head: self.head, first: self.first, last: self.last })
    }
}

fn place_of(entry: &Entry) -> String {
    half_hash(&format!("{}\n{}", entry.thing, entry.place))
}

fn half_hash(text: &str) -> String {
    hash(text.as_bytes()).chars().take(22).collect()
}

/// Verifies segments in their order. `known` is the last one according to the tables.
pub fn verify<'b>(
    segments: impl IntoIterator<Item = &'b [u8]>,
    key: &(impl PublicKey + ?Sized),
    known: Option<&Head>,
) -> Result<Summary, Flaw> {
    let mut verifier = Verifier::new(key, known.cloned());
    for bytes in segments {
        verifier.take(bytes)?;
    }
    verifier.end()
}

/// The entry that is wrong, from 1, and how; none when it concerns the segment.
pub type Place = (Option<u64>, Wrong);

/// Reads the segment that follows `head`, and finds it as it was sealed.
///
/// Everything is written anew from what was read and compared, so that nothing can hide in how it is written.
pub fn read<K: PublicKey + ?Sized>(bytes: &[u8], head: &Head, key: &K) -> Result<Segment, Place> {
    let text = std::str::from_utf8(bytes).map_err(|_not_text| (None, Wrong::Incomplete))?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let [opening_text, entry_lines @ .., signature_text] = lines.as_slice() else {
        return Err((None, Wrong::Incomplete));
    };
    let opening: Opening = serde_json::from_str(opening_text).map_err(|_other| (None, Wrong::Opening))?;
    if opening_line(&opening) != *opening_text {
        return Err((None, Wrong::Opening));
    }
    if opening.number != head.number.saturating_add(1) {
        return Err((None, Wrong::Number));
    }
    if opening.previous != head.hash {
        return Err((None, Wrong::Previous));
    }
    let entries = read_entries(entry_lines, &head.hash)?;
    if u64::try_from(entries.len()).ok() != Some(opening.count) || entries.is_empty() {
        return Err((None, Wrong::Count));
    }
    if !in_time(&entries, &opening) {
        return Err((None, Wrong::Time));
    }
    let signature = signature_of(signature_text).ok_or((None, Wrong::Incomplete))?;
    let message = bytes.get(..text.len().saturating_sub(signature_text.len())).unwrap_or_default();
    if !key.verifies(message, &signature) {
        return Err((None, Wrong::Signature));
    }
    Ok(Segment { number: opening.number, previous: opening.previous, hash: hash(bytes), entries })
}

fn read_entries(lines: &[&str], previous: &str) -> Result<Vec<Entry>, Place> {
    let mut chain = previous.to_owned();
    let mut entries = Vec::with_capacity(lines.len());
    for (line, at) in lines.iter().zip(1u64..) {
        let (told, canonical) = parts(line).ok_or((Some(at), Wrong::Entry))?;
        let entry = Entry::read(canonical).ok_or((Some(at), Wrong::Entry))?;
        chain = link(&chain, canonical);
        if chain != told {
            return Err((Some(at), Wrong::Chain));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Chain and canonical entry of a line.
fn parts(line: &str) -> Option<(&str, &str)> {
    let (chain, rest) = line.strip_prefix("{\"chain\":\"")?.split_once("\",\"entry\":")?;
    let canonical = rest.strip_suffix("}\n")?;
    (entry_line(chain, canonical) == line).then_some((chain, canonical))
}

fn signature_of(line: &str) -> Option<Vec<u8>> {
    let digits = line.strip_prefix("{\"signature\":\"")?.strip_suffix("\"}\n")?;
    let signature = hex::decode(digits).ok()?;
    (signature_line(&signature) == line).then_some(signature)
}

fn in_time(entries: &[Entry], opening: &Opening) -> bool {
    let sorted = entries.is_sorted_by_key(|entry| entry.trace.at);
    let told = |entry: Option<&Entry>| entry.map(|entry| entry.trace.at.to_string());
    sorted
        && told(entries.first()).as_deref() == Some(&opening.first)
        && told(entries.last()).as_deref() == Some(&opening.last)
}

#[cfg(test)]
mod tests {
    use super::super::segment::Draft;
    use super::super::{Actor, Trace};
    use super::*;

    /// A key whose signature is a hash that only it can make.
    struct Secret;

    impl Secret {
        fn sign(message: &[u8]) -> Vec<u8> {
            hash(&[b"secret", message].concat()).into_bytes()
        }
    }

    impl PublicKey for Secret {
        fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
            Self::sign(message) == signature
        }
    }

    fn entry(number: i64) -> Entry {
        let at = Moment::from_seconds(1_788_220_800).plus_seconds(number);
        let trace = Trace { actor: Actor::system("t"), action: "t.t".to_owned(), at, version: 1, after: None };
        Entry { thing: format!("t{number}"), place: "V#1".to_owned(), commit: "c".to_owned(), trace }
    }

    fn sealed(head: &Head, entries: Vec<Entry>) -> String {
        let draft = Draft::new(head, entries).unwrap();
        let signature = Secret::sign(draft.message());
        draft.signed(&signature)
    }

    fn two() -> [String; 2] {
        let one = sealed(&Head::none(), vec![entry(2), entry(1)]);
        let head = read(one.as_bytes(), &Head::none(), &Secret).unwrap().head_after(&Head::none());
        let other = sealed(&head, vec![entry(3)]);
        [one, other]
    }

    fn wrong(segments: &[&str], known: Option<&Head>) -> Option<Wrong> {
        verify(segments.iter().map(|text| text.as_bytes()), &Secret, known).err().map(|flaw| flaw.wrong)
    }

    #[test]
    fn p9_what_was_sealed_is_found_as_it_was_sealed() {
        let [one, other] = two();
        let summary = verify([one.as_bytes(), other.as_bytes()], &Secret, None).unwrap();
        assert_eq!((summary.head.number, summary.head.entries), (2, 3));
        assert_eq!(summary.first.zip(summary.last).map(|(first, last)| last.seconds_since(first)), Some(2));
        assert_eq!(verify([], &Secret, None).unwrap().head, Head::none());
        let again = verify([one.as_bytes(), other.as_bytes()], &Secret, Some(&summary.head));
        assert_eq!(again.unwrap().head, summary.head);
    }

    #[test]
    fn p9_each_wrong_has_its_name() {
        let [one, other] = two();
        let head = verify([one.as_bytes(), other.as_bytes()], &Secret, None).unwrap().head;
        assert_eq!(wrong(&[""], None), Some(Wrong::Incomplete));
        assert_eq!(wrong(&[&one.replacen("count", "Count", 1)], None), Some(Wrong::Opening));
        assert_eq!(wrong(&[&other], None), Some(Wrong::Number));
        assert_eq!(wrong(&[&one, &one], None), Some(Wrong::Number));
        assert_eq!(wrong(&[&one.replacen("t.t", "t.u", 1)], None), Some(Wrong::Chain));
        assert_eq!(wrong(&[&one.replacen("\"version\":1", "\"version\":01", 1)], None), Some(Wrong::Entry));
        assert_eq!(wrong(&[&one.replacen("\"count\":2", "\"count\":3", 1)], None), Some(Wrong::Count));
        let first = entry(1).trace.at.to_string();
        assert_eq!(wrong(&[&one.replacen(&first, &entry(0).trace.at.to_string(), 1)], None), Some(Wrong::Time));
        let unsigned = one.lines().take(3).collect::<Vec<_>>().join("\n");
        assert_eq!(wrong(&[&format!("{unsigned}\n{}", signature_line(b"forged"))], None), Some(Wrong::Signature));
        let foreign = sealed(&Head { number: 1, hash: hash(b"other"), entries: 0 }, vec![entry(3)]);
        assert_eq!(wrong(&[&one, &foreign], None), Some(Wrong::Previous));
        let after_one = read(one.as_bytes(), &Head::none(), &Secret).unwrap().head_after(&Head::none());
        assert_eq!(wrong(&[&one, &sealed(&after_one, vec![entry(2)])], None), Some(Wrong::Twice));
        assert_eq!(wrong(&[&one], Some(&head)), Some(Wrong::End));
        assert_eq!(wrong(&[&one, &sealed(&after_one, vec![entry(4)])], Some(&head)), Some(Wrong::Known));
    }

    #[test]
    fn p9_a_flaw_says_where_it_is() {
        let [one, _] = two();
        let flaw = verify([one.replacen("t.t", "t.u", 1).as_bytes()], &Secret, None).unwrap_err();
        assert_eq!(flaw.to_string(), "第 1 段第 1 条: 哈希链中断");
        let flaw = verify([one.replacen("count", "Count", 1).as_bytes()], &Secret, None).unwrap_err();
        assert_eq!(flaw.to_string(), "第 1 段: 段首无法识别");
    }
}

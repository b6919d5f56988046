//! Digests (摘要): what many records come to, whatever order they are met in, so that two sides can tell in a few bytes
//! whether they hold the same. B6.1 P7.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Hexadecimal letters of a hash.
const HASH_LETTERS: usize = 32;

/// Why a text is no hash or digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("摘要格式不正确")]
pub struct DigestError;

/// The hash of what a record says: its first 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordHash(u128);

impl RecordHash {
    /// The first 128 bits of a hash.
    pub fn of_hash(hash: &[u8]) -> Self {
        Self(hash.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte)))
    }

    /// Its bits as a number.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

/// 32 hexadecimal letters.
impl fmt::Display for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for RecordHash {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        if text.len() != HASH_LETTERS || !text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_checked| DigestError)
    }
}

impl TryFrom<String> for RecordHash {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<RecordHash> for String {
    fn from(hash: RecordHash) -> Self {
        hash.to_string()
    }
}

/// How many records there are, and the sum of their hashes modulo 2^128. Adding and taking away can be done in any
/// order, so that one is kept up to date by whoever changes a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    count: u64,
    sum: u128,
}

impl Digest {
    /// Of one record.
    pub const fn of(hash: RecordHash) -> Self {
        Self { count: 1, sum: hash.0 }
    }

    /// How many records there are.
    pub const fn count(self) -> u64 {
        self.count
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.count == 0 && self.sum == 0
    }

    /// Of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { count: self.count.wrapping_add(other.count), sum: self.sum.wrapping_add(other.sum) }
    }

    /// Of this without the other, which has to be part of it.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self { count: self.count.wrapping_sub(other.count), sum: self.sum.wrapping_sub(other.sum) }
    }
}

impl Digest {
    /// What is told of it while two sides compare.
    pub fn brief(self) -> Brief {
        Brief { count: self.count, sum: u64::try_from(self.sum & u128::from(u64::MAX)).unwrap_or_default() }
    }
}

/// A digest as it is told: the count, and the lower half of the sum. Two sides whose records differ by chance show the
/// same once in 2^64 comparisons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Brief {
    count: u64,
    sum: u64,
}

impl Brief {
    /// How many records there are.
    pub const fn count(self) -> u64 {
        self.count
    }
}

/// `12.00f3…`: the count, and half of the sum in 16 hexadecimal letters.
impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:016x}", self.count, self.sum)
    }
}

impl FromStr for Brief {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (count, sum) = text.split_once('.').ok_or(DigestError)?;
        let is_count = !count.is_empty() && count.bytes().all(|c| c.is_ascii_digit());
        if !is_count || sum.len() != 16 || !sum.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError);
        }
        let count = count.parse().map_err(|_beyond| DigestError)?;
        Ok(Self { count, sum: u64::from_str_radix(sum, 16).map_err(|_checked| DigestError)? })
    }
}

impl TryFrom<String> for Brief {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Brief> for String {
    fn from(brief: Brief) -> Self {
        brief.to_string()
    }
}

impl FromIterator<RecordHash> for Digest {
    fn from_iter<I: IntoIterator<Item = RecordHash>>(hashes: I) -> Self {
        hashes.into_iter().fold(Self::default(), |sum, hash| sum.plus(Self::of(hash)))
    }
}

/// `12.00f3…`: the count, and the sum in 32 hexadecimal letters.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:032x}", self.count, self.sum)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (count, sum) = text.split_once('.').ok_or(DigestError)?;
        if count.is_empty() || !count.bytes().all(|c| c.is_ascii_digit()) {
            return Err(DigestError);
        }
        let count = count.parse().map_err(|_beyond| DigestError)?;
        Ok(Self { count, sum: sum.parse::<RecordHash>()?.bits() })
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn b6_1_a_digest_reads_and_prints() {
        let digest: Digest = [RecordHash(u128::MAX), RecordHash(3)].into_iter().collect();
        assert_eq!(digest.to_string(), "2.00000000000000000000000000000002", "the sum goes round");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!(Digest::default().is_empty() && !digest.is_empty());
        for wrong in [
            "",
            "2",
            "2.",
            ".00000000000000000000000000000002",
            "+2.00000000000000000000000000000002",
            "2.+0000000000000000000000000000002",
        ] {
            assert_eq!(wrong.parse::<Digest>(), Err(DigestError), "{wrong}");
        }
        assert_eq!(RecordHash::of_hash(&[0xab; 32]).to_string(), "ab".repeat(16));
    }

    proptest! {
        #[test]
        fn a_digest_forgets_order_and_what_was_taken_away(
            hashes in prop::collection::vec(any::<u128>(), 0..40),
            others in prop::collection::vec(any::<u128>(), 0..40),
        ) {
            let digest = |hashes: &[u128]| hashes.iter().copied().map(RecordHash).collect::<Digest>();
            let mut turned = hashes.clone();
            turned.reverse();
            prop_assert_eq!(digest(&hashes), digest(&turned));
            let both = digest(&[hashes.clone(), others.clone()].concat());
            prop_assert_eq!(both, digest(&hashes).plus(digest(&others)));
            prop_assert_eq!(both.minus(digest(&others)), digest(&hashes));
        }

        #[test]
        fn a_changed_record_changes_the_digest(hashes in prop::collection::vec(any::<u128>(), 1..40), at: prop::sample::Index, other: u128) {
            let mut changed = hashes.clone();
            let at = at.index(changed.len());
            prop_assume!(changed[at] != other);
            changed[at] = other;
            let digest = |hashes: &[u128]| hashes.iter().copied().map(RecordHash).collect::<Digest>();
            prop_assert_ne!(digest(&hashes), digest(&changed));
        }
    }
}

//! Envelope (密封): one personal datum as it lies in a table, unreadable without its key and worthless in any other
//! place. K3, promise P13.
//!
//! `algorithm (1) | key number (4) | nonce (12) | ciphertext | tag (16)`, by AES-256-GCM. Tenant, table, item, field,
//! key number and the schema of this format are authenticated with it. The nonce is made from all of these and the
//! text by a keyed hash, so that it repeats only when nothing differs, and then the envelope is the same one.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};

/// The way in which envelopes bind their place; a change of it is a new number.
const SCHEMA: u8 = 1;

/// Algorithms by the first byte of an envelope.
const WITH_AES_256_GCM: u8 = 1;
const WITH_SM4_GCM: u8 = 2;

/// What subkeys are for, so that no key serves two ends.
const FOR_SEALING: &[u8] = b"after-school personal data, sealing";
const FOR_NONCES: &[u8] = b"after-school personal data, nonces";

/// Bytes of a data key.
pub const KEY_BYTES: usize = 32;

/// Why a datum cannot be sealed or opened. None of the texts holds a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It lies there unsealed, or is no text.
    #[error("personal datum is no envelope")]
    NoEnvelope,
    /// It ends too early.
    #[error("envelope is torn")]
    Torn,
    /// SM4-GCM, which has its number but no engine here.
    #[error("envelope is sealed with SM4-GCM (algorithm 2), which this version cannot open")]
    Sm4,
    /// No algorithm has this number.
    #[error("envelope is sealed with algorithm {0}, which is unknown")]
    UnknownAlgorithm(u8),
    /// The item does not say whose personal data it holds.
    #[error("item names no tenant of its personal data")]
    NoTenant,
    /// Altered, moved from elsewhere, or sealed with another key.
    #[error("envelope does not belong here")]
    Refused,
    /// The cryptographic library takes no such key or text.
    #[error("data key cannot be used")]
    Unusable,
}

/// Where a datum lies: what its envelope is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// The table's name without the stack's.
    pub table: &'a str,
    /// The item's partition key.
    pub pk: &'a str,
    /// The item's sort key.
    pub sk: &'a str,
    /// The way to the field within the item: `name`, `contacts/0/phone`.
    pub field: &'a str,
}

impl Place<'_> {
    /// Everything that is authenticated beside the text. Each part has its length before it, so that no two places
    /// make the same bytes.
    fn bound(&self, number: u32) -> Vec<u8> {
        let mut bytes = vec![SCHEMA, WITH_AES_256_GCM];
        bytes.extend(number.to_be_bytes());
        for part in [self.tenant, self.table, self.pk, self.sk, self.field] {
            bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

/// The number of the key that an envelope was sealed with.
pub fn key_number(envelope: &[u8]) -> Result<u32, EnvelopeError> {
    Parts::of(envelope).map(|parts| parts.number)
}

struct Parts<'a> {
    number: u32,
    nonce: [u8; NONCE_LEN],
    sealed: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(envelope: &'a [u8]) -> Result<Self, EnvelopeError> {
        let (algorithm, rest) = envelope.split_first().ok_or(EnvelopeError::Torn)?;
        match *algorithm {
            WITH_AES_256_GCM => {}
            WITH_SM4_GCM => return Err(EnvelopeError::Sm4),
            other => return Err(EnvelopeError::UnknownAlgorithm(other)),
        }
        let (number, rest) = rest.split_first_chunk().ok_or(EnvelopeError::Torn)?;
        let (nonce, sealed) = rest.split_first_chunk().ok_or(EnvelopeError::Torn)?;
        if sealed.len() < AES_256_GCM.tag_len() {
            return Err(EnvelopeError::Torn);
        }
        Ok(Self { number: u32::from_be_bytes(*number), nonce: *nonce, sealed })
    }
}

/// A tenant's data key, ready for use: two subkeys, so that what makes nonces never seals.
pub struct DataKey {
    number: u32,
    sealing: LessSafeKey,
    nonces: hmac::Key,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("number", &self.number).finish_non_exhaustive()
    }
}

impl DataKey {
    /// The tenant's key of that number, from the bytes the key service gave.
    pub fn new(number: u32, bytes: &[u8; KEY_BYTES]) -> Result<Self, EnvelopeError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(bytes);
        let subkey = |purpose: &[u8]| {
            let mut subkey = [0; KEY_BYTES];
            let filled = root.expand(&[purpose], hkdf::HKDF_SHA256).and_then(|made| made.fill(&mut subkey));
            filled.map(|()| subkey).map_err(|_unspecified| EnvelopeError::Unusable)
        };
        let sealing = UnboundKey::new(&AES_256_GCM, &subkey(FOR_SEALING)?);
        Ok(Self {
            number,
            sealing: LessSafeKey::new(sealing.map_err(|_unspecified| EnvelopeError::Unusable)?),
            nonces: hmac::Key::new(hmac::HMAC_SHA256, &subkey(FOR_NONCES)?),
        })
    }

    /// Its number among the keys of its tenant.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The first 96 bits of a keyed hash over place and text: two texts or places share a nonce only by chance, which
    /// has to be expected after 2^48 envelopes of one key; see the decision on personal data at rest.
    fn nonce(&self, bound: &[u8], text: &[u8]) -> [u8; NONCE_LEN] {
        let mut context = hmac::Context::with_key(&self.nonces);
        // The bound bytes end where the text begins.
        context.update(&u64::try_from(bound.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(bound);
        context.update(text);
        let mut nonce = [0; NONCE_LEN];
        for (place, byte) in nonce.iter_mut().zip(context.sign().as_ref()) {
            *place = *byte;
        }
        nonce
    }

    /// Seals a text for its place. The same text at the same place is the same envelope.
    pub fn seal(&self, place: Place<'_>, text: &str) -> Result<Vec<u8>, EnvelopeError> {
        let bound = place.bound(self.number);
        let nonce = self.nonce(&bound, text.as_bytes());
        let mut sealed = text.as_bytes().to_vec();
        self.sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&bound), &mut sealed)
            .map_err(|_unspecified| EnvelopeError::Unusable)?;
        let mut envelope = vec![WITH_AES_256_GCM];
        envelope.extend(self.number.to_be_bytes());
        envelope.extend(nonce);
        envelope.append(&mut sealed);
        Ok(envelope)
    }

    /// Opens an envelope that was sealed with this key for this place.
    pub fn open(&self, place: Place<'_>, envelope: &[u8]) -> Result<String, EnvelopeError> {
        let Parts { number, nonce, sealed } = Parts::of(envelope)?;
        if number != self.number {
            return Err(EnvelopeError::Refused);
        }
        let bound = place.bound(number);
        let mut sealed = sealed.to_vec();
        let text = self
            .sealing
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(&bound), &mut sealed)
            .map_err(|_unspecified| EnvelopeError::Refused)?;
        // An envelope made under another key that happens to open would not have this key's nonce.
        if self.nonce(&bound, text) != nonce {
            return Err(EnvelopeError::Refused);
        }
        String::from_utf8(text.to_vec()).map_err(|_no_text| EnvelopeError::Refused)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PLACE: Place<'static> =
        Place { tenant: "3144200101", table: "directory", pk: "STUDENT#S1", sk: "STUDENT", field: "name" };

    fn key(number: u32, byte: u8) -> DataKey {
        DataKey::new(number, &[byte; KEY_BYTES]).unwrap()
    }

    fn elsewhere() -> [Place<'static>; 7] {
        [
            Place { tenant: "3144200102", ..PLACE },
            Place { tenant: "platform", ..PLACE },
            Place { table: "audit", ..PLACE },
            Place { pk: "STUDENT#S2", ..PLACE },
            Place { sk: "STUDENTN", field: "ame", ..PLACE },
            Place { pk: "STUDENT#S1S", sk: "TUDENT", ..PLACE },
            Place { field: "number", ..PLACE },
        ]
    }

    #[test]
    fn k3_what_is_sealed_opens_in_its_place() {
        for text in ["", "李", "欧阳小明", "𠮷田", "L449999201809010001", &"长".repeat(4000)] {
            let envelope = key(7, 1).seal(PLACE, text).unwrap();
            assert_eq!(key(7, 1).open(PLACE, &envelope).as_deref(), Ok(text));
            assert_eq!(key_number(&envelope), Ok(7));
            assert_eq!(envelope.len(), 1 + 4 + 12 + text.len() + 16);
        }
    }

    #[test]
    fn k3_p13_an_altered_envelope_is_refused() {
        let envelope = key(7, 1).seal(PLACE, "欧阳小明").unwrap();
        for bit in 0..envelope.len() * 8 {
            let mut altered = envelope.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(key(7, 1).open(PLACE, &altered).is_err(), "bit {bit}");
        }
        for length in 0..envelope.len() {
            assert!(key(7, 1).open(PLACE, &envelope[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn k3_p13_an_envelope_opens_nowhere_else() {
        let envelope = key(7, 1).seal(PLACE, "欧阳小明").unwrap();
        for place in elsewhere() {
            assert_eq!(key(7, 1).open(place, &envelope), Err(EnvelopeError::Refused), "{place:?}");
        }
        assert_eq!(key(7, 2).open(PLACE, &envelope), Err(EnvelopeError::Refused), "another tenant's key");
        assert_eq!(key(8, 1).open(PLACE, &envelope), Err(EnvelopeError::Refused), "another number");
        let mut renumbered = envelope.clone();
        renumbered[4] = 8;
        assert_eq!(key(8, 1).open(PLACE, &renumbered), Err(EnvelopeError::Refused), "the number is authenticated");
    }

    #[test]
    fn k3_nonces_differ_whenever_place_or_text_differs() {
        let nonce = |key: &DataKey, place, text| key.seal(place, text).unwrap()[5..17].to_vec();
        let key = key(7, 1);
        let mut seen = BTreeSet::new();
        for place in elsewhere().into_iter().chain([PLACE]) {
            for text in ["", "李", "李一", "李一诺"] {
                assert!(seen.insert(nonce(&key, place, text)), "{place:?} {text}");
                assert_eq!(key.seal(place, text), key.seal(place, text), "the same is the same");
            }
        }
        let renumbered = DataKey::new(8, &[1; KEY_BYTES]).unwrap();
        assert!(seen.insert(nonce(&renumbered, PLACE, "李")));
    }

    #[test]
    fn k3_other_algorithms_are_refused_by_name() {
        let mut envelope = key(7, 1).seal(PLACE, "李").unwrap();
        envelope[0] = 2;
        assert_eq!(key(7, 1).open(PLACE, &envelope), Err(EnvelopeError::Sm4));
        envelope[0] = 0;
        assert_eq!(key_number(&envelope), Err(EnvelopeError::UnknownAlgorithm(0)));
        assert_eq!(key_number(&[]), Err(EnvelopeError::Torn));
    }

    #[test]
    fn k3_a_key_does_not_print() {
        assert_eq!(format!("{:?}", key(7, 1)), "DataKey { number: 7, .. }");
    }
}

//! Fault (故障): anything that can go wrong for a caller, and the one place that says how bad it is.

/// How a fault concerns its caller. The HTTP status and the retry rule of a queue follow from it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be read (400).
    Malformed,
    /// Nobody is signed in, or the token is not valid any more (401).
    UnknownCaller,
    /// The caller may not do this, and knows that the thing exists (403).
    Forbidden,
    /// There is no such thing within the caller's scope (404).
    NotFound,
    /// A rule says no (409).
    Refused,
    /// The caller worked from an old version (412).
    Stale,
    /// An edit that does not say from which version it starts (428).
    Unconditional,
    /// The request reads well but its values do not hold (422).
    Invalid,
    /// The caller must slow down (429).
    TooMany,
    /// We failed (500); nothing of the inside is told.
    Internal,
    /// Something we need does not answer now; trying again is right (503).
    Unavailable,
}

/// One field of a request that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    /// JSON pointer of the field, as `/choices/0/offering_id`.
    pub pointer: String,
    /// The sentence for its reader, Chinese.
    pub detail: String,
}

/// Anything that can go wrong for a caller. `Display` is the sentence the caller reads.
pub trait Fault: std::error::Error + Send + Sync + 'static {
    /// How it concerns the caller.
    fn kind(&self) -> Kind;

    /// A stable English name, unique in the platform: `enrollment/class-full`.
    fn slug(&self) -> &'static str;

    /// The fields at fault, for [`Kind::Invalid`].
    fn pointed(&self) -> Vec<Pointed> {
        Vec::new()
    }

    /// When the caller may come again, for [`Kind::TooMany`].
    fn retry_after_seconds(&self) -> Option<u32> {
        None
    }
}

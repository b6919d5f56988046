//! What happened, as a running hash and, when wanted, as text.

use std::fmt::Write as _;

use bytes::Bytes;
use http::Uri;

/// A request as it left the code under test.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Where to, path and query included.
    pub uri: String,
    /// What it said.
    pub body: Bytes,
}

/// One line of the trace.
pub(crate) struct Line<'a> {
    pub(crate) number: u64,
    pub(crate) milliseconds: u128,
    pub(crate) invocation: u64,
    pub(crate) operation: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) fault: &'a str,
    pub(crate) outcome: &'a str,
}

pub(crate) struct Trace {
    hash: u64,
    kept: Option<Vec<String>>,
    sent: Option<Vec<Sent>>,
    buffer: String,
}

// FNV-1a, 64 bit: the standard library's hasher is not stable between releases.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl Trace {
    pub(crate) fn new() -> Self {
        Self { hash: OFFSET, kept: None, sent: None, buffer: String::new() }
    }

    pub(crate) fn keep(&mut self) {
        self.kept.get_or_insert_default();
    }

    pub(crate) fn keep_requests(&mut self) {
        self.sent.get_or_insert_default();
    }

    pub(crate) fn keep_request(&mut self, uri: &Uri, body: &Bytes) {
        if let Some(sent) = &mut self.sent {
            sent.push(Sent { uri: uri.to_string(), body: body.clone() });
        }
    }

    pub(crate) fn requests(&self) -> Vec<Sent> {
        self.sent.clone().unwrap_or_default()
    }

    pub(crate) fn record(&mut self, line: &Line<'_>) {
        self.buffer.clear();
        write!(
            self.buffer,
            "{:>5} {:>8} ms  #{:<4} {} {} {} → {}",
            line.number, line.milliseconds, line.invocation, line.operation, line.subject, line.fault, line.outcome
        )
        .expect("a string takes any text");
        self.hash = fold(self.hash, self.buffer.as_bytes());
        if let Some(kept) = &mut self.kept {
            kept.push(self.buffer.clone());
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.kept.clone().unwrap_or_default()
    }
}

/// Continues an FNV-1a hash.
fn fold(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// A stable hash of some bytes.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    fold(OFFSET, bytes)
}

//! Incoming (监管系统推送): a signed message of the city to us, and our signed answer. B5.1.
//!
//! Whoever says an old message again says what is known: records of no higher version are left alone, so that no list of
//! numbers used has to be kept.

use domain::fault::{Fault, Kind};
use domain::supervision::{FieldMap, Inbound, Received};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Supervision;
use super::transport::{METHOD, NONCE, SIGNATURE, SKEW_SECONDS, TIMESTAMP, answer_text, request_text, told};
use crate::supervision::transport::APP;

/// Most records of one message.
const LARGEST_MESSAGE_RECORDS: usize = 500;
/// Longest nonce.
const LONGEST_NONCE: usize = 64;

/// A message that is not to be believed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IncomingError {
    /// Not signed by the city, or not for here and now.
    #[error("message is not the supervision system's own")]
    Unsigned,
    /// Not a list of records, or too long a one.
    #[error("message does not read")]
    Malformed,
}

impl Fault for IncomingError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unsigned => Kind::UnknownCaller,
            Self::Malformed => Kind::Malformed,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Unsigned => "gateway/supervision-message-unsigned",
            Self::Malformed => "gateway/supervision-message-malformed",
        }
    }
}

/// A message of the city, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The path and query that it was sent to.
    pub target: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its bytes.
    pub body: &'a [u8],
}

#[derive(Deserialize)]
struct Records {
    records: Vec<Value>,
}

/// What came of one of the city's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Intake {
    /// It is kept.
    Accepted {
        /// The city's name of it.
        source_id: String,
        /// Its version.
        version: u64,
    },
    /// It cannot be read, and why.
    Refused {
        /// The city's name of it, as far as it has one.
        source_id: String,
        /// Why, for people.
        reason: String,
    },
}

#[derive(Serialize)]
struct Receipts<'a> {
    receipts: &'a [Intake],
}

/// An answer of ours: its body and the headers that prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAnswer {
    /// The body, JSON.
    pub body: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
}

impl Supervision {
    /// The records of a message, if it is the city's own. They hold personal data in the clear.
    pub fn open(&self, message: Message<'_>) -> Result<Vec<Value>, IncomingError> {
        let Message { method, target, headers, body } = message;
        let (timestamp, nonce) = (told(headers, TIMESTAMP), told(headers, NONCE));
        let now = self.transport.ambient.now().seconds();
        let fresh = timestamp.parse::<i64>().is_ok_and(|said| now.abs_diff(said) <= SKEW_SECONDS.unsigned_abs());
        let app = told(headers, APP);
        let text = request_text(method, target, app, timestamp, nonce, body);
        let signature = hex::decode(told(headers, SIGNATURE)).unwrap_or_default();
        let signer = &self.transport.signer;
        let good = fresh
            && app == self.transport.app
            && (1..=LONGEST_NONCE).contains(&nonce.len())
            && told(headers, METHOD) == signer.method()
            && signer.verifies(&text, &signature);
        if !good {
            return Err(IncomingError::Unsigned);
        }
        let Records { records } = serde_json::from_slice(body).map_err(|_unreadable| IncomingError::Malformed)?;
        if records.len() > LARGEST_MESSAGE_RECORDS { Err(IncomingError::Malformed) } else { Ok(records) }
    }

    /// Our answer to the message with those headers.
    pub fn answer(&self, headers: &HeaderMap, receipts: &[Intake]) -> Result<SignedAnswer, IncomingError> {
        let body = serde_json::to_string(&Receipts { receipts }).map_err(|_no_such_value| IncomingError::Malformed)?;
        let timestamp = self.transport.ambient.now().seconds().to_string();
        let text = answer_text(200, &timestamp, told(headers, NONCE), body.as_bytes());
        let signer = &self.transport.signer;
        let signature = signer.sign(&text).map_err(|_unlucky| IncomingError::Unsigned)?;
        let proofs =
            vec![(TIMESTAMP, timestamp), (METHOD, signer.method().to_owned()), (SIGNATURE, hex::encode(signature))];
        Ok(SignedAnswer { body, headers: proofs })
    }
}

/// Reads what the city tells, record by record: one that cannot be read is refused, and not its neighbours.
pub fn read_each(map: &FieldMap, records: &[Value]) -> Vec<Result<Received, Intake>> {
    let read = |record: &Value| {
        let named = || record.get(&map.envelope.source_id).and_then(Value::as_str).unwrap_or_default().to_owned();
        let inbound: Inbound = map
            .inbound_of(record)
            .ok_or_else(|| Intake::Refused { source_id: named(), reason: "数据集名称不能识别".to_owned() })?;
        map.read(inbound, record).map_err(|error| Intake::Refused { source_id: named(), reason: error.to_string() })
    };
    records.iter().map(read).collect()
}

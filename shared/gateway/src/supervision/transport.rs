//! Transport (报文传输): one signed request to the supervision system, and its signed answer. B5.1 B6.1.
//!
//! What is signed binds each message to where it goes and when, and each answer to its question, so that neither can be
//! said again elsewhere or later.

use std::sync::Arc;

use bytes::Bytes;
use domain::fault::{Fault, Kind};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::signer::Signer;
use crate::ambient::Ambient;
use crate::http::{Http, HttpError};

/// Who sends.
pub const APP: &str = "x-app-id";
/// When, in seconds since 1970.
pub const TIMESTAMP: &str = "x-timestamp";
/// A number that comes once.
pub const NONCE: &str = "x-nonce";
/// How it is signed.
pub const METHOD: &str = "x-sign-method";
/// The signature, hexadecimal.
pub const SIGNATURE: &str = "x-sign";

/// Clocks of both sides differ at most by so much.
pub(super) const SKEW_SECONDS: i64 = 300;
/// What is waited for when the city says "later" and not how long.
const LATER_SECONDS: u32 = 60;
/// The longest wait that is believed: until the next day's window.
const LONGEST_WAIT_SECONDS: u32 = 24 * 60 * 60;

/// Why the supervision system has not done what it was asked. None of the texts holds anything of a record.
#[derive(Debug, thiserror::Error)]
pub enum SupervisionError {
    /// No answer. It may have acted.
    #[error("supervision system does not answer")]
    NoAnswer(#[source] HttpError),
    /// It takes no more just now, or its daily window is closed.
    #[error("supervision system takes no more for {seconds} s")]
    Later {
        /// After how long it may be asked again.
        seconds: u32,
        /// Whether its daily window is closed.
        closed: bool,
    },
    /// It fails.
    #[error("supervision system fails with status {0}")]
    Down(u16),
    /// It does not know us, or not our signature.
    #[error("supervision system refuses who asks: status {0}")]
    Unauthorized(u16),
    /// It does not understand the request.
    #[error("supervision system refuses the request: status {0}")]
    Refused(u16),
    /// The answer is not signed by it, or not for this question.
    #[error("answer is not the supervision system's own")]
    Unsigned,
    /// The answer reads otherwise than agreed upon.
    #[error("answer does not read: {0}")]
    Malformed(&'static str),
    /// The request could not be signed or put together.
    #[error("request cannot be sent: {0}")]
    Unsendable(&'static str),
}

impl Fault for SupervisionError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoAnswer(_) | Self::Later { .. } | Self::Down(_) | Self::Unsigned | Self::Malformed(_) => {
                Kind::Unavailable
            }
            Self::Unauthorized(_) | Self::Refused(_) | Self::Unsendable(_) => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) => "gateway/supervision-no-answer",
            Self::Later { .. } => "gateway/supervision-later",
            Self::Down(_) => "gateway/supervision-down",
            Self::Unauthorized(_) => "gateway/supervision-unauthorized",
            Self::Refused(_) => "gateway/supervision-refused",
            Self::Unsigned => "gateway/supervision-unsigned",
            Self::Malformed(_) => "gateway/supervision-malformed",
            Self::Unsendable(_) => "gateway/supervision-unsendable",
        }
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Later { seconds, .. } => Some(*seconds),
            Self::NoAnswer(_)
            | Self::Down(_)
            | Self::Unauthorized(_)
            | Self::Refused(_)
            | Self::Unsigned
            | Self::Malformed(_)
            | Self::Unsendable(_) => None,
        }
    }
}

/// What is signed of a request.
pub(super) fn request_text(
    method: &str,
    target: &str,
    app: &str,
    timestamp: &str,
    nonce: &str,
    body: &[u8],
) -> Vec<u8> {
    let head = format!("{method}\n{target}\n{app}\n{timestamp}\n{nonce}\n");
    [head.as_bytes(), body, b"\n"].concat()
}

/// What is signed of an answer to the request of that nonce.
pub(super) fn answer_text(status: u16, timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{status}\n{timestamp}\n{nonce}\n");
    [head.as_bytes(), body, b"\n"].concat()
}

/// A header's text.
pub(super) fn told<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The line to the supervision system.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) app: String,
    pub(super) base: String,
    pub(super) http: Http,
    pub(super) signer: Arc<dyn Signer>,
    pub(super) ambient: Arc<dyn Ambient>,
}

/// What a refusal of a whole request may say.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    code: String,
}

impl Transport {
    /// Asks, and reads the answer if it is the city's own.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: Bytes,
    ) -> Result<T, SupervisionError> {
        let nonce = format!("{:016x}{:016x}", self.ambient.random(), self.ambient.random());
        let request = self.signed(method, target, body, &nonce)?;
        let answer = self.http.send(request).await.map_err(SupervisionError::NoAnswer)?;
        if answer.status() != StatusCode::OK {
            return Err(refusal(&answer));
        }
        self.check(&answer, &nonce)?;
        // The reader's own words could quote a record.
        serde_json::from_slice(answer.body()).map_err(|_unreadable| SupervisionError::Malformed("JSON"))
    }

    fn signed(
        &self,
        method: Method,
        target: &str,
        body: Bytes,
        nonce: &str,
    ) -> Result<Request<Bytes>, SupervisionError> {
        let timestamp = self.ambient.now().seconds().to_string();
        let text = request_text(method.as_str(), target, &self.app, &timestamp, nonce, &body);
        let signature = self.signer.sign(&text).map_err(|_unlucky| SupervisionError::Unsendable("signature"))?;
        Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.base))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .header(APP, &self.app)
            .header(TIMESTAMP, timestamp)
            .header(NONCE, nonce)
            .header(METHOD, self.signer.method())
            .header(SIGNATURE, hex::encode(signature))
            .body(body)
            .map_err(|_unsendable| SupervisionError::Unsendable("parameters"))
    }

    fn check(&self, answer: &Response<Bytes>, nonce: &str) -> Result<(), SupervisionError> {
        let timestamp = told(answer.headers(), TIMESTAMP);
        let fresh = timestamp
            .parse::<i64>()
            .is_ok_and(|said| self.ambient.now().seconds().abs_diff(said) <= SKEW_SECONDS.unsigned_abs());
        let text = answer_text(answer.status().as_u16(), timestamp, nonce, answer.body());
        let signature = hex::decode(told(answer.headers(), SIGNATURE)).unwrap_or_default();
        let good =
            fresh && told(answer.headers(), METHOD) == self.signer.method() && self.signer.verifies(&text, &signature);
        if good { Ok(()) } else { Err(SupervisionError::Unsigned) }
    }
}

/// What an answer means that is no 200. It needs no signature: it changes nothing but when we come again.
fn refusal(answer: &Response<Bytes>) -> SupervisionError {
    let status = answer.status();
    let said: Option<u32> = told(answer.headers(), header::RETRY_AFTER.as_str()).parse().ok();
    let seconds = said.unwrap_or(LATER_SECONDS).min(LONGEST_WAIT_SECONDS);
    let closed = serde_json::from_slice::<Told>(answer.body()).is_ok_and(|told| told.code == "closed");
    match status {
        StatusCode::TOO_MANY_REQUESTS => SupervisionError::Later { seconds, closed: false },
        StatusCode::SERVICE_UNAVAILABLE if closed || said.is_some() => SupervisionError::Later { seconds, closed },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => SupervisionError::Unauthorized(status.as_u16()),
        // What lies between us may send us elsewhere or fail as the city does.
        status if status.is_client_error() => SupervisionError::Refused(status.as_u16()),
        status => SupervisionError::Down(status.as_u16()),
    }
}

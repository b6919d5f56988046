//! Session tokens: ES256, by a key we trust, meant for us, not run out.

use std::fmt;

use domain::Moment;
use domain::access::Grant;
use domain::id::{PersonId, SessionId};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

/// How far the clocks of issuer and verifier may differ.
const LEEWAY_SECONDS: i64 = 30;

/// No token of ours is longer: twenty grants, and all that is signed beside them.
const LONGEST_TOKEN: usize = 4096;

/// The keys that sign sessions; two while one follows the other.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustedKeys {
    issuer: String,
    audience: String,
    keys: Vec<TrustedKey>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustedKey {
    kid: String,
    pem: String,
}

/// Who a token speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Session {
    pub(crate) sub: PersonId,
    pub(crate) sid: SessionId,
    pub(crate) sv: u64,
    pub(crate) grants: Vec<Grant>,
    typ: String,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

/// Why a token is refused. Told to the log, never to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no bearer token")]
    NoToken,
    #[error("token does not read")]
    Unreadable,
    #[error("algorithm is not ES256")]
    Algorithm,
    #[error("key is not trusted")]
    UnknownKey,
    #[error("signature or claims do not hold")]
    Invalid,
    #[error("token is not an access token")]
    WrongType,
    #[error("token has run out or is not valid yet")]
    OutOfTime,
}

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedKeys").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl TrustedKeys {
    /// The session a header `Bearer <token>` proves.
    pub(crate) fn verify(&self, header: &str, now: Moment) -> Result<Session, Refusal> {
        let token = header.strip_prefix("Bearer ").ok_or(Refusal::NoToken)?;
        if token.len() > LONGEST_TOKEN {
            return Err(Refusal::Unreadable);
        }
        let head = decode_header(token).map_err(|_unreadable| Refusal::Unreadable)?;
        // The token does not choose the algorithm, nor bring its key along, nor say where one lies.
        let brings_key = head.jku.is_some() || head.jwk.is_some() || head.x5u.is_some() || head.x5c.is_some();
        if brings_key {
            return Err(Refusal::UnknownKey);
        }
        if head.alg != Algorithm::ES256 {
            return Err(Refusal::Algorithm);
        }
        let trusted = head.kid.and_then(|kid| self.keys.iter().find(|key| key.kid == kid));
        let pem = &trusted.ok_or(Refusal::UnknownKey)?.pem;
        let key = DecodingKey::from_ec_pem(pem.as_bytes()).map_err(|_unusable| Refusal::UnknownKey)?;
        let read = decode::<Session>(token, &key, &self.validation()).map_err(|_invalid| Refusal::Invalid)?;
        let session = read.claims;
        if session.typ != "access" {
            return Err(Refusal::WrongType);
        }
        let now = now.seconds();
        let begins = session.iat.max(session.nbf.unwrap_or(session.iat));
        if session.exp.saturating_add(LEEWAY_SECONDS) <= now || begins.saturating_sub(LEEWAY_SECONDS) > now {
            return Err(Refusal::OutOfTime);
        }
        Ok(session)
    }

    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Compared with our own clock, which a test can hold.
        validation.validate_exp = false;
        validation
    }
}

//! Issuing access tokens (签发令牌): ES256, by the newest of our keys whose time has come. K5.1.

use domain::access::Grant;
use domain::id::{PersonId, SessionId};
use domain::session::ACCESS_MINUTES;
use domain::{Fault, Kind, Moment};
use edge::{App, Variable};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};

/// What the secret holds: the keys that sign, two while one follows the other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SigningKeys {
    issuer: String,
    audience: String,
    keys: Vec<SigningKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SigningKey {
    kid: String,
    /// From when on it signs (RFC 3339): by then every authorizer knows its public half.
    from: String,
    pem: String,
}

/// Why no token can be made. None of the texts holds a part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "identity/")]
pub(crate) enum IssueError {
    #[error("no key of sessions is due to sign")]
    NoSigningKey,
    #[error("key of sessions cannot sign")]
    SigningKeyUnusable,
}

impl Fault for IssueError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What an access token says.
pub(crate) struct Subject<'a> {
    pub(crate) person: &'a PersonId,
    pub(crate) session: &'a SessionId,
    pub(crate) session_ver: u64,
    pub(crate) grants: &'a [Grant],
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a PersonId,
    typ: &'static str,
    iat: i64,
    exp: i64,
    sid: &'a SessionId,
    sv: u64,
    grants: &'a [Grant],
}

/// An access token.
pub(crate) async fn access_token(app: &App, subject: &Subject<'_>) -> Result<String, edge::Problem> {
    let keys: SigningKeys = app.secrets().get(app.variable(Variable::SigningSecret)?).await?;
    Ok(keys.sign(subject, app.now())?)
}

impl SigningKeys {
    fn sign(&self, subject: &Subject<'_>, now: Moment) -> Result<String, IssueError> {
        let due = self.keys.iter().filter_map(|key| Some((Moment::parse(&key.from)?, key)));
        let newest = due.filter(|(from, _)| *from <= now).max_by_key(|(from, _)| *from);
        let (_, key) = newest.ok_or(IssueError::NoSigningKey)?;
        let claims = Claims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: subject.person,
            typ: "access",
            iat: now.seconds(),
            exp: now.plus_minutes(ACCESS_MINUTES).seconds(),
            sid: subject.session,
            sv: subject.session_ver,
            grants: subject.grants,
        };
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key.kid.clone());
        let private =
            EncodingKey::from_ec_pem(key.pem.as_bytes()).map_err(|_unusable| IssueError::SigningKeyUnusable)?;
        encode(&header, &claims, &private).map_err(|_unsigned| IssueError::SigningKeyUnusable)
    }
}

//! People (登录模拟): session tokens for demo logins, until the platform issues its own.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// Who issues tokens.
pub const ISSUER: &str = "https://simulator.invalid/people";
/// Whom they are meant for.
pub const AUDIENCE: &str = "after-school-platform";
/// The name of the key.
pub const KEY_ID: &str = "simulator-1";
/// The public key, PEM.
pub const PUBLIC_PEM: &str = include_str!("../keys/session.pub.pem");
/// How long a token lives.
pub const LIFE_SECONDS: i64 = 15 * 60;

const PRIVATE_PEM: &str = include_str!("../keys/session.key.pem");

#[derive(Serialize)]
struct Claims<'c> {
    iss: &'static str,
    aud: &'static str,
    sub: &'c str,
    iat: i64,
    exp: i64,
    typ: &'static str,
    role: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    school: Option<&'c str>,
}

/// An access token (ES256) of `sub` in `role` (`guardian`, `school_admin`, `platform_admin`) at a school, if the role
/// belongs to one. Two tokens of the same claims differ: this kind of signature takes randomness from the system.
pub fn token(sub: &str, role: &str, school: Option<&str>, now: Timestamp) -> String {
    let iat = now.as_second();
    let exp = iat.saturating_add(LIFE_SECONDS);
    let claims = Claims { iss: ISSUER, aud: AUDIENCE, sub, iat, exp, typ: "access", role, school };
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(KEY_ID.to_owned());
    let key = EncodingKey::from_ec_pem(PRIVATE_PEM.as_bytes()).expect("the issuer's key");
    jsonwebtoken::encode(&header, &claims, &key).expect("a token")
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_token_verifies_with_the_public_key() {
        let now = Timestamp::from_second(1_788_220_800).unwrap();
        let token = token("7K3M9Q2XAB", "guardian", None, now);
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.validate_exp = false;
        let key = DecodingKey::from_ec_pem(PUBLIC_PEM.as_bytes()).unwrap();
        let read = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(read.header.kid.as_deref(), Some(KEY_ID));
        assert_eq!(read.claims["sub"], "7K3M9Q2XAB");
        assert_eq!(read.claims["typ"], "access");
        assert_eq!(read.claims["exp"].as_i64().unwrap() - now.as_second(), LIFE_SECONDS);
        assert_eq!(read.claims.get("school"), None);
    }
}

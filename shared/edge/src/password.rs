//! Passwords (密码): hashed by Argon2id, and compared in the same time whether or not there is an account. K5.1.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::{Fault, Kind, Pii};

use crate::app::App;

/// Memory for one hash, in KiB: 19 MiB, with [`PASSES`] and one lane the first choice of OWASP's recommendation.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// The hash of a password nobody has: who does not exist is compared with it.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5aGFzdGhpc3NhbA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password cannot be hashed, or what is stored is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("password hash cannot be made or read")]
pub struct PasswordHashError;

impl Fault for PasswordHashError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "edge/password-hash"
    }
}

/// The PHC string of a password, with a salt of its own.
pub fn hash_password(app: &App, password: &str) -> Result<Pii<String>, PasswordHashError> {
    let salt: [u8; 16] = app.random_bytes();
    let hash =
        hasher()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(|_unhashable| PasswordHashError)?;
    Ok(Pii::new(hash.to_string()))
}

/// Characters of a password that is read out and typed: none looks like another.
const READABLE: &[u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz_";

/// A password to be handed over, changed at its first use: 16 characters of 5 bits in groups of four.
pub fn temporary_password(app: &App) -> String {
    let bytes: [u8; 16] = app.random_bytes();
    let letter = |byte: &u8| READABLE.get(usize::from(byte % 32)).copied().map(char::from);
    let groups = bytes.chunks(4).map(|group| group.iter().filter_map(letter).collect::<String>());
    groups.collect::<Vec<_>>().join("-")
}

/// Whether this is the password behind a PHC string. Without one it takes as long, and is not.
pub fn is_password(password: &str, stored: Option<&Pii<String>>) -> Result<bool, PasswordHashError> {
    let phc = stored.map_or(OF_NOBODY, |stored| stored.reveal());
    let hash = PasswordHash::new(phc).map_err(|_unreadable| PasswordHashError)?;
    let same = hasher()?.verify_password(password.as_bytes(), &hash).is_ok();
    Ok(same && stored.is_some())
}

fn hasher() -> Result<Argon2<'static>, PasswordHashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_unusable| PasswordHashError)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k5_1_a_stored_password_is_known_again_and_nobody_has_one() {
        let hash = hasher().unwrap().hash_password_with_salt(b"correct horse battery", &[7; 16]).unwrap();
        let stored = Pii::new(hash.to_string());
        assert!(stored.reveal().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(is_password("correct horse battery", Some(&stored)), Ok(true));
        assert_eq!(is_password("correct horse batterz", Some(&stored)), Ok(false));
        assert_eq!(is_password("correct horse battery", None), Ok(false));
        assert_eq!(is_password("x", Some(&Pii::new("plain".to_owned()))), Err(PasswordHashError));
    }
}

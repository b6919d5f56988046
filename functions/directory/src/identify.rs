//! Identifiers of what a request makes once: the same request of the same person names the same thing.

use std::str::FromStr;

use domain::id::PersonId;
use edge::Problem;
use edge::caller::AccessError;
use sha2::{Digest as _, Sha256};

/// Characters of an identifier.
const LENGTH: usize = 20;

/// The identifier of what this person makes by this request.
pub(crate) fn identify<T: FromStr>(person: &PersonId, key: &str) -> Result<T, Problem> {
    let mut hash = hex::encode(Sha256::digest(format!("{person} {key}")));
    hash.truncate(LENGTH);
    hash.parse().map_err(|_never| AccessError::NotFound.into())
}

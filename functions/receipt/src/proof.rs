//! The proof of a paper: the archived snapshot under the hash that stands on it, if it is one and hashes so. P5.3.

use domain::snapshot::hash;
use edge::{App, Problem, Variable};
use serde::de::DeserializeOwned;

/// More bytes than any snapshot has.
const LARGEST_SNAPSHOT_BYTES: usize = 256 * 1024;

/// Letters of a hash.
const HASH_LETTERS: usize = 43;

/// What the snapshot of that hash says among those of a kind, `payment` or `refund`.
pub(crate) async fn archived<T: DeserializeOwned>(app: &App, kind: &str, sha256: &str) -> Result<Option<T>, Problem> {
    let is_hash = sha256.len() == HASH_LETTERS
        && sha256.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_');
    if !is_hash {
        return Ok(None);
    }
    let bucket = app.variable(Variable::SnapshotsBucket)?;
    let found = app.objects().get(bucket, &format!("{kind}/{sha256}.json"), LARGEST_SNAPSHOT_BYTES).await?;
    let genuine = found.filter(|body| hash(body) == sha256);
    Ok(genuine.and_then(|body| serde_json::from_slice(&body).ok()))
}

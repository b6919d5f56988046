//! Where segments lie: in a folder, or in the bucket.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::audit::segment::SEGMENT_BYTES;
use edge::App;

use crate::AuditError;

/// What the names of segments in the bucket begin with.
const PREFIX: &str = "segment/";

/// Where segments lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In a folder, as they were copied from the bucket.
    Folder(PathBuf),
    /// In a bucket, which needs the app's credentials.
    Bucket(String),
}

impl Source {
    /// Reads `s3://bucket` or the path of a folder.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix("s3://") {
            Some(bucket) => Self::Bucket(bucket.trim_end_matches('/').to_owned()),
            None => Self::Folder(PathBuf::from(text)),
        }
    }

    /// Names in their order, after one of them; none at the end.
    pub(crate) async fn names(&self, app: Option<&App>, after: Option<&str>) -> Result<Vec<String>, AuditError> {
        match self {
            Self::Bucket(bucket) => Ok(reached(app)?.objects().keys(bucket, PREFIX, after).await?),
            Self::Folder(_) if after.is_some() => Ok(Vec::new()),
            Self::Folder(folder) => {
                in_folder(folder).map_err(|source| AuditError::File { path: folder.clone(), source })
            }
        }
    }

    /// The text of a segment.
    pub(crate) async fn text(&self, app: Option<&App>, name: &str) -> Result<Bytes, AuditError> {
        match self {
            Self::Bucket(bucket) => {
                // One that goes between listing and reading is a segment without a text.
                Ok(reached(app)?.objects().get(bucket, name, SEGMENT_BYTES).await?.unwrap_or_default())
            }
            Self::Folder(folder) => {
                let path = folder.join(name);
                std::fs::read(&path).map(Bytes::from).map_err(|source| AuditError::File { path, source })
            }
        }
    }
}

fn reached(app: Option<&App>) -> Result<&App, AuditError> {
    app.ok_or_else(|| AuditError::Environment("a bucket is read with credentials".into()))
}

/// Segments of a folder, in whatever folders below it the copy has put them.
fn in_folder(folder: &Path) -> std::io::Result<Vec<String>> {
    let below = folder.join(PREFIX);
    let (place, prefix) = if below.is_dir() { (below.as_path(), PREFIX) } else { (folder, "") };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|ending| ending == "jsonl") {
            names.push(format!("{prefix}{name}"));
        }
    }
    names.sort();
    Ok(names)
}

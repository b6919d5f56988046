//! Verifying the audit (审计校验): the segments as they were sealed, and the tables against them. K4.2, promise P9.

mod source;
mod tables;

use std::path::PathBuf;

use domain::audit::census::{Counted, Gap};
use domain::audit::verify::{Flaw, Summary, Verifier};
use edge::App;
use gateway::object::ObjectError;
use gateway::signer::{SignerError, VerifyingKey};
use store::StoreError;

pub use source::Source;

/// What was found to be in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The segments.
    pub summary: Summary,
    /// The tables, if they were asked for.
    pub counted: Option<Counted>,
    /// Entries of the tables that wait for the sealer.
    pub waiting: u64,
}

/// What is not in order, or why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A segment.
    #[error(transparent)]
    Flaw(#[from] Flaw),
    /// A thing and its entries.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// An entry of the tables is in no segment and does not wait for one.
    #[error("{thing} 的审计记录 {place} 未封存, 也不在待封存之列")]
    Unsealed {
        /// What it is about.
        thing: String,
        /// Its place.
        place: String,
    },
    /// An entry of the tables is not what was sealed.
    #[error("{thing} 的审计记录 {place} 与封存的不一致")]
    Altered {
        /// What it is about.
        thing: String,
        /// Its place.
        place: String,
    },
    /// Entries that were sealed are not in the tables any more.
    #[error("表中缺少 {missing} 条已封存的审计记录")]
    Removed {
        /// How many.
        missing: u64,
    },
    /// The command is not understood.
    #[error("用法: audit verify --segments <目录 | s3://桶> --public-key <公钥文件 | kms:密钥> [--tables]")]
    Usage,
    /// A file could not be read.
    #[error("无法读取 {}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The objects.
    #[error("无法读取审计桶")]
    Object(#[from] ObjectError),
    /// The tables.
    #[error("无法读取数据表")]
    Store(#[from] StoreError),
    /// The key.
    #[error("公钥不可用")]
    Key(#[from] SignerError),
    /// The environment: variables and credentials.
    #[error("运行环境不完整")]
    Environment(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AuditError {
    /// Whether something is wrong with the audit; else it could not be looked at.
    pub const fn is_finding(&self) -> bool {
        matches!(
            self,
            Self::Flaw(_) | Self::Gap(_) | Self::Unsealed { .. } | Self::Altered { .. } | Self::Removed { .. }
        )
    }
}

/// Verifies segments one after the other; with an app also the tables of its stack: that their last segment is there,
/// that their entries are what was sealed, and that every version of every thing has its entry.
///
/// The tables are read one after the other, so they should be at rest; what is just being written may be told as missing
/// and is not when it is asked again.
pub async fn verify(
    app: Option<&App>,
    source: &Source,
    key: &VerifyingKey,
    with_tables: bool,
) -> Result<Verdict, AuditError> {
    let tables = app.filter(|_| with_tables).map(App::store);
    // In this order: what waits, then the head, then the segments, then the entries. An entry that was there when it
    // began is then found either waiting or sealed, although the sealer goes on.
    let waiting = match tables {
        Some(store) => tables::waiting(store).await?,
        None => tables::Places::new(),
    };
    let head = match tables {
        Some(store) => Some(store.audit_head().await?),
        None => None,
    };
    let mut verifier = Verifier::new(key, head);
    let mut after = None;
    loop {
        let names = source.names(app, after.as_deref()).await?;
        for name in &names {
            verifier.take(&source.text(app, name).await?)?;
        }
        after = names.last().cloned();
        if after.is_none() {
            break;
        }
    }
    let counted = match tables {
        Some(store) => Some(tables::count(store, &verifier, &waiting).await?),
        None => None,
    };
    let waiting = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
    Ok(Verdict { summary: verifier.end()?, counted, waiting })
}

#[cfg(test)]
mod tests;

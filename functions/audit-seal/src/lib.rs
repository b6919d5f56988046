//! Audit seal (审计封存): each minute, entries that wait are chained into signed segments that nobody can change. K4.2 K5.1,
//! promise P9.
//!
//! The object of a segment is named by its number and stored only if there is none: from then on it is the segment of
//! that number, whoever wrote it. Everything after that may be repeated, so a run that stops anywhere, or two that
//! overlap, leave nothing that the next run does not bring to its end.

use bytes::Bytes;
use domain::audit::segment::{self, Draft, Head, SEGMENT_BYTES, SEGMENT_ENTRIES, Segment};
use domain::audit::verify::{self, PublicKey, Wrong};
use domain::{Fault, Kind, Moment};
use edge::config::MissingVariable;
use edge::{App, Variable};
use gateway::object::ObjectError;
use gateway::signer::SignerError;
use serde_json::{Value, json};
use store::StoreError;
use store::seal::Waiting;

/// How long a run may begin new segments. The function has a little more.
const RUN_SECONDS: i64 = 45;

/// Segments of one run at most: twenty thousand entries a minute.
const RUN_SEGMENTS: u32 = 40;

/// A change whose entries are not all there after so long is not just being written.
const INCOMPLETE_SECONDS: i64 = 300;

/// Why a run ended early.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "audit-seal/")]
pub enum SealError {
    /// What lies under the number of the next segment is none that follows the last one.
    #[error("object {name} is no segment: {wrong}")]
    Foreign {
        /// Its name.
        name: String,
        /// What is wrong with it.
        wrong: Wrong,
    },
    /// An object that was refused because it was there is not there.
    #[error("object {name} is gone")]
    Gone {
        /// Its name.
        name: String,
    },
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
}

impl Fault for SealError {
    fn kind(&self) -> Kind {
        match self {
            Self::Foreign { .. } => Kind::Internal,
            Self::Gone { .. } => Kind::Unavailable,
            Self::Store(error) => error.kind(),
            Self::Object(error) => error.kind(),
            Self::Signer(error) => error.kind(),
            Self::Variable(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What a run came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Segments that were brought to their end.
    pub segments: u32,
    /// Entries in them.
    pub entries: usize,
    /// For how long the oldest entry had waited when the run began.
    pub oldest_seconds: i64,
}

impl Report {
    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(self) -> Value {
        json!({"segments": self.segments, "entries": self.entries, "oldest_seconds": self.oldest_seconds})
    }
}

/// One run: segment after segment, as long as entries wait and time is left.
pub async fn seal(app: App) -> Result<Report, SealError> {
    let until = app.now().plus_seconds(RUN_SECONDS);
    let mut report = Report::default();
    while report.segments < RUN_SEGMENTS && app.now() < until {
        let head = app.store().audit_head().await?;
        let waiting = app.store().unsealed(SEGMENT_ENTRIES).await?;
        if report.segments == 0 {
            report.oldest_seconds = waiting.oldest.map_or(0, |oldest| app.now().seconds_since(oldest).max(0));
        }
        tell_incomplete(&waiting, app.now());
        let Some(draft) = Draft::new(&head, waiting.entries) else { break };
        let segment = Box::pin(settle(&app, &head, draft)).await?;
        // Whether this run moves the head or another one that had the same segment is all the same.
        app.store().book_segment(&head, &segment, app.now()).await?;
        report.segments = report.segments.saturating_add(1);
        report.entries = report.entries.saturating_add(segment.entries.len());
    }
    Ok(report)
}

/// Makes the draft the segment of its number, unless there is one already; the one that stands.
async fn settle(app: &App, head: &Head, draft: Draft) -> Result<Segment, SealError> {
    let (bucket, key) = (app.variable(Variable::AuditBucket)?, app.variable(Variable::AuditSigningKey)?);
    let signature = app.signer().sign(key, draft.message()).await?;
    let name = segment::name(head.number.saturating_add(1));
    let bytes = Bytes::from(draft.signed(&signature));
    if app.objects().put_new(bucket, &name, bytes.clone(), "application/jsonl").await? {
        return read(&bytes, head, &Own, name);
    }
    // A run that stopped here left it, or one that runs at the same time was faster: it is adopted, if it is ours.
    let there = app.objects().get(bucket, &name, SEGMENT_BYTES).await?.ok_or(SealError::Gone { name: name.clone() })?;
    if there == bytes {
        return read(&bytes, head, &Own, name);
    }
    read(&there, head, &app.signer().public_key(key).await?, name)
}

fn read(bytes: &[u8], head: &Head, key: &impl PublicKey, name: String) -> Result<Segment, SealError> {
    verify::read(bytes, head, key).map_err(|(_, wrong)| SealError::Foreign { name, wrong })
}

/// What was signed a moment ago needs no proof.
struct Own;

impl PublicKey for Own {
    fn verifies(&self, _message: &[u8], _signature: &[u8]) -> bool {
        true
    }
}

/// A change is written with all of its entries, so one that lacks some for long has lost them.
fn tell_incomplete(waiting: &Waiting, now: Moment) {
    for change in &waiting.incomplete {
        let at = change.split('#').next().and_then(|at| at.parse().ok()).map_or(now, Moment::from_seconds);
        if now.seconds_since(at) > INCOMPLETE_SECONDS {
            tracing::error!(security = true, change, "audit entries of a change are missing");
        }
    }
}

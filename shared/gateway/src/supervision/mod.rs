//! The city's supervision system (监管系统): what is reported to it, what it holds, and what it tells. B5.1 B6.1 P7.
//!
//! Records come here rendered, in the clear, and go into the body of a request only: nothing of them is in an address, an
//! error or a log line.

mod incoming;
mod receipt;
pub mod signer;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::fault::{Fault, Kind};
use domain::id::SchoolCode;
use domain::supervision::agreement::wire::{Asked, DigestsTold, ListingsTold};
use domain::supervision::agreement::{Listed, Node};
use domain::supervision::digest::Brief;
use domain::supervision::{Dataset, FieldMap, Inbound, Receipt, Rendered, SourceId};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use incoming::{IncomingError, Intake, Message, SignedAnswer, read_each};
pub use transport::{APP, METHOD, NONCE, SIGNATURE, SupervisionError, TIMESTAMP};

use self::receipt::Receipts;
use self::signer::SignSettings;
use self::transport::Transport;
use crate::ambient::Ambient;
use crate::http::Http;

/// Most records of a batch.
pub const BATCH_RECORDS: usize = 200;
/// Most bytes of a batch.
pub const BATCH_BYTES: usize = 512 * 1024;
/// Records of a page: with the longest words in all of them it is less than the largest answer that is read.
pub const PAGE_RECORDS: u16 = 100;
/// Longest mark of where a page ends.
const LONGEST_CURSOR: usize = 200;

/// How the supervision system knows us, as the secret store holds it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupervisionSettings {
    /// Our number there.
    pub app_id: String,
    /// How messages are signed.
    pub sign: SignSettings,
}

impl fmt::Debug for SupervisionSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupervisionSettings").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// The settings cannot be used: which part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("settings of the supervision system are not usable: {0}")]
pub struct SupervisionSetupError(pub &'static str);

impl Fault for SupervisionSetupError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "gateway/supervision-setup"
    }
}

/// A page of what the city tells.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// The records, in the city's words.
    pub records: Vec<Value>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<String>,
}

/// The city's supervision system.
#[derive(Clone)]
pub struct Supervision {
    transport: Transport,
    map: Arc<FieldMap>,
}

impl fmt::Debug for Supervision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervision").field("app_id", &self.transport.app).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Batch<'a> {
    records: Vec<&'a Value>,
}

#[derive(Deserialize)]
struct Shown {
    record: Option<Value>,
}

impl Supervision {
    /// The supervision system at `base_url`, whose records are written by `map`.
    pub fn new(
        settings: &SupervisionSettings,
        base_url: &str,
        map: Arc<FieldMap>,
        http: Http,
        ambient: Arc<dyn Ambient>,
    ) -> Result<Self, SupervisionSetupError> {
        let app = settings.app_id.clone();
        if app.is_empty() || !app.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(SupervisionSetupError("app_id"));
        }
        // Personal data travels in bodies: in the clear only within this machine.
        if !base_url.starts_with("https://") && !base_url.starts_with("http://127.0.0.1:") {
            return Err(SupervisionSetupError("base address"));
        }
        let signer = settings.sign.signer().map_err(|error| SupervisionSetupError(error.0))?.into();
        Ok(Self { transport: Transport { app, base: base_url.to_owned(), http, signer, ambient }, map })
    }

    /// By which map records are written.
    pub fn map(&self) -> &FieldMap {
        &self.map
    }

    /// Sends a batch, which is at most what [`batches`] makes, and gives a receipt for each record, in their order. If it
    /// fails, any of them may have arrived: sending it again does no harm.
    pub async fn push(&self, batch: &[Rendered]) -> Result<Vec<Receipt>, SupervisionError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let body = Batch { records: batch.iter().map(Rendered::json).collect() };
        let receipts: Receipts = self.post("records", &body).await?;
        receipts.beside(&self.map, batch)
    }

    /// The digests of the parts of some nodes of a school, in their order.
    pub async fn digests(
        &self,
        school: &SchoolCode,
        nodes: &[Node],
    ) -> Result<Vec<BTreeMap<String, Brief>>, SupervisionError> {
        let told: DigestsTold = self.post("digests", &Asked { school, nodes }).await?;
        Ok(told.nodes)
    }

    /// The records that the city holds in some nodes of a school, in their order.
    pub async fn listings(&self, school: &SchoolCode, nodes: &[Node]) -> Result<Vec<Vec<Listed>>, SupervisionError> {
        let told: ListingsTold = self.post("listings", &Asked { school, nodes }).await?;
        Ok(told.nodes)
    }

    /// A record as the city holds it, in its words and in the clear; none: it has none.
    pub async fn show(&self, dataset: Dataset, source_id: &SourceId) -> Result<Option<Value>, SupervisionError> {
        let asked = json!({"dataset": self.map.name_of(dataset), "source_id": source_id});
        Ok(self.post::<Shown>("record", &asked).await?.record)
    }

    /// A page of what the city tells of a data set, from where the last one ended.
    pub async fn pull(&self, inbound: Inbound, cursor: Option<&str>) -> Result<Page, SupervisionError> {
        let name = self.map.inbound.get(&inbound).map_or("", |set| set.name.as_str());
        let cursor = cursor.unwrap_or_default();
        if !is_cursor(cursor) {
            return Err(SupervisionError::Unsendable("cursor"));
        }
        let target = format!("/exchange/v1/inbound/{name}?size={PAGE_RECORDS}&cursor={cursor}");
        let page: Page = self.transport.ask(Method::GET, &target, Bytes::new()).await?;
        // One that leads nowhere new would be followed for ever.
        match &page.next {
            Some(next) if next.is_empty() || next == cursor || !is_cursor(next) => {
                Err(SupervisionError::Malformed("cursor"))
            }
            _ => Ok(page),
        }
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, SupervisionError> {
        let body = serde_json::to_vec(body).map_err(|_no_such_value| SupervisionError::Unsendable("body"))?;
        self.transport.ask(Method::POST, &format!("/exchange/v1/{path}"), body.into()).await
    }
}

fn is_cursor(text: &str) -> bool {
    text.len() <= LONGEST_CURSOR && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Cuts records into batches that the city takes, in their order. A record alone is a batch, however large it is.
pub fn batches(records: &[Rendered]) -> Vec<&[Rendered]> {
    let (mut cut, mut from, mut bytes) = (Vec::new(), 0usize, 0usize);
    for (at, record) in records.iter().enumerate() {
        let more = record.json().to_string().len();
        let full = at.saturating_sub(from) >= BATCH_RECORDS || bytes.saturating_add(more) > BATCH_BYTES;
        if full && at > from {
            cut.extend(records.get(from..at));
            (from, bytes) = (at, 0);
        }
        bytes = bytes.saturating_add(more);
    }
    cut.extend(records.get(from..).filter(|rest| !rest.is_empty()));
    cut
}

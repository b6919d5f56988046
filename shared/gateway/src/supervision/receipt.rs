//! Receipts (回执) as the city writes them, laid beside what was sent. B6.1 P7.

use std::collections::BTreeMap;

use domain::supervision::agreement::Held;
use domain::supervision::{FieldMap, Outcome, Receipt, RecordHash, Refusal, Rendered, SourceId};
use serde::Deserialize;

use super::transport::SupervisionError;

/// All receipts of a batch.
#[derive(Deserialize)]
pub(super) struct Receipts {
    receipts: Vec<Told>,
}

/// What is said about one record.
#[derive(Deserialize)]
struct Told {
    dataset: String,
    source_id: SourceId,
    version: u64,
    #[serde(flatten)]
    result: Result,
}

#[derive(Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum Result {
    Accepted { receipt: String },
    Stale { held_version: u64, held_hash: RecordHash },
    Refused { code: String, reason: String },
}

impl Receipts {
    /// A receipt for each record that was sent, in that order. What is not mentioned is unanswered; what was never sent
    /// cannot have one.
    pub(super) fn beside(
        self,
        map: &FieldMap,
        sent: &[Rendered],
    ) -> std::result::Result<Vec<Receipt>, SupervisionError> {
        let mut told: BTreeMap<(String, SourceId, u64), Result> = BTreeMap::new();
        for Told { dataset, source_id, version, result } in self.receipts {
            told.insert((dataset, source_id, version), result);
        }
        let receipts = sent.iter().map(|record| {
            let name = (map.name_of(record.dataset).to_owned(), record.source_id.clone(), record.version);
            let outcome = told.remove(&name).map_or(Outcome::Unanswered, |result| outcome(map, result));
            Receipt { dataset: record.dataset, source_id: record.source_id.clone(), version: record.version, outcome }
        });
        let receipts = receipts.collect();
        if told.is_empty() { Ok(receipts) } else { Err(SupervisionError::Malformed("a receipt of nothing sent")) }
    }
}

fn outcome(map: &FieldMap, result: Result) -> Outcome {
    match result {
        Result::Accepted { receipt } => Outcome::Accepted { receipt },
        Result::Stale { held_version, held_hash } => {
            Outcome::Stale { held: Held { version: held_version, hash: held_hash } }
        }
        Result::Refused { code, reason } => {
            let kind = map.refusal(&code);
            Outcome::Refused(Refusal { code, reason, kind })
        }
    }
}

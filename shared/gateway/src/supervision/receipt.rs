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

/// What is said about one record. Which of the last five there are depends on the result.
#[derive(Deserialize)]
struct Told {
    dataset: String,
    source_id: SourceId,
    version: u64,
    result: Word,
    receipt: Option<String>,
    held_version: Option<u64>,
    held_hash: Option<RecordHash>,
    code: Option<String>,
    reason: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Accepted,
    Stale,
    Refused,
}

impl Receipts {
    /// A receipt for each record that was sent, in that order. What is not mentioned is unanswered; what was never sent
    /// cannot have one.
    pub(super) fn beside(self, map: &FieldMap, sent: &[Rendered]) -> Result<Vec<Receipt>, SupervisionError> {
        let mut told: BTreeMap<(String, SourceId, u64), Outcome> = BTreeMap::new();
        for said in self.receipts {
            let outcome = said.outcome(map).ok_or(SupervisionError::Malformed("receipt"))?;
            told.insert((said.dataset, said.source_id, said.version), outcome);
        }
        let receipts = sent.iter().map(|record| {
            let name = (map.name_of(record.dataset).to_owned(), record.source_id.clone(), record.version);
            let mut outcome = told.remove(&name).unwrap_or(Outcome::Unanswered);
            if let Outcome::Refused(refusal) = &mut outcome {
                refusal.reason = map.concealed(record, &refusal.reason);
            }
            Receipt { dataset: record.dataset, source_id: record.source_id.clone(), version: record.version, outcome }
        });
        let receipts = receipts.collect();
        if told.is_empty() { Ok(receipts) } else { Err(SupervisionError::Malformed("a receipt of nothing sent")) }
    }
}

impl Told {
    fn outcome(&self, map: &FieldMap) -> Option<Outcome> {
        Some(match self.result {
            Word::Accepted => Outcome::Accepted { receipt: self.receipt.clone()? },
            Word::Stale => Outcome::Stale { held: Held { version: self.held_version?, hash: self.held_hash? } },
            Word::Refused => {
                let (code, reason) = (self.code.clone()?, self.reason.clone()?);
                let kind = map.refusal(&code);
                Outcome::Refused(Refusal { code, reason, kind })
            }
        })
    }
}

//! Settlement (结算) in its table: rules, the docket of each term, batches with their sheets. S36.

use domain::access::Guarded;
use domain::id::{BatchId, SchoolCode, TermCode};
use domain::settlement::batch::Batch;
use domain::settlement::docket::Docket;
use domain::settlement::line::{BatchLine, sheets};
use domain::settlement::rules::{SchoolRules, SettlementRules};
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

/// Some lines of a batch: an item holds not all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sheet {
    lines: Vec<BatchLine>,
}

impl Store {
    /// The settlement rules of a school as they are in force; none while it has decided on none.
    pub async fn settlement_rules(&self, school: &SchoolCode) -> Result<Option<Versioned<SchoolRules>>, StoreError> {
        self.get("settlement-rules", &key::settlement_rules(school)).await
    }

    /// A version of the settlement rules of a school; 0: the standard ones.
    pub async fn settlement_rules_at(
        &self,
        school: &SchoolCode,
        version: u64,
    ) -> Result<Option<SettlementRules>, StoreError> {
        if version == 0 {
            return Ok(Some(SettlementRules::standard()));
        }
        let found = self
            .get::<SchoolRules>("settlement-rules-version", &key::settlement_rules_version(school, version))
            .await?;
        Ok(found.map(|found| found.value.rules))
    }

    /// The settlement docket of a school's term; version 0 while nothing was settled in it.
    pub async fn settlement_docket(
        &self,
        school: &SchoolCode,
        term: &TermCode,
    ) -> Result<Guarded<Versioned<Docket>>, StoreError> {
        let found = self.get("settlement-docket", &key::settlement_docket(school, term)).await?;
        Ok(Guarded::new(found.unwrap_or_else(|| Versioned::absent(Docket::new(school.clone(), term.clone())))))
    }

    /// A batch.
    pub async fn settlement_batch(&self, id: &BatchId) -> Result<Option<Guarded<Versioned<Batch>>>, StoreError> {
        self.guarded("batch", &key::batch(id)).await
    }

    /// All batches of a school's term, by their numbers: a term has some two hundred at most.
    pub async fn settlement_batches(
        &self,
        school: &SchoolCode,
        term: &TermCode,
    ) -> Result<Vec<Guarded<Versioned<Batch>>>, StoreError> {
        let all = self.all("batch", (Table::Money, &key::settlements(school, term), "BATCH#")).await?;
        Ok(all.into_iter().map(Guarded::new).collect())
    }

    /// The lines of a batch, as it was drawn up last: for whoever has reached the batch. Its sheets are read one after
    /// the other, as they are now, until there is no further one.
    pub async fn batch_lines(&self, batch: &Batch) -> Result<Vec<BatchLine>, StoreError> {
        let mut lines = Vec::new();
        for number in 1u16.. {
            let place = key::batch_sheet(&batch.id, batch.revision, number);
            let Some(sheet) = self.get::<Sheet>("batch-sheet", &place).await? else { break };
            lines.extend(sheet.value.lines);
        }
        Ok(lines)
    }
}

impl Commit {
    /// Puts settlement rules in force. What was in force stays under its version, for the batches that go by it.
    pub fn save_settlement_rules(&mut self, rules: &Versioned<SchoolRules>) -> Result<(), StoreError> {
        let school = &rules.value.school;
        let version = key::settlement_rules_version(school, rules.ver.saturating_add(1));
        self.put_untraced("settlement-rules-version", version, &Versioned::absent(&rules.value), None)?;
        self.put("settlement-rules", key::settlement_rules(school), rules, None)
    }

    /// Writes the next version of a settlement docket.
    pub fn save_settlement_docket(&mut self, docket: &Versioned<Docket>) -> Result<(), StoreError> {
        let Docket { school, term, .. } = &docket.value;
        self.put("settlement-docket", key::settlement_docket(school, term), docket, None)
    }

    /// Writes the next version of a batch.
    pub fn save_batch(&mut self, batch: &Versioned<Batch>) -> Result<(), StoreError> {
        self.put("batch", key::batch(&batch.value.id), batch, None)
    }

    /// Writes the lines of a batch that was just drawn up, on sheets of their own; the hash of the batch speaks for them.
    pub fn save_batch_lines(&mut self, batch: &Batch, lines: Vec<BatchLine>) -> Result<(), StoreError> {
        for (number, lines) in (1u16..).zip(sheets(lines)) {
            let place = key::batch_sheet(&batch.id, batch.revision, number);
            self.put_untraced("batch-sheet", place, &Versioned::absent(Sheet { lines }), None)?;
        }
        Ok(())
    }
}

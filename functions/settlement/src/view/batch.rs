//! A batch as it is shown.

use domain::settlement::batch::{Batch, Word};
use domain::settlement::docket::Docket;
use serde::Serialize;
use utoipa::ToSchema;

/// Who said something about a batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementWord {
    /// Who.
    pub by: String,
    /// In which role.
    #[schema(example = "school_finance")]
    pub role: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Why, of who sent it back or gave it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl SettlementWord {
    fn of(word: &Word, reason: Option<&str>) -> Self {
        let Word { by, role, at } = word;
        let reason = reason.map(str::to_owned);
        Self { by: by.to_string(), role: role.to_string(), at: at.to_string(), reason }
    }
}

/// A settlement batch. Of a correction, amounts and counts may be negative.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementView {
    /// Its identifier.
    #[schema(example = "3144200101.2026-2027-1.001")]
    pub batch_id: String,
    /// Its number within the term.
    #[schema(example = 1)]
    pub number: u16,
    /// The school.
    #[schema(example = "3144200101")]
    pub school: String,
    /// The term.
    #[schema(example = "2026-2027-1")]
    pub term: String,
    /// The calendar months it covers.
    #[schema(example = json!(["2026-09"]))]
    pub months: Vec<String>,
    /// The courses it covers; empty: all.
    pub courses: Vec<String>,
    /// What is to be seen of it.
    pub fields: Vec<String>,
    /// The version of the rules by which it was drawn up; 0: the standard ones.
    pub rules_version: u64,
    /// The number of the batch it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverses: Option<u16>,
    /// Why it takes that back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often it was drawn up.
    pub revision: u16,
    /// `drawn`, `confirmed`, `settled`, `rejected` or `discarded`.
    #[schema(example = "drawn")]
    pub state: String,
    /// Whether it is settled and was not taken back; only where batches are listed or shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<bool>,
    /// Lines: courses in months.
    pub lines_count: u32,
    /// Parts of orders, of all lines.
    pub parts_count: u32,
    /// Lessons that were given.
    pub taught: i64,
    /// Lessons of pupils that are paid for.
    pub lessons: i64,
    /// Lessons of pupils that were attended, where attendance was asked for.
    pub attended: i64,
    /// What was sold, in fen.
    pub sold_fen: i64,
    /// What of it went back, in fen.
    pub refunded_fen: i64,
    /// Tuition that is kept, in fen.
    pub tuition_fen: i64,
    /// Materials and sundry fees that are kept, in fen.
    pub fees_fen: i64,
    /// Due to providers, in fen.
    pub provider_fen: i64,
    /// Due to teachers, in fen.
    pub teachers_fen: i64,
    /// What rests with the school, in fen.
    pub school_fen: i64,
    /// The hash of all it says: who agrees names it.
    pub sha256: String,
    /// Who drew it up last.
    pub drawn: SettlementWord,
    /// Who confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<SettlementWord>,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<SettlementWord>,
    /// Who sent it back or gave it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<SettlementWord>,
}

impl From<&Batch> for SettlementView {
    fn from(batch: &Batch) -> Self {
        let (totals, figures) = (&batch.totals, &batch.totals.figures);
        Self {
            batch_id: batch.id.to_string(),
            number: batch.number(),
            school: batch.school.to_string(),
            term: batch.id.term().to_string(),
            months: batch.cover.months.iter().map(ToString::to_string).collect(),
            courses: batch.cover.courses.iter().map(ToString::to_string).collect(),
            fields: batch.fields.iter().map(ToString::to_string).collect(),
            rules_version: batch.rules,
            reverses: batch.reverses,
            reason: batch.reason.clone(),
            revision: batch.revision,
            state: batch.state.to_string(),
            counts: None,
            lines_count: totals.lines,
            parts_count: totals.parts,
            taught: totals.taught,
            lessons: figures.lessons,
            attended: figures.attended,
            sold_fen: figures.sold.fen(),
            refunded_fen: figures.refunded().fen(),
            tuition_fen: figures.tuition.fen(),
            fees_fen: figures.fees.fen(),
            provider_fen: totals.due.provider.fen(),
            teachers_fen: totals.due.teachers.fen(),
            school_fen: totals.rest().fen(),
            sha256: batch.hash.clone(),
            drawn: SettlementWord::of(&batch.drawn, None),
            confirmed: batch.confirmed.as_ref().map(|word| SettlementWord::of(word, None)),
            approved: batch.approved.as_ref().map(|word| SettlementWord::of(word, None)),
            ended: batch.ended.as_ref().map(|(word, reason)| SettlementWord::of(word, Some(reason))),
        }
    }
}

impl SettlementView {
    /// The same with what the docket says of it.
    #[must_use]
    pub fn in_docket(mut self, docket: &Docket) -> Self {
        self.counts = Some(docket.counts(self.number));
        self
    }
}

//! How far a night's payments out of what has accrued (应退累计) have come, in its table. S34.2.

use domain::id::{SchoolCode, TermCode};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key;
use crate::table::Store;

/// How far a night has come in a school's term. What is owed stands in the records and lessons: this only saves looking
/// twice, and may be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccrualRun {
    /// The school.
    pub school: SchoolCode,
    /// The term.
    pub term: TermCode,
    /// The day of the night.
    pub day: Date,
    /// Behind which row of the register it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether all of the term was looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
}

impl Store {
    /// How far a day's night has come in a school's term: nowhere, if it has not begun.
    pub async fn accrual_run(
        &self,
        school: &SchoolCode,
        term: &TermCode,
        day: Date,
    ) -> Result<Versioned<AccrualRun>, StoreError> {
        let found = self.get::<AccrualRun>("accrual-run", &key::accrual_run(school, term)).await?;
        let (school, term) = (school.clone(), term.clone());
        Ok(match found {
            Some(found) if found.value.day == day => found,
            before => Versioned::next(before.as_ref(), AccrualRun { school, term, day, after: None, done: false }),
        })
    }
}

impl Commit {
    /// Writes how far a night has come: no act of anybody, so it leaves no trace.
    pub fn save_accrual_run(&mut self, run: &Versioned<AccrualRun>) -> Result<(), StoreError> {
        self.put_untraced("accrual-run", key::accrual_run(&run.value.school, &run.value.term), run, None)
    }
}

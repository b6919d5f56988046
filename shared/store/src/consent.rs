//! Consents (同意) in their table, beside the guardian who gave them. K3.

use domain::consent::{Consent, Document};
use domain::id::{GuardianId, StudentId};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Key, Table};
use crate::table::Store;

fn place(guardian: &GuardianId, document: &str, student: Option<&StudentId>) -> Key {
    key::consent(guardian, document, student.map_or("-", StudentId::as_str))
}

impl Store {
    /// What a guardian has agreed to of a document; version 0 when never anything.
    pub async fn consent(
        &self,
        guardian: &GuardianId,
        document: &Document,
        student: Option<&StudentId>,
    ) -> Result<Versioned<Consent>, StoreError> {
        let found = self.get("consent", &place(guardian, document.code, student)).await?;
        Ok(found.unwrap_or_else(|| Versioned::absent(Consent::none(guardian.clone(), document, student.cloned()))))
    }

    /// All that a guardian has agreed to.
    pub async fn consents(&self, guardian: &GuardianId) -> Result<Vec<Versioned<Consent>>, StoreError> {
        self.all("consent", (Table::Directory, &key::consents(guardian), "CONSENT#")).await
    }
}

impl Commit {
    /// Writes the next version of a consent.
    pub fn save_consent(&mut self, consent: &Versioned<Consent>) -> Result<(), StoreError> {
        let Consent { guardian, document, student, .. } = &consent.value;
        self.put("consent", place(guardian, document, student.as_ref()), consent, None)
    }
}

//! Suspensions (停课) in their table. S34.2.

use domain::id::SuspensionId;
use domain::suspension::Suspension;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key;
use crate::table::Store;

impl Store {
    /// A suspension.
    pub async fn suspension(&self, id: &SuspensionId) -> Result<Option<Versioned<Suspension>>, StoreError> {
        self.get("suspension", &key::suspension(id)).await
    }
}

impl Commit {
    /// Writes the next version of a suspension.
    pub fn save_suspension(&mut self, suspension: &Versioned<Suspension>) -> Result<(), StoreError> {
        self.put("suspension", key::suspension(&suspension.value.id), suspension, None)
    }
}

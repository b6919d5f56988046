//! Destroying a school's keys (销毁密钥) in its table: what was proposed, and what became of it. K3.

use domain::id::SchoolCode;
use domain::shredding::Shredding;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key;
use crate::table::Store;

impl Store {
    /// What was proposed last for a school; none: never anything.
    pub async fn shredding(&self, school: &SchoolCode) -> Result<Option<Versioned<Shredding>>, StoreError> {
        self.get("shredding", &key::shredding(school)).await
    }
}

impl Commit {
    /// Writes the next version of a proposal.
    pub fn save_shredding(&mut self, shredding: &Versioned<Shredding>) -> Result<(), StoreError> {
        self.put("shredding", key::shredding(&shredding.value.school), shredding, None)
    }
}

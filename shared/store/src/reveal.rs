//! Requests to see personal data in full (查看完整个人信息) in their table. K3.

use domain::Tenant;
use domain::access::Guarded;
use domain::id::RevealId;
use domain::reveal::Reveal;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

impl Store {
    /// A request.
    pub async fn reveal(&self, id: &RevealId) -> Result<Option<Guarded<Versioned<Reveal>>>, StoreError> {
        self.guarded("reveal", &key::reveal(id)).await
    }

    /// A page of the requests that are decided at a school or above schools, and where the next page begins.
    pub async fn reveals(
        &self,
        tenant: &Tenant,
        after: Option<&RevealId>,
        limit: i32,
    ) -> Result<(Vec<Guarded<Versioned<Reveal>>>, Option<String>), StoreError> {
        let after = after.map(|id| format!("REVEAL#{id}"));
        let within = (Table::Directory, &*key::reveals(tenant), "REVEAL#");
        let page = self.page("reveal", within, after.as_deref(), limit).await?;
        let next = page.next.and_then(|sk| sk.strip_prefix("REVEAL#").map(str::to_owned));
        Ok((page.items.into_iter().map(Guarded::new).collect(), next))
    }
}

impl Commit {
    /// Writes the next version of a request.
    pub fn save_reveal(&mut self, reveal: &Versioned<Reveal>) -> Result<(), StoreError> {
        self.put("reveal", key::reveal(&reveal.value.id), reveal, None)
    }
}

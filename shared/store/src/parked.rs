//! Parked calls (待处理点名) in their table: what could not be entered into a roll, by the name of the call. S25.5 T4.

use domain::access::Guarded;
use domain::id::{SchoolCode, TeachingRequestId, TermCode};
use domain::teaching::parked::ParkedCall;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

impl Store {
    /// A call that could not be entered, as it is now.
    pub async fn parked_call(
        &self,
        id: &TeachingRequestId,
    ) -> Result<Option<Guarded<Versioned<ParkedCall>>>, StoreError> {
        self.guarded("parked-call", &key::parked_call(id)).await
    }

    /// A page of the calls of a school's term that could not be entered, with where the next one begins.
    pub async fn parked_calls(
        &self,
        (school, term): (&SchoolCode, &TermCode),
        after: Option<&TeachingRequestId>,
        limit: i32,
    ) -> Result<(Vec<Guarded<Versioned<ParkedCall>>>, Option<TeachingRequestId>), StoreError> {
        let partition = key::parked_calls(school, term);
        let after = after.map(|id| key::parked_call(id).sk);
        let page = self.page("parked-call", (Table::Teaching, &partition, "CALL#"), after.as_deref(), limit).await?;
        let next = page.next.as_deref().and_then(|sk| sk.strip_prefix("CALL#")?.parse().ok());
        Ok((page.items.into_iter().map(Guarded::new).collect(), next))
    }
}

impl Commit {
    /// Writes the next version of a call that could not be entered.
    pub fn save_parked_call(&mut self, parked: &Versioned<ParkedCall>) -> Result<(), StoreError> {
        self.put("parked-call", key::parked_call(&parked.value.id), parked, None)
    }
}

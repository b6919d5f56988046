//! Moves (调课、调班) in their table, beside the records they change. S27 S28 P11 P12.

use domain::access::Guarded;
use domain::id::{SchoolCode, TeachingRequestId, TermCode};
use domain::moves::MoveRequest;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::refund::Listed;
use crate::table::Store;

impl Store {
    /// A request for a move.
    pub async fn move_request(
        &self,
        id: &TeachingRequestId,
    ) -> Result<Option<Guarded<Versioned<MoveRequest>>>, StoreError> {
        self.guarded("move", &key::move_request(id)).await
    }

    /// A page of the moves of a school's term.
    pub async fn moves(
        &self,
        school: &SchoolCode,
        term: &TermCode,
        after: Option<&TeachingRequestId>,
        limit: i32,
    ) -> Result<Listed<MoveRequest>, StoreError> {
        let after = after.map(|id| format!("MOVE#{id}"));
        let within = (Table::Enrollments, &*key::moves(school, term), "MOVE#");
        let page = self.page("move", within, after.as_deref(), limit).await?;
        let next = page.next.and_then(|sk| sk.strip_prefix("MOVE#").map(str::to_owned));
        Ok((page.items.into_iter().map(Guarded::new).collect(), next))
    }

    /// All moves of a school's term.
    pub async fn all_moves(
        &self,
        school: &SchoolCode,
        term: &TermCode,
    ) -> Result<Vec<Guarded<Versioned<MoveRequest>>>, StoreError> {
        let found = self.all("move", (Table::Enrollments, &key::moves(school, term), "MOVE#")).await?;
        Ok(found.into_iter().map(Guarded::new).collect())
    }
}

impl Commit {
    /// Writes the next version of a request for a move. The record that it marks or changes goes with it.
    pub fn save_move(&mut self, request: &Versioned<MoveRequest>) -> Result<(), StoreError> {
        self.put("move", key::move_request(&request.value.id), request, None)
    }
}

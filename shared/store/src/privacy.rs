//! Requests about personal data (隐私申请) in their table: beside the guardian, and in the list of the school. K3.

use domain::Tenant;
use domain::access::Guarded;
use domain::id::{GuardianId, PrivacyRequestId, SchoolCode};
use domain::privacy::{PrivacyPlace, PrivacyRequest};
use futures::future::try_join_all;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

/// Requests of a guardian that are shown.
const SHOWN: i32 = 50;

impl Store {
    /// A request, with what the guardian has written.
    pub async fn privacy_request(
        &self,
        id: &PrivacyRequestId,
    ) -> Result<Option<Guarded<Versioned<PrivacyRequest>>>, StoreError> {
        Ok(self.get_opened("privacy-request", &key::privacy_request(id)).await?.map(Guarded::new))
    }

    /// Identifiers of a guardian's requests.
    pub async fn privacy_requests_of(&self, guardian: &GuardianId) -> Result<Vec<PrivacyRequestId>, StoreError> {
        let within = (Table::Directory, &*key::privacy_requests(guardian), "REQUEST#");
        let page = self.page::<PrivacyPlace>("privacy-request", within, None, SHOWN).await?;
        Ok(page.items.into_iter().map(|place| place.value.id).collect())
    }

    /// A page of the requests that a school decides, and where the next page begins.
    pub async fn privacy_requests_at(
        &self,
        school: &SchoolCode,
        after: Option<&PrivacyRequestId>,
        limit: i32,
    ) -> Result<(Vec<Guarded<Versioned<PrivacyRequest>>>, Option<String>), StoreError> {
        let after = after.map(|id| format!("REQUEST#{id}"));
        let within = (Table::Directory, &*key::privacy_places(school), "REQUEST#");
        let page = self.page::<PrivacyPlace>("privacy-place", within, after.as_deref(), limit).await?;
        let found = try_join_all(page.items.iter().map(|place| self.privacy_request(&place.value.id))).await?;
        let next = page.next.and_then(|sk| sk.strip_prefix("REQUEST#").map(str::to_owned));
        Ok((found.into_iter().flatten().collect(), next))
    }
}

impl Commit {
    /// Writes the next version of a request; a new one gets a place in the list of its school.
    pub fn save_privacy_request(&mut self, request: &Versioned<PrivacyRequest>) -> Result<(), StoreError> {
        let PrivacyRequest { id, school, .. } = &request.value;
        if request.ver == 0 {
            let place = Versioned::absent(PrivacyPlace { id: id.clone() });
            self.put("privacy-place", key::privacy_place(school, id), &place, None)?;
        }
        self.put_personal("privacy-request", Tenant::School(school.clone()), key::privacy_request(id), request)
    }
}

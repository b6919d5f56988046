//! Receiving accounts (学校收款账户) in their table.

use domain::Tenant;
use domain::access::Guarded;
use domain::account::SchoolAccount;
use domain::id::SchoolCode;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key;
use crate::table::Store;

impl Store {
    /// A school's receiving account; version 0 when there was never one.
    pub async fn open_account(&self, school: &SchoolCode) -> Result<Guarded<Versioned<SchoolAccount>>, StoreError> {
        let found = self.get_opened("account", &key::account(school)).await?;
        Ok(Guarded::new(found.unwrap_or_else(|| Versioned::absent(SchoolAccount::none(school.clone())))))
    }
}

impl Commit {
    /// Writes the next version of a school's receiving account.
    pub fn save_account(&mut self, account: &Versioned<SchoolAccount>) -> Result<(), StoreError> {
        let school = &account.value.school;
        self.put_personal("account", Tenant::School(school.clone()), key::account(school), account)
    }
}

//! Organizations and schools as they are kept by hand (组织与学校), beside what files bring.

use domain::directory::{Organization, School};
use domain::id::{OrganizationId, SchoolCode};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::import::{Imported, OrganizationItem};
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::{Page, Store};

impl Store {
    /// An organization, with its origin.
    pub async fn organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<Versioned<Imported<Organization>>>, StoreError> {
        let image = self.image(&key::organization(id), true).await?;
        let found =
            image.map(|image| Versioned::<Imported<OrganizationItem>>::of("organization", image)).transpose()?;
        Ok(found.map(|found| found.with(found.value.with(found.value.value.organization.clone()))))
    }

    /// A page of organizations, by their codes.
    pub async fn organization_page(&self, after: Option<&str>, limit: i32) -> Result<Page<Organization>, StoreError> {
        let within = (Table::Directory, "ORGANIZATIONS", "ORG#");
        let page: Page<OrganizationItem> = self.page("organization", within, after, limit).await?;
        let plain = |found: Versioned<OrganizationItem>| found.with(found.value.organization.clone());
        Ok(Page { items: page.items.into_iter().map(plain).collect(), next: page.next })
    }

    /// A school, with its origin.
    pub async fn kept_school(&self, code: &SchoolCode) -> Result<Option<Versioned<Imported<School>>>, StoreError> {
        let image = self.image(&key::school(code), true).await?;
        image.map(|image| Versioned::<Imported<School>>::of("school", image)).transpose()
    }
}

impl Commit {
    /// Writes the next version of an organization that was changed by hand.
    pub fn save_organization(&mut self, organization: &Versioned<Imported<Organization>>) -> Result<(), StoreError> {
        let kept = &organization.value;
        let item = kept.with(OrganizationItem { organization: kept.value.clone() });
        self.put("organization", key::organization(&kept.value.id), &organization.with(item), None)
    }

    /// Writes the next version of a school that was changed by hand.
    pub fn save_kept_school(&mut self, school: &Versioned<Imported<School>>) -> Result<(), StoreError> {
        self.put("school", key::school(&school.value.value.code), school, None)
    }
}

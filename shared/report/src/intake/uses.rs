//! Uses (在用开课): what of all schools is offered by a provider or a specification, in terms that are not over. B5.1 S5.3.

use domain::catalog::{Offering, OfferingState, Term};
use domain::id::{OrganizationId, SchoolCode, SpecificationCode};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{StoreError, Versioned};

use super::Receiver;

/// Schools that are looked at at once.
const AT_ONCE: usize = 16;

/// An offering with its term.
#[derive(Debug)]
pub(super) struct Used {
    /// The offering, as it is now.
    pub(super) offering: Versioned<Offering>,
    /// Its term.
    pub(super) term: Term,
}

impl Receiver<'_> {
    /// How many courses guardians can take that a provider gives.
    pub(super) async fn given_by(&self, provider: &OrganizationId) -> Result<usize, StoreError> {
        let given = |one: &Offering| one.provider.as_ref() == Some(provider) && one.state == OfferingState::Open;
        Ok(self.offered(given).await?.len())
    }

    /// What is offered by a specification.
    pub(super) async fn offered_by(&self, specification: &SpecificationCode) -> Result<Vec<Used>, StoreError> {
        self.offered(|one| one.specification == *specification && one.state != OfferingState::Cancelled).await
    }

    /// No index leads from a specification or a provider to what is offered: all schools are asked, a few at once. That
    /// is done only when the city changes what is here already.
    async fn offered(&self, wanted: impl Fn(&Offering) -> bool) -> Result<Vec<Used>, StoreError> {
        let schools = self.store.schools().await?;
        let asked = schools.into_iter().map(|school| self.offered_at(school.value.code, &wanted));
        let found: Vec<Vec<Used>> = stream::iter(asked).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut found: Vec<Used> = found.into_iter().flatten().collect();
        found.sort_by(|one, other| one.offering.value.id.cmp(&other.offering.value.id));
        Ok(found)
    }

    async fn offered_at(
        &self,
        school: SchoolCode,
        wanted: &impl Fn(&Offering) -> bool,
    ) -> Result<Vec<Used>, StoreError> {
        let today = self.ambient.now().day();
        let mut found = Vec::new();
        for term in self.store.terms(&school).await? {
            let term = term.value;
            if term.ends_on >= today {
                let mut offerings = self.store.offerings_now(&school, &term.code).await?;
                offerings.retain(|offering| wanted(&offering.value));
                found.extend(offerings.into_iter().map(|offering| Used { offering, term: term.clone() }));
            }
        }
        Ok(found)
    }
}

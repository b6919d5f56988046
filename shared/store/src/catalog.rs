//! Catalog (选课目录) in its table: terms, specifications, courses, offerings, and the seats left of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::catalog::{Course, Offering, Specification, Term, TermCatalog};
use domain::id::{CourseCode, OfferingId, SchoolCode, SpecificationCode, TermCode};
use domain::refund::sets::RulesRef;
use domain::seat::ledgers;
use tokio::time::Instant;

use crate::cache::{CATALOG_REFRESH, SEATS_REFRESH};
use crate::commit::Commit;
use crate::error::StoreError;
use crate::import::Imported;
use crate::item::{Versioned, text};
use crate::key::{self, Table};
use crate::seat::Ledger;
use crate::table::Store;

/// Keys one `BatchGetItem` takes.
const BATCH: usize = 100;

impl Store {
    /// What a school offers in a term, at most [`CATALOG_REFRESH`] old. None when the school has no such term.
    pub async fn catalog(&self, school: &SchoolCode, term: &TermCode) -> Result<Option<Arc<TermCatalog>>, StoreError> {
        let place = (school.clone(), term.clone());
        let catalogs = &self.caches().catalogs;
        if let Some(catalog) = catalogs.recall(&place, CATALOG_REFRESH) {
            return Ok(Some(catalog));
        }
        let read_at = Instant::now();
        // Behind a pointer: mostly it is remembered.
        let (found, offerings, rules) = Box::pin(async {
            futures::try_join!(self.term(school, term), self.offerings(school, term), self.rules_of(school, term))
        })
        .await?;
        let Some(term) = found else { return Ok(None) };
        let offerings: BTreeMap<_, _> =
            offerings.into_iter().map(|offering| (offering.id.course(), offering)).collect();
        Ok(Some(catalogs.remember(place, read_at, TermCatalog { term: term.value, offerings, rules })))
    }

    /// By which rules what a school sells for a term goes back.
    async fn rules_of(&self, school: &SchoolCode, term: &TermCode) -> Result<RulesRef, StoreError> {
        match self.school(school).await? {
            Some(found) => self.rules_in_force(school, term, &found.value.township).await,
            None => Ok(RulesRef::BuiltIn),
        }
    }

    /// A term at a school, as it is now.
    pub async fn term(&self, school: &SchoolCode, term: &TermCode) -> Result<Option<Versioned<Term>>, StoreError> {
        self.get("term", &key::term(school, term)).await
    }

    /// The terms of a school.
    pub async fn terms(&self, school: &SchoolCode) -> Result<Vec<Versioned<Term>>, StoreError> {
        self.all("term", (Table::Catalog, &format!("SCHOOL#{school}"), "TERM#")).await
    }

    /// The terms of a school, at most [`CATALOG_REFRESH`] old: for telling which one a day lies in, and its bells.
    pub async fn recent_terms(&self, school: &SchoolCode) -> Result<Arc<Vec<Term>>, StoreError> {
        let memory = &self.caches().terms;
        if let Some(known) = memory.recall(school, CATALOG_REFRESH) {
            return Ok(known);
        }
        let read_at = Instant::now();
        let terms = self.terms(school).await?.into_iter().map(|term| term.value).collect();
        Ok(memory.remember(school.clone(), read_at, terms))
    }

    /// An offering, as it is now.
    pub async fn offering(&self, id: &OfferingId) -> Result<Option<Versioned<Offering>>, StoreError> {
        self.get("offering", &key::offering(id)).await
    }

    /// What a school offers in a term, past everything this environment remembers.
    pub async fn offerings(&self, school: &SchoolCode, term: &TermCode) -> Result<Vec<Offering>, StoreError> {
        let partition = key::offerings(school, term);
        let found = self.all::<Offering>("offering", (Table::Catalog, &partition, "OFFERING#")).await?;
        Ok(found.into_iter().map(|found| found.value).collect())
    }

    /// The same as it is now, each with its version.
    pub async fn offerings_now(
        &self,
        school: &SchoolCode,
        term: &TermCode,
    ) -> Result<Vec<Versioned<Offering>>, StoreError> {
        self.all_now("offering", (Table::Catalog, &key::offerings(school, term), "OFFERING#")).await
    }

    /// A course, with its origin.
    pub async fn course(
        &self,
        school: &SchoolCode,
        code: &CourseCode,
    ) -> Result<Option<Versioned<Imported<Course>>>, StoreError> {
        let image = self.image(&key::course(school, code), true).await?;
        image.map(|image| Versioned::<Imported<Course>>::of("course", image)).transpose()
    }

    /// A specification, with its origin.
    pub async fn specification(
        &self,
        code: &SpecificationCode,
    ) -> Result<Option<Versioned<Imported<Specification>>>, StoreError> {
        let image = self.image(&key::specification(code), true).await?;
        image.map(|image| Versioned::<Imported<Specification>>::of("specification", image)).transpose()
    }

    /// All specifications.
    pub async fn specifications(&self) -> Result<Vec<Versioned<Specification>>, StoreError> {
        self.all("specification", (Table::Catalog, "SPECIFICATIONS", "SPEC#")).await
    }

    /// Seats left of each offering of a catalog, at most [`SEATS_REFRESH`] old.
    pub async fn seats_left(&self, catalog: &TermCatalog) -> Result<Arc<HashMap<OfferingId, u16>>, StoreError> {
        let place = (catalog.term.school.clone(), catalog.term.code.clone());
        let memory = &self.caches().seats_left;
        if let Some(left) = memory.recall(&place, SEATS_REFRESH) {
            return Ok(left);
        }
        let read_at = Instant::now();
        let places: Vec<(OfferingId, u8)> = catalog
            .offerings
            .values()
            .flat_map(|offering| {
                let count = u8::try_from(ledgers(offering.capacity).len()).unwrap_or(u8::MAX);
                (0..count).map(|index| (offering.id.clone(), index))
            })
            .collect();
        let mut left: HashMap<OfferingId, u16> = HashMap::new();
        for some in places.chunks(BATCH) {
            for (offering, ledger) in self.some_ledgers(some).await? {
                let seats = left.entry(offering).or_default();
                *seats = seats.saturating_add(ledger.capacity.saturating_sub(ledger.taken));
            }
        }
        Ok(memory.remember(place, read_at, left))
    }

    async fn some_ledgers(&self, places: &[(OfferingId, u8)]) -> Result<Vec<(OfferingId, Ledger)>, StoreError> {
        let name = self.name(Table::Seats);
        let keys = places.iter().map(|(offering, index)| {
            let key = key::ledger(offering, *index);
            HashMap::from([("pk".to_owned(), text(key.pk)), ("sk".to_owned(), text(key.sk))])
        });
        let mut wanted = Some(keys.collect::<Vec<_>>());
        let mut found = Vec::new();
        while let Some(keys) = wanted.take().filter(|keys| !keys.is_empty()) {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .build()
                .map_err(|error| StoreError::Rejected { operation: "BatchGetItem", source: Box::new(error) })?;
            let answer = self
                .client()
                .batch_get_item()
                .request_items(&name, request)
                .send()
                .await
                .map_err(|error| StoreError::from_sdk("BatchGetItem", error))?;
            found.extend(answer.responses.unwrap_or_default().remove(&name).unwrap_or_default());
            wanted = answer.unprocessed_keys.and_then(|mut rest| rest.remove(&name)).map(|rest| rest.keys);
        }
        Ok(found.iter().filter_map(ledger_of).collect())
    }
}

fn ledger_of(image: &HashMap<String, AttributeValue>) -> Option<(OfferingId, Ledger)> {
    let offering = image.get("pk")?.as_s().ok()?.strip_prefix("OFFERING#")?.parse().ok()?;
    let index = image.get("sk")?.as_s().ok()?.strip_prefix("LEDGER#")?.parse().ok()?;
    Some((offering, Ledger::from_image(index, image)))
}

impl Commit {
    /// Writes the next version of a term.
    pub fn save_term(&mut self, term: &Versioned<Term>) -> Result<(), StoreError> {
        self.put("term", key::term(&term.value.school, &term.value.code), term, None)
    }

    /// Writes the next version of an offering.
    pub fn save_offering(&mut self, offering: &Versioned<Offering>) -> Result<(), StoreError> {
        self.put("offering", key::offering(&offering.value.id), offering, None)
    }

    /// Writes the next version of a course.
    pub fn save_course(&mut self, course: &Versioned<Imported<Course>>) -> Result<(), StoreError> {
        let Course { school, code, .. } = &course.value.value;
        self.put("course", key::course(school, code), course, None)
    }

    /// Writes the next version of a specification.
    pub fn save_specification(&mut self, specification: &Versioned<Imported<Specification>>) -> Result<(), StoreError> {
        self.put("specification", key::specification(&specification.value.value.code), specification, None)
    }

    /// Lets the change rest on a specification: what is written by its price is not written once that is another.
    pub fn rest_on_specification(&mut self, specification: &Versioned<Imported<Specification>>) {
        self.rest_on(key::specification(&specification.value.value.code), specification.ver);
    }
}

impl Store {
    /// Forgets what this environment remembers of a school's term, after changing it.
    pub fn forget_catalog(&self, school: &SchoolCode, term: &TermCode) {
        let place = (school.clone(), term.clone());
        self.caches().catalogs.forget(&place);
        self.caches().seats_left.forget(&place);
        self.caches().terms.forget(school);
    }
}

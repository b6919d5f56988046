//! Intake (数据接收) in its table: the last version of each record of the city, what was told for each term, what waits
//! for a person, and how far the pulls have come. B5.1 S5.1 S6.1.
//!
//! A record lies with its school's term, or with all of its kind; its book says which version is the last and where that
//! lies, and whatever changes a record changes its book. So the version of the book is that of the whole.

use std::collections::BTreeMap;

use domain::Moment;
use domain::access::Guarded;
use domain::id::{SchoolCode, TermCode};
use domain::supervision::intake::{Entry, IntakeBook, IntakePlace, Pull, Reception};
use domain::supervision::{Inbound, SourceId};
use serde::Deserialize;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::{Versioned, decode};
use crate::key::{self, Key, Table};
use crate::table::{Page, Store};

/// The partition of the index in which records stand whose offerings have still to follow them.
const FOLLOWED: &str = "INTAKE#FOLLOW";

/// A record as it is read without a key.
#[derive(Deserialize)]
struct Clear {
    entry: Entry,
}

/// A record with its book.
#[derive(Debug)]
pub struct Kept<T> {
    /// The book.
    pub book: Versioned<IntakeBook>,
    /// The record, at the version of its own item.
    pub record: T,
}

fn place_of(inbound: Inbound, source_id: &SourceId, place: &IntakePlace) -> Key {
    match &place.school {
        Some(school) => key::intake_of_term(school, &place.term, inbound, source_id),
        None => key::intake_of_city(inbound, source_id, &place.term),
    }
}

/// The partition of the index in which what waits of a school stands, or of none.
fn waiting_at(school: Option<&SchoolCode>) -> String {
    school.map_or_else(|| "INTAKE#CITY".to_owned(), |school| format!("INTAKE#{school}"))
}

fn clear(found: Versioned<Clear>) -> Versioned<Entry> {
    Versioned { value: found.value.entry, ver: found.ver, created_at: found.created_at }
}

impl Store {
    /// The books of some records of a kind, as they are now, a hundred in a call.
    pub async fn intake_books(
        &self,
        inbound: Inbound,
        sources: &[SourceId],
    ) -> Result<BTreeMap<SourceId, IntakeBook>, StoreError> {
        let mut images = self.images(sources.iter().map(|source| key::intake_book(inbound, source)).collect()).await?;
        let found = sources.iter().filter_map(|source| {
            let key = key::intake_book(inbound, source);
            let image = images.remove(&(key.pk, key.sk))?;
            Some(decode("intake-book", image).map(|book| (source.clone(), book.value)))
        });
        found.collect()
    }

    /// The last version of a record, without what it says of persons.
    pub async fn intake(
        &self,
        inbound: Inbound,
        source_id: &SourceId,
    ) -> Result<Option<Kept<Versioned<Entry>>>, StoreError> {
        let Some(book) = self.intake_book(inbound, source_id).await? else { return Ok(None) };
        let found = self.get("intake", &place_of(inbound, source_id, &book.value.place)).await?;
        Ok(found.map(|found| Kept { book, record: clear(found) }))
    }

    /// The last version of a record, with what it says: needs the key of its school or the platform's.
    pub async fn open_intake(
        &self,
        inbound: Inbound,
        source_id: &SourceId,
    ) -> Result<Option<Kept<Guarded<Versioned<Reception>>>>, StoreError> {
        let Some(book) = self.intake_book(inbound, source_id).await? else { return Ok(None) };
        let record = self.open_intake_at(inbound, source_id, &book.value.place).await?;
        Ok(record.map(|record| Kept { book, record }))
    }

    /// A record as it was told for a term, with what it says.
    pub async fn open_intake_at(
        &self,
        inbound: Inbound,
        source_id: &SourceId,
        place: &IntakePlace,
    ) -> Result<Option<Guarded<Versioned<Reception>>>, StoreError> {
        Ok(self.get_opened("intake", &place_of(inbound, source_id, place)).await?.map(Guarded::new))
    }

    async fn intake_book(
        &self,
        inbound: Inbound,
        source_id: &SourceId,
    ) -> Result<Option<Versioned<IntakeBook>>, StoreError> {
        self.get("intake-book", &key::intake_book(inbound, source_id)).await
    }

    /// A page of what the city told of a school's term: of one kind, or of all. With where the next one begins.
    pub async fn intakes_of_term(
        &self,
        (school, term): (&SchoolCode, &TermCode),
        inbound: Option<Inbound>,
        after: Option<(Inbound, &SourceId)>,
        limit: i32,
    ) -> Result<Page<Entry>, StoreError> {
        let (partition, begin) = (key::intakes_of_term(school, term), begin(inbound));
        let after = after.map(|(inbound, source)| key::intake_of_term(school, term, inbound, source).sk);
        let within = (Table::Exchange, partition.as_str(), begin.as_str());
        let page: Page<Clear> = self.page("intake", within, after.as_deref(), limit).await?;
        Ok(Page { items: page.items.into_iter().map(clear).collect(), next: page.next })
    }

    /// All that the city told of a kind for a school's term, with what it says.
    pub async fn open_intakes_of_term(
        &self,
        (school, term): (&SchoolCode, &TermCode),
        inbound: Inbound,
    ) -> Result<Vec<Guarded<Versioned<Reception>>>, StoreError> {
        let partition = key::intakes_of_term(school, term);
        let listed: Vec<Versioned<Clear>> =
            self.all("intake", (Table::Exchange, &partition, &begin(Some(inbound)))).await?;
        let key = |entry: &Entry| key::intake_of_term(school, term, inbound, &entry.source_id);
        let keys: Vec<Key> = listed.iter().map(|found| key(&found.value.entry)).collect();
        let mut images = self.images(keys.clone()).await?;
        let mut opened = Vec::new();
        for key in keys {
            if let Some(image) = images.remove(&(key.pk.clone(), key.sk.clone())) {
                opened.push(Guarded::new(decode("intake", self.unseal(&key, image).await?)?));
            }
        }
        Ok(opened)
    }

    /// All records of a kind that belongs to no school's term, those of each source by term.
    pub async fn intakes_of_city(&self, inbound: Inbound) -> Result<Vec<Versioned<Entry>>, StoreError> {
        let partition = key::intakes_of_city(inbound);
        let found: Vec<Versioned<Clear>> = self.all("intake", (Table::Exchange, &partition, "RECORD#")).await?;
        Ok(found.into_iter().map(clear).collect())
    }

    /// A record as it was told for each term, the earliest first. A course is of one term only.
    pub async fn intake_terms(&self, entry: &Entry) -> Result<Vec<Entry>, StoreError> {
        if entry.place.school.is_some() {
            return Ok(vec![entry.clone()]);
        }
        let (partition, begin) = (key::intakes_of_city(entry.inbound), format!("RECORD#{}#", entry.source_id));
        let found: Vec<Versioned<Clear>> = self.all("intake", (Table::Exchange, &partition, &begin)).await?;
        Ok(found.into_iter().map(|found| found.value.entry).collect())
    }

    /// What waits for a person at a school, or at none: what waits longest comes first.
    pub async fn waiting_intakes(
        &self,
        school: Option<&SchoolCode>,
        now: Moment,
        limit: i32,
    ) -> Result<Vec<Versioned<Entry>>, StoreError> {
        self.intakes_due(waiting_at(school), now, limit).await
    }

    /// Records whose offerings have still to follow them.
    pub async fn followed_intakes(&self, now: Moment, limit: i32) -> Result<Vec<Versioned<Entry>>, StoreError> {
        self.intakes_due(FOLLOWED.to_owned(), now, limit).await
    }

    async fn intakes_due(&self, shard: String, now: Moment, limit: i32) -> Result<Vec<Versioned<Entry>>, StoreError> {
        let keys = self.due_in(Table::Exchange, std::iter::once(shard), now, limit).await?;
        let mut images = self.images(keys.clone()).await?;
        let found = keys.into_iter().filter_map(|key| images.remove(&(key.pk, key.sk)));
        found.map(|image| decode("intake", image).map(clear)).collect()
    }

    /// How far the pull of a data set has come.
    pub async fn pull(&self, inbound: Inbound) -> Result<Option<Versioned<Pull>>, StoreError> {
        self.get("pull", &key::pull(inbound)).await
    }
}

fn begin(inbound: Option<Inbound>) -> String {
    inbound.map_or_else(String::new, |inbound| format!("{inbound}#"))
}

impl Commit {
    /// Writes the next version of a record, with its book.
    pub fn save_intake(
        &mut self,
        book: &Versioned<IntakeBook>,
        reception: &Versioned<Reception>,
    ) -> Result<(), StoreError> {
        let entry = &reception.value.entry;
        self.put_untraced("intake-book", key::intake_book(entry.inbound, &entry.source_id), book, None)?;
        self.save_intake_at(reception)
    }

    /// Writes the next version of a record that is not the last of its source any more.
    pub fn save_superseded_intake(&mut self, reception: &Versioned<Reception>) -> Result<(), StoreError> {
        self.save_intake_at(reception)
    }

    fn save_intake_at(&mut self, reception: &Versioned<Reception>) -> Result<(), StoreError> {
        let entry = &reception.value.entry;
        let waits = entry.waits_since();
        let follows = entry.follow.as_ref().map(|_| entry.received_at);
        let key = place_of(entry.inbound, &entry.source_id, &entry.place);
        self.put("intake", key, reception, waits.or(follows))?;
        let shard = if waits.is_some() { waiting_at(entry.place.school.as_ref()) } else { FOLLOWED.to_owned() };
        self.list_last_in(&shard);
        self.seal_last_for(entry.place.tenant());
        Ok(())
    }

    /// Writes how far a pull has come: no act of anybody, so it leaves no trace.
    pub fn save_pull(&mut self, pull: &Versioned<Pull>) -> Result<(), StoreError> {
        self.put_untraced("pull", key::pull(pull.value.inbound), pull, None)
    }
}

//! Leave (请假) and corrections (考勤更正) in their table: each request by itself, its places in the list of its term and of
//! its pupil or teacher by day, and the rolls that are marked with it. S21 S25 T4.2 P9.

use domain::access::Guarded;
use domain::id::{SchoolCode, TeachingRequestId, TermCode};
use domain::teaching::correction::Correction;
use domain::teaching::leave::{Absentee, LeaveRequest};
use domain::teaching::roll::Roll;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Key, Table};
use crate::table::Store;

/// Where a request stands in a list: its first day, as it was asked, and its identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TeachingRequestPlace {
    /// The day.
    pub day: Date,
    /// The request.
    pub id: TeachingRequestId,
}

/// Whose requests are listed.
#[derive(Debug, Clone, Copy)]
pub enum ListOf<'a> {
    /// All of a school's term.
    Term(&'a SchoolCode, &'a TermCode),
    /// Those about a pupil or a teacher, by identifier, in a term.
    Subject(&'a str, &'a TermCode),
}

/// A page of requests by day, and where the next one begins.
pub type Requests<T> = (Vec<Guarded<Versioned<T>>>, Option<TeachingRequestPlace>);

impl Store {
    /// A request for leave.
    pub async fn leave(&self, id: &TeachingRequestId) -> Result<Option<Guarded<Versioned<LeaveRequest>>>, StoreError> {
        self.guarded("leave", &key::leave(id)).await
    }

    /// A page of requests for leave: `limit` are looked at.
    pub async fn leaves(
        &self,
        of: ListOf<'_>,
        after: Option<&TeachingRequestPlace>,
        limit: i32,
    ) -> Result<Requests<LeaveRequest>, StoreError> {
        let partition = match of {
            ListOf::Term(school, term) => key::leaves(school, term),
            ListOf::Subject(subject, term) => key::leaves_of(subject, term),
        };
        let (places, next) = self.places(&partition, after, limit).await?;
        Ok((self.placed("leave", &places, key::leave, |leave: &LeaveRequest| &leave.id).await?, next))
    }

    /// A request for a correction.
    pub async fn correction(
        &self,
        id: &TeachingRequestId,
    ) -> Result<Option<Guarded<Versioned<Correction>>>, StoreError> {
        self.guarded("correction", &key::correction(id)).await
    }

    /// A page of requests for corrections: `limit` are looked at.
    pub async fn corrections(
        &self,
        of: ListOf<'_>,
        after: Option<&TeachingRequestPlace>,
        limit: i32,
    ) -> Result<Requests<Correction>, StoreError> {
        let partition = match of {
            ListOf::Term(school, term) => key::corrections(school, term),
            ListOf::Subject(subject, term) => key::corrections_of(subject, term),
        };
        let (places, next) = self.places(&partition, after, limit).await?;
        Ok((self.placed("correction", &places, key::correction, |one: &Correction| &one.id).await?, next))
    }

    /// A page of places.
    async fn places(
        &self,
        partition: &str,
        after: Option<&TeachingRequestPlace>,
        limit: i32,
    ) -> Result<(Vec<TeachingRequestPlace>, Option<TeachingRequestPlace>), StoreError> {
        let after = after.map(|place| format!("DAY#{}#{}", place.day, place.id));
        let within = (Table::Teaching, partition, "DAY#");
        let page = self.page::<TeachingRequestPlace>("teaching-request-place", within, after.as_deref(), limit).await?;
        let places: Vec<TeachingRequestPlace> = page.items.into_iter().map(|place| place.value).collect();
        let next = page.next.and_then(|_| places.last().cloned());
        Ok((places, next))
    }

    /// The requests of places, in their order.
    async fn placed<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        places: &[TeachingRequestPlace],
        key: fn(&TeachingRequestId) -> Key,
        id: fn(&T) -> &TeachingRequestId,
    ) -> Result<Vec<Guarded<Versioned<T>>>, StoreError> {
        let mut found = self.versions::<T>(kind, places.iter().map(|place| key(&place.id)).collect()).await?;
        let nth = |one: &Versioned<T>| places.iter().position(|place| place.id == *id(&one.value));
        found.sort_by_key(nth);
        Ok(found.into_iter().map(Guarded::new).collect())
    }
}

impl Commit {
    /// Writes the next version of a request for leave. A new one gets its places in the lists.
    pub fn save_leave(&mut self, leave: &Versioned<LeaveRequest>) -> Result<(), StoreError> {
        let LeaveRequest { id, who, .. } = &leave.value;
        if leave.ver == 0 {
            let day = leave.value.first_day();
            let subject = match who {
                Absentee::Pupil(student) => student.as_str(),
                Absentee::Teacher(person) => person.as_str(),
            };
            self.list_request(id, day, [key::leave_place(id, day), key::leave_place_of(subject, id, day)])?;
        }
        self.put("leave", key::leave(id), leave, None)
    }

    /// Writes the next version of a request for a correction. A new one gets its places in the lists.
    pub fn save_correction(&mut self, correction: &Versioned<Correction>) -> Result<(), StoreError> {
        let Correction { id, date, .. } = &correction.value;
        if correction.ver == 0 {
            let of_subject = key::correction_place_of(correction.value.subject(), id, *date);
            self.list_request(id, *date, [key::correction_place(id, *date), of_subject])?;
        }
        self.put("correction", key::correction(id), correction, None)
    }

    fn list_request(&mut self, id: &TeachingRequestId, day: Date, keys: [Key; 2]) -> Result<(), StoreError> {
        let place = Versioned::absent(TeachingRequestPlace { day, id: id.clone() });
        keys.into_iter().try_for_each(|key| self.put_untraced("teaching-request-place", key, &place, None))
    }

    /// Writes the next version of one of many rolls that a request marks. One that carries entries already carries one
    /// more, so that a roll is never more than two items of the transaction, however much was called meanwhile.
    pub fn mark_roll(&mut self, roll: &Versioned<Roll>) -> Result<(), StoreError> {
        if roll.value.trail.is_empty() { self.save_roll(roll) } else { self.carry_roll(roll) }
    }
}

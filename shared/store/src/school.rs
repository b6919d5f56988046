//! What a school sets up for its teaching (学校教学资料): calendars and rooms, in their tables.

use std::collections::BTreeSet;

use domain::calendar::{Calendar, Holidays};
use domain::catalog::Term;
use domain::id::{RoomId, SchoolCode, TermCode};
use domain::room::Room;
use futures::future::try_join_all;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::{Page, Store};

impl Store {
    /// The holidays of a year.
    pub async fn holidays(&self, year: i16) -> Result<Option<Versioned<Holidays>>, StoreError> {
        self.get("holidays", &key::holidays(year)).await
    }

    /// The holidays of the years a term lies in, as far as they are arranged.
    pub async fn holidays_of(&self, term: &Term) -> Result<Vec<Holidays>, StoreError> {
        let years: BTreeSet<i16> = [term.starts_on.year(), term.ends_on.year()].into();
        let found = try_join_all(years.into_iter().map(|year| self.holidays(year))).await?;
        Ok(found.into_iter().flatten().map(|found| found.value).collect())
    }

    /// A school's own days of a term.
    pub async fn calendar(
        &self,
        school: &SchoolCode,
        term: &TermCode,
    ) -> Result<Option<Versioned<Calendar>>, StoreError> {
        self.get("calendar", &key::calendar(school, term)).await
    }

    /// A room.
    pub async fn room(&self, id: &RoomId) -> Result<Option<Versioned<Room>>, StoreError> {
        self.get("room", &key::room(id)).await
    }

    /// A page of a school's rooms, by their codes.
    pub async fn rooms(&self, school: &SchoolCode, after: Option<&str>, limit: i32) -> Result<Page<Room>, StoreError> {
        self.page("room", (Table::Directory, &format!("SCHOOL#{school}"), "ROOM#"), after, limit).await
    }

    /// All rooms of a school, by their codes.
    pub async fn all_rooms(&self, school: &SchoolCode) -> Result<Vec<Versioned<Room>>, StoreError> {
        self.all("room", (Table::Directory, &format!("SCHOOL#{school}"), "ROOM#")).await
    }
}

impl Commit {
    /// Writes the next version of a year's holidays.
    pub fn save_holidays(&mut self, holidays: &Versioned<Holidays>) -> Result<(), StoreError> {
        self.put("holidays", key::holidays(holidays.value.year), holidays, None)
    }

    /// Writes the next version of a school's calendar.
    pub fn save_calendar(&mut self, calendar: &Versioned<Calendar>) -> Result<(), StoreError> {
        self.put("calendar", key::calendar(&calendar.value.school, &calendar.value.term), calendar, None)
    }

    /// Writes the next version of a room.
    pub fn save_room(&mut self, room: &Versioned<Room>) -> Result<(), StoreError> {
        self.put("room", key::room(&room.value.id), room, None)
    }
}

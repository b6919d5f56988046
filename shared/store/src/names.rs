//! Names (名称): the rooms of a school as timetables show them, from memory. T3 P8.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::{RoomId, SchoolCode};
use tokio::time::Instant;

use crate::cache::CATALOG_REFRESH;
use crate::error::StoreError;
use crate::table::Store;

impl Store {
    /// The names of a school's rooms, at most [`CATALOG_REFRESH`] old.
    pub async fn room_names(&self, school: &SchoolCode) -> Result<Arc<BTreeMap<RoomId, String>>, StoreError> {
        let memory = &self.caches().room_names;
        if let Some(known) = memory.recall(school, CATALOG_REFRESH) {
            return Ok(known);
        }
        let read_at = Instant::now();
        let rooms = self.all_rooms(school).await?.into_iter();
        let names = rooms.map(|room| (room.value.id, room.value.name)).collect();
        Ok(memory.remember(school.clone(), read_at, names))
    }
}
